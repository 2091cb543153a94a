package notifications

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/alert"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// offered are the kinds of channels that a form adds; a browser adds itself.
var offered = []string{notify.MQTT, notify.Ntfy, notify.Email, notify.Webhook}

// kinds are those of messages, in the order in which they are offered.
var kinds = []string{
	nvr.RingEvent, nvr.MessageEvent, nvr.MotionEvent, nvr.PersonEvent, nvr.VehicleEvent, nvr.AnimalEvent, nvr.PackageEvent,
	nvr.DoorEvent, nvr.WindowEvent, nvr.AlarmEvent, alert.DigestKind,
}

type listModel struct {
	frame    layout.Frame
	said     string
	fault    bool // what is said is no good news
	channels []rowModel
	links    string // what is said of links in messages
	offers   []offer
	language component.Select
}

type offer struct{ href, name, what string }

type rowModel struct {
	action, name, what, change string
	paused                     bool
	trouble, detail            string
	said                       string // with {time}
	at                         component.Instant
}

func newList(f layout.Frame, told Channels, query url.Values, now time.Time) listModel {
	t := f.T.Notify
	m := listModel{frame: f, links: t.NoLinks}
	if address := told.Address(); address != "" {
		m.links = text.Fill(t.LinksTo, "address", address)
	}
	for _, kind := range offered {
		m.offers = append(m.offers, offer{home + "/new?kind=" + kind, t.Kinds[kind].Name, t.Kinds[kind].What})
	}
	for _, c := range told.Channels() {
		m.channels = append(m.channels, newRow(c, f.T, now))
		if query.Get("tested") == strconv.FormatInt(c.ID, 10) {
			m.said, m.fault = text.Fill(t.Tested, "name", c.Name), c.Trouble != ""
			if m.fault {
				m.said = text.Fill(t.Untested, "name", c.Name)
			}
		}
	}
	switch {
	case query.Has("saved"):
		m.said = t.Saved
	case query.Has("gone"):
		m.said = t.Gone
	}
	return m
}

func newRow(c notify.Channel, all *text.Catalogue, now time.Time) rowModel {
	t := all.Notify
	r := rowModel{
		action: home + "/" + strconv.FormatInt(c.ID, 10), name: c.Name, paused: c.Paused, change: text.Fill(t.Change, "name", c.Name),
	}
	about := make([]string, 0, len(c.Events))
	for _, kind := range kinds {
		if slices.Contains(c.Events, kind) {
			about = append(about, t.Events[kind])
		}
	}
	r.what = t.Kinds[c.Kind].Name + " · " + c.To
	if len(about) > 0 {
		r.what += " · " + strings.Join(about, ", ")
	}
	switch {
	case c.Trouble != "":
		r.trouble, r.detail, r.said, r.at = t.Trouble[string(c.Trouble)], c.Detail, t.Since, component.Recent(c.Failed, now, all.Calendar)
	case c.Sent != 0:
		r.said, r.at = t.Sent, component.Recent(c.Sent, now, all.Calendar)
	default:
		r.said = t.Never
	}
	return r
}

type formModel struct {
	frame         layout.Frame
	title, action string
	kind          string // of a new one
	old           bool
	problem       string
	name          component.Field
	fields        []fieldModel
	events        []choice
}

// fieldModel is a line to write in, or one of several.
type fieldModel struct {
	component.Field
	choices []choice
}

type choice struct {
	id, value, label string
	on               bool
}

func newForm(f layout.Frame, title string, in input, wrong error) formModel {
	t := f.T.Notify
	m := formModel{frame: f, title: title, action: home + "/new?kind=" + url.QueryEscape(in.Kind), kind: in.Kind, old: in.ID != 0}
	if m.old {
		m.action = home + "/" + strconv.FormatInt(in.ID, 10)
	}
	m.name = component.Field{ID: "name", Name: "name", Label: t.Name, Hint: t.NameIs, Value: in.Name, Type: "text", Autocomplete: "off", MaxLength: "60", Required: true}
	if wrong != nil {
		m.problem = t.Check
		if strings.TrimSpace(in.Name) == "" {
			m.name.Error = t.Needed
		}
	}
	faults := m.name.Error != ""
	for _, field := range notify.Fields(in.Kind) {
		if in.Kind == notify.WebPush {
			break // nobody types those
		}
		line := newField(field, in, t, wrong != nil)
		faults = faults || line.Error != ""
		m.fields = append(m.fields, line)
	}
	switch {
	case errors.Is(wrong, nvr.ErrTooLarge):
		m.problem = t.Many
	case wrong != nil && !faults:
		m.problem = t.Again
	}
	for _, kind := range kinds {
		m.events = append(m.events, choice{"event-" + kind, kind, t.Events[kind], slices.Contains(in.Events, kind)})
	}
	return m
}

func newField(field notify.Field, in input, t text.Notify, judged bool) fieldModel {
	words := t.Fields[in.Kind+"_"+field.Name]
	value := in.Settings[field.Name]
	m := fieldModel{Field: component.Field{
		ID: field.Name, Name: field.Name, Label: words.Name, Hint: words.What, Value: value, Type: "text", Autocomplete: "off", MaxLength: "2048", Required: field.Needed,
	}}
	if field.Name == "password" || field.Name == "token" || field.Name == "secret" {
		m.Type, m.Autocomplete = "password", "new-password"
	}
	if field.Secret && value == notify.Stars {
		m.Hint += " " + t.Kept
	}
	for _, c := range field.Choices {
		m.choices = append(m.choices, choice{field.Name + "-" + c, c, t.Security[c], c == value || value == "" && c == field.Usual})
	}
	if judged && value != notify.Stars {
		switch {
		case field.Needed && strings.TrimSpace(value) == "":
			m.Error = t.Needed
		case !field.Fine(strings.TrimSpace(value)):
			m.Error = words.What
		}
	}
	return m
}
