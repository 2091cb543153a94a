package asked

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"

	"nvrd/federation/choice"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type ledgerModel struct {
	frame     layout.Frame
	back      string
	action    string
	json, csv string
	problem   string
	done      string
	entries   []entry
}

// entry is one of the ledger.
type entry struct {
	ID, Title, Case, What, Words string
	At, Until                    street.Stamp
	Files                        []file
	Ways                         []way
}

type file struct {
	Label, Sum string
	At         street.Stamp
}

// way is a home that brings a response, and since when it has it.
type way struct {
	Label string
	Had   *street.Stamp
}

// Ledger shows what was handed over, in whichever neighborhood.
func (p Page) Ledger(w http.ResponseWriter, r *http.Request) error {
	return p.ledger(w, r, http.StatusOK, "")
}

// Strike deletes an entry, if that was confirmed.
func (p Page) Strike(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	t := p.Texts.For(r).Street.Asked
	b, err := hex.DecodeString(r.PostFormValue("id"))
	var id wire.Salt
	if err != nil || len(b) != len(id) {
		return nvr.ErrNotFound
	}
	if r.PostFormValue("sure") == "" {
		return p.ledger(w, r, http.StatusUnprocessableEntity, t.Ledger.Tick)
	}
	if err := p.Choices.Strike(r.Context(), wire.Salt(b)); err != nil {
		return p.ledger(w, r, street.Status(err), t.NotStored)
	}
	http.Redirect(w, r, street.Href(m, "/ledger?struck=1"), http.StatusSeeOther)
	return nil
}

// LedgerJSON and LedgerCSV give the ledger away, as docs/ref/ledger.md has it.
func (p Page) LedgerJSON(w http.ResponseWriter, r *http.Request) error {
	return p.export(w, r, "application/json", "json", choice.WriteJSON)
}

// LedgerCSV is LedgerJSON for spreadsheets.
func (p Page) LedgerCSV(w http.ResponseWriter, r *http.Request) error {
	return p.export(w, r, "text/csv; charset=utf-8; header=present", "csv", choice.WriteCSV)
}

func (p Page) export(w http.ResponseWriter, r *http.Request, kind, ext string, write func(io.Writer, []choice.Handed) error) error {
	if _, err := p.Of(r); err != nil {
		return err
	}
	all, err := p.entries(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer // whole, or an error
	if err := write(&b, all); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="ledger.`+ext+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(b.Bytes())
	return err
}

func (p Page) ledger(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	t := look.T.Street.Asked.Ledger
	f, err := p.Frame(r, t.Title)
	if err != nil {
		return err
	}
	all, err := p.entries(r)
	if err != nil {
		return err
	}
	here := street.Href(look.Membership, "/ledger")
	m := ledgerModel{frame: f, back: street.Href(look.Membership, "/requests"), action: here, json: here + ".json", csv: here + ".csv", problem: problem}
	if r.Method == http.MethodGet && r.URL.Query().Has("struck") {
		m.done = t.Struck
	} else if r.Method == http.MethodGet && r.URL.Query().Has("written") {
		m.done = t.Written
	}
	for _, h := range all {
		m.entries = append(m.entries, entryOf(look, h, t))
	}
	return layout.Render(w, r, status, ledgerView(m))
}

// entries returns the ledger as it is by now.
func (p Page) entries(r *http.Request) ([]choice.Handed, error) {
	if err := p.Note(r.Context()); err != nil {
		return nil, err
	}
	return p.Choices.Ledger(r.Context())
}

func entryOf(look street.Look, h choice.Handed, t text.StreetLedger) entry {
	stamp := func(m wire.Minute) street.Stamp { return street.StampOf(m, look.Now, look.T.Calendar) }
	e := entry{
		ID: hex.EncodeToString(h.ID[:]), Title: h.Title, Case: h.Case, What: what(h.Incident, look.T.Street.Asked), Words: h.Words,
		At: stamp(h.At), Until: stamp(h.Until),
	}
	for _, f := range h.Files {
		e.Files = append(e.Files, file{
			text.Fill(t.File, "name", f.Name, "size", strconv.FormatInt((f.Bytes+1023)/1024, 10), "camera", f.CameraName),
			text.Fill(t.Sum, "sum", f.SHA256.String()), stamp(wire.MinuteOf(f.Span.From.Std())),
		})
	}
	for _, s := range h.Sponsors {
		one := way{Label: text.Fill(t.Brought, "name", s.Name)}
		if s.Had != 0 {
			had := stamp(s.Had)
			one = way{text.Fill(t.Had, "name", s.Name), &had}
		}
		e.Ways = append(e.Ways, one)
	}
	return e
}
