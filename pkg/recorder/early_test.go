package recorder_test

import (
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// Nothing is taken after it arrived: however fast a camera counts, and however
// much of the past it sends first, no footage is dated in the future, and what
// comes later is dated right.
func TestNothingIsDatedAhead(t *testing.T) {
	const second = 90000
	for _, tt := range []struct {
		name   string
		dts    func(i int) int64 // of picture i
		burst  int               // so many come at once, then one each 100 ms
		starts time.Duration     // of the footage, after the first picture arrived
	}{
		{"counts twice as fast", func(i int) int64 { return int64(i) * second / 5 }, 0, 0},
		{"counts a fifth too fast", func(i int) int64 { return int64(i) * second * 12 / 100 }, 0, 0},
		{"was ten seconds late at first, as was found later", func(i int) int64 {
			return int64(i)*second/10 + min(int64(i), 50)*second/5
		}, 0, 0},
		{"was ten seconds late at first, as is known", func(i int) int64 { return int64(i) * second / 10 }, 100, -10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				s := h.stream(camera)
				time.Sleep(20 * time.Second)
				s.Begin(format(), true)
				began := time.Now()
				const pictures = 1800 // three minutes
				for i := range pictures {
					m := media.Sample{DTS: tt.dts(i), Key: i%20 == 0, Data: []byte{1, 2, 3, 4}, Arrived: time.Now()}
					m.Late = time.Duration(max(tt.burst-i, 0)) * 100 * time.Millisecond
					s.Sample(m)
					if i%100 == 99 {
						for _, seg := range h.segments(camera) {
							if ahead := seg.Span.To.Sub(nvr.Now()); seg.Sealed && ahead > 300*time.Millisecond {
								t.Fatalf("after %v footage is dated up to %v ahead", time.Since(began), ahead)
							}
						}
					}
					if i >= tt.burst {
						time.Sleep(100 * time.Millisecond)
					}
				}
				end := nvr.Now()
				s.End(nvr.Unreachable, nil)
				time.Sleep(3 * time.Second)
				all := h.segments(camera)
				first, last := all[0], all[len(all)-1]
				if off := first.Span.From.Sub(nvr.TimeOf(began)) - tt.starts; off.Abs() > time.Millisecond {
					t.Errorf("footage begins %v off", off)
				}
				if off := last.Span.To.Sub(end); off > 300*time.Millisecond || off < -3*time.Second {
					t.Errorf("the newest footage ends %v after it arrived", off)
				}
				kept := 0
				for _, seg := range all {
					kept += int(nvr.Units(nvr.Duration(seg.MediaDuration, seg.Timescale), second))
				}
				if sent := int(tt.dts(pictures-1) - tt.dts(0)); kept < sent {
					t.Errorf("%d units of %d are kept", kept, sent)
				}
				h.sound()
				for _, seg := range all {
					file, err := h.footage.Read(seg.Stream, seg.Span.From, motion.Scores())
					if off := file.Segment.Span.To.Sub(seg.Span.To); err != nil || off.Abs() > time.Millisecond {
						t.Fatalf("a file ends %v after its row; %v", off, err)
					}
				}
				t.Logf("%d segments", len(all))
			})
		})
	}
}
