package bell

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

const midnight = nvr.Time(1e15)

// TestFlood shows that a broken device fills no catalog, and keeps no other from
// being heard.
func TestFlood(t *testing.T) {
	const times = 2_000
	for name, c := range map[string]struct {
		signal func(n int) nvr.Signal // the n-th, a microsecond after the one before
		want   int                    // events
		logged int
	}{
		"one end after another": {func(n int) nvr.Signal { return nvr.Signal{Source: "a", On: n == 0} }, 2, 0},
		"on and off":            {func(n int) nvr.Signal { return nvr.Signal{Source: "a", On: n%2 == 0} }, 2, 0},
		"each from a new place": {func(n int) nvr.Signal { return nvr.Signal{Source: fmt.Sprint(n), On: true} }, maxPlaces, 1},
		"too many places in turn": {func(n int) nvr.Signal { return nvr.Signal{Source: fmt.Sprint(n % (maxPlaces + 1)), On: true} },
			maxPlaces, 1},
	} {
		var log bytes.Buffer
		var got []nvr.Event
		m := meanings{publish: func(e nvr.Event) { got = append(got, e) }, log: slog.New(slog.NewTextHandler(&log, nil))}
		for n := range times {
			s := c.signal(n)
			s.Kind, s.At = nvr.MotionEvent, midnight+nvr.Time(n)
			m.take(1, s)
		}
		if said := strings.Count(log.String(), "\n"); len(got) != c.want || said != c.logged {
			t.Errorf("%s: %d events and %d lines, want %d and %d", name, len(got), said, c.want, c.logged)
		}
		m.take(2, nvr.Signal{Kind: nvr.PersonEvent, Source: "b", On: true, At: midnight})
		if last := got[len(got)-1]; last.Kind != nvr.PersonEvent {
			t.Errorf("%s: another camera is not heard; the last is %+v", name, last)
		}
		m.take(1, nvr.Signal{Kind: nvr.PersonEvent, Source: "later", On: true, At: midnight.Add(longest + time.Second)})
		if last := got[len(got)-1]; last.Detail != "later" {
			t.Errorf("%s: it is not heard any more an hour later; the last is %+v", name, last)
		}
	}
}

// What begins again within the second goes on, and its end is told.
func TestShortPauseIsNoEnd(t *testing.T) {
	var last nvr.Event
	m := meanings{publish: func(e nvr.Event) { last = e }}
	for _, s := range []nvr.Signal{{On: true, At: 0}, {At: 100}, {On: true, At: 200}, {At: 20_000}} {
		s.Kind, s.Source, s.At = nvr.MotionEvent, "a", midnight+s.At*1000
		m.take(1, s)
	}
	if took := last.Span.To.Sub(last.Span.From); last.Span.From != midnight || took != 20*time.Second {
		t.Errorf("from %d for %v", last.Span.From, took)
	}
}

func TestEachCameraIsRemembered(t *testing.T) {
	m := meanings{}
	m.take(1, nvr.Signal{Kind: nvr.InputSignal, Source: "button", On: true, At: midnight})
	for n := range 2 * remembered {
		m.take(2, nvr.Signal{Kind: nvr.InputSignal, Source: fmt.Sprint(n), On: true, At: midnight})
	}
	if len(m.unbound(1)) != 1 || len(m.unbound(2)) != remembered {
		t.Errorf("%d of one and %d of the other", len(m.unbound(1)), len(m.unbound(2)))
	}
}

func TestStatesAreInOrder(t *testing.T) {
	want := []household.BellKind{household.DahuaBell, household.HikvisionBell, household.MQTTBell, household.ONVIFBell}
	for range 50 { // a map has another order each time
		b := New(Config{})
		for _, k := range want {
			b.running[key{1, k}] = &listening{state: State{Camera: 1, Kind: k}}
		}
		var got []household.BellKind
		for _, s := range b.States() {
			got = append(got, s.Kind)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v", got)
		}
	}
}

// TestClockSetBack: what happens by a clock that was set back is no repetition of what
// happened before.
func TestClockSetBack(t *testing.T) {
	var got []nvr.Event
	m := meanings{publish: func(e nvr.Event) { got = append(got, e) }}
	m.take(1, nvr.Signal{Kind: nvr.MotionEvent, Source: "a", On: true, At: midnight})
	m.take(1, nvr.Signal{Kind: nvr.MotionEvent, Source: "a", At: midnight.Add(5 * time.Second)})
	back := midnight.Add(-2 * time.Hour)
	m.take(1, nvr.Signal{Kind: nvr.MotionEvent, Source: "a", On: true, At: back.Add(10 * time.Minute)})
	if len(got) != 3 {
		t.Errorf("%+v", got)
	}
}
