package prove_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/datadir"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// The cameras of a recording in two places, and how long it is: each of them
// begins three segments at least, of which one is after the preferred place is
// well again. That takes some seconds longer than its disk.
var four = []nvr.StreamID{{Camera: 2}, {Camera: 4}, {Camera: 1}, {Camera: 3}}

const placesLength = 105 * time.Second

// newPlaces makes a home in dir, whose footage goes to the other path first.
func newPlaces(t *testing.T, dir, other string) {
	t.Helper()
	newHome(t, dir)
	if _, _, err := datadir.AddPlace(t.Context(), dir, other, true); err != nil {
		t.Fatal(err)
	}
}

// TestFallback lets the preferred one of two places fall ill while cameras are
// recorded, and be well again.
func TestFallback(t *testing.T) {
	t.Parallel()
	film := newFilm(t)
	for name, c := range map[string]struct {
		ill    func(*mount)
		well   func(*mount)
		reason nvr.Reason
		loses  time.Duration // at most, of each camera; with the rest of a group of pictures
	}{
		"no space":       {ill: suffers(fault{On: "write", Errno: syscall.ENOSPC}), reason: nvr.DiskFull, loses: 2 * time.Second},
		"error on write": {ill: suffers(fault{On: "write", Errno: syscall.EIO}), reason: nvr.DiskError, loses: 2 * time.Second},
		"error on sync":  {ill: suffers(fault{On: "sync", Errno: syscall.EIO}), reason: nvr.DiskError, loses: 3 * time.Second},
		"read-only":      {ill: suffers(fault{On: "any", Errno: syscall.EROFS}), reason: nvr.DiskError, loses: 3 * time.Second},
		"not mounted":    {ill: unmounts, well: remounts, reason: nvr.DiskMissing},
		"swapped":        {ill: swaps, well: remounts, reason: nvr.DiskMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, disk := scratch(t), newMount(t)
			preferred := filepath.Join(disk.dir, "footage")
			newPlaces(t, dir, preferred)
			if c.well == nil {
				c.well = suffers(fault{})
			}
			var start nvr.Time
			synctest.Test(t, func(t *testing.T) {
				s := openStore(t, dir)
				start = nvr.Now()
				at := map[time.Duration]func(){
					illAt:  func() { c.ill(disk) },
					wellAt: func() { c.well(disk) },
					wellAt - time.Second: func() {
						want := []nvr.Notice{{Kind: nvr.PlaceFailed, Reason: c.reason, Path: preferred, Instead: filepath.Join(dir, "footage")}}
						if diff := cmp.Diff(want, s.Dir.Places.Notices()); diff != "" || s.Recorder.Health() != "" {
							t.Errorf("health is %q, and this is said (-want +got):\n%s", s.Recorder.Health(), diff)
						}
					},
					placesLength - time.Second: func() {
						if n := s.Dir.Places.Notices(); len(n) > 0 {
							t.Errorf("after the disk is well again this is said: %v", n)
						}
					},
				}
				film.show(s.sinks(t, four), placesLength, func(id nvr.StreamID, dts int64) {
					shown := nvr.Duration(dts, film.format.Video().Timescale)
					if do := at[shown]; do != nil && id == four[3] {
						do()
					}
				})
				if err := s.close(); err != nil {
					t.Error(err)
				}
			})
			all := contract(t, dir, proof{film: film, plays: *torture || name == "error on write"})
			var lost losses
			for _, a := range all {
				lost = append(lost, a.moves(t, start, c.reason))
			}
			t.Logf("lost at the switch: %s", lost)
			lost.within(t, c.loses)
		})
	}
}

// moves checks that a stream went to the second place while the first one was
// ill, and back, and returns how much of it is missing meanwhile. Rows of the
// preferred place were added first.
func (a *account) moves(t *testing.T, start nvr.Time, reason nvr.Reason) (lost time.Duration) {
	t.Helper()
	var places []nvr.DirectoryID
	for _, s := range a.segments {
		if n := len(places); n == 0 || places[n-1] != s.Directory {
			places = append(places, s.Directory)
		}
	}
	first := a.segments[0].Directory
	if len(places) != 3 || places[1] == first || places[2] != first {
		t.Errorf("camera %s went to the places %v, want one, another, and the first again", a.id, places)
	}
	for _, g := range a.gaps {
		switch {
		case g.Reason == reason && g.Span.From >= start.Add(illAt-powerBound) && g.Span.To <= start.Add(wellAt):
			lost += g.Span.Duration()
		case g.Reason == nvr.Starting, g.Reason == nvr.NotRunning && g.Span.From >= start.Add(placesLength-time.Second):
		default:
			t.Errorf("camera %s: gap %+v", a.id, g)
		}
	}
	if end := a.end(); end.Sub(start) < placesLength-time.Second {
		t.Errorf("camera %s is recorded up to %s, want the end at %s", a.id, end.Sub(start), placesLength)
	}
	return lost
}

// TestFallbackFromStall lets the preferred disk stall. What waits for it is
// bounded in memory, and written when it goes on: nothing is lost.
func TestFallbackFromStall(t *testing.T) {
	t.Parallel()
	stall := time.Duration(often(8, 30)) * time.Second
	film := newFilm(t)
	dir, disk := scratch(t), newMount(t)
	preferred := filepath.Join(disk.dir, "footage")
	newPlaces(t, dir, preferred)
	s := openStore(t, dir)
	var notices []nvr.Notice
	at := map[time.Duration]func(){
		time.Second:         func() { disk.suffer(fault{On: "any", Stall: true}) },
		stall:               func() { notices = s.Dir.Places.Notices() },
		time.Second + stall: func() { disk.suffer(fault{}) },
	}
	start := nvr.Now()
	film.show(s.sinks(t, four), stall+3*time.Second, func(id nvr.StreamID, dts int64) {
		shown := nvr.Duration(dts, film.format.Video().Timescale)
		if do := at[shown]; do != nil && id == four[3] {
			do()
		}
	})
	if err := s.close(); err != nil {
		t.Error(err)
	}
	want := []nvr.Notice{{Kind: nvr.PlaceFailed, Reason: nvr.DiskSlow, Path: preferred, Instead: filepath.Join(dir, "footage")}}
	if diff := cmp.Diff(want, notices); diff != "" {
		t.Errorf("during the stall this is said (-want +got):\n%s", diff)
	}
	for _, a := range contract(t, dir, proof{film: film}) {
		for _, g := range a.gaps {
			if g.Reason != nvr.Starting && g.Reason != nvr.NotRunning {
				t.Errorf("camera %s: gap %+v", a.id, g)
			}
		}
		if n := len(a.segments); n < 2 || a.segments[0].Directory == a.segments[n-1].Directory {
			t.Errorf("camera %s did not go to the other disk", a.id)
		}
		if end := a.end().Sub(start); end < stall+2*time.Second {
			t.Errorf("camera %s is recorded up to %s, want the end at %s", a.id, end, stall+3*time.Second)
		}
	}
}

// TestPlaceMissingAtStart starts on a home whose preferred disk, on which an
// earlier life ended in a crash, is mounted only later.
func TestPlaceMissingAtStart(t *testing.T) {
	t.Parallel()
	film := newFilm(t)
	dir, preferred := filepath.Join(scratch(t), "data"), filepath.Join(scratch(t), "disk")
	newPlaces(t, dir, preferred)
	crashed, away := filepath.Join(scratch(t), "data"), filepath.Join(scratch(t), "away")
	var began, start nvr.Time
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, dir)
		began = nvr.Now()
		film.show(s.sinks(t, four), 6*time.Second, func(nvr.StreamID, int64) {})
		synctest.Wait()
		if err := errors.Join(os.CopyFS(crashed, os.DirFS(dir)), os.CopyFS(away, os.DirFS(preferred))); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.close(), os.RemoveAll(preferred), os.Mkdir(preferred, 0o750)); err != nil {
			t.Fatal(err)
		}
	})
	const mounted, later = 10 * time.Second, 20 * time.Second
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Minute) // after the first life, which ended elsewhere
		s := openStore(t, crashed)
		start = nvr.Now()
		show := func(when string, want int) {
			for _, id := range four {
				open, err := s.Dir.Catalog.OpenSegments(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				open = slices.DeleteFunc(open, func(o nvr.Segment) bool { return o.Span.From >= start })
				timeline, err := s.Dir.Player.Timeline(t.Context(), id, nvr.Span{From: began, To: start}, time.Second)
				if err != nil || len(timeline.Footage) != want || len(open) != len(four)*(1-want) {
					t.Errorf("%s there is footage %v of the earlier life, and %d of its segments are open: %v", when, timeline.Footage, len(open), err)
				}
				if g := timeline.Gaps[0]; want == 0 && (g.Reason != nvr.DiskMissing || g.Span.From > began.Add(time.Second)) {
					t.Errorf("%s its time is a gap %+v", when, g)
				}
			}
		}
		at := map[time.Duration]func(){
			mounted - time.Second: func() { show("before the disk is mounted", 0) },
			mounted: func() {
				if entries, err := os.ReadDir(preferred); err != nil || len(entries) > 0 {
					t.Errorf("this was written where the disk should be: %v, %v", entries, err)
				}
				if err := errors.Join(os.Remove(preferred), os.Rename(away, preferred)); err != nil {
					t.Error(err)
				}
			},
			later: func() { show("after the disk is mounted", 1) },
		}
		film.show(s.sinks(t, four), placesLength, func(id nvr.StreamID, dts int64) {
			shown := nvr.Duration(dts, film.format.Video().Timescale)
			if do := at[shown]; do != nil && id == four[3] {
				do()
			}
		})
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	for _, a := range contract(t, crashed, proof{film: film, plays: true}) {
		var second []nvr.DirectoryID
		for _, s := range a.segments {
			if s.Span.From >= start {
				second = append(second, s.Directory)
			}
		}
		if first := a.segments[0]; first.Span.From > began.Add(time.Second) || first.Span.Duration() < 5*time.Second {
			t.Errorf("camera %s: of the earlier life there is %s, want 5 s or more", a.id, first.Span)
		} else if n := len(second); n < 2 || second[0] == first.Directory || second[n-1] != first.Directory {
			t.Errorf("camera %s went to the places %v, want another one than %d, and that at last", a.id, second, first.Directory)
		}
		for _, g := range a.gaps {
			if g.Span.From >= start && g.Reason != nvr.NotRunning && g.Reason != nvr.Starting {
				t.Errorf("camera %s: gap %+v", a.id, g)
			}
		}
	}
}

// TestUnreadableAtStart starts on a disk that does not let the files be
// recovered which a crash left open.
func TestUnreadableAtStart(t *testing.T) {
	t.Parallel()
	film := newFilm(t)
	disk := newMount(t)
	dir := t.TempDir()
	newHome(t, dir)
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, dir)
		film.show(s.sinks(t, four), 6*time.Second, func(nvr.StreamID, int64) {})
		synctest.Wait()
		if err := os.CopyFS(disk.dir, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		disk.suffer(fault{On: "sync", Files: ".mp4", Errno: syscall.EIO})
		s = openStore(t, disk.dir)
		open, err := s.Dir.Catalog.OpenSegments(t.Context())
		if err != nil || len(open) != len(four) {
			t.Errorf("%d segments are still open, %v, want all %d", len(open), err, len(four))
		}
		for _, o := range open {
			gaps, err := s.Dir.Catalog.Gaps(t.Context(), o.Stream, nvr.Span{From: o.Span.From, To: o.Span.From + 1})
			if err != nil || len(gaps) != 1 || gaps[0].Reason != nvr.DiskError {
				t.Errorf("the time of %s is %+v, %v", o.Span.From, gaps, err)
			}
		}
		disk.suffer(fault{})
		sinks := map[nvr.StreamID]media.Sink{}
		for id, sink := range s.sinks(t, four) {
			sinks[id] = sink
		}
		film.show(sinks, 6*time.Second, func(nvr.StreamID, int64) {})
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	for _, a := range contract(t, disk.dir, proof{film: film}) {
		if len(a.segments) < 2 || a.segments[0].Span.Duration() < 5*time.Second {
			t.Errorf("camera %s: segments %v, want those of both lives", a.id, spans(a.segments))
		}
	}
}
