package nvr

import (
	"slices"
	"testing"
)

func TestExplain(t *testing.T) {
	const hour, day = Time(3_600_000_000), Time(86_400_000_000)
	main := StreamID{Camera: 1, Quality: Main}
	span := func(from, to Time) Span { return Span{From: from * hour, To: to * hour} }
	gap := func(from, to Time, at Time, cause Cause) Gap {
		return Gap{Stream: main, Span: span(from, to), Reason: Removed, RemovedAt: at, Cause: cause}
	}
	away := Gap{Stream: main, Span: span(0, 2), Reason: Unreachable}
	removals := []Removal{
		{Camera: 1, Cause: NoRoom, At: 9 * day, Span: span(4, 6)},
		{Camera: 1, Cause: NoRoom, At: 9*day + 1, Span: span(6, 8)},
		{Camera: 1, Cause: TooOld, At: 12 * day, Span: span(7, 8), Class: Motion}, // went later than what was around it
		{Camera: 1, Cause: NoRoom, At: 10 * day, Span: span(8, 30)},
		{Camera: 2, Cause: TooOld, At: 11 * day, Span: span(0, 99)},
	}
	want := []Gap{away, gap(2, 4, 0, ""), gap(4, 7, 9*day, NoRoom), gap(7, 8, 12*day, TooOld), gap(8, 20, 10*day, NoRoom)}
	for range 2 { // in whichever order they are told
		if got := Explain([]Gap{away, gap(2, 20, 0, "")}, removals); !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		slices.Reverse(removals)
	}
	// What somebody deleted is told with who did, also amid what went by itself.
	ada, bob := gap(5, 6, 9*day, ByHand), gap(6, 7, 9*day, ByHand)
	ada.RemovedBy, bob.RemovedBy = "Ada", "Bob"
	removals = []Removal{
		{Camera: 1, Cause: NoRoom, At: 9 * day, Span: span(2, 8)},
		{Camera: 1, Cause: ByHand, At: 9 * day, Span: span(5, 6), Who: "Ada", Part: 5 * hour},
		{Camera: 1, Cause: ByHand, At: 9 * day, Span: span(6, 7), Who: "Bob", Part: 6 * hour},
	}
	want = []Gap{gap(2, 5, 9*day, NoRoom), ada, bob, gap(7, 8, 9*day, NoRoom)}
	if got := Explain([]Gap{gap(2, 8, 0, "")}, removals); !slices.Equal(got, want) || got[1].Sentence() != "Deleted by Ada" {
		t.Errorf("by hand: %v\nwant %v", got, want)
	}
	if got := Explain([]Gap{away, gap(2, 20, 0, "")}, nil); !slices.Equal(got, []Gap{away, gap(2, 20, 0, "")}) {
		t.Errorf("nothing known: %v", got)
	}
}
