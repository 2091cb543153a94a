package recording

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// input is what a person typed, or what is set, as the form holds it.
type input struct {
	mode          nvr.Mode
	before, after string // seconds
	streams       nvr.Streams
	rows          []component.WeekRow
	zone          string
}

func inputOf(r nvr.Recording, zone string) input {
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	return input{mode: r.Plan.Mode, before: seconds(r.Plan.Before), after: seconds(r.Plan.After), streams: r.Streams, rows: component.WeekOf(r.Schedule), zone: zone}
}

// readInput reads the form, and adds or removes a row if the button says so. What is
// not there is empty.
func readInput(v url.Values) (in input, changed bool, err error) {
	get := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	in = input{mode: nvr.Mode(get("mode")), before: get("before"), after: get("after"), streams: nvr.Streams(get("streams")), zone: get("time_zone")}
	in.rows, changed, err = component.ReadWeek(v, string(nvr.KeepNone))
	return in, changed, err
}

// faults are messages by the name of the field that they belong to.
type faults map[string]string

// wholeForm is the name of what is wrong with no field in particular.
const wholeForm = ""

// refused is what the recorder found wrong that the form did not.
func refused(err error, t text.Recorded) faults {
	detail := strings.TrimSuffix(err.Error(), ": "+nvr.ErrInvalid.Error())
	return faults{wholeForm: text.Fill(t.Refused, "detail", detail)}
}

// recording returns what was typed as what is to be recorded, and what is
// wrong with it.
func (in input) recording(t text.Recorded) (nvr.Recording, faults) {
	wrong := faults{}
	seconds := func(name, s string, most time.Duration) time.Duration {
		n, err := strconv.ParseUint(s, 10, 16)
		d := time.Duration(n) * time.Second
		if err != nil || d > most {
			wrong[name] = text.Fill(t.Number, "most", strconv.Itoa(int(most/time.Second)))
		}
		return d
	}
	r := nvr.Recording{
		Plan:    nvr.Plan{Mode: in.mode, Before: seconds("before", in.before, nvr.MaxBefore), After: seconds("after", in.after, nvr.MaxAfter)},
		Streams: in.streams,
	}
	r.Schedule = component.Scheduled[nvr.Mode](in.rows, t, wrong)
	if err := r.Check(); err != nil && len(wrong) == 0 {
		return r, refused(err, t)
	}
	return r, wrong
}

// now says what is recorded at the moment, and until when.
func now(set nvr.Recording, privacy bool, zone *time.Location, at time.Time, t *text.Catalogue) string {
	if privacy {
		return t.Recorded.Private
	}
	plan, until := set.At(nvr.TimeOf(at), zone)
	said := t.Recorded.Now[plan.Mode]
	if until.Std().Sub(at) > 7*24*time.Hour {
		return said + "."
	}
	local := until.Std().In(zone)
	when := t.Calendar.Days[local.Weekday()] + " " + t.Calendar.Clock(local)
	if local.YearDay() == at.In(zone).YearDay() {
		when = t.Calendar.Clock(local)
	}
	return text.Fill(t.Recorded.NowUntil, "now", said, "time", when)
}
