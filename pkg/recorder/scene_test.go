package recorder_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/event"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// Motion on one stream is one event of the camera, and all its streams keep it.
func TestMotionOfACamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		ids := []nvr.StreamID{camera, {Camera: camera.Camera, Quality: nvr.Sub}}
		var streams []*recorder.Stream
		for _, id := range ids {
			s := h.stream(id)
			s.SetPlan(events)
			s.Begin(format(), true)
			streams = append(streams, s)
		}
		moving := func(i int) bool { return i < 50 || i >= 300 && i < 360 } // the first is what it connects into
		for i := range 600 {
			for _, s := range streams {
				size := 400
				if moving(i) {
					size = 1600
				}
				s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: make([]byte, size), Arrived: time.Now()})
			}
			time.Sleep(100 * time.Millisecond)
		}
		for _, s := range streams {
			s.End(nvr.NotRunning, nil)
		}
		time.Sleep(3 * time.Second)
		happened, err := h.catalog.Events(t.Context(), camera.Camera, nvr.Span{From: start, To: nvr.Now()})
		if err != nil || len(happened) != 1 {
			t.Fatalf("events are %+v, %v, want one", happened, err)
		}
		event := happened[0]
		from, to := event.Span.From.Sub(start), event.Span.To.Sub(start)
		if event.Kind != "motion" || event.Stream != ids[1] || from < 29*time.Second || from > 31*time.Second || to < 36*time.Second || to > 37*time.Second {
			t.Errorf("the event is %+v: from %s to %s, want 30 s to 36 s on the sub stream", event, from, to)
		}
		for _, id := range ids {
			got := h.told(id, start)
			if len(got) != 4 || got[1].what != "footage" || got[1].from < 18.9 || got[1].from > 20.1 || got[1].to < 41 || got[1].to > 43 {
				t.Errorf("timeline of %s is %v, want footage from 20 to 42", id, got)
			}
		}
	})
}

// When the stream that sees motion goes away, the other one sees the rest of it.
func TestMotionChangesStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		main, sub := h.stream(camera), h.stream(nvr.StreamID{Camera: camera.Camera, Quality: nvr.Sub})
		main.Begin(format(), true)
		sub.Begin(format(), true)
		for i := range 600 {
			size := 400
			if i >= 300 && i < 500 {
				size = 1600
			}
			sample := media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: make([]byte, size), Arrived: time.Now()}
			main.Sample(sample)
			switch {
			case i < 400:
				sub.Sample(sample)
			case i == 400:
				sub.End(nvr.Unreachable, nil)
			case i == 490: // the catalog knows most of what goes on
				got := h.happened(start)
				if len(got) != 2 || got[0] != [2]int{30, 40} || got[1][0] != 40 || got[1][1] < 43 {
					t.Errorf("while it goes on, motion is at %v, want 30 to 40, and 40 to 43 or more", got)
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		main.End(nvr.NotRunning, nil)
		time.Sleep(3 * time.Second)
		if diff := cmp.Diff([][2]int{{30, 40}, {40, 50}}, h.happened(start)); diff != "" {
			t.Errorf("motion (-want +got):\n%s", diff)
		}
	})
}

// When the clock is set while something moves, that is two events.
func TestMotionAndClock(t *testing.T) {
	for _, c := range []struct {
		by   time.Duration
		want [][2]int
	}{
		{48 * time.Hour, [][2]int{{30, 40}, {48*3600 + 40, 48*3600 + 50}}},
		{-time.Hour, [][2]int{{-3600 + 40, -3600 + 50}, {30, 40}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			defer h.close()
			start := nvr.Now()
			s := h.stream(camera)
			s.Begin(format(), true)
			for i := range 600 {
				size, arrived := 400, time.Now()
				if i >= 300 && i < 500 {
					size = 1600
				}
				if i >= 400 {
					arrived = arrived.Add(c.by)
				}
				s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: make([]byte, size), Arrived: arrived})
				time.Sleep(100 * time.Millisecond)
			}
			s.End(nvr.NotRunning, nil)
			time.Sleep(3 * time.Second)
			got := h.happened(start)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("motion, in seconds from the start (-want +got):\n%s", diff)
			}
		})
	}
}

// happened returns from when to when there were events, in seconds from start.
func (h *home) happened(start nvr.Time) (spans [][2]int) {
	h.t.Helper()
	all, err := h.catalog.Events(h.t.Context(), camera.Camera, nvr.Span{From: start.Add(-2 * time.Hour), To: start.Add(100 * time.Hour)})
	if err != nil {
		h.t.Fatal(err)
	}
	seconds := func(at nvr.Time) int { return int(math.Round(at.Sub(start).Seconds())) }
	for _, e := range all {
		spans = append(spans, [2]int{seconds(e.Span.From), seconds(e.Span.To)})
	}
	return spans
}

// Motion is published once, as an event that gets longer, and is kept only as
// what the recorder is handed back. It ends with its stream, whoever ends that.
func TestMotionIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		bus := event.New(h.recorder.Take)
		h.recorder.Publish(bus.Publish)
		heard := bus.Subscribe(0)
		defer heard.Close()
		start := nvr.Now()
		film := func(s *recorder.Stream) { // still for 30 s, moving for 20
			s.Begin(format(), true)
			for i := range 500 {
				size := 400
				if i >= 300 {
					size = 1600
				}
				s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: make([]byte, size), Arrived: time.Now()})
				time.Sleep(100 * time.Millisecond)
			}
		}
		id := nvr.StreamID{Camera: camera.Camera, Quality: nvr.Sub}
		s := h.stream(id)
		film(s)
		h.recorder.Remove(id)
		heard.Close()
		var last nvr.Event
		count := 0
		for p := range heard.Events() {
			if count++; count > 1 && (p.Stream != last.Stream || p.Kind != last.Kind || p.Span.From != last.Span.From || p.Span.To <= last.Span.To) {
				t.Errorf("%+v after %+v", p.Event, last)
			}
			last = p.Event
		}
		if long := last.Span.Duration(); count < 4 || count > 7 || last.Stream != id || last.Kind != nvr.MotionEvent || long < 17*time.Second || long > 20*time.Second {
			t.Errorf("published %d times, at last %+v of %s", count, last, long)
		}
		time.Sleep(3 * time.Second)
		kept, err := h.catalog.Events(t.Context(), camera.Camera, nvr.Span{From: start, To: nvr.Now()})
		if err != nil || len(kept) != 1 || kept[0].Span != last.Span {
			t.Errorf("kept %+v, %v; published %+v", kept, err, last)
		}
		h.recorder.Publish(func(nvr.Event) {})
		lone := h.stream(nvr.StreamID{Camera: camera.Camera + 1})
		film(lone)
		lone.End(nvr.NotRunning, nil)
		time.Sleep(3 * time.Second)
		if kept, err := h.catalog.Events(t.Context(), camera.Camera+1, nvr.Span{From: start, To: nvr.Now()}); err != nil || len(kept) != 0 {
			t.Errorf("kept what was not handed back: %+v, %v", kept, err)
		}
	})
}
