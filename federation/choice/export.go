package choice

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// The ledger for other programs, as docs/ref/ledger.md has it. Times are UTC.
type exported struct {
	Version int              `json:"version"`
	Handed  []exportedHanded `json:"handed"`
}

type exportedHanded struct {
	ID           string            `json:"id"`
	Request      string            `json:"request"`
	Neighborhood string            `json:"neighborhood"`
	Agency       string            `json:"agency,omitempty"` // absent for a neighbor
	Title        string            `json:"title"`
	Case         string            `json:"case"`
	Incident     string            `json:"incident"`
	Words        string            `json:"words"`
	At           string            `json:"at"`
	Until        string            `json:"until"`
	Files        []exportedFile    `json:"files"`
	Sponsors     []exportedSponsor `json:"sponsors"`
}

type exportedFile struct {
	Name       string       `json:"name"`
	Type       string       `json:"type"`
	SHA256     string       `json:"sha256"`
	Bytes      int64        `json:"bytes"`
	Camera     nvr.CameraID `json:"camera"`
	CameraName string       `json:"camera_name"`
	From       nvr.Time     `json:"from"`
	To         nvr.Time     `json:"to"`
}

type exportedSponsor struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Had  string `json:"had,omitempty"` // absent: not yet
}

const minuteForm = "2006-01-02T15:04Z"

func minuteText(m wire.Minute) string { return m.Time().Format(minuteForm) }

func exportOf(h Handed) exportedHanded {
	e := exportedHanded{
		ID: hex.EncodeToString(h.ID[:]), Request: h.Request.String(), Neighborhood: h.Neighborhood.String(), Title: h.Title, Case: h.Case,
		Incident: h.Incident.String(), Words: h.Words, At: minuteText(h.At), Until: minuteText(h.Until), Files: []exportedFile{}, Sponsors: []exportedSponsor{},
	}
	if h.Incident == 0 { // a neighbor may ask about anything
		e.Incident = ""
	}
	if (h.Agency != wire.Key{}) {
		e.Agency = hex.EncodeToString(h.Agency[:])
	}
	for _, f := range h.Files {
		e.Files = append(e.Files, exportedFile{f.Name, f.Type, f.SHA256.String(), f.Bytes, f.Camera, f.CameraName, f.Span.From, f.Span.To})
	}
	for _, s := range h.Sponsors {
		out := exportedSponsor{Key: hex.EncodeToString(s.Key[:]), Name: s.Name}
		if s.Had != 0 {
			out.Had = minuteText(s.Had)
		}
		e.Sponsors = append(e.Sponsors, out)
	}
	return e
}

// WriteJSON writes a ledger as JSON: all of it, whole.
func WriteJSON(w io.Writer, ledger []Handed) error {
	out := exported{Version: 1, Handed: []exportedHanded{}}
	for _, h := range ledger {
		out.Handed = append(out.Handed, exportOf(h))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

var csvColumns = []string{
	"id", "request", "neighborhood", "agency", "title", "case", "incident", "words", "at", "until", "sponsors",
	"file", "type", "sha256", "bytes", "camera", "camera_name", "from", "to",
}

// WriteCSV writes a ledger for spreadsheets (RFC 4180): a line for each file, and
// one for a response of words alone.
func WriteCSV(w io.Writer, ledger []Handed) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvColumns); err != nil {
		return err
	}
	for _, h := range ledger {
		e := exportOf(h)
		var sponsors []string
		for _, s := range e.Sponsors {
			sponsors = append(sponsors, strings.TrimRight(s.Key+" "+s.Had, " "))
		}
		entry := []string{e.ID, e.Request, e.Neighborhood, e.Agency, plain(e.Title), plain(e.Case), e.Incident, plain(e.Words), e.At, e.Until, strings.Join(sponsors, "; ")}
		files := e.Files
		if len(files) == 0 {
			files = []exportedFile{{}}
		}
		for _, f := range files {
			file := make([]string, 8)
			if f.Bytes > 0 {
				file = []string{plain(f.Name), plain(f.Type), f.SHA256, strconv.FormatInt(f.Bytes, 10), f.Camera.String(), plain(f.CameraName), f.From.String(), f.To.String()}
			}
			if err := out.Write(append(entry[:len(entry):len(entry)], file...)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// plain is a text that no spreadsheet takes for a formula: others wrote some of them.
func plain(s string) string {
	if strings.ContainsAny(s[:min(1, len(s))], "=+-@\t\r'") {
		return "'" + s
	}
	return s
}
