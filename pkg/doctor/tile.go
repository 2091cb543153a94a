package doctor

import (
	"fmt"
	"math"
	"slices"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// joint is up to how far a segment can be from what follows for it to be taken
// to last until then: a file says when its last picture ends only by its
// nominal length, 0.25 ms off at most while the clock slews.
const joint nvr.Time = 10_000

const forever nvr.Time = math.MaxInt64

// plan is what has to change for segments and gaps of a stream to tile time.
// It is empty if they do.
type plan struct {
	ends   []catalog.Held // segments that get another end
	drop   []nvr.Time     // gaps to be removed, by their start
	put    []nvr.Gap      // gaps to be added or replaced
	issues []Finding      // the same in words
	from   nvr.Time       // where the account begins
}

// tile plans how to make an account tile time. Footage is believed, so gaps
// give way to segments, and an earlier segment to a later one, whose file name
// says when it begins. Time that is left is filled with a gap like fill.
//
// An open segment is taken to last until the next entry.
func tile(a catalog.Account, fill nvr.Gap) plan {
	t := tiler{stream: a.Stream.ID, fill: fill, gaps: a.Gaps}
	segments := slices.DeleteFunc(slices.Clone(a.Segments), func(h catalog.Held) bool { return h.State == catalog.StateGarbage })
	at, end := a.Stream.Enabled, a.Stream.Disabled
	if len(segments) > 0 {
		at = earlier(at, segments[0].Span.From)
	}
	if len(a.Gaps) > 0 {
		at = earlier(at, a.Gaps[0].Span.From)
	}
	t.plan.from = at
	for i, s := range segments {
		was := s.Span.To
		if s.State == catalog.StateOpen {
			s.Span.To = t.nextGap(s.Span.From)
		}
		next := forever
		if i+1 < len(segments) {
			next = segments[i+1].Span.From
		}
		if s.Span.To > next {
			s.Span.To = next
			if s.State != catalog.StateOpen {
				t.end(s, was, fmt.Sprintf("the segment reaches %s into the next", was.Sub(next)))
			}
		}
		t.between(at, s.Span.From)
		at = max(at, s.Span.To)
		t.last = s
	}
	for _, g := range a.Gaps {
		end = max(end, ending(g))
	}
	if at < end {
		t.between(at, end)
	}
	t.compare(a.Gaps)
	return t.plan
}

// tiler is a tiling under way.
type tiler struct {
	stream nvr.StreamID
	fill   nvr.Gap
	gaps   []nvr.Gap // those that may still matter
	want   []nvr.Gap // what gaps there should be
	last   catalog.Held
	plan   plan
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
	t.issue(Hole, nvr.Span{From: from, To: to}, "there is neither footage nor a gap")
	if t.last.State == catalog.StateSealed && t.last.Span.To == from && to-from <= joint {
		t.last.Span.To = to
		t.plan.ends = append(t.plan.ends, t.last)
		return
	}
	g := t.fill
	g.Stream, g.Span = t.stream, nvr.Span{From: from, To: to}
	t.want = append(t.want, g)
}

func (t *tiler) end(s catalog.Held, was nvr.Time, found string) {
	t.plan.ends = append(t.plan.ends, s)
	t.issue(Overlap, nvr.Span{From: s.Span.To, To: was}, found)
}

func (t *tiler) issue(kind Kind, span nvr.Span, found string) {
	t.plan.issues = append(t.plan.issues, Finding{Kind: kind, Stream: t.stream, Span: span, Found: found})
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
			t.plan.drop = append(t.plan.drop, g.Span.From)
		}
		if !ok || w.Span != g.Span {
			t.issue(Overlap, g.Span, fmt.Sprintf("the gap %s overlaps footage or another gap", g.Reason))
		}
	}
	for _, g := range t.want {
		if had[g.Span.From] != g {
			t.plan.put = append(t.plan.put, g)
		}
	}
}

// apply makes the changes.
func (p plan) apply(tx catalog.Tx, s catalog.Stream) error {
	for _, h := range p.ends {
		if err := tx.EndSegment(s.ID, h.Span.From, h.Span.To); err != nil {
			return err
		}
	}
	for _, start := range p.drop {
		if err := tx.DropGap(s.ID, start); err != nil {
			return err
		}
	}
	for _, g := range p.put {
		if err := tx.AddGap(g); err != nil {
			return err
		}
	}
	if p.from < s.Enabled {
		return tx.SetStream(s.ID, nvr.Span{From: p.from, To: s.Disabled})
	}
	return nil
}

// beside returns the parts of gaps that others leave free. Both are in order.
func beside(others, gaps []nvr.Gap) []nvr.Gap {
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
