package alerts

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// kinds are what can be asked for, in the order in which they are offered.
var kinds = []string{
	nvr.MotionEvent, nvr.PersonEvent, nvr.VehicleEvent, nvr.AnimalEvent, nvr.PackageEvent, nvr.MessageEvent, nvr.DoorEvent, nvr.WindowEvent, nvr.AlarmEvent,
}

// modes are those of the house, likewise.
var modes = []nvr.HouseMode{nvr.AtHome, nvr.Away, nvr.AtNight, nvr.HousePrivacy}

// asked is what a form says of a kind of events at a camera.
type asked struct {
	household.Alerted
	in []nvr.HouseMode
}

// input is what a person typed, or what is set, as the form holds it.
type input struct {
	asked             []asked
	from, to          string
	quietRings        bool
	perHour, cooldown string
	digest            string
	rows              []component.WeekRow
	zone              string
}

func inputOf(s stored) input {
	a := s.rules
	in := input{
		asked: offered(s), quietRings: a.QuietRings, perHour: strconv.Itoa(a.PerHour), cooldown: minutesOf(a.Cooldown),
		rows: component.WeekOf(s.home.Modes), zone: s.home.TimeZone,
	}
	if a.QuietFrom != a.QuietTo {
		in.from, in.to = a.QuietFrom.String(), a.QuietTo.String()
	}
	if a.Digest != household.NoDigest {
		in.digest = a.Digest.String()
	}
	return in
}

// offered is what can be asked for at each camera: what this program knows, and what
// was asked for otherwise.
func offered(s stored) (all []asked) {
	for _, c := range s.cameras {
		of := slices.Clone(kinds)
		for _, more := range slices.SortedFunc(maps.Keys(s.rules.Asked), func(x, y household.Alerted) int { return strings.Compare(x.Kind, y.Kind) }) {
			if more.Camera == c.ID && !slices.Contains(kinds, more.Kind) {
				of = append(of, more.Kind)
			}
		}
		for _, kind := range of {
			a := household.Alerted{Camera: c.ID, Kind: kind}
			all = append(all, asked{a, s.rules.Asked[a]})
		}
	}
	return all
}

// readInput reads the form, and adds or removes a row of the schedule if the button
// says so. Nothing is read of a camera that the form did not show.
func readInput(v url.Values, s stored) (in input, changed bool, err error) {
	get := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	in = input{
		from: get("from"), to: get("to"), quietRings: v.Has("quiet_rings"), perHour: get("per_hour"), cooldown: get("cooldown"),
		digest: get("digest"), zone: get("time_zone"),
	}
	for _, a := range offered(s) {
		if slices.Contains(v["shown"], field(a.Alerted)) {
			a.in = nil
			for _, mode := range modes {
				if slices.Contains(v[field(a.Alerted)], string(mode)) {
					a.in = append(a.in, mode)
				}
			}
		}
		in.asked = append(in.asked, a)
	}
	in.rows, changed, err = component.ReadWeek(v, string(nvr.Away))
	return in, changed, err
}

// field is the name of the field of a kind at a camera.
func field(of household.Alerted) string { return "tell-" + of.Camera.String() + "-" + of.Kind }

// minutesOf is how a time is written in minutes, to the second.
func minutesOf(d time.Duration) string {
	s := strconv.FormatFloat(d.Minutes(), 'f', 4, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// number is how minutes are written.
var number = regexp.MustCompile(`^[0-9]{1,4}([.,][0-9]{1,4})?$`)

// minutes is the inverse of minutesOf.
func minutes(s string) (d time.Duration, ok bool) {
	if !number.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	d = time.Duration(n * float64(time.Minute)).Round(time.Second)
	return d, err == nil && d <= household.MaxCooldown
}

// faults are messages by the name of the field that they belong to.
type faults map[string]string

// wholeForm is the name of what is wrong with no field in particular.
const wholeForm = ""

// meant is what was typed, understood.
type meant struct {
	rules household.AlertRules // but for what is asked for
	asked []asked
	week  nvr.Schedule[nvr.HouseMode]
	zone  string
}

// apply puts what was meant in the place of what the form showed.
func (m meant) apply(r *household.AlertRules) error {
	all := r.Asked
	*r = m.rules
	r.Asked = all
	for _, a := range m.asked {
		if len(a.in) == 0 {
			delete(r.Asked, a.Alerted)
		} else {
			r.Asked[a.Alerted] = a.in
		}
	}
	return nil
}

// meant returns what was typed, and what is wrong with it.
func (in input) meant(t *text.Catalogue) (m meant, wrong faults) {
	wrong = faults{}
	m = meant{rules: household.DefaultAlerts(), asked: in.asked, zone: in.zone}
	m.rules.QuietRings = in.quietRings
	clock := func(field, s string) nvr.Clock {
		c, err := nvr.ParseClock(s)
		if err != nil || c.String() == "24:00" {
			wrong[field] = t.Alerts.NoClock
		}
		return c
	}
	if (in.from == "") != (in.to == "") {
		wrong["quiet"] = t.Alerts.BothEnds
	} else if in.from != "" {
		m.rules.QuietFrom, m.rules.QuietTo = clock("quiet", in.from), clock("quiet", in.to)
		if wrong["quiet"] == "" && m.rules.QuietFrom == m.rules.QuietTo {
			wrong["quiet"] = t.Alerts.SameEnds
		}
	}
	if in.digest != "" {
		m.rules.Digest = clock("digest", in.digest)
	}
	n, err := strconv.ParseUint(in.perHour, 10, 16)
	if m.rules.PerHour = int(n); err != nil || n < 1 || n > household.MaxPerHour {
		wrong["per_hour"] = text.Fill(t.Alerts.PerHourIs, "most", strconv.Itoa(household.MaxPerHour))
	}
	var ok bool
	if m.rules.Cooldown, ok = minutes(in.cooldown); !ok {
		wrong["cooldown"] = text.Fill(t.Alerts.CooldownIs, "most", minutesOf(household.MaxCooldown))
	}
	m.week = component.Scheduled[nvr.HouseMode](in.rows, t.Recorded, wrong)
	if err := m.week.Check(); err != nil && len(wrong) == 0 {
		wrong[wholeForm] = refused(err, t)
	}
	return m, wrong
}
