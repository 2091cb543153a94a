package prove_test

import (
	"errors"
	"io"
	"io/fs"
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

// TestPowerCut records for 40 s on a disk that keeps a journal, and removes some
// of that by way of retention. It asks for many instants in it: had the power
// been cut then, what would be left? And had the program been killed, and the
// power been cut when it had just started again?
func TestPowerCut(t *testing.T) {
	t.Parallel()
	film := newFilm(t)
	disk := newMount(t)
	newHome(t, disk.dir)
	disk.newJournal()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(54 * time.Second)
		s := openStore(t, disk.dir)
		<-time.After(6 * time.Second) // rounds of retention are 4, 14, 24 and 34 s after the full minute
		film.show(s.sinks(t, few), 40*time.Second, func(id nvr.StreamID, dts int64) {
			disk.note(id, dts)
			switch shown := nvr.Duration(dts, film.format.Video().Timescale); {
			case id == few[0] && shown == retainAt:
				s.policy(t, nvr.Retention{MaxBytes: 1})
			case id == few[0] && shown == retained:
				s.policy(t, nvr.Retention{})
				s.hasRemoved(t, 2)
			}
		})
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
		if n%often(10, 25) == 3 {
			lost = append(lost, again(t, film, m, handed)...)
		}
		if t.Failed() {
			t.Errorf("that was after cut %d, at step %d of %d", n, k, len(journal))
			break
		}
	}
	t.Logf("%d cuts in a journal of %d steps: %s", len(cuts), len(journal), lost)
	lost.within(t, powerBound)
}

// When nothing is to stay that may go. In between there is a round of retention,
// and two cameras have a segment that is sealed.
const retainAt, retained = 32 * time.Second, 36 * time.Second

// hasRemoved checks that so many segments were removed.
func (s *store) hasRemoved(t *testing.T, want int) {
	t.Helper()
	removed := 0
	for _, id := range few {
		gaps, err := s.Dir.Catalog.Gaps(t.Context(), id, nvr.Span{To: nvr.Now()})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range gaps {
			if g.Reason == nvr.Removed {
				removed++
			}
		}
	}
	if removed != want {
		t.Errorf("%d segments are removed, want %d", removed, want)
	}
}

// again kills the program with the medium as it is, starts it again, and cuts
// the power at instants of that start: what it found in the kernel's memory need
// not have reached the medium.
func again(t *testing.T, film *film, m *medium, handed map[nvr.CameraID]int64) (lost losses) {
	t.Helper()
	disk := newMount(t)
	if err := m.cut(disk.dir, adversary{random: rand.New(rand.NewPCG(0, 0))}); err != nil {
		t.Fatal(err)
	}
	disk.newJournal()
	kernel := filepath.Join(scratch(t), "kernel")
	if err := m.cut(kernel, newAdversary(1)); err != nil {
		t.Fatal(err)
	}
	if err := overwrite(disk.dir, kernel); err != nil {
		t.Fatal(err)
	}
	disk.note(nvr.StreamID{}, 0)
	if err := openStore(t, disk.dir).close(); err != nil {
		t.Error(err)
	}
	journal := disk.journal()
	left := filepath.Join(scratch(t), "left")
	second, at := newMedium(), 0
	for n, k := range cutPoints(journal, often(6, 20)) {
		for ; at < k; at++ {
			second.apply(journal[at])
		}
		if err := errors.Join(os.RemoveAll(left), second.cut(left, newAdversary(2*n))); err != nil {
			t.Fatal(err)
		}
		lost = append(lost, film.lost(t, contract(t, left, proof{film: film}), handed)...)
		if t.Failed() {
			t.Errorf("that was after the second cut, at step %d of %d", k, len(journal))
			break
		}
	}
	return lost
}

// overwrite makes what is in one directory what is in another, without a sync.
func overwrite(dir, with string) error {
	for _, root := range []string{dir, with} {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			rel, failed := filepath.Rel(root, path)
			if err = errors.Join(err, failed); err != nil || rel == "." || rel == control {
				return err
			}
			to, from := filepath.Join(dir, rel), filepath.Join(with, rel)
			want, err := os.ReadFile(from)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return os.RemoveAll(to)
			case e.IsDir():
				return os.MkdirAll(to, 0o750)
			case err != nil:
				return err
			}
			return amend(to, want)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// amend makes a file hold what it should by writing only what differs: what is
// durable of it stays so.
func amend(path string, want []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	have, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	same := 0
	for same < min(len(have), len(want)) && have[same] == want[same] {
		same++
	}
	if _, err := f.WriteAt(want[same:], int64(same)); err != nil || len(have) <= len(want) {
		return err
	}
	return f.Truncate(int64(len(want)))
}

// sinks returns recorders of streams.
func (s *store) sinks(t *testing.T, ids []nvr.StreamID) map[nvr.StreamID]media.Sink {
	t.Helper()
	sinks := map[nvr.StreamID]media.Sink{}
	for _, id := range ids {
		sink, err := s.Recorder.Stream(id)
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
			if n := len(a.segments); n > 0 && a.removed(a.segments[0].Span.From) {
				end = a.segments[0].MediaStart
			} else if n == 0 && len(a.gaps) > 0 && a.removed(a.gaps[len(a.gaps)-1].Span.From) {
				end = newest
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

// removed tells whether what there was just before an instant was removed.
func (a *account) removed(at nvr.Time) bool {
	return slices.ContainsFunc(a.gaps, func(g nvr.Gap) bool { return g.Reason == nvr.Removed && g.Span.To == at })
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
