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
	segments, err := h.catalog.Segments(h.t.Context(), id, nvr.Span{From: start, To: nvr.Now() + 1})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, seg := range segments {
		f, err := h.footage.OpenFile(id, seg.Span.From)
		if err != nil {
			h.t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			h.t.Fatal(err)
		}
		scanner := fmp4.NewScanner(f, seg.HeaderBytes, info.Size())
		for {
			var m fmp4.MovieFragment
			if err := scanner.Next(&m); errors.Is(err, io.EOF) {
				break
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
		if err := f.Close(); err != nil {
			h.t.Fatal(err)
		}
	}
	return times
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
			f.s.Follow(nvr.Plan{})
			play(f, 20)
			ring(f, 0)
			play(f, 10)
		}, []stretch{{"footage", 0, 30}}},
		{"nothing", func(f *film) {
			f.s.Follow(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 20)
			ring(f, 0)
			play(f, 10)
		}, []stretch{{"recording_off", 0, 30}}},
		{"privacy", func(f *film) {
			f.s.Follow(nvr.Plan{Mode: nvr.Privacy})
			play(f, 20)
		}, []stretch{{"paused_by_user", 0, 20}}},
		{"nothing for a while", func(f *film) {
			play(f, 10)
			f.s.Follow(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 10)
			f.s.Follow(nvr.Plan{Mode: nvr.KeepAll})
			play(f, 10)
		}, []stretch{{"footage", 0, 10}, {"recording_off", 10, 20}, {"footage", 20, 30}}},
		{"nothing, and the camera goes away and comes back", func(f *film) {
			f.s.Follow(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 10)
			f.s.End(nvr.Unreachable, nil)
			time.Sleep(10 * time.Second)
			f.s.Begin(format(), true)
			f.from = 0
			play(f, 10)
		}, []stretch{{"recording_off", 0, 10}, {"unreachable", 10, 20}, {"recording_off", 20, 30}}},
		{"no event", func(f *film) {
			f.s.Follow(events)
			play(f, 120)
		}, []stretch{{"no_event", 0, 120}}},
		{"an event", func(f *film) {
			f.s.Follow(events)
			play(f, 40)
			ring(f, 0)
			play(f, 40)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 45}, {"no_event", 45, 80}}},
		{"an event soon after the camera came", func(f *film) {
			f.s.Follow(events)
			play(f, 4)
			ring(f, 0)
			play(f, 10)
		}, []stretch{{"footage", 0, 9}, {"no_event", 9, 14}}},
		{"an event that is told late", func(f *film) {
			f.s.Follow(events)
			play(f, 40)
			ring(f, 4*time.Second)
			play(f, 40)
		}, []stretch{{"no_event", 0, 26}, {"footage", 26, 41}, {"no_event", 41, 80}}},
		{"an event that was over when it was told", func(f *film) {
			f.s.Follow(nvr.Plan{Mode: nvr.KeepEvents, Before: 20 * time.Second, After: 5 * time.Second})
			play(f, 60)
			ring(f, 20*time.Second)
			play(f, 20)
			ring(f, time.Hour)
			play(f, 10)
		}, []stretch{{"no_event", 0, 34}, {"footage", 34, 45}, {"no_event", 45, 90}}},
		{"an event after the other", func(f *film) {
			f.s.Follow(events)
			play(f, 40)
			ring(f, 0)
			play(f, 3)
			ring(f, 0)
			play(f, 40)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 48}, {"no_event", 48, 83}}},
		{"an event whose beginning follows the end of another", func(f *film) {
			f.s.Follow(events)
			play(f, 40)
			ring(f, 0)
			play(f, 12)
			ring(f, 0)
			play(f, 20)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 57}, {"no_event", 57, 72}}},
		{"the camera goes away in an event", func(f *film) {
			f.s.Follow(events)
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
			f.s.Follow(events)
			play(f, 40)
			ring(f, 0)
			f.s.End(nvr.Unreachable, nil)
			time.Sleep(10 * time.Second)
		}, []stretch{{"no_event", 0, 30}, {"footage", 30, 40}, {"unreachable", 40, 50}}},
		{"the format changes in the middle", func(f *film) {
			f.s.Follow(events)
			play(f, 40)
			f.s.Begin(format(), false)
			play(f, 5)
			ring(f, 0)
			f.s.Begin(format(), false)
			play(f, 10)
		}, []stretch{{"no_event", 0, 40}, {"footage", 40, 50}, {"no_event", 50, 55}}},
		{"all, then events, then all", func(f *film) {
			play(f, 10)
			f.s.Follow(events)
			play(f, 20)
			f.s.Follow(nvr.Plan{})
			play(f, 10)
		}, []stretch{{"footage", 0, 10}, {"no_event", 10, 29}, {"footage", 29, 40}}},
		{"events in the middle of an event", func(f *film) {
			play(f, 10)
			ring(f, 0)
			play(f, 2)
			f.s.Follow(events)
			play(f, 10)
		}, []stretch{{"footage", 0, 15}, {"no_event", 15, 22}}},
		{"nothing in the middle of an event", func(f *film) {
			f.s.Follow(events)
			play(f, 20)
			ring(f, 0)
			play(f, 2)
			f.s.Follow(nvr.Plan{Mode: nvr.KeepNone})
			play(f, 10)
			f.s.Follow(events)
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
				end := nvr.Now().Sub(start).Seconds()
				f.s.End(nvr.NotRunning, nil)
				time.Sleep(3 * time.Second)
				want := append(c.want, stretch{"not_running", end, -1})
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

// What is held goes to the disk once, in order, with its sound, and what comes
// meanwhile behind it.
func TestHeldIsWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		s.Follow(events)
		send(s, 0, 20)
		h.recorder.Happened(camera.Camera, "ring", 0, "")
		send(s, 20, 20)
		s.End(nvr.NotRunning, nil)
		time.Sleep(3 * time.Second)
		times := h.decodeTimes(camera, start)
		var want [2][]int64
		for i := 100; i < 250; i++ {
			want[0] = append(want[0], int64(i)*9000)
		}
		for a := (100*4800 + 1023) / 1024; a*1024 < 250*4800; a++ {
			want[1] = append(want[1], int64(a)*1024)
		}
		if diff := cmp.Diff(want, times); diff != "" {
			t.Errorf("decode times (-want +got):\n%s", diff)
		}
	})
}

// PCM is held as it is stored.
func TestHeldSoundIsStoredSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		f := format()
		f.Tracks[1] = media.Track{Codec: media.PCMA, Timescale: 8000, SampleRate: 8000, Channels: 1}
		s.Begin(f, true)
		s.Follow(events)
		for i := range 300 {
			if i == 200 {
				h.recorder.Happened(camera.Camera, "ring", 0, "")
			}
			s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: make([]byte, 100), Arrived: time.Now()})
			s.Sample(media.Sample{Track: 1, DTS: int64(i) * 800, Key: true, Data: make([]byte, 800), Arrived: time.Now()})
			time.Sleep(100 * time.Millisecond)
		}
		s.End(nvr.NotRunning, nil)
		time.Sleep(3 * time.Second)
		times := h.decodeTimes(camera, start)
		sound := times[1]
		if len(times[0]) != 150 || len(sound) < 15*8000/512-1 {
			t.Fatalf("%d pictures and %d frames of sound are recorded, want 150 and 15 s of it", len(times[0]), len(sound))
		}
		for i := range sound[1:] {
			if sound[i+1]-sound[i] != 512 {
				t.Fatalf("sound goes from %d to %d", sound[i], sound[i+1])
			}
		}
		if apart := sound[0] - times[0][0]*8000/90000; apart < -512 || apart > 512 {
			t.Errorf("sound begins %d samples after the picture, want no more than a frame of sound", apart)
		}
	})
}

// A camera that is killed in the middle of an event has it up to there.
func TestKilledInAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		s.Follow(events)
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

// One second of 4 MB a picture does not stay in memory for half a minute, and
// a camera without key frames holds nothing.
func TestHeldIsBounded(t *testing.T) {
	for _, c := range []struct {
		name        string
		bytes, keys int // of a picture; a key frame every so many
		least, most time.Duration
	}{
		{"large pictures", 1 << 20, 4, 2 * time.Second, 4 * time.Second},
		{"rare key frames", 1 << 20, 50, 0, 5 * time.Second},
		{"small pictures", 1000, 20, 10 * time.Second, 20 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				start := nvr.Now()
				s := h.stream(camera)
				s.Begin(format(), true)
				s.Follow(nvr.Plan{Mode: nvr.KeepEvents, Before: 10 * time.Second})
				data := make([]byte, c.bytes)
				var happened nvr.Time
				for i := range 201 {
					if i == 200 {
						happened = nvr.Now()
						h.recorder.Happened(camera.Camera, "ring", 0, "")
					}
					s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%c.keys == 0, Data: data, Arrived: time.Now()})
					time.Sleep(100 * time.Millisecond)
				}
				s.End(nvr.NotRunning, nil)
				time.Sleep(3 * time.Second)
				timeline := h.tiled(camera, start, nvr.Now())
				var before time.Duration
				if len(timeline.Footage) > 0 {
					before = happened.Sub(timeline.Footage[0].From)
				}
				if before < c.least || before > c.most {
					t.Errorf("%s from before the event are recorded, want %s to %s", before, c.least, c.most)
				}
			})
		})
	}
}

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
			s.Follow(events)
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
