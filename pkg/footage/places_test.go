package footage

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// newPlaces makes two directories and looks after them until the test ends.
func newPlaces(t *testing.T) (p *Places, first, second string) {
	t.Helper()
	dir := t.TempDir()
	first, second = filepath.Join(dir, "first"), filepath.Join(dir, "second")
	for i, path := range []string{first, second} {
		if err := Create(path, home, UUID{3, byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	p = NewPlaces(home, slog.New(slog.NewTextHandler(t.Output(), nil)))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, first, second
}

func admitAll(*Directory) error { return nil }

// chosen returns where footage would go, and whether that is well.
func chosen(t *testing.T, p *Places) (string, bool) {
	t.Helper()
	d, well, err := p.Choose()
	if err != nil {
		t.Fatal(err)
	}
	return d.Path(), well
}

// A place that fails again and again has to prove itself for longer each time.
func TestPlaceThatFailsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, first, second := newPlaces(t)
		p.Use([]string{first, second}, nil)
		if err := p.Admit(admitAll); err != nil {
			t.Fatal(err)
		}
		var away []time.Duration
		for range 4 {
			d, well, err := p.Choose()
			if err != nil || !well || d.Path() != first {
				t.Fatalf("footage goes to %+v, %v", d, err)
			}
			failed := time.Now()
			p.Fail(d, syscall.EIO)
			p.Fail(d, syscall.EIO) // of another stream
			if at, _ := chosen(t, p); at != second || !p.Better(d) {
				t.Errorf("after a failure footage goes to %s", at)
			}
			want := []nvr.Notice{{Kind: nvr.PlaceFailed, Reason: nvr.DiskError, Path: first, Instead: second}}
			if diff := cmp.Diff(want, p.Notices()); diff != "" {
				t.Errorf("notices (-want +got):\n%s", diff)
			}
			for at := second; at != first; at, _ = chosen(t, p) {
				time.Sleep(time.Second)
				synctest.Wait()
			}
			if p.Better(d) || len(p.Notices()) > 0 {
				t.Errorf("it is well again, and %v is said", p.Notices())
			}
			away = append(away, time.Since(failed))
		}
		for i, least := range []time.Duration{5, 10, 20, 40} {
			if least *= time.Second; away[i] < least || away[i] > least+2*trialEvery {
				t.Errorf("after failure %d it was left alone for %s, want %s or a little more", i+1, away[i], least)
			}
		}
	})
}

// If no place is well, footage goes to that which was left alone longest.
func TestNoPlaceIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, first, second := newPlaces(t)
		p.Use([]string{first, second}, nil)
		if _, _, err := p.Choose(); err == nil {
			t.Error("footage goes somewhere before it is known what lies there")
		}
		if err := p.Admit(admitAll); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{first, second, first, second} {
			d, well, err := p.Choose()
			if err != nil || d.Path() != want || well != (i < 2) {
				t.Fatalf("after %d failures footage goes to %+v, which is well: %t, %v; want %s", i, d, well, err, want)
			}
			p.Fail(d, syscall.ENOSPC)
			time.Sleep(time.Millisecond)
		}
	})
}

// A place that comes later is admitted before it is used; one that cannot be
// admitted is tried again. One that is not used any more can still be read.
func TestPlacesComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, first, second := newPlaces(t)
		if err := os.Rename(first, first+".away"); err != nil {
			t.Fatal(err)
		}
		p.Use([]string{first, second}, nil)
		var admitted []string
		refuse := errors.New("not yet")
		err := p.Admit(func(d *Directory) error {
			admitted = append(admitted, d.Path())
			if d.Path() == first && len(admitted) < 3 {
				return refuse
			}
			return nil
		})
		if at, well := chosen(t, p); err != nil || at != second || !well {
			t.Errorf("footage goes to %s, %v", at, err)
		}
		if err := os.Rename(first+".away", first); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{second, first, first}, admitted); diff != "" {
			t.Errorf("admitted (-want +got):\n%s", diff)
		}
		d, well, err := p.Choose()
		if err != nil || !well || d.Path() != first {
			t.Fatalf("footage goes to %+v, %v", d, err)
		}
		f, _ := d.Create(origin(), initSegment)
		if err := f.Append(fragment(0)); err != nil {
			t.Fatal(err)
		}
		p.Use([]string{second}, []string{first})
		if !p.Better(d) {
			t.Error("footage stays where it should not go any more")
		}
		time.Sleep(time.Minute)
		if r := seal(t, f); r.Err != nil {
			t.Errorf("what was open is %+v", r)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if c, err := p.Directory(d.ID()).Read(porch, noon, nil); err != nil || len(c.Segment.Fragments) != 1 {
			t.Errorf("footage in a place that was left is %+v, %v", c.Segment, err)
		}
		if !d.closed {
			t.Error("a place that was left keeps its disk from being unmounted")
		}
		p.Use([]string{first, second}, nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if again, _, err := p.Choose(); err != nil || again.Path() != first || again == d {
			t.Errorf("a place that is used again is %+v, %v", again, err)
		}
		// Another directory of the home comes to lie at its path.
		if err := errors.Join(os.Rename(first, first+".away"), Create(first, home, UUID{4})); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if other, _, err := p.Choose(); err != nil || other.ID() != (UUID{4}) {
			t.Errorf("in its place is %+v, %v", other, err)
		}
	})
}

// A place that another copy of the home takes over is left alone from then on,
// also by who was writing there.
func TestPlaceThatIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, first, second := newPlaces(t)
		p.copy = UUID{1}
		p.Use([]string{first, second}, nil)
		if err := p.Admit(admitAll); err != nil {
			t.Fatal(err)
		}
		if at, well := chosen(t, p); at != first || !well {
			t.Fatalf("footage goes to %s", at)
		}
		if taken, err := Take(first, UUID{2}); err != nil || !taken {
			t.Fatalf("taken %t, %v", taken, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if at, well := chosen(t, p); at != second || !well {
			t.Errorf("two copies write to %s", at)
		}
	})
}
