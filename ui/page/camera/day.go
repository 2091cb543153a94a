package camera

import (
	"cmp"
	"slices"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/page/events"
	"nvrd/ui/text"
)

// day is the timeline of one day as a list.
type day struct {
	title          component.Instant
	coverage, gaps string // sentences
	planned        string // how long nothing was recorded because somebody wanted it so; empty if never
	gone           string // how much was recorded and is removed by now; empty if nothing
	worst          []gap  // the longest ones, in order of time
	hours          []hour
	moments        []events.Moment // the latest few
	events         string          // address of all of them
	chapters       []chapter       // all there is to say of the day, in order of time
	value          string          // of the date input
	earlier, later string          // addresses; later is empty today
	zone           string
}

type gap struct {
	from    component.Instant
	label   string
	missing string
}

type hour struct {
	from, to component.Instant
	summary  string
	full     bool
	pieces   []piece
}

// piece is an unbroken stretch of footage, or a gap, within an hour.
type piece struct {
	from, to        component.Instant
	gap             string // why there is none; empty for footage
	watch, download string
	machineFrom     string
	machineTo       string
}

// worthTelling is how long a gap is of which a day's summary tells: what a camera
// needs to begin is less. The hours leave out the shorter ones, too, and are not
// called whole for that.
const worthTelling = 2 * time.Second

// worstShown keeps the day's summary to a glance; the hours list every gap that is told.
const worstShown = 3

type dayMaker struct {
	t      *text.Catalogue
	zone   *time.Location
	stream nvr.StreamID
	now    nvr.Time
}

func (d dayMaker) make(span nvr.Span, line appliance.Timeline) day {
	out := day{
		title: component.Date(span.From, d.zone, d.t.Calendar),
		value: span.From.Std().In(d.zone).Format(time.DateOnly),
		zone:  text.Fill(d.t.Camera.Zone, "zone", span.From.Std().In(d.zone).Format("UTC-07:00")),
	}
	path := "/cameras/" + d.stream.Camera.String() + "?at="
	out.earlier = path + component.Day(span.From-1, d.zone).From.String()
	if span.To <= d.now {
		out.later = path + span.To.String()
	}
	var footage, missing time.Duration
	for _, f := range line.Footage {
		footage += f.Intersect(span).Duration()
	}
	gaps := d.closed(line.Gaps, span)
	var troubles []nvr.Gap
	var planned, gone time.Duration
	for _, g := range gaps {
		switch {
		case g.Reason.Planned():
			planned += g.Span.Duration()
		case g.Reason == nvr.Removed: // it was there
			gone += g.Span.Duration()
		default:
			missing += g.Span.Duration()
			if g.Span.Duration() >= worthTelling {
				troubles = append(troubles, g)
			}
		}
	}
	if planned >= time.Second {
		out.planned = text.Fill(d.t.Camera.Planned, "duration", d.t.Calendar.Length(planned))
	}
	if gone >= time.Second {
		out.gone = text.Fill(d.t.Camera.Gone, "duration", d.t.Calendar.Length(gone))
	}
	switch {
	case footage+missing+planned+gone == 0:
		out.coverage = d.t.Camera.Empty
		return out
	case footage+missing > 0:
		out.coverage = text.Fill(d.t.Camera.Share, "percent", component.Percent(footage, footage+missing, d.t.Numbers))
		out.gaps = d.t.Camera.NoGaps
	}
	if missing > 0 {
		out.gaps = d.t.Camera.ShortGaps
	}
	if len(troubles) > 0 {
		out.gaps = d.t.Camera.Gaps.N(len(troubles))
	}
	out.worst = d.worst(troubles)
	for from := span.From; from < min(span.To, d.now); from = from.Add(time.Hour) {
		h := nvr.Span{From: from, To: min(from.Add(time.Hour), span.To)}
		if hr := d.hour(h, line.Footage, gaps); len(hr.pieces) > 0 {
			out.hours = append(out.hours, hr)
		}
	}
	slices.Reverse(out.hours) // the newest is what people look for
	return out
}

// closed is the gaps within span up to now: there is nothing behind it before footage
// of a clock that was ahead.
func (d dayMaker) closed(gaps []nvr.Gap, span nvr.Span) []nvr.Gap {
	return nvr.Within(gaps, nvr.Span{From: span.From, To: min(span.To, d.now)})
}

func (d dayMaker) worst(gaps []nvr.Gap) []gap {
	longest := slices.SortedFunc(slices.Values(gaps), func(a, b nvr.Gap) int {
		return cmp.Compare(b.Span.Duration(), a.Span.Duration())
	})
	longest = longest[:min(len(longest), worstShown)]
	slices.SortFunc(longest, func(a, b nvr.Gap) int { return cmp.Compare(a.Span.From, b.Span.From) })
	var out []gap
	for _, g := range longest {
		length := d.t.Calendar.Length(g.Span.Duration())
		out = append(out, gap{
			from:    component.Clock(g.Span.From, d.zone, d.t.Calendar),
			label:   component.GapReason(g, d.zone, d.t),
			missing: text.Fill(d.t.Camera.Missing, "duration", length),
		})
	}
	return out
}

func (d dayMaker) hour(span nvr.Span, footage []nvr.Span, gaps []nvr.Gap) hour {
	h := hour{from: component.Clock(span.From, d.zone, d.t.Calendar), to: component.Clock(span.To, d.zone, d.t.Calendar)}
	type found struct {
		span nvr.Span
		gap  string
	}
	var all []found
	var have time.Duration
	for _, f := range footage {
		s := f.Intersect(span)
		if s.Empty() {
			continue
		}
		have += s.Duration()
		if n := len(all); n > 0 && s.From.Sub(all[n-1].span.To) < worthTelling {
			all[n-1].span.To = s.To
			continue
		}
		all = append(all, found{span: s})
	}
	full := true
	for _, g := range gaps {
		s := g.Span.Intersect(span)
		if s.Empty() {
			continue
		}
		full = false
		if g.Span.Duration() >= worthTelling {
			all = append(all, found{s, component.GapReason(g, d.zone, d.t)})
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.span.From, b.span.From) })
	for _, f := range all {
		p := piece{from: component.Seconds(f.span.From, d.zone, d.t.Calendar), to: component.Seconds(f.span.To, d.zone, d.t.Calendar), gap: f.gap}
		if f.gap == "" {
			p.watch = clipURL(d.stream, f.span)
			p.download = exportURL(d.stream, f.span, false)
			p.machineFrom = f.span.From.String()
			p.machineTo = f.span.To.String()
		}
		h.pieces = append(h.pieces, p)
	}
	switch {
	case have == 0:
		h.summary = d.t.Camera.HourNone
	case full && have > 59*time.Minute:
		h.summary, h.full = d.t.Camera.HourFull, true
	default:
		h.full = full
		h.summary = text.Fill(d.t.Camera.HourPart, "duration", d.t.Calendar.Length(have))
	}
	return h
}
