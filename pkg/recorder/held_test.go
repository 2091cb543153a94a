package recorder_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// What is held goes to the disk once, in order, with its sound, and what comes
// meanwhile behind it.
func TestHeldIsWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		s.SetPlan(events)
		send(s, 0, 20)
		h.recorder.Happened(camera.Camera, "ring", 0, "")
		send(s, 20, 20)
		s.End(nvr.NotRunning, nil)
		time.Sleep(3 * time.Second)
		times := h.decodeTimes(camera, start)
		var want [2][]int64
		for i := 100; i < 250; i++ {
			want[0] = append(want[0], int64(i-100)*9000)
		}
		for a := (100*4800 + 1023) / 1024; a*1024 < 250*4800; a++ {
			want[1] = append(want[1], int64(a)*1024-100*4800)
		}
		if diff := cmp.Diff(want, times); diff != "" {
			t.Errorf("decode times (-want +got):\n%s", diff)
		}
	})
}

// What a camera saw before it was lost is kept, and only then.
func TestLostCamera(t *testing.T) {
	off := nvr.Plan{Mode: nvr.KeepNone, Before: events.Before}
	for _, tt := range []struct {
		reason nvr.Reason
		plan   nvr.Plan // by then
		want   int      // pictures: Before, and the group under way
	}{
		{nvr.Unreachable, events, 110}, {nvr.NoPicture, events, 110}, {nvr.BadStream, events, 110}, {nvr.Unsupported, events, 110},
		{nvr.NotRunning, events, 0}, {nvr.PausedByUser, events, 0}, {nvr.Starting, events, 0}, {nvr.RecorderFailed, events, 0},
		{nvr.Unreachable, off, 0},
	} {
		t.Run(fmt.Sprintf("%s/%s", tt.reason, tt.plan.Mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				start := nvr.Now()
				s := h.stream(camera)
				s.Begin(format(), true)
				s.SetPlan(events)
				send(s, 0, 30)
				s.SetPlan(tt.plan)
				s.End(tt.reason, nil)
				s.End(tt.reason, nil) // the next attempt
				time.Sleep(3 * time.Second)
				h.tiled(camera, start, nvr.Now())
				segments, err := h.catalog.Segments(t.Context(), camera, nvr.Span{From: start, To: nvr.Now()})
				if err != nil {
					t.Fatal(err)
				}
				if times := h.decodeTimes(camera, start)[0]; len(times) != tt.want || tt.want > 0 && segments[len(segments)-1].Span.To != start.Add(30*time.Second) {
					t.Errorf("%d pictures are recorded, want the last %d", len(times), tt.want)
				}
			})
		})
	}
}

// Footage that goes on where it ended is of the same run; after a pause, in
// which the camera's count and the clock may go apart, it is of another.
func TestRunsOfEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		s.SetPlan(events)
		send(s, 0, 20)
		h.recorder.Happened(camera.Camera, "ring", 0, "")
		send(s, 20, 12)
		h.recorder.Happened(camera.Camera, "ring", 0, "")
		send(s, 32, 60)
		h.recorder.Happened(camera.Camera, "ring", 0, "")
		send(s, 92, 10)
		s.End(nvr.NotRunning, nil)
		time.Sleep(3 * time.Second)
		segments, err := h.catalog.Segments(t.Context(), camera, nvr.Span{From: start, To: nvr.Now()})
		if err != nil {
			t.Fatal(err)
		}
		at := map[nvr.RunID][]time.Duration{}
		for _, seg := range segments {
			at[seg.Run] = append(at[seg.Run], seg.Span.From.Sub(start))
		}
		want := map[nvr.RunID][]time.Duration{
			nvr.RunID(start.Add(10 * time.Second)): {10 * time.Second, 25 * time.Second},
			nvr.RunID(start.Add(82 * time.Second)): {82 * time.Second},
		}
		for run, times := range want {
			if len(at[run]) < len(times) || at[run][0] != times[0] {
				t.Errorf("run %d has segments at %v, want %v among them", run, at[run], times)
			}
		}
		if len(at) != len(want) {
			t.Errorf("there are runs %v, want %v", at, want)
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
		s.SetPlan(events)
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
				s.SetPlan(nvr.Plan{Mode: nvr.KeepEvents, Before: 10 * time.Second})
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

// occupy keeps the writer of a footage directory from doing anything until the
// function that it returns is called.
func occupy(t *testing.T, d *footage.Directory) (release func()) {
	t.Helper()
	busy, free := make(chan struct{}), make(chan struct{})
	f, _ := d.Create(footage.Origin{Stream: nvr.StreamID{Camera: 99}, Start: nvr.Now()}, nil)
	f.Seal(func(footage.Result) {
		close(busy)
		<-free
	})
	<-busy
	return func() { close(free) }
}

// When many cameras wake at once, what they hold waits in memory for a disk that
// is busy, and no camera pushes another out of its queue.
func TestManyWakeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		data := make([]byte, 1<<20)
		var streams []*recorder.Stream
		for n := range 4 {
			s := h.stream(nvr.StreamID{Camera: nvr.CameraID(n + 1)})
			s.Begin(format(), true)
			s.SetPlan(events)
			streams = append(streams, s)
		}
		release := func() {}
		for i := range 40 {
			switch i {
			case 28:
				release = occupy(t, h.footage)
			case 31:
				release()
			}
			for _, s := range streams {
				if i == 28 {
					for n := range streams {
						h.recorder.Happened(nvr.CameraID(n+1), "storm", 0, "")
					}
				}
				s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: data, Arrived: time.Now()})
			}
			time.Sleep(100 * time.Millisecond)
		}
		for n, s := range streams {
			s.End(nvr.NotRunning, nil)
			time.Sleep(3 * time.Second)
			line := h.tiled(nvr.StreamID{Camera: nvr.CameraID(n + 1)}, start, nvr.Now())
			if len(line.Footage) != 1 || line.Footage[0].Duration() != 4*time.Second {
				t.Errorf("camera %d has %v and gaps %v, want 4 s of footage", n+1, line.Footage, line.Gaps)
			}
		}
	})
}

// A camera may be removed, or the program ended, while what it held waits for a
// busy disk: all of it is recorded, in as many segments as that takes.
func TestEndsWhileItWakes(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(h *home)
	}{
		{"camera removed", func(h *home) { h.recorder.Remove(camera) }},
		{"program ended", func(*home) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				start := nvr.Now()
				s := h.stream(camera)
				s.Begin(format(), true)
				s.SetPlan(nvr.Plan{Mode: nvr.KeepEvents, Before: 25 * time.Second, After: time.Minute})
				picture := make([]byte, 1<<20)
				picture = picture[:len(picture)-1000]
				var release func()
				for i := range 46 { // the segment is cut at the 37th second
					if i == 30 {
						h.recorder.Happened(camera.Camera, "ring", 0, "")
						release = h.busyDisk()
					}
					s.Sample(media.Sample{DTS: int64(i) * 90000, Key: true, Data: picture, Arrived: time.Now()})
					time.Sleep(time.Second)
				}
				time.AfterFunc(time.Second, release)
				c.end(h)
				h.close()
				h.open()
				defer h.close()
				if n := len(h.decodeTimes(camera, start)[0]); n != 41 || len(h.segmentsSince(camera, start)) != 2 {
					t.Errorf("%d pictures are recorded in %d segments, want 41 in two", n, len(h.segmentsSince(camera, start)))
				}
			})
		})
	}
}
