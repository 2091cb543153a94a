package recorder_test

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"nvrd/pkg/doctor"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// machine is a computer whose clock can be set. In a bubble times have no
// monotonic reading, so it brings one along.
type machine struct {
	base   time.Time
	began  time.Time
	set    atomic.Int64 // of the clock, against the truth: a time.Duration
	halves int
}

// newMachine has to be called outside of a bubble; on has to be called inside.
func newMachine() *machine { return &machine{base: time.Now()} }

func (m *machine) on() { m.began = time.Now() }

func (m *machine) read() time.Time {
	return setClock(m.base.Add(time.Since(m.began)), time.Duration(m.set.Load()))
}

func (m *machine) now() nvr.Time { return nvr.TimeOf(m.read()) }

// setClock returns t as it would have been read had the wall clock been set
// while the monotonic clock went on. No function of package time does that, so
// it reaches for the field: nanoseconds are bits 0 to 29, seconds from there on.
func setClock(t time.Time, by time.Duration) time.Time {
	wall := (*uint64)(unsafe.Pointer(&t))
	nanos := int64(*wall&(1<<30-1)) + int64(by%time.Second)
	seconds := int64(by / time.Second)
	switch {
	case nanos < 0:
		nanos, seconds = nanos+1e9, seconds-1
	case nanos >= 1e9:
		nanos, seconds = nanos-1e9, seconds+1
	}
	*wall = *wall&^uint64(1<<30-1) + uint64(seconds)<<30 | uint64(nanos)
	return t
}

// sendAt is send by a machine's clock.
func (m *machine) send(s *recorder.Stream, from, seconds int) {
	for i := from * 10; i < (from+seconds)*10; i++ {
		sendPicture(s, i, m.read())
		time.Sleep(100 * time.Millisecond)
	}
}

// sound fails the test unless disk and catalog agree, and segments and gaps
// tile all time. Nobody may be recording.
func (h *home) sound() {
	h.t.Helper()
	d := doctor.Doctor{Catalog: h.catalog, Directories: []*footage.Directory{h.footage}, Home: footage.UUID{1}}
	report, err := d.Check(h.t.Context(), doctor.Options{Level: doctor.Size})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range report.Findings {
		h.t.Errorf("check finds %s of %s: %s at %s", f.Kind, f.Stream, f.Found, f.Span)
	}
}

// segments returns all segments of a stream.
func (h *home) segments(id nvr.StreamID) []nvr.Segment {
	h.t.Helper()
	all, err := h.catalog.Segments(h.t.Context(), id, nvr.Span{From: 1, To: math.MaxInt64})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// When a clock is set, what is recorded from then on is dated by what it reads,
// unless there is footage of that time already.
func TestClockIsSet(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, when := range []string{"in a fragment", "at a cut", "while the camera is away", "while nothing runs", "after a crash"} {
		for _, by := range []time.Duration{300 * time.Millisecond, 2 * time.Second, time.Hour, 10 * year} {
			for _, step := range []time.Duration{by, -by} {
				t.Run(fmt.Sprint(when, " by ", step), func(t *testing.T) {
					t.Parallel()
					m := newMachine()
					synctest.Test(t, func(t *testing.T) { clockIsSet(t, m, when, step) })
				})
			}
		}
	}
}

func clockIsSet(t *testing.T, m *machine, when string, step time.Duration) {
	m.on()
	m.set.Store(int64(max(0, -step))) // it is ahead before it is set back
	h := newHomeAt(t, m.now)
	enabled := m.now()
	s := h.stream(camera)
	s.Begin(format(), true)
	m.send(s, 0, 20)
	sent, running := 20, false
	switch when {
	case "in a fragment":
		m.half(s, sent)
		m.set.Add(int64(step))
		m.half(s, sent)
		sent, running = sent+1, true
	case "at a cut":
		for ; m.now()/1e6%60 != 37; sent++ { // when segments of this stream are cut
			m.send(s, sent, 1)
		}
		m.set.Add(int64(step))
		running = true
	default:
		s.End(nvr.Unreachable, nil)
		time.Sleep(10 * time.Second)
		switch when {
		case "while nothing runs":
			h.close()
		case "after a crash":
			h.crash()
		}
		m.set.Add(int64(step))
		time.Sleep(10 * time.Second)
		if when != "while the camera is away" {
			h.open()
			s = h.stream(camera)
		}
		s.Begin(format(), true)
	}
	wall := m.now()
	m.send(s, sent, 20)
	s.End(nvr.Unreachable, nil)
	time.Sleep(3 * time.Second)
	h.tiled(camera, min(enabled, wall), m.now())
	h.close()
	h.open()
	defer h.close()
	h.sound()

	var recorded time.Duration
	var runs []nvr.Time
	for _, seg := range h.segments(camera) {
		recorded += nvr.Duration(seg.MediaDuration, seg.Timescale)
		runs = append(runs, nvr.Time(seg.Run))
	}
	if want := time.Duration(sent+20) * time.Second; recorded != want {
		t.Errorf("%s are recorded, want %s", recorded, want)
	}
	runs = slices.Compact(runs)
	if step < 0 {
		slices.Reverse(runs) // the newer one is the earlier
	}
	stepped := slices.ContainsFunc(h.gaps(camera), func(g nvr.Gap) bool { return g.Reason == nvr.ClockStepped })
	switch {
	case running && step.Abs() < time.Second:
		if len(runs) != 1 || stepped {
			t.Errorf("there are runs %v, want one, and no gap", runs)
		}
	case running && step == -2*time.Second: // the two seconds are taken
		slices.Reverse(runs)
		if len(runs) != 2 || runs[1] < wall.Add(2*time.Second) || runs[1] > wall.Add(3*time.Second) || stepped {
			t.Errorf("there are runs %v, want the second 2 s after %s", runs, wall)
		}
	default:
		if step > -time.Minute && step < 0 {
			slices.Reverse(runs)
		}
		if len(runs) != 2 || runs[1] < wall || runs[1] > wall.Add(time.Second) || stepped != (running && step > 0) {
			t.Errorf("there are runs %v, want the second at %s; a gap for the step is %t", runs, wall, stepped)
		}
	}
}

// half sends half a second of a stream: the first of second n, or the second.
func (m *machine) half(s *recorder.Stream, n int) {
	first := n*10 + 5*(m.halves%2)
	m.halves++
	for i := first; i < first+5; i++ {
		sendPicture(s, i, m.read())
		time.Sleep(100 * time.Millisecond)
	}
}

// Half an hour is what a clock is off that was read in the zone of Lord Howe.
// Footage that it dated ahead is not the newest.
func TestNewestIsWhatIsRecordedNow(t *testing.T) {
	h := newHome(t)
	defer h.close()
	s := h.stream(camera)
	s.Begin(format(), true)
	began := time.Now()
	for i := range 100 {
		arrived := began.Add(time.Duration(i) * 100 * time.Millisecond)
		if i < 50 {
			arrived = setClock(arrived, 30*time.Minute)
		}
		sendPicture(s, i, arrived)
	}
	for all := h.segments(camera); len(all) < 2 || !all[1].Sealed; all = h.segments(camera) {
		runtime.Gosched() // until the ledger has committed
	}
	newest, err := h.player.Newest(t.Context(), camera)
	if err != nil || newest.From != nvr.TimeOf(began.Add(5*time.Second)) {
		t.Errorf("the newest footage is of %s, %v, want that of %s", newest, err, began.Add(5*time.Second))
	}
	if _, at, err := h.player.Picture(t.Context(), camera, 0); err != nil || at > nvr.TimeOf(began).Add(time.Minute) {
		t.Errorf("the newest picture is of %s, %v", at, err)
	}
	s.End(nvr.Unreachable, nil)
}

// gaps returns all gaps of a stream.
func (h *home) gaps(id nvr.StreamID) []nvr.Gap {
	h.t.Helper()
	all, err := h.catalog.Gaps(h.t.Context(), id, nvr.Span{From: 1, To: math.MaxInt64})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// Whatever a clock does, nothing is written over, nothing overlaps, nothing is
// missing, and footage is dated later than it was recorded only as far as
// footage was in the way.
func TestTilesWhateverTheClockDoes(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			m := newMachine()
			synctest.Test(t, func(t *testing.T) { m.on(); clockDoes(t, m, rand.New(rand.NewPCG(seed, 2))) })
		})
	}
}

func clockDoes(t *testing.T, m *machine, random *rand.Rand) {
	h := newHomeAt(t, m.now)
	defer func() { h.close() }()
	s := h.stream(camera)
	begun, sent, killed := false, 0, 0
	var history []string
	defer func() { t.Log(history) }()
	var before int64                             // what the clock was set to before
	var known []nvr.Segment                      // in the order in which they were recorded
	contents := map[nvr.Time][sha256.Size]byte{} // of what is sealed
	look := func() {
		t.Helper()
		time.Sleep(3 * time.Second)
		h.dated(&known, m.now(), m.now()+nvr.Time(before-m.set.Load())/1000)
		for _, seg := range h.segments(camera) {
			if !seg.Sealed {
				continue
			}
			b, err := os.ReadFile(filepath.Join(h.dir, "footage", footage.Path(camera, seg.Span.From)))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(b)
			if was, ok := contents[seg.Span.From]; ok && was != sum {
				t.Errorf("the file of %s was changed", seg.Span.From)
			}
			contents[seg.Span.From] = sum
		}
	}
	step := func() {
		by := time.Duration(random.ExpFloat64() * float64([]time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour}[random.IntN(4)]))
		if random.IntN(2) == 0 {
			by = -by
		}
		before = m.set.Swap(m.set.Load() + int64(by))
		history = append(history, "set "+by.String())
	}
	for range 60 {
		switch what := random.IntN(12); what {
		case 0, 1:
			step()
		case 2:
			s.End(nvr.Unreachable, nil)
			history, begun = append(history, "away"), false
			time.Sleep(time.Duration(random.IntN(90)) * time.Second)
		case 3:
			s.End(nvr.WrongPassword, nil)
			history, begun = append(history, "refused"), false
		case 4, 5:
			if what == 4 {
				history = append(history, "close")
				h.close()
			} else {
				history = append(history, "crash")
				killed++
				h.crash()
			}
			if random.IntN(2) == 0 {
				step()
			}
			time.Sleep(time.Duration(random.IntN(90)) * time.Second)
			h.open()
			h.sound()
			s, begun = h.stream(camera), false
			look()
		case 6:
			history = append(history, "changed")
			s.End(nvr.NotRunning, nil)
			h.recorder.Remove(camera)
			s, begun = h.stream(camera), false
		default:
			if !begun {
				s.Begin(format(), true)
				begun = true
			}
			n := 1 + random.IntN(40)
			history = append(history, fmt.Sprintf("send %d", n))
			for range n {
				m.send(s, sent, 1)
				sent++
				h.dated(&known, m.now(), m.now()+nvr.Time(before-m.set.Load())/1000)
			}
		}
	}
	s.End(nvr.Unreachable, nil)
	look()
	h.close()
	h.open()
	h.sound()
	var recorded time.Duration
	for _, seg := range h.segments(camera) {
		recorded += nvr.Duration(seg.MediaDuration, seg.Timescale)
	}
	if want := time.Duration(sent-killed) * time.Second; recorded < want {
		t.Errorf("%s are recorded, want %s at least", recorded, want)
	}
}

// dated fails the test if a segment that is new was dated later than now, and
// more of the time up to then was free than is worth a run. A clock that was
// just set has two readings.
func (h *home) dated(known *[]nvr.Segment, now ...nvr.Time) {
	h.t.Helper()
	all := h.segments(camera)
	for _, seg := range all {
		if slices.ContainsFunc(*known, func(k nvr.Segment) bool { return k.Span.From == seg.Span.From }) {
			continue
		}
		*known = append(*known, seg)
		if !slices.ContainsFunc(now, func(at nvr.Time) bool { return inTheWay(all, at, seg.Span.From) }) {
			h.t.Errorf("footage of %s is dated %s, with more than a minute free before", now[0], seg.Span.From)
		}
	}
}

// inTheWay tells whether footage lies between two times, but for stretches that
// are not worth a run.
func inTheWay(all []nvr.Segment, from, to nvr.Time) bool {
	const worthwhile = 70 * time.Second
	for _, s := range all {
		if s.Span.From >= to {
			break
		}
		if s.Span.From > from.Add(worthwhile) {
			return false
		}
		from = max(from, s.Span.To)
	}
	return to <= from.Add(worthwhile)
}
