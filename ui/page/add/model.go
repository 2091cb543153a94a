package add

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

type model struct {
	frame   layout.Frame
	title   string
	lead    string
	action  string
	submit  string
	cancel  string // address
	problem string // about the whole form
	reach   []component.Field
	account []component.Field
	answer  *answer
	folded  bool // below another form
	finds   bool // there is another way
}

// answer is what a tested camera said.
type answer struct {
	ok             bool
	title, advice  string
	detail         string
	streams        []stream
	incompleteLead string

	offer, offerLabel string // another address; empty if none is likely
}

type stream struct {
	name, what string
	missing    []string
}

// faults are what is wrong, by the name of the field that it belongs to.
type faults map[string]fault

type fault struct {
	text   string
	likely string // an address to offer; empty for none
}

// wholeForm is the name of what is wrong with no field in particular.
const wholeForm = ""

// refused is what the recorder found wrong that check did not. Its message is
// for people and repeats no password; only its kind is cut off.
func refused(err error, t text.Add) faults {
	detail := strings.TrimSuffix(err.Error(), ": "+nvr.ErrInvalid.Error())
	return faults{wholeForm: {text: text.Fill(t.Refused, "detail", detail)}}
}

const longestName = 64 // characters, as in pkg/household: one line of a phone's screen

// check finds what can be seen to be wrong without asking the camera; mistakes
// are those of the addresses.
func check(in appliance.Input, mistakes []nvr.Doubt, t text.Add, needName bool) faults {
	f := faults{}
	switch {
	case in.Name == "" && needName:
		f["name"] = fault{text: t.NoName}
	case utf8.RuneCountInString(in.Name) > longestName:
		f["name"] = fault{text: t.LongName}
	}
	if in.User == "" && in.Password != "" {
		f["user"] = fault{text: t.NoUser}
	}
	for _, m := range mistakes {
		f[m.Field] = fault{text: component.MistakeWords(m, t), likely: m.Likely}
	}
	return f
}

// readInput reads the form; what hands and clipboards add to names is dropped.
func readInput(r *http.Request) appliance.Input {
	return appliance.Input{
		Name: strings.Join(strings.Fields(r.PostFormValue("name")), " "),
		URL:  r.PostFormValue("url"), SubURL: r.PostFormValue("sub_url"),
		User: strings.TrimSpace(r.PostFormValue("user")), Password: r.PostFormValue("password"),
	}
}

// take puts an address that was offered, such as "url rtsp://…", where it belongs.
func take(in *appliance.Input, offer string) {
	field, address, _ := strings.Cut(offer, " ")
	switch field {
	case "url":
		in.URL = address
	case "sub_url":
		in.SubURL = address
	}
}

func newModel(f layout.Frame, id nvr.CameraID, in appliance.Input, wrong faults) model {
	t := f.T.Add
	m := model{frame: f, title: t.Title, lead: t.Lead, action: newPath, submit: t.Submit, cancel: "/", problem: wrong[wholeForm].text}
	hint := t.PassHint
	if id != 0 {
		m.title, m.lead, m.submit, hint = t.Change, t.ChangeLead, t.Save, t.Kept
		m.cancel = "/cameras/" + id.String()
		m.action = m.cancel + "/edit"
	}
	if len(wrong) > 0 && m.problem == "" {
		m.problem = t.Check
	}
	field := func(name, label, hint, value string) component.Field {
		return component.Field{
			ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name].text,
			Type: "text", Autocomplete: "off", MaxLength: "2048",
		}
	}
	name := field("name", t.Name, t.NameHint, in.Name)
	name.MaxLength = "64"
	address := field("url", t.URL, t.URLHint, in.URL)
	address.Required = true
	m.reach = []component.Field{name, address, field("sub_url", t.SubURL, t.SubHint, in.SubURL)}
	for i, f := range m.reach {
		if likely := wrong[f.Name].likely; likely != "" {
			m.reach[i].Offer, m.reach[i].OfferLabel = offer(f.Name, likely, t)
		}
	}

	// The password goes one way only: from the page to the recorder.
	password := field("password", t.Password, hint, "")
	password.Type, password.Autocomplete, password.MaxLength = "password", "new-password", "256"
	if in.Password != "" {
		password.Hint = t.Again
	}
	m.account = []component.Field{field("user", t.User, "", in.User), password}
	return m
}

// offer is the value and the label of the button that puts an address into its field.
func offer(field, address string, t text.Add) (value, label string) {
	return field + " " + address, text.Fill(t.Use, "address", address)
}

func newAnswer(p nvr.Probe, t *text.Catalogue) *answer {
	if !p.OK {
		a := &answer{title: component.Reason(p.Reason, t), advice: t.Advice[p.Reason], detail: p.Detail}
		if d := p.Doubt; d != nil {
			a.advice = component.MistakeWords(*d, t.Add)
			if d.Likely != "" {
				a.offer, a.offerLabel = offer(d.Field, d.Likely, t.Add)
			}
		}
		return a
	}
	a := &answer{ok: true, title: t.Add.Found, incompleteLead: t.Add.Incomplete}
	a.streams = streamsOf(p.Streams, t.Add)
	return a
}

func streamsOf(all []nvr.Stream, t text.Add) (out []stream) {
	for _, s := range all {
		name := t.Main
		if s.Quality == nvr.Sub {
			name = t.Sub
		}
		out = append(out, stream{name, describe(s, t), s.Missing})
	}
	return out
}

func describe(s nvr.Stream, t text.Add) string {
	if s.Video.Codec == "" {
		return t.Unknown
	}
	sound := t.Silent
	if s.Audio.Codec != "" {
		sound = text.Fill(t.WithSound, "codec", component.CodecName(s.Audio.Codec))
	}
	size := ""
	if s.Video.Width > 0 {
		size = fmt.Sprintf(", %d × %d", s.Video.Width, s.Video.Height)
	}
	return component.CodecName(s.Video.Codec) + size + ", " + sound
}
