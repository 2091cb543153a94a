package retention

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// TestCrashAtEachStep stops the removal of footage after each of its steps,
// and half-way through each. The next start completes it, and time is tiled
// before and after. So it is with what somebody deletes.
func TestCrashAtEachStep(t *testing.T) {
	nothing := func(catalog.Tx) error { return nil }
	for name, condemn := range map[string]func(h *home, removals []Removal) ([]catalog.Kept, error){
		"for want of room": func(h *home, removals []Removal) ([]catalog.Kept, error) {
			return h.keeper.condemn(h.t.Context(), removals, nvr.Now(), 0)
		},
		"by hand": func(h *home, removals []Removal) ([]catalog.Kept, error) {
			var segments []catalog.Kept
			for _, r := range removals {
				segments = append(segments, r.Kept)
			}
			return h.keeper.condemnWith(h.t.Context(), segments, 0, nothing, noteBy)
		},
	} {
		t.Run(name, func(t *testing.T) { crashAtEachStep(t, condemn) })
	}
}

func crashAtEachStep(t *testing.T, condemn func(*home, []Removal) ([]catalog.Kept, error)) {
	dir, left := t.TempDir(), filepath.Join(t.TempDir(), "left")
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{})
		h.record(6*time.Minute, 400, porch, gate)
		h.close()
		h.open()
		defer h.close()
		var oldest []Removal
		err := h.catalog.Oldest(t.Context(), h.place, nvr.Continuous, nil, func(k catalog.Kept) bool {
			oldest = append(oldest, Removal{k, nvr.NoRoom})
			return len(oldest) < 4
		})
		if err != nil || len(oldest) != 4 {
			t.Fatalf("%d segments, %v", len(oldest), err)
		}
		before := len(h.kept(porch)) + len(h.kept(gate))
		crash := func(step string, want int) {
			t.Helper()
			freeze(t, dir, left)
			again := &home{t: t, dir: left, boot: "second", began: time.Now(), log: h.log}
			again.open()
			defer again.close()
			if n := len(again.kept(porch)) + len(again.kept(gate)); n != want {
				t.Errorf("%s: %d segments are left, want %d", step, n, want)
			}
			again.consistent(porch)
			again.consistent(gate)
			if garbage, err := again.catalog.Garbage(t.Context(), 10); err != nil || len(garbage) > 0 {
				t.Errorf("%s: garbage %v, %v", step, garbage, err)
			}
		}
		crash("before", before)
		condemned, err := condemn(h, oldest)
		if err != nil {
			t.Fatal(err)
		}
		crash("condemned", before-4)
		if _, err := h.keeper.remove(condemned[:2]); err != nil {
			t.Fatal(err)
		}
		crash("half removed", before-4)
		if _, err := h.keeper.remove(condemned); err != nil {
			t.Fatal(err)
		}
		crash("removed", before-4)
		if err := h.keeper.drop(t.Context(), condemned[:2]); err != nil {
			t.Fatal(err)
		}
		crash("half dropped", before-4)
		if err := h.keeper.drop(t.Context(), condemned); err != nil {
			t.Fatal(err)
		}
		crash("dropped", before-4)
		h.consistent(porch)
	})
}

// TestStuckDisk shows that a disk which does not let go of files is not made
// to look empty, and that the rest goes once it does.
func TestStuckDisk(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{})
		h.record(5*time.Minute, 400, porch)
		h.close()
		h.open()
		defer h.close()
		before := len(h.kept(porch))
		h.policy = nvr.Retention{MaxBytes: 1}
		meta, moved := filepath.Join(dir, "footage", "stoop-footage.json"), filepath.Join(dir, "away")
		if err := os.Rename(meta, moved); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := h.keeper.Round(t.Context()); err == nil || !strings.Contains(err.Error(), "not found") {
				t.Fatalf("without its disk: %v", err)
			}
		}
		if files, err := h.footage.List(porch, 0); err != nil || len(files) != before {
			t.Errorf("%d of %d files are there, %v", len(files), before, err)
		}
		if err := os.Rename(moved, meta); err != nil {
			t.Fatal(err)
		}
		h.round()
		if n := len(h.kept(porch)); n != 0 {
			t.Errorf("%d segments are left", n)
		}
		h.consistent(porch)
	})
}

// TestJumpedClock shows that a clock which jumps a year ahead does not cost
// footage, that want of room still does, and when the clock is believed again.
func TestJumpedClock(t *testing.T) {
	const year = 366 * 24 * time.Hour
	aged := nvr.Retention{}
	for i := range aged.Rules {
		aged.Rules[i].MaxAge = 30 * 24 * time.Hour
	}
	for name, tt := range map[string]struct {
		then func(h *home) // after the clock jumped
		want bool          // everything is kept
	}{
		"at once":        {func(h *home) { h.round() }, true},
		"after 23 hours": {func(h *home) { h.round(); time.Sleep(23 * time.Hour); h.round() }, true},
		"after a day":    {func(h *home) { h.round(); time.Sleep(25 * time.Hour); h.round() }, false},
		"two jumps": {func(h *home) {
			h.round()
			time.Sleep(20 * time.Hour)
			h.jump += year
			h.round()
			time.Sleep(20 * time.Hour)
			h.round()
		}, true},
		"and back":         {func(h *home) { h.round(); h.jump = 0; h.round() }, true},
		"over a reboot":    {func(h *home) { h.close(); h.boot, h.began = "second", time.Now(); h.open(); h.round() }, true},
		"over a new start": {func(h *home) { h.close(); h.open(); h.round() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t, dir, aged)
				h.record(5*time.Minute, 400, porch)
				h.close()
				h.open()
				defer func() { h.close() }()
				if n := h.round(); n != 0 {
					t.Fatalf("%d segments go before the jump", n)
				}
				before := len(h.kept(porch))
				h.jump = year
				tt.then(h)
				if n := len(h.kept(porch)); (n == before) != tt.want {
					t.Errorf("%d of %d segments are left", n, before)
				}
				if doubted := tt.want && h.jump != 0; (len(h.keeper.Notices()) > 0) != doubted {
					t.Errorf("notices %v", h.keeper.Notices())
				}
				if len(h.keeper.Notices()) > 0 {
					h.policy.MaxBytes = 1
					if h.round(); len(h.kept(porch)) != 0 {
						t.Error("no room is made while the clock is not believed")
					}
				}
				h.consistent(porch)
			})
		})
	}
}

// TestFullDisk records two streams to a disk that is too small for them.
func TestFullDisk(t *testing.T) {
	const megabyte = 1 << 20
	policy := nvr.Retention{Rules: [nvr.Locked]nvr.Rule{{MinAge: 2 * time.Minute}}}
	t.Run("quota", func(t *testing.T) {
		policy.MaxBytes = 24 * megabyte
		fullDisk(t, t.TempDir(), policy)
	})
	t.Run("tmpfs", func(t *testing.T) {
		dir := mount(t, "size=48m")
		policy.MaxBytes, policy.FreeBytes = 0, 16*megabyte
		fullDisk(t, dir, policy)
	})
}

// mount mounts a file system in memory.
func mount(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("a disk of its own needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func fullDisk(t *testing.T, dir string, policy nvr.Retention) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, policy)
		began := nvr.Now()
		h.record(4*time.Minute, 4000, porch, gate)
		h.close()
		h.open()
		locked := nvr.Span{From: began.Add(70 * time.Second), To: began.Add(80 * time.Second)}
		if err := h.catalog.SetLocks(t.Context(), []nvr.Lock{{ID: 1, Camera: gate.Camera, Span: locked, Who: "Ada", Why: "parcel", Made: nvr.Now()}}); err != nil {
			t.Fatal(err)
		}
		// An export that is still being read when all around it is gone.
		read := nvr.Span{From: began.Add(20 * time.Second), To: began.Add(40 * time.Second)}
		export, err := h.player.Export(t.Context(), porch, read, playback.Fragmented)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			h.keeper.Run(ctx)
		}()
		h.record(20*time.Minute, 4000, porch, gate)

		if n, err := io.Copy(io.Discard, export); err != nil || n != export.Size {
			t.Errorf("the export was cut at %d of %d: %v", n, export.Size, err)
		}
		if kept := h.kept(porch); !kept[0].Span.Overlaps(read) {
			t.Errorf("what is exported went, the oldest is of %s", kept[0].Span)
		}
		if err := export.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Minute)
		stop()
		<-stopped
		var free int64
		if free, _, err = h.footage.Space(); err != nil || free < policy.FreeBytes*9/10 {
			t.Errorf("%d bytes are free, %v", free, err)
		}
		h.close()
		h.open()
		defer h.close()
		oldest := map[nvr.StreamID]nvr.Time{}
		for _, id := range []nvr.StreamID{porch, gate} {
			for _, g := range h.consistent(id) {
				if g.Reason == nvr.DiskFull || g.Reason == nvr.DiskError || g.Reason == nvr.DiskSlow {
					t.Errorf("%s was not recorded: %+v", id, g)
				}
			}
			line, err := h.player.Timeline(t.Context(), id, nvr.Span{From: began, To: nvr.Now()}, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			var told time.Duration
			for _, g := range line.Gaps {
				if g.RemovedAt != 0 && g.Cause != "" && g.Reason == nvr.Removed {
					told += g.Span.Duration()
				} else if g.Reason == nvr.Removed {
					t.Errorf("%s has lost %s, and nobody knows why", id, g.Span)
				}
			}
			if told < 10*time.Minute {
				t.Errorf("why %s went is told of %s only", id, told)
			}
			held := map[nvr.StreamID]nvr.Span{porch: read, gate: locked}[id]
			kept := h.kept(id)
			all := len(kept)
			kept = slices.DeleteFunc(kept, func(s nvr.Segment) bool { return s.Span.Overlaps(held) })
			if all == len(kept) {
				t.Errorf("%s has nothing of %s", id, held)
			}
			oldest[id] = kept[0].Span.From
			if n := len(kept); n < 3 || n > 20 {
				t.Errorf("%s has %d segments", id, n)
			}
			for i := range kept[1:] {
				if hole := kept[i+1].Span.From.Sub(kept[i].Span.To); hole > 5*time.Second {
					t.Errorf("%s has lost %s in the middle of what is kept", id, hole)
				}
			}
		}
		if apart := oldest[porch].Sub(oldest[gate]).Abs(); apart > 2*time.Minute {
			t.Errorf("the oldest footage of the streams is %s apart", apart)
		}
	})
}

// TestDiskFilledByOthers takes the last byte of the disk from outside. Room is
// made although the catalog lies on the same disk.
func TestDiskFilledByOthers(t *testing.T) {
	const megabyte = 1 << 20
	dir := mount(t, "size=48m")
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{FreeBytes: 8 * megabyte})
		defer h.close()
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			h.keeper.Run(ctx)
		}()
		var filled nvr.Time
		var filling sync.WaitGroup
		filling.Go(func() {
			time.Sleep(8*time.Minute + time.Second)
			other, err := os.Create(filepath.Join(dir, "other"))
			if err != nil {
				t.Error(err)
				return
			}
			defer other.Close()
			for err == nil {
				_, err = other.Write(make([]byte, 4096))
			}
			filled = nvr.Now()
		})
		h.record(14*time.Minute, 4000, porch, gate)
		time.Sleep(5 * time.Second)
		stop()
		<-stopped
		filling.Wait()
		if filled == 0 {
			t.Fatal("the disk was not filled")
		}
		for _, id := range []nvr.StreamID{porch, gate} {
			for _, g := range h.consistent(id) {
				if g.Reason == nvr.DiskFull && (g.Span.To == 0 || g.Span.To.Sub(filled) > 30*time.Second) {
					t.Errorf("%s is not recorded for long: %+v", id, g)
				}
			}
			if kept := h.kept(id); len(kept) == 0 || kept[len(kept)-1].Span.From.Sub(filled) < 2*time.Minute {
				t.Errorf("%s has no new footage", id)
			}
		}
	})
}

// TestUnknownLocks shows that nothing goes while nobody knows what somebody
// wants to keep.
func TestUnknownLocks(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{MaxBytes: 1})
		h.record(3*time.Minute, 100, porch)
		unknown := errors.New("the disk does not answer")
		h.keeper.Locks = func(context.Context, nvr.Time) ([]nvr.Lock, error) { return nil, unknown }
		if gone, err := h.keeper.Round(t.Context()); !errors.Is(err, unknown) || len(gone) > 0 {
			t.Errorf("%d segments went, %v", len(gone), err)
		}
		h.keeper.Locks = func(context.Context, nvr.Time) ([]nvr.Lock, error) { return nil, nil }
		if gone := h.round(); gone == 0 {
			t.Error("nothing goes when that is known")
		}
		h.close()
	})
}
