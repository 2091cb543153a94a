package recorder_test

import (
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// stretch is footage, or a gap with its reason, in seconds from the start.
type stretch struct {
	what     string // "footage" or a reason
	from, to float64
}

// told returns the timeline as stretches; what goes on ends at -1.
func (h *home) told(id nvr.StreamID, start nvr.Time) (all []stretch) {
	h.t.Helper()
	timeline := h.tiled(id, start, nvr.Now())
	at := func(t nvr.Time) float64 {
		if t == 0 {
			return -1
		}
		return t.Sub(start).Seconds()
	}
	for _, f := range timeline.Footage {
		all = append(all, stretch{"footage", at(f.From), at(f.To)})
	}
	for _, g := range timeline.Gaps {
		all = append(all, stretch{string(g.Reason), at(g.Span.From), at(g.Span.To)})
	}
	slices.SortFunc(all, func(a, b stretch) int { return int((a.from - b.from) * 1e6) })
	return all
}

// decodeTimes returns those of every sample in the footage of a stream, by
// track, in the order of the files.
func (h *home) decodeTimes(id nvr.StreamID, start nvr.Time) (times [2][]int64) {
	h.t.Helper()
	for _, seg := range h.segmentsSince(id, start) {
		for track, of := range h.decodeTimesOf(seg) {
			times[track] = append(times[track], of...)
		}
	}
	return times
}

// decodeTimesOf returns those of every sample in a file.
func (h *home) decodeTimesOf(seg nvr.Segment) (times [2][]int64) {
	h.t.Helper()
	f, err := h.footage.OpenFile(seg.Stream, seg.Span.From)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		h.t.Fatal(err)
	}
	scanner := fmp4.NewScanner(f, seg.HeaderBytes, info.Size())
	for {
		var m fmp4.MovieFragment
		if err := scanner.Next(&m); errors.Is(err, io.EOF) {
			return times
		} else if err != nil {
			h.t.Fatal(err)
		}
		for track, run := range m.Runs {
			at := run.DTS
			for _, s := range run.Samples {
				times[track] = append(times[track], at)
				at += int64(s.Duration)
			}
		}
	}
}

var events = nvr.Plan{Mode: nvr.KeepEvents, Before: 10 * time.Second, After: 5 * time.Second}

// Each story is what happens to a stream of a key frame a second, and how its
// timeline reads afterwards.
func TestModes(t *testing.T) {
	// film is what a story is told with.
	type film struct {
		h    *home
		s    *recorder.Stream
		from int // the next second of the camera's
	}
	play := func(f *film, seconds int) {
		send(f.s, f.from, seconds)
		f.from += seconds
	}
	ring := func(f *film, ago time.Duration) {
		f.h.recorder.Happened(camera.Camera, "ring", nvr.Now().Add(-ago), "")
	}
	for _, c := range []struct {
		name string
		tell func(f *film)
		want []stretch
	}{
		{"all, as ever", func(f *film) {
			f.s.SetPlan(nvr.Plan{})
			play(f, 20)
			ring(f, 0)
			play(f, 10)
		}, []stretch{{"footage", 0, 30}}},
		{"nothing", func(f *film) {
			f.s.SetPlan(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 20)
			ring(f, 0)
			play(f, 10)
		}, []stretch{{"recording_off", 0, 30}}},
		{"privacy", func(f *film) {
			f.s.SetPlan(nvr.Plan{Mode: nvr.Privacy})
			play(f, 20)
		}, []stretch{{"paused_by_user", 0, 20}}},
		{"nothing for a while", func(f *film) {
			play(f, 10)
			f.s.SetPlan(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 10)
			f.s.SetPlan(nvr.Plan{Mode: nvr.KeepAll})
			play(f, 10)
		}, []stretch{{"footage", 0, 10}, {"recording_off", 10, 20}, {"footage", 20, 30}}},
		{"nothing, and the camera goes away and comes back", func(f *film) {
			f.s.SetPlan(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 10)
			f.s.End(nvr.Unreachable, nil)
			time.Sleep(10 * time.Second)
			f.s.Begin(format(), true)
			f.from = 0
			play(f, 10)
		}, []stretch{{"recording_off", 0, 10}, {"unreachable", 10, 20}, {"recording_off", 20, 30}}},
		{"no event", func(f *film) {
			f.s.SetPlan(events)
			play(f, 120)
		}, []stretch{{"no_event", 0, 120}}},
		{"an event", func(f *film) {
			f.s.SetPlan(events)
			play(f, 40)
			ring(f, 0)
			play(f, 40)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 45}, {"no_event", 45, 80}}},
		{"an event soon after the camera came", func(f *film) {
			f.s.SetPlan(events)
			play(f, 4)
			ring(f, 0)
			play(f, 10)
		}, []stretch{{"footage", 0, 9}, {"no_event", 9, 14}}},
		{"an event that is told late", func(f *film) {
			f.s.SetPlan(events)
			play(f, 40)
			ring(f, 4*time.Second)
			play(f, 40)
		}, []stretch{{"no_event", 0, 26}, {"footage", 26, 41}, {"no_event", 41, 80}}},
		{"an event that was over when it was told", func(f *film) {
			f.s.SetPlan(nvr.Plan{Mode: nvr.KeepEvents, Before: 20 * time.Second, After: 5 * time.Second})
			play(f, 60)
			ring(f, 20*time.Second)
			play(f, 20)
			ring(f, time.Hour)
			play(f, 10)
		}, []stretch{{"no_event", 0, 31}, {"footage", 31, 45}, {"no_event", 45, 90}}},
		{"two events told at once", func(f *film) {
			f.s.SetPlan(events)
			play(f, 40)
			ring(f, 4*time.Second)
			ring(f, 0)
			play(f, 40)
		}, []stretch{{"no_event", 0, 26}, {"footage", 26, 45}, {"no_event", 45, 80}}},
		{"an event after the other", func(f *film) {
			f.s.SetPlan(events)
			play(f, 40)
			ring(f, 0)
			play(f, 3)
			ring(f, 0)
			play(f, 40)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 48}, {"no_event", 48, 83}}},
		{"an event whose beginning follows the end of another", func(f *film) {
			f.s.SetPlan(events)
			play(f, 40)
			ring(f, 0)
			play(f, 12)
			ring(f, 0)
			play(f, 20)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 57}, {"no_event", 57, 72}}},
		{"the camera goes away in an event", func(f *film) {
			f.s.SetPlan(events)
			play(f, 40)
			ring(f, 0)
			play(f, 2)
			f.s.End(nvr.Unreachable, nil)
			time.Sleep(time.Second)
			f.s.Begin(format(), true)
			f.from = 0
			play(f, 10)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 42}, {"unreachable", 42, 43}, {"footage", 43, 45}, {"no_event", 45, 53}}},
		{"the camera goes away right after an event", func(f *film) {
			f.s.SetPlan(events)
			play(f, 40)
			ring(f, 0)
			f.s.End(nvr.Unreachable, nil)
			time.Sleep(10 * time.Second)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 40}, {"unreachable", 40, 50}}},
		{"the format changes in the middle", func(f *film) {
			f.s.SetPlan(events)
			play(f, 40)
			f.s.Begin(format(), false)
			play(f, 5)
			ring(f, 0)
			f.s.Begin(format(), false)
			play(f, 10)
		}, []stretch{{"no_event", 0, 40}, {"footage", 40, 50}, {"no_event", 50, 55}}},
		{"all, then events, then all", func(f *film) {
			play(f, 10)
			f.s.SetPlan(events)
			play(f, 20)
			f.s.SetPlan(nvr.Plan{})
			play(f, 10)
		}, []stretch{{"footage", 0, 10}, {"no_event", 10, 29}, {"footage", 29, 40}}},
		{"events, then nothing", func(f *film) {
			f.s.SetPlan(events)
			play(f, 20)
			f.s.SetPlan(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 10)
		}, []stretch{{"no_event", 0, 20}, {"recording_off", 20, 30}}},
		{"nothing for a moment before an event", func(f *film) {
			f.s.SetPlan(events)
			play(f, 20)
			f.s.SetPlan(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 2)
			f.s.SetPlan(events)
			play(f, 3)
			ring(f, 0)
			play(f, 2)
		}, []stretch{{"no_event", 0, 20}, {"recording_off", 20, 22}, {"footage", 22, 27}}},
		{"a picture that comes late", func(f *film) {
			f.s.SetPlan(events)
			f.s.End(nvr.Unreachable, nil)
			time.Sleep(time.Second)
			f.s.Begin(format(), true)
			for i := range 10 {
				f.s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i == 0, Data: []byte{1}, Arrived: time.Now(), Captured: nvr.Now().Add(-time.Second / 2)})
				time.Sleep(100 * time.Millisecond)
			}
			ring(f, 0)
			f.from = 1
			play(f, 2)
		}, []stretch{{"unreachable", 0, 0.5}, {"footage", 0.5, 3.5}}},
		{"events in the middle of an event", func(f *film) {
			play(f, 10)
			ring(f, 0)
			play(f, 2)
			f.s.SetPlan(events)
			play(f, 10)
		}, []stretch{{"footage", 0, 15}, {"no_event", 15, 22}}},
		{"nothing in the middle of an event", func(f *film) {
			f.s.SetPlan(events)
			play(f, 20)
			ring(f, 0)
			play(f, 2)
			f.s.SetPlan(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 10)
			f.s.SetPlan(events)
			play(f, 10)
		}, []stretch{{"no_event", 0, 10}, {"footage", 10, 22}, {"recording_off", 22, 32}, {"no_event", 32, 42}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				start := nvr.Now()
				f := &film{h: h, s: h.stream(camera)}
				f.s.Begin(format(), true)
				c.tell(f)
				f.s.End(nvr.NotRunning, nil)
				time.Sleep(3 * time.Second)
				want := append(c.want, stretch{"not_running", c.want[len(c.want)-1].to, -1})
				got := h.told(camera, start)
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(stretch{}), approx); diff != "" {
					t.Errorf("timeline (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// approx lets times differ by a microsecond and what a run slews.
var approx = cmp.Comparer(func(a, b float64) bool { return a-b < 0.005 && b-a < 0.005 })

// A camera that is killed in the middle of an event has it up to there.
func TestKilledInAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		s.SetPlan(events)
		send(s, 0, 30)
		h.recorder.Happened(camera.Camera, "ring", 0, "porch")
		send(s, 30, 3)
		h.crash()
		time.Sleep(time.Minute)
		h.open()
		defer h.close()
		got := h.told(camera, start)
		if len(got) != 3 || got[0] != (stretch{"no_event", 0, 20}) || got[1].what != "footage" || got[1].from != 20 || got[1].to < 32 ||
			got[2].what != "not_running" {
			t.Errorf("timeline is %v", got)
		}
		happened, err := h.catalog.Events(t.Context(), camera.Camera, nvr.Span{From: start, To: nvr.Now()})
		if err != nil || len(happened) != 1 || happened[0].Kind != "ring" || happened[0].Detail != "porch" {
			t.Errorf("events are %+v, %v", happened, err)
		}
	})
}
