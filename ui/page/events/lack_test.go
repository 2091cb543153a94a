package events

import (
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/text"
)

func load(t *testing.T) *text.Texts {
	t.Helper()
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// What goes on is missing up to now: nobody knows yet what will be.
func TestMissingEndsNow(t *testing.T) {
	in := load(t).English()
	now := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) nvr.Time { return nvr.TimeOf(now.Add(d)) }
	span := nvr.Span{From: at(-time.Hour), To: at(time.Hour)}
	for name, c := range map[string]struct {
		gap  nvr.Span
		want time.Duration // zero if nothing is told
	}{
		"it is over":          {nvr.Span{From: at(-time.Minute), To: at(-30 * time.Second)}, 30 * time.Second},
		"it goes on":          {nvr.Span{From: at(-time.Minute)}, time.Minute},
		"it ends after now":   {nvr.Span{From: at(-time.Minute), To: at(time.Minute)}, time.Minute},
		"it began before":     {nvr.Span{From: at(-2 * time.Hour), To: at(-30 * time.Minute)}, 30 * time.Minute},
		"it is to come":       {nvr.Span{From: at(time.Minute), To: at(2 * time.Minute)}, 0},
		"it is not worth it":  {nvr.Span{From: at(-time.Minute), To: at(-time.Minute + untold - 1)}, 0},
		"it is just worth it": {nvr.Span{From: at(-time.Minute), To: at(-time.Minute + untold)}, untold},
	} {
		want := ""
		if c.want != 0 {
			want = text.Fill(in.Events.Partly, "duration", in.Calendar.Length(c.want), "reason", in.Reasons[nvr.Unreachable])
		}
		line := appliance.Timeline{Gaps: []nvr.Gap{{Span: c.gap, Reason: nvr.Unreachable}}}
		if got := missing(line, span, now, in); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestNothingIsMissedYet: what happens just now is about to be written, and what
// comes after it to be recorded.
func TestNothingIsMissedYet(t *testing.T) {
	in := load(t).English()
	now := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)
	for ago, missing := range map[time.Duration]bool{-time.Minute: true, -into: false, 0: false, 5 * time.Second: false, time.Minute: true} {
		if got := Lacking(appliance.Timeline{}, nvr.TimeOf(now.Add(-ago)), now, in); (got != "") != missing {
			t.Errorf("%v ago: %q", ago, got)
		}
	}
}
