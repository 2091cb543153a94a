package prove_test

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

const (
	soakCameras = 4
	// shotEvery is the distance of pictures: just close enough not to be a gap.
	shotEvery = 2500 * time.Millisecond
	// keep is how much footage there is: eight hours of four cameras.
	keep = 100 << 20
)

// TestSoak records four cameras for a month, with faults each day, in a time
// that passes as fast as everything is done. After each day nothing may be
// left over: neither seconds that no segment and no gap accounts for, nor
// memory, descriptors and goroutines. In the short form a day has 5 minutes
// and a month three days.
func TestSoak(t *testing.T) { // not parallel: what others take would be counted
	days, length := 3, 5*time.Minute
	if *torture {
		days, length = 30, 24*time.Hour
	}
	film := thinFilm(t)
	disk := newMount(t)
	disk.hush()
	newHome(t, disk.dir)
	idle := crowd()
	var readings []reading
	synctest.Test(t, func(t *testing.T) {
		s := newSoak(t, film, disk, length)
		defer s.end()
		for day := range days {
			s.live(day)
			r := s.measure()
			r.heap -= idle.heap
			r.objects -= idle.objects
			readings = append(readings, r)
			s.holdsUp(day, readings[day])
			if t.Failed() {
				break
			}
		}
	})
	if !t.Failed() {
		for _, grown := range growth(quantities, readings) {
			t.Error("this grows from day to day:", grown)
		}
	}
	contract(t, disk.dir, proof{})
}

// crowd has more goroutines at once than there will ever be, and returns what
// stays of them: the runtime keeps what it knew of a goroutine for a later one,
// for good. SQLite's driver starts one for each statement, and on a busy
// machine a thousand of them wait for their turn to end, on one day or another.
func crowd() reading {
	var before, after reading
	before.weigh()
	var all sync.WaitGroup
	stay := make(chan struct{})
	for range 10_000 {
		all.Go(func() { <-stay })
	}
	close(stay)
	all.Wait()
	after.weigh()
	return reading{heap: after.heap - before.heap, objects: after.objects - before.objects}
}

// thinFilm makes a film of small pictures and little sound: a frame after each
// picture.
func thinFilm(t *testing.T) *film {
	t.Helper()
	const turn = 50 * time.Second
	content, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=2/5", "-f", "lavfi", "-i", "sine=sample_rate=8000",
		"-t", fmt.Sprint(turn.Seconds()), "-c:v", "libx264", "-crf", "45", "-g", "4", "-bf", "0", "-bsf:v", "filter_units=remove_types=6", "-c:a", "aac",
		"-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	f := readFilm(t, content, turn)
	sound := true
	f.samples = slices.DeleteFunc(f.samples, func(s media.Sample) bool {
		drop := s.Track == 1 && sound
		sound = s.Track == 1
		return drop
	})
	if want := 2 * int(turn/shotEvery); len(f.samples) != want || f.samples[0].Track != 0 {
		t.Fatalf("the film has %d samples, want %d", len(f.samples), want)
	}
	return f
}

// soak is a recorder that runs for long.
type soak struct {
	t      *testing.T
	film   *film
	disk   *mount
	length time.Duration // of a day
	random *rand.Rand
	began  time.Time
	skew   time.Duration // by which this machine's clock was set in all

	store   *store
	cameras [soakCameras]soakCamera
	agenda  []task
	ill     bool     // the disk is
	reading []func() // end what is being read
	lock    int64    // the one on footage that is kept for good
	asked   nvr.Time // up to when days were accounted for
}

// task is something to be done at a time.
type task struct {
	at time.Time
	do func()
}

func newSoak(t *testing.T, film *film, disk *mount, length time.Duration) *soak {
	s := &soak{t: t, film: film, disk: disk, length: length, random: rand.New(rand.NewPCG(8, 9)), began: time.Now(), asked: nvr.Now()}
	s.open()
	s.store.policy(t, nvr.Retention{
		MaxBytes: keep / int64(24*time.Hour/length), Rules: [nvr.Locked]nvr.Rule{nvr.Continuous: {MaxAge: 20 * length / 24}},
	})
	return s
}

// open starts an appliance and cameras on what there is.
func (s *soak) open() {
	s.t.Helper()
	var err error
	if s.store, err = tryStore(s.t, s.disk.dir, slog.New(slog.DiscardHandler)); err != nil {
		s.t.Fatalf("the recorder does not start again: %v", err)
	}
	for i := range s.cameras {
		s.cameras[i].connect(s, nvr.CameraID(i+1))
	}
}

// end ends everything in order.
func (s *soak) end() {
	s.hangUp()
	if err := s.store.close(); err != nil {
		s.t.Error(err)
	}
}

// hangUp ends whatever is being read.
func (s *soak) hangUp() {
	for _, end := range s.reading {
		end()
	}
	s.reading = nil
}

// live lets a day pass.
func (s *soak) live(day int) {
	start := s.began.Add(time.Duration(day) * s.length)
	s.draw(start)
	for shot := start; shot.Before(start.Add(s.length)); shot = shot.Add(shotEvery) {
		for n := range 2 * soakCameras { // within a second; in the rest everything settles
			<-time.After(time.Until(shot.Add(time.Duration(n) * time.Second / (2 * soakCameras))))
			for len(s.agenda) > 0 && !s.agenda[0].at.After(time.Now()) {
				do := s.agenda[0].do
				s.agenda = s.agenda[1:]
				do()
			}
			s.cameras[n/2].act(s, n%2)
		}
	}
	<-time.After(time.Until(start.Add(s.length)))
}

// at puts something on the agenda.
func (s *soak) at(at time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(s.agenda, at, func(t task, at time.Time) int { return t.at.Compare(at.Add(1)) })
	s.agenda = slices.Insert(s.agenda, i, task{at, do})
}

// in puts something on the agenda for later.
func (s *soak) in(after time.Duration, do func()) { s.at(time.Now().Add(after), do) }

// measure reads what the recorder takes while nothing special happens.
func (s *soak) measure() (r reading) {
	s.hangUp()
	synctest.Wait()
	r.weigh()
	r.goroutines = int64(runtime.NumGoroutine())
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		s.t.Fatal(err)
	}
	r.files = int64(len(open))
	size := func(name string) int64 {
		info, err := os.Stat(filepath.Join(s.disk.dir, name))
		if err != nil {
			s.t.Fatal(err)
		}
		return info.Size()
	}
	r.catalog, r.wal = size("catalog.db"), size("catalog.db-wal")
	return r
}

// holdsUp checks at the end of a day that all that the recorder says is true,
// and prints a line about the day.
func (s *soak) holdsUp(day int, r reading) {
	t := s.t
	t.Helper()
	d := doctor.Doctor{Catalog: s.store.Dir.Catalog, Directories: []*footage.Directory{s.store.footage}, Home: s.store.Dir.Home.UUID()}
	report, err := d.Check(t.Context(), doctor.Options{Recording: true})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("day %d: `nvrd check` finds %+v, %v", day, report.Findings, err)
	}
	today := nvr.Span{From: s.asked, To: nvr.Now()}
	s.asked = today.To
	without := map[nvr.Reason]time.Duration{}
	var gaps int
	var samples []nvr.Segment
	for i := range s.cameras {
		for _, id := range s.cameras[i].ids() {
			account, err := s.store.Dir.Catalog.Account(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			s.sameFiles(&account)
			gaps += len(account.Gaps)
			for _, g := range account.Gaps {
				if g.Span.To == 0 {
					g.Span.To = today.To
				}
				if g.Span.Overlaps(today) && g.Reason != nvr.Removed {
					without[g.Reason] += min(g.Span.To, today.To).Sub(max(g.Span.From, today.From))
				}
			}
			segments, err := s.store.Dir.Catalog.Segments(t.Context(), id, today)
			if err != nil {
				t.Fatal(err)
			}
			segments = slices.DeleteFunc(segments, func(s nvr.Segment) bool { return !s.Sealed })
			if len(segments) > 0 {
				samples = append(samples, segments[s.random.IntN(len(segments))])
			}
		}
	}
	for i := range samples {
		s.store.holds(t, &samples[i], nil)
	}
	if len(samples) == 0 {
		t.Fatalf("day %d: nothing was recorded", day)
	}
	sample := samples[s.random.IntN(len(samples))]
	s.store.plays(t, sample.Stream, sample.Span)
	if day == 0 {
		t.Log(" day  segments   gaps  heap KB  objects  goroutines  descriptors  catalog KB  log KB  recorded, and why not")
	}
	t.Logf("%4d %9d %6d %8d %8d %11d %12d %11d %7d %s", day+1, report.Segments, gaps,
		r.heap>>10, r.objects, r.goroutines, r.files, r.catalog>>10, r.wal>>10, s.shares(without))
}

// sameFiles checks that a stream has a row for each file and a file for each
// row.
func (s *soak) sameFiles(account *catalog.Account) {
	s.t.Helper()
	starts, err := s.store.footage.List(account.Stream.ID, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	var rows []nvr.Time
	for _, held := range account.Segments {
		rows = append(rows, held.Span.From)
	}
	if !slices.Equal(rows, starts) {
		s.t.Errorf("%s has %d segments in the catalog and %d files", account.Stream.ID, len(rows), len(starts))
	}
}

// shares says how much of a day was recorded, and what became of the rest.
func (s *soak) shares(without map[nvr.Reason]time.Duration) string {
	all := s.length.Seconds() * 2 * soakCameras
	recorded := 100.0
	var rest []string
	for _, reason := range slices.Sorted(maps.Keys(without)) {
		share := 100 * without[reason].Seconds() / all
		recorded -= share
		rest = append(rest, fmt.Sprintf("%.2f%% %s", share, reason))
	}
	return fmt.Sprintf("%8.1f%%, %s", recorded, strings.Join(rest, ", "))
}
