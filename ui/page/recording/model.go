package recording

import (
	"strconv"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

type model struct {
	frame   layout.Frame
	name    string
	action  string // address of the page
	back    string // address of the camera
	now     string // what is recorded at the moment
	saved   bool
	problem string // about the whole form
	modes   []choice
	around  []component.Field
	streams []component.Tick // empty if the camera has one stream
	week    component.Week
	zone    component.Field
	offset  string // minutes by which the home's clock is ahead of UTC; empty if its zone was chosen
}

// choice is one of several.
type choice struct {
	id, value, label, what string
	on                     bool
}

// modes are in the order in which they are offered.
var modes = []nvr.Mode{nvr.KeepAll, nvr.KeepEvents, nvr.KeepNone, nvr.Privacy}

func newModel(f layout.Frame, c nvr.Camera, in input, wrong faults) model {
	t := f.T.Recorded
	m := model{
		frame: f, name: c.Name, action: address(c.ID), back: "/cameras/" + c.ID.String(),
		problem: wrong[wholeForm], modes: modeChoices("mode", in.mode, t),
	}
	if len(wrong) > 0 && m.problem == "" {
		m.problem = t.Check
	}
	number := func(name, label, hint, value string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name], Type: "number", Autocomplete: "off", MaxLength: "4"}
	}
	m.around = []component.Field{number("before", t.Before, t.BeforeTip, in.before), number("after", t.After, t.AfterTip, in.after)}
	if c.SubURL != "" {
		for _, s := range []struct {
			value nvr.Streams
			label string
		}{{nvr.BothStreams, t.Both}, {nvr.MainStream, t.Main}, {nvr.SubStream, t.Sub}} {
			m.streams = append(m.streams, component.Tick{ID: "streams-" + string(s.value), Value: string(s.value), Label: s.label, On: s.value == in.streams})
		}
	}
	var modes []component.Option
	for _, c := range m.modes {
		modes = append(modes, component.Option{Value: c.value, Label: c.label})
	}
	m.week = component.NewWeek(in.rows, wrong, t.Mode, modes, t)
	m.zone = component.Field{
		ID: "time_zone", Name: "time_zone", Label: t.Zone, Value: in.zone, Error: wrong["time_zone"],
		Type: "text", Autocomplete: "off", MaxLength: "64",
	}
	return m
}

// clock says what time it is by the home's clock.
func (m *model) clock(home appliance.Home, at time.Time) {
	local := at.In(home.Zone)
	m.zone.Hint = text.Fill(m.frame.T.Recorded.ZoneHint, "time", m.frame.T.Calendar.Clock(local))
	if home.TimeZone == "" {
		_, ahead := local.Zone()
		m.offset = strconv.Itoa(ahead / 60)
	}
}

func modeChoices(name string, on nvr.Mode, t text.Recorded) []choice {
	var all []choice
	for _, mode := range modes {
		words := t.Modes[mode]
		all = append(all, choice{name + "-" + string(mode), string(mode), words.Name, words.What, mode == on})
	}
	return all
}
