package events

import (
	"net/http/httptest"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// Several that happened within a minute have one time, others the first's and the last's.
func TestGroupIsDated(t *testing.T) {
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
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
}
