package events

import (
	"context"
	"slices"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// unwritten is how long footage may take to be on disk.
const unwritten = 10 * time.Second

// untold is how short what is missing is so that nobody is told of it: what a camera
// needs to begin is less.
const untold = 2 * time.Second

// Lacking says why nothing was recorded at an instant; empty if something was,
// or may have been a moment ago, or is about to be.
func Lacking(line appliance.Timeline, at nvr.Time, now time.Time, t *text.Catalogue) string {
	written := nvr.TimeOf(now)
	for _, g := range line.Gaps {
		if g.Span.From <= at && at < written && (at < g.Span.To || g.Span.To == 0) {
			return component.GapReason(g, now.Location(), t)
		}
	}
	inside := func(f nvr.Span) bool { return f.From <= at && at < f.To }
	if slices.ContainsFunc(line.Footage, inside) || written.Sub(at).Abs() < unwritten {
		return ""
	}
	return t.Camera.None
}

// recorded is what there is of an excerpt.
type recorded struct {
	length time.Duration
	lack   string // what is missing, and why; empty for nothing
}

// recorded returns what there is of an excerpt: of the main stream, or of the sub
// stream where that alone was recorded.
func (l Lister) recorded(ctx context.Context, e nvr.Excerpt, now time.Time, t *text.Catalogue) (is recorded, err error) {
	var main appliance.Timeline
	for _, quality := range []nvr.Quality{nvr.Main, nvr.Sub} {
		line, err := l.Timelines.Timeline(ctx, nvr.StreamID{Camera: e.Camera, Quality: quality}, e.Span)
		if err != nil {
			return is, err
		}
		for _, f := range line.Footage {
			is.length += max(0, f.Intersect(e.Span).Duration())
		}
		if quality == nvr.Main {
			main = line
		}
		if is.length > 0 {
			is.lack = missing(line, e.Span, now, t)
			return is, nil
		}
	}
	is.lack = Lacking(main, e.Span.From, now, t)
	if is.lack == "" { // it is about to be written
		is.lack = t.Events.Chosen.Soon
	} else {
		is.lack = without(is.lack, t)
	}
	return is, nil
}

// without says that there is no film, and why.
func without(lack string, t *text.Catalogue) string {
	if lack == "" || lack == t.Camera.None {
		return lack
	}
	return text.Fill(t.Events.NoClip, "reason", lack)
}

// missing says how much of a span is missing, and why most of that is; empty for
// nothing that is worth telling.
func missing(line appliance.Timeline, span nvr.Span, now time.Time, t *text.Catalogue) string {
	var most time.Duration
	var all time.Duration
	var why nvr.Gap
	for _, g := range nvr.Within(line.Gaps, nvr.Span{From: span.From, To: min(span.To, nvr.TimeOf(now))}) {
		d := g.Span.Duration()
		all += d
		if d > most {
			most, why = d, g
		}
	}
	if all < untold {
		return ""
	}
	return text.Fill(t.Events.Partly, "duration", t.Calendar.Length(all), "reason", component.GapReason(why, now.Location(), t))
}
