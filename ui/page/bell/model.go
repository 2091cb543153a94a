package bell

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// kinds are the ways of hearing a press in the order in which they are offered.
var kinds = []string{"onvif", "dahua", "hikvision", "2n", "doorbird", "sip", "webhook", "mqtt"}

// means are what a signal can mean.
var means = []string{nvr.RingEvent, nvr.DoorEvent, nvr.WindowEvent, nvr.MotionEvent, nvr.AlarmEvent}

type model struct {
	frame    layout.Frame
	title    string
	back     string // address of the camera's page
	action   string
	once     appliance.BellSecret // what was made just now
	bells    []row
	unbound  []signal
	bindings []signal
	offers   []offer
}

// row is a bell that there is.
type row struct {
	kind, name, address, change string
	told                        string // address of what it told, to be pasted
	trouble                     string
	said                        string             // how it stands, with {time} if there is one
	at                          *component.Instant // nil if none is said
}

// signal is something that a device tells.
type signal struct {
	source string
	at     *component.Instant // when it was heard; nil of what is bound
	means  string             // empty: nothing yet
}

type offer struct{ href, name, what string }

// choice is something that a signal can mean.
type choice struct{ value, label string }

func newModel(f layout.Frame, camera nvr.Camera, told appliance.BellsTold, now time.Time) model {
	t := f.T
	action := address(camera.ID)
	m := model{frame: f, title: text.Fill(t.Bell.Title, "name", component.CameraName(camera, t)), back: "/cameras/" + camera.ID.String(), action: action}
	for _, b := range told.Bells {
		m.bells = append(m.bells, newRow(b, camera.ID, now, t))
	}
	for _, s := range told.Unbound {
		m.unbound = append(m.unbound, signal{source: s.Source, at: new(component.Recent(s.At, now, t.Calendar))})
	}
	for _, s := range told.Bindings {
		m.bindings = append(m.bindings, signal{source: s.Source, means: meaning(s.Kind, t)})
	}
	for _, kind := range kinds {
		way := t.Bell.Ways[kind]
		m.offers = append(m.offers, offer{action + "?" + url.Values{"kind": {kind}}.Encode(), way.Name, way.What})
	}
	return m
}

func newRow(b appliance.Bell, id nvr.CameraID, now time.Time, t *text.Catalogue) row {
	r := row{kind: b.Kind, name: b.Kind, address: b.Address, change: address(id) + "?" + url.Values{"kind": {b.Kind}}.Encode(), trouble: b.Trouble}
	r.told = "/api/v1/cameras/" + id.String() + "/bells/" + url.PathEscape(b.Kind) + "/log"
	if way, ok := t.Bell.Ways[b.Kind]; ok {
		r.name = way.Name
	}
	at := b.Heard
	switch {
	case b.Trouble != "":
		r.said, at = t.Bell.Silent, b.Since
	case b.Heard != 0:
		r.said = t.Bell.Heard
	case b.Kind == "webhook":
		r.said = t.Bell.Waits
	case b.Kind == "sip" && !b.Known:
		r.said = t.Bell.Unregistered
	case b.Known:
		r.said = t.Bell.Listens
	default:
		r.said = t.Bell.Tries
	}
	if at != 0 {
		r.at = new(component.Recent(at, now, t.Calendar))
	}
	return r
}

func meaning(kind string, t *text.Catalogue) string {
	if said, ok := t.Events.Kinds[kind]; ok {
		return said
	}
	return kind
}

// choices are what a signal can mean, in words.
func (m model) choices() (all []choice) {
	for _, kind := range means {
		all = append(all, choice{kind, meaning(kind, m.frame.T)})
	}
	return all
}

type formModel struct {
	frame        layout.Frame
	title, lead  string
	action, kind string
	problem      string
	fields       []component.Field
	asCamera     bool // it can have user and password of the camera
	camera       bool // and has
	means        *component.Select
	again        bool // there is one of the kind already
}

// calls tells whether the device calls, with a secret that is made here.
func (m formModel) calls() bool { return m.kind == "webhook" || m.kind == "sip" }

func newForm(f layout.Frame, camera nvr.Camera, way text.Way, in appliance.BellInput, problem string) formModel {
	t := f.T.Bell
	m := formModel{
		frame: f, title: way.Name, lead: way.How, action: address(camera.ID), kind: in.Kind, problem: problem, again: in.Again,
	}
	field := func(id, label, hint, value string) {
		m.fields = append(m.fields, component.Field{ID: id, Name: id, Label: label, Hint: hint, Value: value, Type: "text", MaxLength: "1000"})
	}
	password := component.Field{ID: "password", Name: "password", Label: t.Password, Type: "password", Autocomplete: "new-password", MaxLength: "200", Hint: t.PasswordHint}
	switch in.Kind {
	case "webhook":
		m.means = &component.Select{ID: "means", Name: "means", Label: t.Means, Hint: t.MeansHint}
		for _, kind := range means {
			m.means.Options = append(m.means.Options, component.Option{Value: kind, Label: meaning(kind, f.T), On: kind == in.Means})
		}
		return m
	case "sip":
		field("address", t.Exchange, t.ExchangeHint, in.Address)
	case "mqtt":
		field("address", t.Broker, t.BrokerHint, in.Address)
		field("user", t.User, t.UserHint, in.User)
		m.fields = append(m.fields, password)
		field("topic", t.Topic, t.TopicHint, in.Topic)
		field("field", t.Field, t.FieldHint, in.Field)
		field("on", t.On, t.OnHint, in.On)
	default:
		m.asCamera, m.camera = true, in.AsCamera
		field("address", t.Address, t.AddressHint, in.Address)
		field("user", t.User, t.UserHint, in.User)
		m.fields = append(m.fields, password)
	}
	return m
}

// begin is what a form begins with: the bell of the kind that there is, or what is
// likely.
func (p Page) begin(r *http.Request, id nvr.CameraID, kind string) (in appliance.BellInput, err error) {
	in = appliance.BellInput{Kind: kind, AsCamera: true, Means: nvr.RingEvent}
	camera, err := p.Cameras.Get(r.Context(), id)
	if err != nil {
		return in, err
	}
	if here, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && kind == "sip" {
		in.Address, _, _ = net.SplitHostPort(here.String()) // where the owner found it a doorbell does, too
	}
	if u, err := url.Parse(camera.URL); err == nil && u.Hostname() != "" && kind != "mqtt" && kind != "sip" {
		host := u.Hostname()
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		in.Address = "http://" + host + "/"
	}
	told, err := p.Bells.Of(r.Context(), id)
	if err != nil {
		return in, err
	}
	for _, b := range told.Bells {
		if b.Kind == kind {
			in.Address, in.User, in.AsCamera, in.Topic, in.Field, in.On, in.Again = b.Address, b.User, b.AsCamera, b.Topic, b.Field, b.On, true
			if b.AsCamera {
				in.User = ""
			}
		}
	}
	return in, nil
}

func read(r *http.Request) appliance.BellInput {
	v := r.PostFormValue
	return appliance.BellInput{
		Kind: v("kind"), Address: v("address"), AsCamera: v("as_camera") != "", User: v("user"), Password: v("password"),
		Topic: v("topic"), Field: v("field"), On: v("on"), Means: v("means"),
	}
}
