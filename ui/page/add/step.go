package add

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// step is one step of finding a camera: where it is, its password, its picture.
type step struct {
	frame    layout.Frame
	searched bool
	devices  []appliance.Device
	address  string
	user     string
	asked    bool
	login    bool // user and password are asked for
	refused  bool // the last ones were wrong
	busy     bool // somebody else is being looked for
	found    appliance.Finding
	late     bool // what was found is forgotten
	name     string
	typed    model // the form for who knows the addresses of the streams; of the first step

	nameFault                                     string
	problem                                       string
	fieldAddress, fieldUser, fieldPass, fieldName component.Field
}

// usualUser is what most cameras come with.
const usualUser = "admin"

// shows tells whether there is a picture to show.
func (s step) shows() bool { return s.asked && s.found.Name != "" }

// dark tells whether some browsers show no picture: none of the streams is H.264.
func (s step) dark() bool {
	return len(s.found.Streams) > 0 && !slices.ContainsFunc(s.found.Streams, func(x nvr.Stream) bool { return x.Video.Codec == "h264" })
}

// first tells whether it is still to be said where the camera is.
func (s step) first() bool { return !s.shows() && !s.login }

// detailed tells whether what curious people may want to know is more than is said in
// words.
func (s step) detailed() bool { return s.found.Detail != "" && s.found.Trouble == "" }

// complete returns s with its fields and what is wrong in words.
func (s step) complete(f layout.Frame) step {
	s.frame = f
	if s.user == "" {
		s.user = usualUser
	}
	t := f.T.Find
	field := func(name, label, hint, value, fault string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: fault, Type: "text", Autocomplete: "off", MaxLength: "2048"}
	}
	fault := ""
	switch {
	case s.late:
		s.problem = t.Late
	case s.busy:
		s.problem = t.Busy
	case s.found.Wait > 0:
		s.problem = text.Fill(t.Waits, "minutes", strconv.Itoa(int((s.found.Wait+time.Minute-1)/time.Minute)))
	case s.found.Again:
		s.problem = t.Same
	case s.login && s.refused:
		s.problem = t.Wrong
	case s.asked && s.found.Doubt != nil:
		fault = component.MistakeWords(*s.found.Doubt, f.T.Add)
	case s.asked && s.first():
		s.problem = cmp.Or(t.Trouble[s.found.Trouble], f.T.Advice[s.found.Reason], t.Unfound)
	}
	s.fieldAddress = field("address", t.Address, t.Hint, s.address, fault)
	s.fieldAddress.Focus = s.asked
	s.fieldUser = field("user", f.T.Add.User, "", s.user, "")
	s.fieldPass = field("password", f.T.Add.Password, f.T.Add.PassHint, "", "")
	s.fieldPass.Type, s.fieldPass.Autocomplete, s.fieldPass.MaxLength, s.fieldPass.Focus = "password", "new-password", "256", true
	s.fieldName = field("name", f.T.Add.Name, f.T.Add.NameHint, s.name, s.nameFault)
	s.fieldName.MaxLength, s.fieldName.Required = "64", true
	return s
}

func (s step) picture() string { return "/api/v1/findings/" + s.found.Name + "/picture.mp4" }

// account is what leads to the field of the user, since the password alone is asked for.
func (s step) account() string { return text.Fill(s.frame.T.Find.Account, "user", s.user) }

// knownAs says which camera of the home a device is.
func (s step) knownAs(d appliance.Device) string {
	if d.Moved {
		return text.Fill(s.frame.T.Find.Strayed, "name", d.Called)
	}
	return text.Fill(s.frame.T.Find.Known, "name", d.Called)
}

// knownAt leads to the camera that a device is, or to where its address is changed.
func knownAt(d appliance.Device) templ.SafeURL {
	at := "/cameras/" + d.Camera.String()
	if d.Moved {
		at += "/edit"
	}
	return templ.SafeURL(at)
}
