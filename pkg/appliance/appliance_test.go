package appliance

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// happen has the catalog know of an event that the household does not have yet.
func happen(t *testing.T, data string, kind string) {
	t.Helper()
	c, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = c.Update(t.Context(), func(tx catalog.Tx) error {
		_, err := tx.PutEvent(nvr.Event{Stream: nvr.StreamID{Camera: 1}, Span: nvr.Span{From: 1, To: 2}, Kind: kind})
		return err
	})
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
}

// A catalog that was set aside is read however often the program is killed
// before it has, and so is one that is set aside meanwhile.
func TestCatalogSetAsideIsNotForgotten(t *testing.T) {
	data, log := t.TempDir(), slog.New(slog.NewTextHandler(t.Output(), nil))
	life := func(look bool, why string) {
		t.Helper()
		a, err := Open(t.Context(), Config{Data: data, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		if look {
			if err := a.Dir.Compare(t.Context(), a.aside, nvr.Now(), log); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if why != "" {
			happen(t, data, why)
		}
	}
	life(true, "before")
	breaks := func() {
		t.Helper()
		if err := os.WriteFile(filepath.Join(data, "catalog.db.broken"), []byte("a page is lost"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	breaks()
	life(false, "meanwhile") // sets it aside, and is killed
	life(false, "")          // once more
	breaks()
	life(false, "later") // sets another one aside
	life(true, "")
	life(true, "")
	c, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	events, err := c.Events(t.Context(), 1, nvr.Span{From: 1, To: 9})
	if err != nil || len(events) != 3 {
		t.Errorf("events %+v, %v, want those from before, from meanwhile, and from later", events, err)
	}
	if left, err := filepath.Glob(filepath.Join(data, "catalog.db.aside")); err != nil || len(left) != 0 {
		t.Errorf("%v is still needed, %v", left, err)
	}
}

// A marker that says nothing, or half of a name, as a power cut may have left
// one, costs nothing.
func TestTornMarker(t *testing.T) {
	for name, left := range map[string]string{"empty": "", "torn": "catalog.db.damaged-2026"} {
		t.Run(name, func(t *testing.T) {
			data, log := t.TempDir(), slog.New(slog.NewTextHandler(t.Output(), nil))
			life := func(f func(a *Appliance) error) {
				t.Helper()
				a, err := Open(t.Context(), Config{Data: data, Log: log})
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(f(a), a.Close()); err != nil {
					t.Fatal(err)
				}
			}
			life(func(*Appliance) error { return nil })
			happen(t, data, nvr.RingEvent)
			if err := os.WriteFile(filepath.Join(data, "catalog.db.broken"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			life(func(*Appliance) error { return nil })
			if err := os.WriteFile(filepath.Join(data, "catalog.db.aside"), []byte(left), 0o600); err != nil {
				t.Fatal(err)
			}
			life(func(a *Appliance) error {
				err := a.Dir.Compare(t.Context(), a.aside, nvr.Now(), log)
				if events, e := a.Dir.Catalog.Events(t.Context(), 1, nvr.Span{From: 1, To: 9}); e != nil || len(events) != 1 {
					t.Errorf("events %+v, %v", events, e)
				}
				return err
			})
		})
	}
}
