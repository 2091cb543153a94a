package prove_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// When a disk falls ill and is well again in a recording.
const (
	illAt       = 10 * time.Second
	wellAt      = 20 * time.Second
	faultLength = 30 * time.Second
)

// TestDiskFaults lets a disk fall ill in the middle of a recording.
func TestDiskFaults(t *testing.T) {
	t.Parallel()
	film := newFilm(t)
	for name, c := range map[string]struct {
		ill    func(*mount)
		well   func(*mount)
		reason nvr.Reason
		some   bool // not every camera is hit
	}{
		"no space":               {ill: suffers(fault{On: "write", Errno: syscall.ENOSPC}), reason: nvr.DiskFull},
		"no space for footage":   {ill: suffers(fault{On: "write", Files: ".mp4", Errno: syscall.ENOSPC}), reason: nvr.DiskFull},
		"no space for new files": {ill: suffers(fault{On: "create", Errno: syscall.ENOSPC}), reason: nvr.DiskFull, some: true},
		"error on write":         {ill: suffers(fault{On: "write", Files: ".mp4", Errno: syscall.EIO}), reason: nvr.DiskError},
		"error on sync":          {ill: suffers(fault{On: "sync", Files: ".mp4", Errno: syscall.EIO}), reason: nvr.DiskError},
		"one error on sync":      {ill: suffers(fault{On: "sync", Files: ".mp4", Errno: syscall.EIO, Times: 1}), reason: nvr.DiskError, some: true},
		"read-only":              {ill: suffers(fault{On: "any", Errno: syscall.EROFS}), reason: nvr.DiskError},
		"gone":                   {ill: moves("footage", "away"), well: moves("away", "footage"), reason: nvr.DiskMissing, some: true},
		"not mounted":            {ill: unmounts, well: remounts, reason: nvr.DiskMissing, some: true},
		"swapped":                {ill: swaps, well: remounts, reason: nvr.DiskMissing, some: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			disk := newMount(t)
			newHome(t, disk.dir)
			disk.newJournal()
			if c.well == nil {
				c.well = suffers(fault{})
			}
			var start nvr.Time
			synctest.Test(t, func(t *testing.T) {
				s := openStore(t, disk.dir)
				start = nvr.Now()
				var health []nvr.Reason
				at := map[time.Duration]func(){
					illAt:                     func() { c.ill(disk) },
					wellAt - time.Second:      func() { health = append(health, s.Recorder.Health()) },
					wellAt:                    func() { c.well(disk) },
					faultLength - time.Second: func() { health = append(health, s.Recorder.Health()) },
				}
				film.show(s.sinks(t, few), faultLength, func(id nvr.StreamID, dts int64) {
					shown := nvr.Duration(dts, film.format.Video().Timescale)
					if do := at[shown]; do != nil && id == few[2] {
						do()
					}
				})
				if err := s.close(); err != nil {
					t.Error(err)
				}
				ill := c.reason
				if name == "one error on sync" {
					ill = "" // it recovers at once
				}
				if want := []nvr.Reason{ill, ""}; !slices.Equal(health, want) {
					t.Errorf("health is %q while the disk is ill and afterwards, want %q", health, want)
				}
			})
			hit := 0
			for _, a := range contract(t, disk.dir, proof{film: film, plays: *torture || name == "error on sync"}) {
				if a.explains(t, start, c.reason) {
					hit++
				}
			}
			if hit == 0 || hit < len(few) && !c.some {
				t.Errorf("%d of %d cameras have a gap with the reason %s", hit, len(few), c.reason)
			}
			forgets(t, disk.journal())
		})
	}
}

// explains checks that a stream is recorded but for the time of the fault,
// which has the right reason, and tells whether it was hit.
func (a *account) explains(t *testing.T, start nvr.Time, reason nvr.Reason) (hit bool) {
	t.Helper()
	ill := nvr.Span{From: start.Add(illAt - powerBound), To: start.Add(wellAt + 5*time.Second)} // some tries are 2 s apart, and key frames 1 s
	for _, g := range a.gaps {
		switch {
		case g.Reason == nvr.NotRunning && g.Span.From >= start.Add(faultLength-time.Second), g.Reason == nvr.Starting:
		case g.Reason == reason && g.Span.From >= ill.From && g.Span.To <= ill.To && g.Span.To > 0:
			hit = true
		default:
			t.Errorf("camera %s: gap %+v, want one for %s within %s", a.id, g, reason, ill)
		}
	}
	if end := a.end(); end.Sub(start) < faultLength-time.Second {
		t.Errorf("camera %s is recorded up to %s, want the end at %s", a.id, end.Sub(start), faultLength)
	}
	return hit
}

// forgets checks that a file whose sync failed is not relied on any more: its
// pages may be gone, and the next sync would not say so.
func forgets(t *testing.T, journal []op) {
	t.Helper()
	footage, failed := map[uint64]bool{}, map[uint64]bool{}
	for _, o := range journal {
		switch {
		case o.Kind == opMake && strings.HasSuffix(o.Name, ".mp4"):
			footage[o.Is] = true
		case o.Kind == opForget && footage[o.Node]:
			failed[o.Node] = true
		case (o.Kind == opWrite || o.Kind == opSync) && failed[o.Node]:
			t.Errorf("file %d is written to or synced after its sync failed", o.Node)
			return
		}
	}
}

func suffers(f fault) func(*mount) { return func(m *mount) { m.suffer(f) } }

// moves renames something on the disk.
func moves(from, to string) func(*mount) {
	return func(m *mount) {
		if err := os.Rename(filepath.Join(m.dir, from), filepath.Join(m.dir, to)); err != nil {
			m.t.Error(err)
		}
	}
}

// unmounts leaves an empty directory where the disk was mounted.
func unmounts(m *mount) {
	moves("footage", "away")(m)
	if err := os.Mkdir(filepath.Join(m.dir, "footage"), 0o750); err != nil {
		m.t.Error(err)
	}
}

// swaps puts the disk of another home in its place.
func swaps(m *mount) {
	moves("footage", "away")(m)
	if err := footage.Create(filepath.Join(m.dir, "footage"), footage.UUID{8}, footage.UUID{9}); err != nil {
		m.t.Error(err)
	}
}

// remounts puts the disk back. Nothing must have been written in its place.
func remounts(m *mount) {
	strange, err := filepath.Glob(filepath.Join(m.dir, "footage", "*", "*"))
	if err != nil || len(strange) > 0 {
		m.t.Errorf("this was written where the disk should be: %v %v", strange, err)
	}
	moves("footage", "else")(m)
	moves("away", "footage")(m)
}

// TestStalledDisk lets a disk stall, for so long that what waits for it no
// longer fits into memory.
func TestStalledDisk(t *testing.T) {
	t.Parallel()
	stall := time.Duration(often(3, 30)) * time.Second
	const waiting = 100 << 20 // what would wait in the end, well above the limit
	film := newFilm(t)
	film.enlarge(int(waiting/stall.Seconds()/15/float64(len(few))), time.Second+stall)
	disk := newMount(t)
	newHome(t, disk.dir)
	disk.newJournal()
	s := openStore(t, disk.dir)
	var slowest atomic.Int64
	sinks := map[nvr.StreamID]media.Sink{}
	for id, sink := range s.sinks(t, few) {
		sinks[id] = timed{sink, &slowest}
	}
	var health nvr.Reason
	at := map[time.Duration]func(){
		time.Second:               func() { disk.suffer(fault{On: "any", Stall: true}) },
		time.Second + stall*15/16: func() { health = s.Recorder.Health() },
		time.Second + stall:       func() { disk.suffer(fault{}) },
	}
	start := nvr.Now()
	var shown, ill time.Duration
	film.show(sinks, stall+time.Minute, func(id nvr.StreamID, dts int64) {
		shown = nvr.Duration(dts, film.format.Video().Timescale)
		for when, do := range at {
			if shown >= when {
				delete(at, when)
				do()
			}
		}
		if shown < time.Second+stall || s.Recorder.Health() != "" {
			ill = shown
		}
		film.over = shown-ill > 5*time.Second // the disk has caught up
	})
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if health != nvr.DiskSlow {
		t.Errorf("health is %q at the end of the stall, want %q", health, nvr.DiskSlow)
	}
	if d := time.Duration(slowest.Load()); d > 500*time.Millisecond {
		t.Errorf("whoever reads the socket was held up for %s", d)
	}
	hit := 0
	for _, a := range contract(t, disk.dir, proof{film: film}) {
		for _, g := range a.gaps {
			if g.Reason == nvr.DiskSlow {
				hit++
			}
		}
		if end := a.end().Sub(start); end < shown-time.Second {
			t.Errorf("camera %s is recorded up to %s, want the end at %s", a.id, end, shown)
		}
	}
	if hit == 0 {
		t.Errorf("no gap has the reason %s", nvr.DiskSlow)
	}
}

// timed is a sink that measures how long it holds up whoever calls it.
type timed struct {
	media.Sink
	slowest *atomic.Int64
}

func (s timed) Sample(sample media.Sample) {
	began := time.Now()
	s.Sink.Sample(sample)
	s.slowest.Store(max(s.slowest.Load(), int64(time.Since(began))))
}
