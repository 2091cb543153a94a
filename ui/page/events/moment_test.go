package events

import (
	"net/http/httptest"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
)

// Several that happened within a minute have one time, others the first's and the last's.
func TestGroupIsDated(t *testing.T) {
	texts := load(t)
	in := texts.For(httptest.NewRequest("GET", "/", nil))
	from := nvr.TimeOf(time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC))
	stamp := func(at nvr.Time) component.Instant { return component.Seconds(at, time.UTC, in.Calendar) }
	for lasted, end := range map[time.Duration]string{0: "", 59 * time.Second: "", time.Minute: "12:01", time.Hour: "13:00"} {
		to := from.Add(lasted)
		m := Moment{Kind: nvr.MotionEvent, At: stamp(from), from: from, to: to, begun: []nvr.Time{to, from}}
		m.group(time.UTC, stamp, in)
		if m.At.Human != "12:00" || m.End.Human != end {
			t.Errorf("%s: %q to %q", lasted, m.At.Human, m.End.Human)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Language", "en-US")
	in = texts.For(r)
	for lasted, want := range map[time.Duration]string{time.Minute: "12:00 12:01\u00a0PM", -time.Minute: "11:59\u00a0AM 12:00\u00a0PM"} { // PM is said once
		m := Moment{At: stamp(from), from: min(from, from.Add(lasted)), to: max(from, from.Add(lasted)), begun: []nvr.Time{from}}
		m.group(time.UTC, stamp, in)
		if got := component.Begin(m.At, m.End).Human + " " + m.End.Human; got != want {
			t.Errorf("%s: %q", lasted, got)
		}
	}
}
