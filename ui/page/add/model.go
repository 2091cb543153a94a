package add

import (
	"fmt"
	"net/url"
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
	place   []component.Field
	account []component.Field
	answer  *answer
}

// answer is what a tested camera said.
type answer struct {
	ok             bool
	title, advice  string
	detail         string
	streams        []stream
	incompleteLead string
}

type stream struct {
	name, what string
	missing    []string
}

// faults are messages by the name of the field that they belong to.
type faults map[string]string

// wholeForm is the name of what is wrong with no field in particular.
const wholeForm = ""

// refused is what the recorder found wrong that check did not. Its message is
// for people and repeats no password; only its kind is cut off.
func refused(err error, t text.Add) faults {
	detail := strings.TrimSuffix(err.Error(), ": "+nvr.ErrInvalid.Error())
	return faults{wholeForm: text.Fill(t.Refused, "detail", detail)}
}

const longestName = 64 // characters, as in pkg/household: one line of a phone's screen

// check finds what can be seen to be wrong without asking the camera.
func check(in appliance.Input, t text.Add, needName bool) faults {
	f := faults{}
	switch {
	case in.Name == "" && needName:
		f["name"] = t.NoName
	case utf8.RuneCountInString(in.Name) > longestName:
		f["name"] = t.LongName
	}
	if in.URL == "" {
		f["url"] = t.NoURL
	} else if bad := checkURL(in.URL, t); bad != "" {
		f["url"] = bad
	}
	if in.User == "" && in.Password != "" {
		f["user"] = t.NoUser
	}
	if in.SubURL != "" {
		if bad := checkURL(in.SubURL, t); bad != "" {
			f["sub_url"] = bad
		}
	}
	return f
}

func checkURL(s string, t text.Add) string {
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Host == "", u.Scheme != "rtsp" && u.Scheme != "rtsps":
		return t.BadURL
	case u.User != nil:
		return t.URLSecret
	}
	return ""
}

// clean drops what hands and clipboards add, and takes user and password out
// of the address into their fields when these are empty: that is how most
// cameras' pages print their address.
func clean(in appliance.Input) appliance.Input {
	in.Name = strings.Join(strings.Fields(in.Name), " ")
	in.URL, in.SubURL = strings.TrimSpace(in.URL), strings.TrimSpace(in.SubURL)
	in.User = strings.TrimSpace(in.User)
	for _, address := range []*string{&in.URL, &in.SubURL} {
		u, err := url.Parse(*address)
		if err != nil || u.User == nil {
			continue
		}
		password, _ := u.User.Password()
		if in.User == "" && in.Password == "" {
			in.User, in.Password = u.User.Username(), password
		} else if in.User != u.User.Username() || in.Password != password {
			continue // it contradicts the fields: checkURL says so
		}
		u.User = nil
		*address = u.String()
	}
	return in
}

func newModel(f layout.Frame, id nvr.CameraID, in appliance.Input, wrong faults) model {
	t := f.T.Add
	m := model{frame: f, title: t.Title, lead: t.Lead, action: "/cameras/new", submit: t.Submit, cancel: "/", problem: wrong[wholeForm]}
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
			ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name],
			Type: "text", Autocomplete: "off", MaxLength: "2048",
		}
	}
	name := field("name", t.Name, t.NameHint, in.Name)
	name.MaxLength = "64"
	address := field("url", t.URL, t.URLHint, visible(in.URL))
	address.Required = true
	m.place = []component.Field{name, address, field("sub_url", t.SubURL, t.SubHint, visible(in.SubURL))}

	// The password goes one way only: from the page to the recorder.
	password := field("password", t.Password, hint, "")
	password.Type, password.Autocomplete, password.MaxLength = "password", "new-password", "256"
	if in.Password != "" {
		password.Hint = t.Again
	}
	m.account = []component.Field{field("user", t.User, "", in.User), password}
	return m
}

// visible is an address as it may be shown again: without what it carries of
// a password.
func visible(address string) string {
	u, err := url.Parse(address)
	if err == nil && u.User == nil {
		return address
	}
	if err == nil {
		u.User = nil
		return u.String()
	}
	if strings.Contains(address, "@") {
		return ""
	}
	return address
}

func newAnswer(p appliance.Probe, t *text.Catalogue) *answer {
	if !p.OK {
		return &answer{title: component.Reason(p.Reason, t), advice: t.Advice[p.Reason], detail: p.Detail}
	}
	a := &answer{ok: true, title: t.Add.Found, incompleteLead: t.Add.Incomplete}
	for _, s := range p.Streams {
		name := t.Add.Main
		if s.Quality == nvr.Sub {
			name = t.Add.Sub
		}
		a.streams = append(a.streams, stream{name, describe(s, t.Add), s.Missing})
	}
	return a
}

func describe(s appliance.Stream, t text.Add) string {
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
