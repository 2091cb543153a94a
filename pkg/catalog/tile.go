package catalog

import (
	"fmt"
	"math"
	"slices"

	"nvrd/pkg/nvr"
)

// Joint is up to how far a segment can be from what follows for it to be taken
// to last until then: a file says when its last picture ends only by its
// nominal length, 0.25 ms off at most while the clock slews.
const Joint nvr.Time = 10_000

const forever nvr.Time = math.MaxInt64

// Tiling is what has to change for segments and gaps of a stream to tile time.
type Tiling struct {
	Issues []Issue  // why, in words; none if nothing has to
	Until  nvr.Time // up to when the stream is accounted for then, except by a gap that goes on

	stream Stream
	from   nvr.Time   // where the account begins
	ends   []Listed   // segments that get another end
	drop   []nvr.Time // gaps to be removed, by their start
	put    []nvr.Gap  // gaps to be added or replaced
}

// Issue is one stretch where segments and gaps do not tile time.
type Issue struct {
	Overlap bool // there is more than one of them; else there is none
	Span    nvr.Span
	Found   string
}

// Tile works out how to make an account tile time, by what gaps there should be:
// a.Gaps, unless somebody knows better. Footage is believed, so gaps give way to
// segments, and an earlier segment to a later one, whose file name says when it
// begins. Time that is left is filled with a gap like fill, which goes on behind
// everything if the stream is enabled and goesOn is set. Nothing is read or
// written.
//
// An open segment is taken to last until the next entry.
func Tile(a Account, gaps []nvr.Gap, fill nvr.Gap, goesOn bool) Tiling {
	t := tiler{stream: a.Stream.ID, fill: fill, gaps: gaps, tiling: Tiling{stream: a.Stream}}
	segments := slices.DeleteFunc(slices.Clone(a.Segments), func(h Listed) bool { return h.State == StateGarbage })
	at, end := a.Stream.Enabled, a.Stream.Disabled
	if len(segments) > 0 {
		at = earlier(at, segments[0].Span.From)
	}
	if len(gaps) > 0 {
		at = earlier(at, gaps[0].Span.From)
	}
	t.tiling.from = at
	for i, s := range segments {
		was := s.Span.To
		if s.State == StateOpen {
			s.Span.To = t.nextGap(s.Span.From)
		}
		next := forever
		if i+1 < len(segments) {
			next = segments[i+1].Span.From
		}
		if s.Span.To > next {
			s.Span.To = next
			if s.State != StateOpen {
				t.end(s, was, fmt.Sprintf("the segment reaches %s into the next", was.Sub(next)))
			}
		}
		t.between(at, s.Span.From)
		at = max(at, s.Span.To)
		t.last = s
	}
	for _, g := range gaps {
		end = max(end, ending(g))
	}
	if at < end {
		t.between(at, end)
	}
	t.tiling.Until = max(at, end)
	if goesOn && a.Stream.Disabled == 0 && t.tiling.Until != forever {
		t.goOn(t.tiling.Until)
	}
	t.compare(a.Gaps)
	return t.tiling
}

// tiler is a tiling under way.
type tiler struct {
	stream nvr.StreamID
	fill   nvr.Gap
	gaps   []nvr.Gap // those that may still matter
	want   []nvr.Gap // what gaps there should be
	last   Listed
	tiling Tiling
}

func earlier(a, b nvr.Time) nvr.Time {
	if a == 0 {
		return b
	}
	return min(a, b)
}

func ending(g nvr.Gap) nvr.Time {
	if g.Span.To == 0 {
		return forever
	}
	return g.Span.To
}

// nextGap returns the start of the next gap, or forever. One that begins with
// an open segment accounts for it while its disk is not there.
func (t *tiler) nextGap(at nvr.Time) nvr.Time {
	for _, g := range t.gaps {
		if g.Span.From >= at {
			return g.Span.From
		}
	}
	return forever
}

// between accounts for time without footage: by the gaps that there are, as
// far as they go.
func (t *tiler) between(from, to nvr.Time) {
	at := from
	for len(t.gaps) > 0 && ending(t.gaps[0]) <= from {
		t.gaps = t.gaps[1:]
	}
	for _, g := range t.gaps {
		if g.Span.From >= to || at >= to {
			break
		}
		part := nvr.Span{From: max(g.Span.From, at), To: min(ending(g), to)}
		if part.Empty() {
			continue
		}
		t.hole(at, part.From)
		at = part.To
		if part.To == forever {
			part.To = 0
		}
		g.Span = part
		t.want = append(t.want, g)
	}
	if to != forever {
		t.hole(at, to)
	}
}

func (t *tiler) hole(from, to nvr.Time) {
	if from >= to {
		return
	}
	t.tiling.Issues = append(t.tiling.Issues, Issue{Span: nvr.Span{From: from, To: to}, Found: "there is neither footage nor a gap"})
	if t.last.State == StateSealed && t.last.Span.To == from && to-from <= Joint {
		t.last.Span.To = to
		t.tiling.ends = append(t.tiling.ends, t.last)
		return
	}
	g := t.fill
	g.Stream, g.Span = t.stream, nvr.Span{From: from, To: to}
	t.want = append(t.want, g)
}

// goOn fills the time from an instant on.
func (t *tiler) goOn(from nvr.Time) {
	g := t.fill
	g.Stream, g.Span = t.stream, nvr.Span{From: from}
	t.want = append(t.want, g)
}

func (t *tiler) end(s Listed, was nvr.Time, found string) {
	t.tiling.ends = append(t.tiling.ends, s)
	t.overlap(nvr.Span{From: s.Span.To, To: was}, found)
}

func (t *tiler) overlap(span nvr.Span, found string) {
	t.tiling.Issues = append(t.tiling.Issues, Issue{Overlap: true, Span: span, Found: found})
}

// compare finds what gaps have to change.
func (t *tiler) compare(have []nvr.Gap) {
	want := map[nvr.Time]nvr.Gap{}
	for _, g := range t.want {
		want[g.Span.From] = g
	}
	had := map[nvr.Time]nvr.Gap{}
	for _, g := range have {
		had[g.Span.From] = g
		w, ok := want[g.Span.From]
		if !ok {
			t.tiling.drop = append(t.tiling.drop, g.Span.From)
		}
		if !ok || w.Span != g.Span {
			t.overlap(g.Span, fmt.Sprintf("the gap %s overlaps footage or another gap", g.Reason))
		}
	}
	for _, g := range t.want {
		if had[g.Span.From] != g {
			t.tiling.put = append(t.tiling.put, g)
		}
	}
}

// Apply makes the changes.
func (t Tiling) Apply(tx Tx) error {
	id := t.stream.ID
	for _, h := range t.ends {
		if err := tx.EndSegment(id, h.Span.From, h.Span.To); err != nil {
			return err
		}
	}
	for _, start := range t.drop {
		if err := tx.DropGap(id, start); err != nil {
			return err
		}
	}
	for _, g := range t.put {
		if err := tx.AddGap(g); err != nil {
			return err
		}
	}
	if t.from < t.stream.Enabled {
		return tx.SetStream(id, nvr.Span{From: t.from, To: t.stream.Disabled})
	}
	return nil
}

// Beside returns the parts of gaps that others leave free. Both are in order.
func Beside(others, gaps []nvr.Gap) []nvr.Gap {
	var free []nvr.Gap
	for _, g := range gaps {
		at, end := g.Span.From, ending(g)
		for len(others) > 0 && ending(others[0]) <= at {
			others = others[1:]
		}
		for _, o := range others {
			if o.Span.From >= end {
				break
			}
			if o.Span.From > at {
				part := g
				part.Span = nvr.Span{From: at, To: o.Span.From}
				free = append(free, part)
			}
			at = max(at, ending(o))
		}
		if at < end {
			g.Span.From = at
			free = append(free, g)
		}
	}
	return free
}
