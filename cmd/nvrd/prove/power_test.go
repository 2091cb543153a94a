package prove_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// The cameras of a short recording: their segments are cut 14, 28 and 37 s
// after the full minute, which is when a bubble's time begins.
var few = []nvr.StreamID{{Camera: 2}, {Camera: 4}, {Camera: 1}}

// TestPowerCut records for 40 s on a disk that keeps a journal, and asks for
// many instants in it: had the power been cut then, what would be left?
func TestPowerCut(t *testing.T) {
	t.Parallel()
	film := newFilm(t)
	disk := newMount(t)
	newHome(t, disk.dir)
	disk.settle()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, disk.dir)
		film.show(s.sinks(t, few), 40*time.Second, disk.note)
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	journal := disk.journal()
	var lost losses
	cuts := cutPoints(journal, often(50, 1000))
	left := filepath.Join(scratch(t), "left")
	m, at := newMedium(), 0
	handed := map[nvr.CameraID]int64{}
	for n, k := range cuts {
		for ; at < k; at++ {
			m.apply(journal[at])
			if o := journal[at]; o.Kind == opNote {
				handed[nvr.CameraID(o.Is)] = o.At
			}
		}
		if err := errors.Join(os.RemoveAll(left), m.cut(left, newAdversary(n))); err != nil {
			t.Fatal(err)
		}
		all := contract(t, left, proof{film: film, plays: n%often(25, 10) == 0})
		lost = append(lost, film.lost(t, all, handed)...)
		if t.Failed() {
			t.Errorf("that was after cut %d, at step %d of %d", n, k, len(journal))
			break
		}
	}
	t.Logf("%d cuts in a journal of %d steps: %s", len(cuts), len(journal), lost)
	lost.within(t, powerBound)
}

// sinks returns recorders of streams.
func (s *store) sinks(t *testing.T, ids []nvr.StreamID) map[nvr.StreamID]media.Sink {
	t.Helper()
	sinks := map[nvr.StreamID]media.Sink{}
	for _, id := range ids {
		sink, err := s.recorder.Stream(id)
		if err != nil {
			t.Fatal(err)
		}
		sinks[id] = sink
	}
	return sinks
}

// cutPoints returns n steps of a journal, in order: half of them anywhere, the
// others before and after what decides about durability.
func cutPoints(journal []op, n int) (points []int) {
	begins := slices.IndexFunc(journal, func(o op) bool { return o.Kind == opNote })
	var steps []int
	for k, o := range journal {
		if k > begins && o.Kind != opNote && o.Kind != opWrite {
			steps = append(steps, k, k+1)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		if i%2 == 0 {
			points = append(points, begins+random.IntN(len(journal)-begins))
		} else {
			points = append(points, steps[i*len(steps)/n])
		}
	}
	slices.Sort(points)
	return points
}

// losses are how much of the newest footage is gone, stream by stream.
type losses []time.Duration

// lost compares what is left with what had been handed over. Anything missing
// before the end is an error.
func (f *film) lost(t *testing.T, left []account, handed map[nvr.CameraID]int64) (all losses) {
	t.Helper()
	timescale := f.format.Video().Timescale
	for camera, newest := range handed {
		var end int64
		for _, a := range left {
			if a.id.Camera != camera {
				continue
			}
			for _, s := range a.segments {
				if s.MediaStart != end {
					t.Errorf("camera %s: footage goes on at %s after it ended at %s", camera, nvr.Duration(s.MediaStart, timescale), nvr.Duration(end, timescale))
				}
				end = s.MediaStart + s.MediaDuration
			}
		}
		all = append(all, nvr.Duration(max(newest+nvr.Units(picture, timescale)-end, 0), timescale))
	}
	return all
}

func (l losses) sorted() losses {
	l = slices.Clone(l)
	slices.Sort(l)
	return l
}

func (l losses) String() string {
	if len(l) == 0 {
		return "nothing was asked"
	}
	s := l.sorted()
	return "loss per stream: median " + s[len(s)/2].Round(time.Millisecond).String() + ", most " + s[len(s)-1].Round(time.Millisecond).String()
}

// within fails the test if more than bound is lost anywhere.
func (l losses) within(t *testing.T, bound time.Duration) {
	t.Helper()
	if s := l.sorted(); len(s) == 0 || s[len(s)-1] > bound {
		t.Errorf("%s; at most %s may be lost", l, bound)
	}
}
