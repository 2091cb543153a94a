package recorder_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/media"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// pattern is how often key frames and pictures come.
type pattern struct{ rate, group int }

func (p pattern) String() string {
	return fmt.Sprintf("%d pictures a second, key frame every %d", p.rate, p.group)
}

// patterns are those of cameras, of which few have groups that are a multiple
// of a movie fragment, and the limits.
func patterns() (all []pattern) {
	for n, rate := range []int{5, 8, 12, 15, 20, 25, 30} {
		for group := 12 + n%3; group <= 50; group += 3 {
			all = append(all, pattern{rate, group})
		}
	}
	return append(all, pattern{25, 1}, pattern{30, 2}, pattern{30, 5}, pattern{30, 7}, pattern{30, 8}, pattern{1, 1}, pattern{5, 1}, pattern{15, 33}, pattern{15, 250})
}

// Every key frame can be sought to, however it falls, but for those that come
// within a quarter of a second of one that can; the file by itself says the
// same, and a stream never costs more than four writes a second.
func TestKeyFramesDoNotHide(t *testing.T) {
	const length = 15 * time.Second
	h := newHome(t)
	picture := make([]byte, 100)
	began := time.Now()
	all := patterns()
	keys := make([][]int64, len(all)) // their decode times
	for n, p := range all {
		s := h.stream(nvr.StreamID{Camera: nvr.CameraID(n + 1)})
		s.Begin(format(), true)
		for i := range p.rate * int(length/time.Second) {
			taken := time.Duration(i) * time.Second / time.Duration(p.rate)
			dts, key := taken.Milliseconds()*90, i%p.group == 0 // as of a clock of milliseconds
			if key {
				keys[n] = append(keys[n], dts)
			}
			s.Sample(media.Sample{DTS: dts, Key: key, Data: picture, Arrived: began.Add(taken)})
		}
		s.End(nvr.NotRunning, nil)
	}
	h.close()
	h.open()
	defer h.close()
	for n, p := range all {
		id := nvr.StreamID{Camera: nvr.CameraID(n + 1)}
		segments, err := h.catalog.Segments(t.Context(), id, nvr.Span{From: nvr.TimeOf(began), To: nvr.TimeOf(began.Add(2 * length))})
		if err != nil {
			t.Fatal(err)
		}
		can, writes, sought := map[int64]bool{}, 0, int64(math.MinInt32)
		for _, seg := range segments {
			c, err := h.footage.Read(id, seg.Span.From, motion.Scores())
			if err != nil {
				t.Fatal(err)
			}
			writes += len(c.MovieFragments)
			if diff := cmp.Diff(indexOf(c.Segment), indexOf(seg)); diff != "" {
				t.Fatalf("%s: index by the file, and by the catalog (-want +got):\n%s", p, diff)
			}
			for _, f := range seg.Fragments {
				can[f.MediaStart] = f.Key
			}
		}
		if perSecond := float64(writes) / length.Seconds(); perSecond > 4 {
			t.Errorf("%s: %.2f writes a second, want 4 at most", p, perSecond)
		}
		for _, key := range keys[n] {
			if can[key] {
				sought = key
			} else if key-sought >= 90000/4 {
				t.Errorf("%s: the key frame at %d ms hides", p, key/90)
				break
			}
		}
	}
}

// indexOf returns a segment's index without activity, which depends on what
// was recorded before.
func indexOf(s nvr.Segment) (index []nvr.Fragment) {
	for _, f := range s.Fragments {
		f.Score = 0
		index = append(index, f)
	}
	return index
}
