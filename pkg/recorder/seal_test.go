package recorder_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// As long as the disk has not said that a file is durable its row is open, so
// that a start looks at it, however often the catalog is committed meanwhile.
func TestRowIsSealedAfterItsFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		send(s, 0, 5)
		release := h.busyDisk()
		s.End(nvr.Unreachable, nil)
		time.Sleep(10 * time.Second)
		sealed := func() []bool {
			var all []bool
			for _, seg := range h.segmentsSince(camera, start) {
				all = append(all, seg.Sealed)
			}
			return all
		}
		if got := sealed(); !slices.Equal(got, []bool{false}) {
			t.Errorf("sealed rows while the disk is busy: %v, want one that is open", got)
		}
		release()
		time.Sleep(3 * time.Second)
		if got := sealed(); !slices.Equal(got, []bool{true}) {
			t.Errorf("sealed rows when the disk has answered: %v, want one that is sealed", got)
		}
	})
}

// busyDisk lets the disk take nothing more until release is called.
func (h *home) busyDisk() (release func()) {
	held, over := make(chan bool), make(chan bool)
	f, _ := h.footage.Create(footage.Origin{Stream: nvr.StreamID{Camera: 99}, Start: nvr.Now()}, nil)
	f.Seal(func(footage.Result) {
		close(held)
		<-over
	})
	<-held
	return func() { close(over) }
}

// segmentsSince returns the rows of a stream.
func (h *home) segmentsSince(id nvr.StreamID, start nvr.Time) []nvr.Segment {
	h.t.Helper()
	segments, err := h.catalog.Segments(h.t.Context(), id, nvr.Span{From: start, To: nvr.Now() + 1})
	if err != nil {
		h.t.Fatal(err)
	}
	return segments
}

// Wherever key frames lie, each picture and each frame of sound is in the files
// once, also where a segment ends.
func TestNothingIsMissingAtACut(t *testing.T) {
	for _, rate := range []int{5, 15, 25} {
		for _, gop := range []int{1, 12, 33, 50} {
			t.Run(fmt.Sprintf("%d pictures a second, a key frame each %d", rate, gop), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := newHome(t)
					defer h.close()
					start := nvr.Now()
					s := h.stream(camera)
					s.Begin(format(), true)
					var want [2][]int64
					step, sound := int64(90_000/rate), int64(0)
					for i := range int64(70 * rate) {
						sample := media.Sample{DTS: i * step, Key: i%int64(gop) == 0, Data: []byte{1, byte(i)}, Arrived: time.Now()}
						want[0] = append(want[0], sample.DTS)
						s.Sample(sample)
						for ; sound*90 < (i+1)*step*48; sound += 1024 {
							want[1] = append(want[1], sound)
							s.Sample(media.Sample{Track: 1, DTS: sound, Key: true, Data: []byte{2, byte(sound)}, Arrived: time.Now()})
						}
						time.Sleep(time.Second / time.Duration(rate))
					}
					s.End(nvr.Unreachable, nil)
					time.Sleep(3 * time.Second)
					if n := len(h.segmentsSince(camera, start)); n < 2 {
						t.Errorf("70 s are %d segments, want two", n)
					}
					got := h.decodeTimes(camera, start)
					for track := range want {
						if !slices.Equal(got[track], want[track]) {
							t.Errorf("of %d samples of track %d these are in the files: %d", len(want[track]), track, len(got[track]))
						}
					}
				})
			})
		}
	}
}
