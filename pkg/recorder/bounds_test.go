package recorder_test

import (
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// TestFloodIsBounded shows what is recorded of a camera that sends much more
// than cameras do: segments that are short enough to make room again, and as
// many bytes as are allowed.
func TestFloodIsBounded(t *testing.T) {
	const segment, rate, burst = 50_000, 20_000, 40_000
	for name, tt := range map[string]struct {
		picture, keys int // bytes of each of ten pictures a second, and how many between two key frames
		flood         bool
		segments      int // at least
	}{
		"a camera":                 {500, 10, false, 1},
		"large segments":           {1_800, 10, false, 5},
		"large, one key frame":     {1_900, 10_000, true, 1},
		"too much":                 {8_000, 10, true, 2},
		"too much of key frames":   {8_000, 1, true, 2},
		"too much in each picture": {burst + 1, 1, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				recorder.Bound(h.recorder, segment, rate, burst)
				start := nvr.Now()
				s := h.stream(camera)
				s.Begin(format(), true)
				for i := range 200 {
					s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%tt.keys == 0, Data: make([]byte, tt.picture), Arrived: time.Now()})
					time.Sleep(100 * time.Millisecond)
				}
				s.End(nvr.Unreachable, nil)
				time.Sleep(3 * time.Second)
				flood := false
				for _, g := range h.told(camera, start) {
					flood = flood || g.what == string(nvr.TooMuch)
				}
				if flood != tt.flood {
					t.Errorf("told %v", h.told(camera, start))
				}
				all, err := h.catalog.Segments(t.Context(), camera, nvr.Span{From: start, To: nvr.Now()})
				if err != nil {
					t.Fatal(err)
				}
				var sum int64
				for _, seg := range all {
					sum += seg.Bytes
					if most := int64(2*segment + tt.picture*10 + 5_000); seg.Bytes > most {
						t.Errorf("a segment of %d bytes, want %d at most", seg.Bytes, most)
					}
				}
				if len(all) < tt.segments || sum > burst+20*rate+100_000 {
					t.Errorf("%d segments of %d bytes", len(all), sum)
				}
				if !tt.flood && sum < int64(200*tt.picture) {
					t.Errorf("%d bytes are recorded, want all", sum)
				}
			})
		})
	}
}
