package recorder_test

import (
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// A camera whose picture stands still may send any amount of sound before the
// next picture ends the movie fragment.
func TestFloodOfSound(t *testing.T) {
	for _, c := range []struct {
		name        string
		count, size int
	}{{"many", 200_000, 4}, {"large", 40, 1 << 20}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				start := nvr.Now()
				s := h.stream(camera)
				s.Begin(format(), true)
				send(s, 0, 1)
				for i := range c.count {
					s.Sample(media.Sample{Track: 1, DTS: 48000 + int64(i), Key: true, Data: make([]byte, c.size), Arrived: time.Now()})
				}
				send(s, 1, 4)
				h.crash()
				h.open()
				defer h.close()
				timeline := h.tiled(camera, start, nvr.Now())
				if len(timeline.Footage) != 1 || timeline.Footage[0].Duration() < 4*time.Second {
					t.Errorf("footage is %v, want more than 4 s of it", timeline.Footage)
				}
				segments, err := h.catalog.Segments(t.Context(), camera, nvr.Span{From: start, To: nvr.Now()})
				if err != nil || len(segments) != 1 {
					t.Fatalf("%d segments, %v, want one", len(segments), err)
				}
				if segments[0].Bytes > 20<<20 {
					t.Errorf("a movie fragment grew to %d MB", segments[0].Bytes>>20)
				}
			})
		})
	}
}

// A hole in the sound does not lengthen the frame behind it.
func TestSoundEnd(t *testing.T) {
	for _, c := range []struct {
		dts  []int64
		want int64
	}{
		{nil, 0}, {[]int64{4096}, 5120}, {[]int64{0, 960}, 1920}, {[]int64{0, 1024, 2048}, 3072},
		{[]int64{0, 1024, 24576}, 25600}, {[]int64{0, 1024, 24576, 25600}, 26624},
	} {
		if got := recorder.SoundEnd(format(), c.dts...); got != c.want {
			t.Errorf("frames at %v end at %d, want %d", c.dts, got, c.want)
		}
	}
}
