package recorder

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"nvrd/pkg/nvr"
)

const (
	// unset is when there was no such program yet: a clock that reads less was
	// not set since the machine got power, and says nothing.
	unset nvr.Time = 1_767_225_600e6 // 2026-01-01T00:00:00Z
	// worthwhile is how long a stretch without footage has to be for a run to
	// begin in it: a segment.
	worthwhile = segmentLength
	// enough is what has to be left of one for a segment to begin in it.
	enough = nvr.Time(segmentLength / 6 / time.Microsecond)
	// forever is later than any footage.
	forever nvr.Time = math.MaxInt64
)

// account is how far segments and gaps account for a stream. The catalog says
// the same, a commit later.
type account struct {
	covered nvr.Time   // up to when they do, as time passes
	limit   nvr.Time   // where the next footage begins that is there already: forever, unless the clock was set back
	end     nvr.Time   // where the last one ends: covered, or behind the footage that lies ahead
	recent  []nvr.Span // footage of this life, in the order in which it was recorded
}

// maxRecent bounds recent: what does not fit was committed long ago.
const maxRecent = 64

// add notes footage.
func (a *account) add(s nvr.Span) {
	a.covered, a.end = s.To, max(a.end, s.To)
	if n := len(a.recent); n > 0 && a.recent[n-1].To == s.From {
		a.recent[n-1].To = s.To
		return
	}
	if len(a.recent) == maxRecent {
		a.recent = slices.Delete(a.recent, 0, 1)
	}
	a.recent = append(a.recent, s)
}

// follow goes on at a time that place chose.
func (a *account) follow(start, limit nvr.Time) {
	a.covered, a.limit = start, limit
	if limit == forever {
		a.end = start
	}
}

// place returns where footage begins that was taken at wall, and where the
// footage begins at which it has to end. That is wall itself if the clock was
// not set back. Else footage may be in the way, dated by the clock that was:
// then it is the first stretch behind wall that is free. See
// docs/design/time.md.
func (s *Stream) place(wall nvr.Time) (start, limit nvr.Time) {
	if next := max(wall, s.covered); wall > s.covered.Add(-saneBehind) && s.limit-next >= enough {
		return next, s.limit
	}
	if wall > s.end.Add(-saneBehind) || wall < unset {
		return max(wall, s.end), forever
	}
	free, err := s.recorder.catalog.Free(context.Background(), s.id, wall)
	if err != nil {
		s.log.Error("footage follows what there is, since it is not known where there is none", "err", err)
	}
	// What is left of the present stretch need not be in the catalog yet.
	free = append(free, nvr.Span{From: max(wall, s.covered), To: s.limit})
	slices.SortStableFunc(free, func(a, b nvr.Span) int { return cmp.Compare(a.From, b.From) })
	for _, f := range free {
		for _, f := range without(f, s.recent) {
			if f.To == forever || f.Duration() >= worthwhile {
				return f.From, f.To
			}
		}
	}
	return s.end, forever
}

// without returns the parts of a span that others leave free, in order.
func without(span nvr.Span, others []nvr.Span) []nvr.Span {
	free := []nvr.Span{span}
	for _, o := range others {
		var rest []nvr.Span
		for _, f := range free {
			for _, part := range []nvr.Span{{From: f.From, To: min(f.To, o.From)}, {From: max(f.From, o.To), To: f.To}} {
				if !part.Empty() && !part.Overlaps(o) {
					rest = append(rest, part)
				}
			}
		}
		free = rest
	}
	return free
}
