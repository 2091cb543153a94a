package recorder_test

import (
	"io"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// Decode times of a stream go on where those of its run before ended, whatever
// ended it: players that heed no discontinuities leave out pictures whose time
// goes back, and wait where it leaps.
func TestDecodeTimesGoOn(t *testing.T) {
	for name, again := range map[string]func(h *home, s *recorder.Stream) *recorder.Stream{
		"connected again": func(_ *home, s *recorder.Stream) *recorder.Stream {
			s.End(nvr.Unreachable, io.EOF)
			time.Sleep(25 * time.Second)
			return s
		},
		"connected again at once": func(_ *home, s *recorder.Stream) *recorder.Stream { return s },
		"removed and added": func(h *home, _ *recorder.Stream) *recorder.Stream {
			h.recorder.Remove(camera)
			time.Sleep(time.Minute)
			return h.stream(camera)
		},
		"stopped and started": func(h *home, _ *recorder.Stream) *recorder.Stream {
			h.close()
			time.Sleep(time.Hour)
			h.open()
			return h.stream(camera)
		},
		"killed": func(h *home, _ *recorder.Stream) *recorder.Stream {
			h.crash()
			h.open()
			return h.stream(camera)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer func() { h.close() }()
				start := nvr.Now()
				s := h.stream(camera)
				for _, from := range []int{0, 700, 3} { // by the camera's count, which begins anywhere
					if from != 0 {
						s = again(h, s)
					}
					s.Begin(format(), true)
					send(s, from, 10)
				}
				s.End(nvr.NotRunning, nil)
				time.Sleep(3 * time.Second)
				times := h.decodeTimes(camera, start)
				for track, frame := range []int64{9000, 1024} {
					if n := len(times[track]); n < 200 {
						t.Fatalf("track %d: %d samples", track, n)
					}
					for i, at := range times[track][1:] {
						if before := times[track][i]; at <= before || at > before+6*frame { // what a kill costs is no gap in it
							t.Errorf("track %d: %d follows %d", track, at, before)
						}
					}
				}
				// Both tracks are as long, so none runs away from the other.
				if picture, sound := times[0][len(times[0])-1]/90, times[1][len(times[1])-1]/48; picture-sound > 200 || sound-picture > 200 {
					t.Errorf("pictures end at %d ms, sound at %d ms", picture, sound)
				}
			})
		})
	}
}

// A decode time that no footage reaches, which only damage says, is not gone on
// from: it would not be one for long.
func TestDecodeTimesOfDamage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer func() { h.close() }()
		s := h.stream(camera)
		s.Begin(format(), true)
		send(s, 0, 2)
		s.End(nvr.NotRunning, nil)
		time.Sleep(3 * time.Second)
		damaged := h.segments(camera)[0]
		damaged.MediaStart = math.MaxInt64 - damaged.MediaDuration
		if err := h.catalog.Update(t.Context(), func(tx catalog.Tx) error { return tx.PutSegment(damaged) }); err != nil {
			t.Fatal(err)
		}
		h.close()
		h.open()
		start := nvr.Now()
		s = h.stream(camera)
		s.Begin(format(), true)
		send(s, 0, 2)
		s.End(nvr.NotRunning, nil)
		time.Sleep(3 * time.Second)
		if times := h.decodeTimes(camera, start)[0]; len(times) != 20 || times[0] != 0 {
			t.Errorf("decode times are %d, want 20 from 0 on", times)
		}
	})
}
