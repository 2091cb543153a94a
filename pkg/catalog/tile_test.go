package catalog

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// tick is the unit of time of these tests: more than a joint.
const tick = 4 * Joint

// randomAccount returns an account with all that should not be: segments and
// gaps that overlap and leave holes.
func randomAccount(r *rand.Rand) Account {
	a := Account{Stream: Stream{ID: porch, Enabled: nvr.Time(1+r.IntN(10)) * tick}}
	at := a.Stream.Enabled + nvr.Time(r.IntN(3)-1)*tick/2
	for range r.IntN(8) {
		h := Listed{Span: nvr.Span{From: at, To: at + nvr.Time(r.IntN(8))*tick}, State: StateSealed}
		if r.IntN(8) == 0 {
			h.State = StateGarbage
		}
		a.Segments = append(a.Segments, h)
		at += nvr.Time(1+r.IntN(8)) * tick
	}
	if r.IntN(4) == 0 {
		a.Segments = append(a.Segments, Listed{Span: nvr.Span{From: at, To: at}, State: StateOpen})
	}
	at = a.Stream.Enabled
	for i := range r.IntN(8) {
		g := nvr.Gap{Stream: porch, Span: nvr.Span{From: at, To: at + nvr.Time(1+r.IntN(8))*tick}, Reason: nvr.Unreachable, Detail: string(rune('a' + i))}
		a.Gaps = append(a.Gaps, g)
		at += nvr.Time(1+r.IntN(8)) * tick
	}
	if n := len(a.Gaps); n > 0 && r.IntN(3) == 0 {
		a.Gaps[n-1].Span.To = 0
	}
	if r.IntN(4) == 0 {
		a.Stream.Disabled = a.Stream.Enabled + nvr.Time(r.IntN(40))*tick
	}
	return a
}

// applied returns the account after a tiling, as the catalog would.
func applied(a Account, p Tiling) Account {
	a.Segments, a.Gaps = slices.Clone(a.Segments), slices.Clone(a.Gaps)
	for _, e := range p.ends {
		i := slices.IndexFunc(a.Segments, func(h Listed) bool { return h.Span.From == e.Span.From })
		a.Segments[i].Span.To = e.Span.To
	}
	replaced := func(g nvr.Gap) bool {
		return slices.Contains(p.drop, g.Span.From) ||
			slices.ContainsFunc(p.put, func(n nvr.Gap) bool { return n.Span.From == g.Span.From })
	}
	a.Gaps = append(slices.DeleteFunc(a.Gaps, replaced), p.put...)
	slices.SortFunc(a.Gaps, func(a, b nvr.Gap) int { return int(a.Span.From - b.Span.From) })
	a.Stream.Enabled = min(a.Stream.Enabled, p.from)
	return a
}

// saidOf returns what an account says of an instant: "footage", details of gaps,
// in the order of their starts, or nothing.
func saidOf(a Account, t nvr.Time) (said []string) {
	for _, h := range a.Segments {
		if h.State != StateGarbage && h.Span.Contains(t) {
			said = append(said, "footage")
		}
	}
	for _, g := range a.Gaps {
		if g.Span.From <= t && t < ending(g) {
			said = append(said, string(g.Reason)+g.Detail)
		}
	}
	return said
}

// wanted returns what an account should say of an instant: the newest segment
// that began by then is asked first, then the gaps in order.
func wanted(a Account, t nvr.Time) string {
	said := saidOf(a, t)
	for _, h := range slices.Backward(a.Segments) {
		if h.State == StateGarbage || h.Span.From > t {
			continue
		}
		if h.Span.Contains(t) {
			return "footage"
		}
		break
	}
	said = slices.DeleteFunc(said, func(s string) bool { return s == "footage" })
	if len(said) == 0 {
		return string(nvr.Lost)
	}
	return said[0]
}

func TestTileAgainstEveryInstant(t *testing.T) {
	for seed := range uint64(5000) {
		a := randomAccount(rand.New(rand.NewPCG(seed, 3)))
		p := Tile(a, a.Gaps, nvr.Gap{Reason: nvr.Lost}, false)
		b := applied(a, p)
		again := Tile(b, b.Gaps, nvr.Gap{Reason: nvr.Lost}, false)
		if len(again.ends)+len(again.drop)+len(again.put)+len(again.Issues) > 0 {
			t.Fatalf("seed %d: after one tiling there is another: %+v\n%+v\n%+v", seed, again, a, b)
		}
		if clean := len(p.ends)+len(p.drop)+len(p.put) == 0; clean != (len(p.Issues) == 0) {
			t.Fatalf("seed %d: changes without a word, or words without a change: %+v", seed, p)
		}
		open := nvr.Time(0)
		end := b.Stream.Disabled
		for _, h := range b.Segments {
			switch h.State {
			case StateOpen:
				open = h.Span.From
			case StateSealed:
				end = max(end, h.Span.To)
			}
		}
		for _, g := range a.Gaps {
			end = max(end, g.Span.To)
		}
		for i := b.Stream.Enabled; i < end; i += tick / 2 {
			if open != 0 && i >= open {
				continue // it lasts until something says otherwise
			}
			if diff := cmp.Diff([]string{wanted(a, i)}, saidOf(b, i)); diff != "" {
				t.Fatalf("seed %d: at %d (-want +got):\n%s%+v\n%+v", seed, i/tick, diff, a, b)
			}
		}
	}
}

func TestTileJoins(t *testing.T) {
	second := nvr.Time(1_000_000)
	a := Account{
		Stream: Stream{ID: porch, Enabled: second},
		Segments: []Listed{
			{Span: nvr.Span{From: second, To: 2*second - 250}, State: StateSealed},
			{Span: nvr.Span{From: 2 * second, To: 3*second - 250}, State: StateSealed},
			{Span: nvr.Span{From: 4 * second, To: 5 * second}, State: StateSealed},
		},
		Gaps: []nvr.Gap{{Stream: porch, Span: nvr.Span{From: 3 * second, To: 4 * second}, Reason: nvr.Unreachable}},
	}
	p := Tile(a, a.Gaps, nvr.Gap{Reason: nvr.NotRunning}, false)
	var ends []nvr.Time
	for _, h := range p.ends {
		ends = append(ends, h.Span.To)
	}
	if diff := cmp.Diff([]nvr.Time{2 * second, 3 * second}, ends); diff != "" || len(p.put)+len(p.drop) > 0 {
		t.Errorf("ends (-want +got):\n%s%+v", diff, p)
	}
}

// What goes on goes on behind everything, once, unless nothing is recorded any more.
func TestTileGoesOn(t *testing.T) {
	for seed := range uint64(2000) {
		a := randomAccount(rand.New(rand.NewPCG(seed, 4)))
		a.Segments = slices.DeleteFunc(a.Segments, func(h Listed) bool { return h.State == StateOpen }) // it would last for ever
		p := Tile(a, a.Gaps, nvr.Gap{Reason: nvr.NotRunning}, true)
		b := applied(a, p)
		open := 0
		for _, g := range b.Gaps {
			if g.Span.To == 0 {
				open++
			}
		}
		want := 0
		if a.Stream.Disabled == 0 || len(a.Gaps) > 0 && a.Gaps[len(a.Gaps)-1].Span.To == 0 {
			want = 1
		}
		if open != want {
			t.Fatalf("seed %d: %d gaps go on, want %d: %+v\n%+v", seed, open, want, a, b)
		}
		if n := len(b.Gaps); open == 1 && len(b.Segments) > 0 {
			if last := b.Segments[len(b.Segments)-1]; last.State == StateSealed && b.Gaps[n-1].Span.From < last.Span.To {
				t.Fatalf("seed %d: the gap that goes on begins before footage ends: %+v", seed, b)
			}
		}
	}
}

func TestBesideLeavesOthersAlone(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 9))
		have := randomAccount(r)
		have.Gaps = applied(have, Tile(have, have.Gaps, nvr.Gap{Reason: nvr.Lost}, false)).Gaps // in order, without overlap
		more := randomAccount(r)
		more.Gaps = applied(more, Tile(more, more.Gaps, nvr.Gap{Reason: nvr.Lost}, false)).Gaps
		have.Segments, more.Segments = nil, nil
		free := Account{Gaps: Beside(have.Gaps, more.Gaps)}
		for i := nvr.Time(0); i < 200*tick; i += tick / 2 {
			want := saidOf(more, i)
			if len(saidOf(have, i)) > 0 {
				want = nil
			}
			if diff := cmp.Diff(want, saidOf(free, i)); diff != "" {
				t.Fatalf("seed %d at %d (-want +got):\n%s", seed, i/tick, diff)
			}
		}
	}
}
