package event

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"nvrd/pkg/nvr"
)

// ring is the nth ring of a camera.
func ring(camera nvr.CameraID, n int) nvr.Event {
	at := nvr.Time(1e15 + n)
	return nvr.Event{Stream: nvr.StreamID{Camera: camera}, Span: nvr.Span{From: at, To: at}, Kind: nvr.RingEvent, Detail: fmt.Sprint(n)}
}

// heard returns what waits for a subscriber, and whether the subscription has ended.
func heard(s *Subscription) (events []nvr.Event, ended bool) {
	for {
		select {
		case p, ok := <-s.Events():
			if !ok {
				return events, true
			}
			events = append(events, p.Event)
		default:
			return events, false
		}
	}
}

// Whoever publishes, all hear of everything once and in one order, and times
// only grow.
func TestOneOrder(t *testing.T) {
	var first, second []nvr.Event
	b := New(func(e nvr.Event) { first = append(first, e) }, func(e nvr.Event) { second = append(second, e) })
	begun := b.last
	watching := b.Subscribe(0)
	defer watching.Close()
	const publishers, each = 4, queued / 4
	var running sync.WaitGroup
	for camera := range publishers {
		running.Go(func() {
			for n := range each {
				b.Publish(ring(nvr.CameraID(camera+1), n))
			}
		})
	}
	running.Wait()
	got, ended := heard(watching)
	if ended || len(first) != publishers*each || !slices.Equal(first, second) || !slices.Equal(first, got) {
		t.Errorf("takers have %d and %d events, the subscriber %d, ended: %v", len(first), len(second), len(got), ended)
	}
	next := map[nvr.CameraID]int{}
	for _, e := range first {
		if e != ring(e.Stream.Camera, next[e.Stream.Camera]) {
			t.Fatalf("%v instead of number %d of its camera", e, next[e.Stream.Camera])
		}
		next[e.Stream.Camera]++
	}
	again := b.Subscribe(begun)
	defer again.Close()
	last := begun
	for _, p := range again.Missed {
		if p.At <= last {
			t.Fatalf("%s is not after %s", p.At, last)
		}
		last = p.At
	}
	if len(again.Missed) != publishers*each || !again.Whole {
		t.Errorf("%d are remembered, all: %v", len(again.Missed), again.Whole)
	}
}

// One who reads nothing holds up nobody: publishing goes on, others hear
// everything, and who comes back is given what was missed.
func TestSlowSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := 0
		b := New(func(nvr.Event) { taken++ })
		slow, quick := b.Subscribe(0), b.Subscribe(0)
		defer slow.Close()
		defer quick.Close()
		var all []nvr.Event
		for n := range queued + 10 { // in a bubble: a test that waits fails at once
			b.Publish(ring(1, n))
			events, ended := heard(quick)
			if all = append(all, events...); ended {
				t.Fatalf("who kept up was let go after %d", n)
			}
		}
		if taken != queued+10 || len(all) != queued+10 {
			t.Errorf("%d were taken, %d heard, of %d", taken, len(all), queued+10)
		}
		var last nvr.Time
		for p := range slow.Events() { // what waited, and then its end
			all = all[1:]
			last = p.At
		}
		back := b.Subscribe(last)
		defer back.Close()
		var missed []nvr.Event
		for _, p := range back.Missed {
			missed = append(missed, p.Event)
		}
		if !back.Whole || !slices.Equal(missed, all) {
			t.Errorf("came back for %d of %d, all: %v", len(missed), len(all), back.Whole)
		}
	})
}

// What is asked for from before memory reaches is said to be lacking: too much
// happened since, or it was in an earlier life.
func TestMemoryEnds(t *testing.T) {
	clock := nvr.Time(1e15)
	b := newBus(func() nvr.Time { return clock }, nil)
	for _, c := range []struct {
		name    string
		publish int
		after   nvr.Time
		missed  int
		whole   bool
	}{
		{"nothing is asked for", 3, 0, 0, true},
		{"from the beginning", 0, 1e15, 3, true},
		{"an earlier life", 0, 1e15 - 1, 3, false},
		{"the newest", 0, 1e15 + 3, 0, true},
		{"one that is to come", 0, 1e16, 0, true},
		{"as many as are remembered", remembered - 3, 1e15, remembered, true},
		{"one more", 1, 1e15, remembered, false},
		{"all that are remembered", 0, 1e15 + 1, remembered, true},
	} {
		for n := range c.publish {
			clock -= nvr.Time(n) // it is set back
			b.Publish(ring(1, n))
		}
		s := b.Subscribe(c.after)
		s.Close()
		if len(s.Missed) != c.missed || s.Whole != c.whole {
			t.Errorf("%s: %d missed, all: %v; want %d, %v", c.name, len(s.Missed), s.Whole, c.missed, c.whole)
		}
	}
}

// At the end of the program subscriptions end, and what is published yet is
// taken all the same.
func TestClose(t *testing.T) {
	var taken []nvr.Event
	b := New(func(e nvr.Event) { taken = append(taken, e) })
	s := b.Subscribe(0)
	b.Publish(ring(1, 1))
	b.Close()
	b.Close()
	b.Publish(ring(1, 2))
	if events, ended := heard(s); len(events) != 1 || !ended {
		t.Errorf("heard %v, ended: %v", events, ended)
	}
	s.Close()
	s.Close()
	late := b.Subscribe(0)
	if _, ended := heard(late); !ended {
		t.Error("who subscribes after the end waits")
	}
	late.Close()
	if len(taken) != 2 {
		t.Errorf("taken: %v", taken)
	}
}

// Publishing with nobody, one and 50 who watch, beside one who takes. Their
// queues are emptied with the clock stopped.
func BenchmarkPublish(b *testing.B) {
	for _, watching := range []int{0, 1, 50} {
		b.Run(fmt.Sprintf("subscribers=%d", watching), func(b *testing.B) {
			taken := 0
			bus := New(func(nvr.Event) { taken++ })
			var all []*Subscription
			for range watching {
				s := bus.Subscribe(0)
				defer s.Close()
				all = append(all, s)
			}
			e := ring(1, 1)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if n%queued == queued-1 {
					b.StopTimer()
					for _, s := range all {
						if _, ended := heard(s); ended {
							b.Fatal("let go")
						}
					}
					b.StartTimer()
				}
				bus.Publish(e)
			}
		})
	}
}
