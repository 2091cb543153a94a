package find

import (
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
)

// model is one step of finding a camera.
type model struct {
	frame    layout.Frame
	searched bool
	devices  []appliance.Device
	address  string
	user     string
	asked    bool
	login    bool // user and password are asked for
	refused  bool // the last ones were wrong
	found    appliance.Finding
	late     bool // what was found is forgotten
	name     string

	nameFault                                     string
	problem                                       string
	fieldAddress, fieldUser, fieldPass, fieldName component.Field
}

// shows tells whether there is a picture to show.
func (m model) shows() bool { return m.asked && m.found.Name != "" }

// complete returns m with its fields and what is wrong in words.
func (m model) complete(f layout.Frame) model {
	m.frame = f
	t := f.T.Find
	field := func(name, label, hint, value, fault string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: fault, Type: "text", Autocomplete: "off", MaxLength: "2048"}
	}
	fault := ""
	switch {
	case m.late:
		m.problem = t.Late
	case m.login && m.refused:
		m.problem = t.Wrong
	case m.asked && m.found.Doubt != nil:
		fault = component.MistakeWords(*m.found.Doubt, f.T.Add)
	case m.asked && !m.shows() && !m.login:
		m.problem = f.T.Advice[m.found.Reason]
		if m.problem == "" {
			m.problem = t.Unfound
		}
	}
	m.fieldAddress = field("address", t.Address, t.Hint, m.address, fault)
	m.fieldUser = field("user", f.T.Add.User, "", m.user, "")
	m.fieldPass = field("password", f.T.Add.Password, f.T.Add.PassHint, "", "")
	m.fieldPass.Type, m.fieldPass.Autocomplete, m.fieldPass.MaxLength, m.fieldPass.Focus = "password", "new-password", "256", true
	m.fieldName = field("name", f.T.Add.Name, f.T.Add.NameHint, m.name, m.nameFault)
	m.fieldName.MaxLength, m.fieldName.Required = "64", true
	return m
}

func (m model) picture() string { return "/cameras/find/" + m.found.Name + "/picture.mp4" }
