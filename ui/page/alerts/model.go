package alerts

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/alert"
	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

type model struct {
	frame    layout.Frame
	saved    bool
	problem  string // about the whole form
	standing string // how things stand with the house, and what is next
	nobody   bool   // takes rings
	untaken  string // kinds that were asked for and that nobody takes
	cameras  []cameraModel
	from, to string
	quiet    string // what is wrong with the quiet hours
	rings    component.Tick
	limits   []component.Field
	digest   component.Field
	week     component.Week
	zone     component.Field
	offset   string // minutes by which the home's clock is ahead of UTC; empty if its zone was chosen
	lately   []told
	unlisted bool // the message is not listed that one wants to know of
}

// cameraModel is what is asked for at a camera.
type cameraModel struct {
	id, name, summary string
	open              bool
	kinds             []kindModel
}

type kindModel struct {
	field, name string
	modes       []component.Tick
}

func newModel(f layout.Frame, s stored, in input, wrong faults) model {
	t := f.T.Alerts
	m := model{
		frame: f, problem: wrong[wholeForm], from: in.from, to: in.to, quiet: wrong["quiet"],
		rings: component.Tick{ID: "quiet_rings", Value: "on", Label: t.QuietRings, On: in.quietRings},
	}
	if len(wrong) > 0 && m.problem == "" {
		m.problem = f.T.Recorded.Check
	}
	for _, c := range s.cameras {
		m.cameras = append(m.cameras, newCamera(c, in, len(s.cameras) == 1, f.T))
	}
	line := func(name, label, hint, value, kind string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name], Type: kind, Autocomplete: "off", MaxLength: "64"}
	}
	m.limits = []component.Field{
		line("per_hour", t.PerHour, text.Fill(t.PerHourIs, "most", strconv.Itoa(household.MaxPerHour)), in.perHour, "number"),
		line("cooldown", t.Cooldown, text.Fill(t.CooldownIs, "most", minutesOf(household.MaxCooldown)), in.cooldown, "number"),
	}
	m.digest = line("digest", t.DigestAt, t.DigestIs, in.digest, "time")
	m.zone = line("time_zone", f.T.Recorded.Zone, "", in.zone, "text")
	var offer []component.Option
	for _, mode := range modes {
		offer = append(offer, component.Option{Value: string(mode), Label: f.T.Home.Modes[mode]})
	}
	m.week = component.NewWeek(in.rows, wrong, t.Mode, offer, f.T.Recorded)
	return m
}

func newCamera(c nvr.Camera, in input, open bool, t *text.Catalogue) cameraModel {
	m := cameraModel{id: "camera-" + c.ID.String(), name: c.Name, summary: t.Alerts.Only, open: open}
	var also []string
	for _, a := range in.asked {
		if a.Camera != c.ID {
			continue
		}
		k := kindModel{field: field(a.Alerted), name: nameOf(a.Kind, t)}
		for _, mode := range modes {
			k.modes = append(k.modes, component.Tick{ID: k.field + "-" + string(mode), Value: string(mode), Label: t.Home.Modes[mode], On: slices.Contains(a.in, mode)})
		}
		m.kinds = append(m.kinds, k)
		if len(a.in) > 0 {
			also = append(also, t.Within(k.name))
		}
	}
	if len(also) > 0 {
		m.summary = text.Fill(t.Alerts.Also, "kinds", strings.Join(also, ", "))
	}
	return m
}

// nameOf is what a kind of events is called; programs may tell of others.
func nameOf(kind string, t *text.Catalogue) string { return cmp.Or(t.Notify.Events[kind], kind) }

// clock says what time it is by the home's clock.
func (m *model) clock(home appliance.Home, at time.Time) {
	local := at.In(home.Zone)
	if m.zone.Hint = text.Fill(m.frame.T.Recorded.ZoneHint, "time", m.frame.T.Calendar.Clock(local)); home.TimeZone == "" {
		_, ahead := local.Zone()
		m.offset = strconv.Itoa(ahead / 60)
	}
}

// standing says how things stand with the house, and when that changes.
func standing(home appliance.Home, at time.Time, t *text.Catalogue) string {
	w := t.Alerts
	now := nvr.TimeOf(at)
	mode, until := home.Modes.At(now, home.Zone, nvr.AtHome)
	said := w.Now
	if home.Chosen != "" {
		if mode, until, said = home.Chosen, home.Until, w.Chosen; until == 0 {
			return text.Fill(said, "mode", t.Home.Modes[mode]) + " " + w.ForGood
		}
	}
	is := text.Fill(said, "mode", t.Home.Modes[mode])
	next, _ := home.Modes.At(until, home.Zone, nvr.AtHome)
	if next == mode && home.Chosen == "" {
		return is + " " + w.NoNext
	}
	return is + " " + text.Fill(w.Next, "mode", t.Home.Modes[next], "time", clockAt(until.Std().In(home.Zone), at.In(home.Zone), t.Calendar))
}

// clockAt is a time to come as the home's clock shows it.
func clockAt(then, now time.Time, c text.Calendar) string {
	clock := c.Clock(then)
	switch days := then.YearDay() - now.YearDay(); {
	case days == 0 && then.Year() == now.Year():
		return clock
	case then.Sub(now) < 6*24*time.Hour:
		return c.Days[then.Weekday()] + " " + clock
	}
	return c.Date(then) + " " + clock
}

// untaken tells whether nobody takes rings, and which kinds that were asked for nobody
// takes.
func untaken(rules household.AlertRules, channels []notify.Channel, t *text.Catalogue) (nobody bool, others string) {
	taken := func(kind string) bool {
		return slices.ContainsFunc(channels, func(c notify.Channel) bool { return !c.Paused && slices.Contains(c.Events, kind) })
	}
	if !taken(nvr.RingEvent) {
		return true, ""
	}
	wanted := map[string]bool{alert.DigestKind: rules.Digest != household.NoDigest}
	for of := range rules.Asked {
		wanted[of.Kind] = true
	}
	var names []string
	for kind, want := range wanted {
		if want && !taken(kind) {
			names = append(names, nameOf(kind, t))
		}
	}
	slices.Sort(names)
	return false, strings.Join(names, ", ")
}

// told is something that was told or held lately, and how often it was held before
// for the same reason.
type told struct {
	what, camera, why, rule string
	told                    bool
	asked                   bool // it is the one that one wants to know of
	at                      component.Instant
	times                   int
}

// lately lists what was told, each by itself, and what was held, the newest of each
// camera, kind and reason.
func lately(items []alert.Item, cameras []nvr.Camera, message string, now time.Time, t *text.Catalogue) (all []told) {
	type held struct {
		camera    nvr.CameraID
		kind, why string
	}
	seen, words := map[held]int{}, alert.Words(t.Messages)
	for _, i := range items {
		why := words.Because(i.Decision)
		of := held{i.Camera, i.Kind, why}
		if n, ok := seen[of]; ok && !i.Tell {
			all[n].times++
			continue
		}
		if !i.Tell {
			seen[of] = len(all)
		}
		there := slices.ContainsFunc(cameras, func(c nvr.Camera) bool { return c.ID == i.Camera })
		all = append(all, told{
			what: nameOf(i.Kind, t), camera: i.CameraName, why: why, rule: ruleOf(i, there), told: i.Tell, asked: message != "" && i.Message == message, at: component.Recent(i.At, now, t.Calendar),
		})
	}
	return all
}

// among tells whether one of all is the one that one wants to know of.
func among(all []told) bool { return slices.ContainsFunc(all, func(i told) bool { return i.asked }) }

// ruleOf is where on the page the rule stands that decided; empty if it is none that
// can be set.
func ruleOf(i alert.Item, there bool) string {
	switch {
	case i.Reason == alert.Daily:
		return "#digest"
	case i.Reason == alert.Rings || i.Reason == alert.Quiet:
		return "#from"
	case i.Reason == alert.Cooling:
		return "#cooldown"
	case i.Reason == alert.Spent:
		return "#per_hour"
	case there && i.Reason != alert.Old:
		return "#camera-" + i.Camera.String()
	}
	return ""
}
