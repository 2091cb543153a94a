package footage

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

// Every barrier is timed, whatever it is for.
func TestBarriersAreTimed(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		f, _ := d.Create(origin(), initSegment)
		if err := f.Append(fragment(0)); err != nil {
			t.Fatal(err)
		}
		if r := seal(t, f); r.Err != nil {
			t.Fatal(r.Err)
		}
		if _, err := d.Remove([]Entry{{Stream: porch, Start: noon}}); err != nil {
			t.Fatal(err)
		}
		stats, took := d.Stats(), d.Barriers()
		if least := map[bool]int64{true: 2, false: 3}[d.disk.whole]; took.Count != stats.Barriers || took.Count < least {
			t.Errorf("%d barriers were timed of %d, want all, and %d at least", took.Count, stats.Barriers, least)
		}
	})
}

// A disk that is slow now and then shows in the one of a hundred that took longest, and
// so does one that fails slowly.
func TestSlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, true)
		defer d.Close()
		wait := func(n int, took time.Duration, with error) {
			for range n {
				if err := d.barrier(func() error { time.Sleep(took); return with }); !errors.Is(err, with) {
					t.Errorf("%v of a barrier that is %v", err, with)
				}
			}
		}
		wait(196, 8*time.Millisecond, nil)
		if got := d.Barriers(); got.P99 > 9*time.Millisecond+time.Microsecond || got.P99 < 8*time.Millisecond {
			t.Errorf("a disk that takes 8 ms: %+v", got)
		}
		wait(2, 400*time.Millisecond, nil)
		wait(2, 400*time.Millisecond, nvr.ErrDamaged)
		if got := d.Barriers(); got.P99 < nvr.SlowBarrier || got.P50 > 10*time.Millisecond || got.Max != 400*time.Millisecond {
			t.Errorf("a disk that takes 400 ms twice in a hundred: %+v", got)
		}
	})
}

// BenchmarkBarrier tells what it costs that a barrier is timed: one each second is.
func BenchmarkBarrier(b *testing.B) {
	d := newDirectory(b, true)
	defer d.Close()
	b.ReportAllocs()
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			_ = func() error { return nil }()
		}
	})
	b.Run("timed", func(b *testing.B) {
		for b.Loop() {
			_ = d.barrier(func() error { return nil })
		}
	})
	b.Run("disk", func(b *testing.B) {
		for b.Loop() {
			_ = d.barrier(d.disk.syncAll)
		}
	})
}
