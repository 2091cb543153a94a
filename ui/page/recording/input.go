package recording

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// input is what a person typed, or what is set, as the form holds it.
type input struct {
	mode          nvr.Mode
	before, after string // seconds
	streams       nvr.Streams
	rows          []row
	zone          string
}

// row is one row of the schedule.
type row struct {
	days     nvr.Days
	from, to string
	mode     nvr.Mode
}

// maxRows is as many as a schedule has parts, and one more to say so.
const maxRows = 65

func inputOf(r nvr.Recording, zone string) input {
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	in := input{mode: r.Plan.Mode, before: seconds(r.Plan.Before), after: seconds(r.Plan.After), streams: r.Streams, zone: zone}
	for _, s := range r.Schedule {
		to := s.To.String()
		if to == "24:00" {
			to = "00:00" // which browsers have a form for
		}
		in.rows = append(in.rows, row{s.Days, s.From.String(), to, s.Mode})
	}
	return in
}

// readInput reads the form. What is not there is empty.
func readInput(v url.Values) input {
	get := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	in := input{mode: nvr.Mode(get("mode")), before: get("before"), after: get("after"), streams: nvr.Streams(get("streams")), zone: get("time_zone")}
	count, err := strconv.Atoi(v.Get("rows"))
	if err != nil {
		count = 0 // a form without rows
	}
	for i := range min(count, maxRows) {
		r := row{from: get(named("from", i)), to: get(named("to", i)), mode: nvr.Mode(get(named("mode", i)))}
		for _, day := range v[named("days", i)] {
			if n, err := strconv.Atoi(day); err == nil && n >= 0 && n < 7 {
				r.days |= 1 << n
			}
		}
		in.rows = append(in.rows, r)
	}
	return in
}

// named is the name of a field of row i.
func named(field string, i int) string { return field + "-" + strconv.Itoa(i) }

// remove takes a row out, if there is one.
func (in *input) remove(i int) {
	if i >= 0 && i < len(in.rows) {
		in.rows = slices.Delete(in.rows, i, i+1)
	}
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
// wrong with it. Rows in which nothing was typed are left out.
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
	for i, row := range in.rows {
		if row.days == 0 && row.from == "" && row.to == "" {
			continue
		}
		slot, problem := row.slot(t)
		if problem != "" {
			wrong[named("row", i)] = problem
		}
		r.Schedule = append(r.Schedule, slot)
	}
	if err := r.Check(); err != nil && len(wrong) == 0 {
		return r, refused(err, t)
	}
	return r, wrong
}

// slot returns the row as a part of a schedule, or what is wrong with it.
func (r row) slot(t text.Recorded) (s nvr.Slot[nvr.Mode], problem string) {
	from, err := nvr.ParseClock(r.from)
	to, err2 := nvr.ParseClock(r.to)
	if to == 0 {
		to = 24 * 60
	}
	switch {
	case r.days == 0:
		return s, t.NoDays
	case err != nil || err2 != nil:
		return s, t.NoTimes
	case from == to:
		return s, t.SameTimes
	}
	return nvr.Slot[nvr.Mode]{Days: r.days, From: from, To: to, Mode: r.mode}, ""
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
	when := fmt.Sprintf("%s %s", t.Calendar.Days[local.Weekday()], local.Format("15:04"))
	if local.YearDay() == at.In(zone).YearDay() {
		when = local.Format("15:04")
	}
	return text.Fill(t.Recorded.NowUntil, "now", said, "time", when)
}
