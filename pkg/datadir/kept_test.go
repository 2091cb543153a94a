package datadir

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

const (
	filmed = nvr.Time(1_700_000_000_000_000)
	second = nvr.Time(1_000_000)
)

// filmAndLock makes a data directory with two segments, of which the first is
// locked.
func filmAndLock(t *testing.T, made, until nvr.Time) (data string) {
	t.Helper()
	data = t.TempDir()
	record(t, data, filmed, filmed+100*second)
	if _, err := Check(t.Context(), data, doctor.Options{}, true); err != nil { // the catalog gets them
		t.Fatal(err)
	}
	inside(t, data, func(d *Dir) {
		l := nvr.Lock{Camera: 1, Span: nvr.Span{From: filmed, To: filmed + second}, Who: "Ada", Why: "parcel", Made: made, Until: until}
		if _, err := d.Lock(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	})
	if until == 0 {
		holds(t, data, 1) // at once: a round may be under way
	}
	return data
}

// holds fails unless the catalog has as many locks.
func holds(t *testing.T, data string, want int) {
	t.Helper()
	inside(t, data, func(d *Dir) {
		if locks, err := d.Catalog.Locks(t.Context()); err != nil || len(locks) != want {
			t.Errorf("the catalog has %+v, %v, want %d locks", locks, err, want)
		}
	})
}

func inside(t *testing.T, data string, f func(*Dir)) {
	t.Helper()
	d, err := Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	f(d)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// makeRoom has everything removed that can be, and returns what is left.
func makeRoom(t *testing.T, data string) (left []nvr.Time) {
	t.Helper()
	return makeRoomBy(t, data, retention.MachineClock)
}

func makeRoomBy(t *testing.T, data string, clock func() (catalog.Clock, error)) (left []nvr.Time) {
	t.Helper()
	inside(t, data, func(d *Dir) {
		if _, err := d.Home.ChangeRetention(t.Context(), func(r *nvr.Retention) { *r = nvr.Retention{MaxBytes: 1} }); err != nil {
			t.Fatal(err)
		}
		k, err := d.Keeper(t.Context(), clock, logged)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := d.Catalog.Segments(t.Context(), nvr.StreamID{Camera: 1}, nvr.Span{From: 1, To: filmed * 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			left = append(left, s.Span.From)
		}
	})
	return left
}

func rebuilt(t *testing.T, data string) {
	t.Helper()
	if _, _, err := Rebuild(t.Context(), data, nil, logged); err != nil {
		t.Fatal(err)
	}
	inside(t, data, func(d *Dir) {
		want, err := d.Home.Locks(t.Context(), 0)
		must(t, err)
		if got, err := d.Catalog.Locks(t.Context()); err != nil || !slices.Equal(got, want) {
			t.Errorf("the catalog has %+v, %v, want %+v", got, err, want)
		}
	})
}

// loseCatalog removes all that there is of the catalog, old ones too.
func loseCatalog(t *testing.T, data string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(data, "catalog.db*"))
	if err != nil || len(all) == 0 {
		t.Fatalf("%v, %v", all, err)
	}
	for _, path := range all {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLockOutlivesTheCatalog shows that a lock is not lost with what can be
// thrown away, and that retention goes by it.
func TestLockOutlivesTheCatalog(t *testing.T) {
	for name, tt := range map[string]struct {
		then func(t *testing.T, data string)
		left int
	}{
		"nothing":            {func(*testing.T, string) {}, 1},
		"rebuild":            {rebuilt, 1},
		"rebuild from files": {func(t *testing.T, data string) { loseCatalog(t, data); rebuilt(t, data) }, 1},
		"a broken one": {func(t *testing.T, data string) {
			must(t, os.WriteFile(filepath.Join(data, "catalog.db"), []byte("not a database"), 0o600))
			start(t, data)
			holds(t, data, 1)
		}, 1},
		"a start without one": {func(t *testing.T, data string) { loseCatalog(t, data); restart(t, data) }, 1},
		"locks of the catalog gone": {func(t *testing.T, data string) {
			inside(t, data, func(d *Dir) { must(t, d.Catalog.SetLocks(t.Context(), nil)) })
		}, 1},
		"unlocked": {func(t *testing.T, data string) {
			inside(t, data, func(d *Dir) {
				_, err := d.Unlock(t.Context(), 1)
				must(t, err)
			})
			holds(t, data, 0)
			rebuilt(t, data) // the old catalog does not bring it back
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			data := filmAndLock(t, 0, 0)
			tt.then(t, data)
			if left := makeRoom(t, data); len(left) != tt.left || tt.left == 1 && left[0] != filmed {
				t.Errorf("left are %v", left)
			}
			inside(t, data, func(d *Dir) {
				if locks, err := d.Home.Locks(t.Context(), 0); err != nil || len(locks) != tt.left || tt.left == 1 && (locks[0].Who != "Ada" || locks[0].Why != "parcel") {
					t.Errorf("locks %+v, %v", locks, err)
				}
			})
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// restart makes the catalog that is not there, as a start does, and fills it.
func restart(t *testing.T, data string) {
	t.Helper()
	held, err := Lock(data)
	must(t, err)
	d, err := Create(t.Context(), data, logged)
	must(t, err)
	must(t, errors.Join(d.Close(), held.Close()))
	_, err = Check(t.Context(), data, doctor.Options{}, true)
	must(t, err)
}

// TestLockEnds shows that a lock ends when it says so.
func TestLockEnds(t *testing.T) {
	data := filmAndLock(t, 0, nvr.Now().Add(time.Hour))
	if left := makeRoom(t, data); len(left) != 1 {
		t.Errorf("before it ends %v is left", left)
	}
	jumped := func() (catalog.Clock, error) {
		c, err := retention.MachineClock()
		c.Wall = c.Wall.Add(365 * 24 * time.Hour)
		return c, err
	}
	if left := makeRoomBy(t, data, jumped); len(left) != 1 {
		t.Errorf("a clock that jumped ends a lock: %v is left", left)
	}
	if left := makeRoom(t, filmAndLock(t, nvr.Now().Add(-2*time.Hour), nvr.Now().Add(-time.Hour))); len(left) != 0 {
		t.Errorf("after it ended %v is left", left)
	}
}

// TestLockAtTheSameMoment locks footage while a round that has just asked for locks
// is about to follow them.
func TestLockAtTheSameMoment(t *testing.T) {
	data := filmAndLock(t, 0, 0)
	inside(t, data, func(d *Dir) {
		_, err := d.Home.ChangeRetention(t.Context(), func(r *nvr.Retention) { *r = nvr.Retention{MaxBytes: 1} })
		must(t, err)
		k, err := d.Keeper(t.Context(), retention.MachineClock, logged)
		must(t, err)
		all, err := d.Catalog.Segments(t.Context(), nvr.StreamID{Camera: 1}, nvr.Span{From: 1, To: filmed * 2})
		must(t, err)
		last := all[len(all)-1].Span
		var once sync.Once
		k.Locks = func(ctx context.Context, at nvr.Time) ([]nvr.Lock, error) {
			locks, err := d.Home.Locks(ctx, at)
			once.Do(func() {
				_, err := d.Lock(ctx, nvr.Lock{Camera: 1, Span: last, Who: "Bob", Why: "a fox"})
				must(t, err)
			})
			return locks, err
		}
		_, err = k.Round(t.Context())
		must(t, err)
		left, err := d.Catalog.Segments(t.Context(), nvr.StreamID{Camera: 1}, nvr.Span{From: 1, To: filmed * 2})
		if n := len(left); err != nil || n != 2 || left[0].Span.From != filmed || left[1].Span != last {
			t.Errorf("left are %+v, %v", left, err)
		}
	})
	holds(t, data, 2)
}

// before0007 makes a data directory as the program left it that had locks in the
// catalog only: its files, and dumps of its databases. Porch is locked for the
// first second.
func before0007(t *testing.T) (data string) {
	t.Helper()
	data = t.TempDir()
	const kept = "testdata/before-0007"
	must(t, os.CopyFS(data, os.DirFS(kept)))
	for _, name := range []string{"home", "catalog"} {
		dump, err := os.Open(filepath.Join(kept, name+".sql"))
		must(t, err)
		defer dump.Close()
		load := exec.CommandContext(t.Context(), "sqlite3", "-bail", filepath.Join(data, name+".db"))
		load.Stdin = dump
		if out, err := load.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	return data
}

// TestLocksMove shows that the locks of a catalog from before the household had
// them are taken over, once, also from one that was set aside since, and that
// retention goes by them.
func TestLocksMove(t *testing.T) {
	for name, broken := range map[string]bool{"sound": false, "broken": true} {
		t.Run(name, func(t *testing.T) {
			data := before0007(t)
			if broken {
				must(t, os.WriteFile(filepath.Join(data, brokenName), nil, 0o600))
				start(t, data)
			}
			for range 2 {
				inside(t, data, func(d *Dir) {
					if locks, err := d.Home.Locks(t.Context(), 0); err != nil || len(locks) != 1 || locks[0].Who != "Ada" || locks[0].Why != "parcel" || locks[0].Made != filmed+1_071_539 {
						t.Errorf("locks %+v, %v", locks, err)
					}
				})
			}
			record(t, data, filmed, filmed+100*second)
			if _, err := Check(t.Context(), data, doctor.Options{}, true); err != nil { // the catalog gets them
				t.Fatal(err)
			}
			if left := makeRoom(t, data); len(left) != 1 || left[0] != filmed {
				t.Errorf("left are %v", left)
			}
			inside(t, data, func(d *Dir) {
				_, err := d.Unlock(t.Context(), 1)
				must(t, err)
			})
			inside(t, data, func(d *Dir) {
				if locks, err := d.Home.Locks(t.Context(), 0); err != nil || len(locks) != 0 {
					t.Errorf("a lock that was removed comes back: %+v, %v", locks, err)
				}
			})
			if left := makeRoom(t, data); len(left) != 0 {
				t.Errorf("left are %v, without a lock", left)
			}
		})
	}
}

// start does what a start does with a catalog that is broken.
func start(t *testing.T, data string) {
	t.Helper()
	held, err := Lock(data)
	must(t, err)
	aside, err := SetAsideBroken(t.Context(), data, logged)
	must(t, err)
	d, err := Create(t.Context(), data, logged)
	must(t, err)
	must(t, errors.Join(d.Compare(t.Context(), aside, nvr.Now(), logged), d.Close(), held.Close()))
}

// TestEventsOutliveTheCatalog shows the same of what happened, as it was last
// seen to be.
func TestEventsOutliveTheCatalog(t *testing.T) {
	for name, then := range map[string]func(t *testing.T, data string){
		"rebuild":            rebuilt,
		"rebuild from files": func(t *testing.T, data string) { loseCatalog(t, data); rebuilt(t, data) },
	} {
		t.Run(name, func(t *testing.T) {
			data := filmAndLock(t, 0, 0)
			const many = 2*eventPage + 10
			event := nvr.Event{Stream: nvr.StreamID{Camera: 1}, Span: nvr.Span{From: filmed, To: filmed + second}, Kind: nvr.RingEvent, Detail: "button", Before: time.Second}
			inside(t, data, func(d *Dir) {
				must(t, d.Catalog.Update(t.Context(), func(tx catalog.Tx) error {
					for i := range nvr.Time(many) { // most at one instant
						_, err := tx.PutEvent(nvr.Event{Stream: nvr.StreamID{Camera: nvr.CameraID(10 + i)}, Span: nvr.Span{From: filmed, To: filmed}, Kind: "motion"})
						must(t, err)
					}
					_, err := tx.PutEvent(event)
					return err
				}))
				must(t, d.SaveEvents(t.Context()))
			})
			inside(t, data, func(d *Dir) {
				event.Span.To += second // it goes on
				must(t, d.Catalog.Update(t.Context(), func(tx catalog.Tx) error { _, err := tx.PutEvent(event); return err }))
				must(t, d.SaveEvents(t.Context()))
				must(t, d.SaveEvents(t.Context()))
			})
			then(t, data)
			inside(t, data, func(d *Dir) {
				got, err := d.Catalog.Events(t.Context(), 1, nvr.Span{From: 1, To: filmed * 2})
				if err != nil || len(got) != 1 {
					t.Fatalf("events %+v, %v", got, err)
				}
				got[0].ID = 0
				if got[0] != event {
					t.Errorf("event %+v, want %+v", got[0], event)
				}
				if s, err := d.Catalog.Segment(t.Context(), nvr.StreamID{Camera: 1}, filmed); err != nil || s.ID == 0 {
					t.Errorf("%+v, %v", s, err)
				}
			})
		})
	}
}
