package appliance

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

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
		if why != "" {
			event := nvr.Event{Stream: nvr.StreamID{Camera: 1}, Span: nvr.Span{From: 1, To: 2}, Kind: why}
			err := a.Dir.Catalog.Update(t.Context(), func(tx catalog.Tx) error {
				_, err := tx.PutEvent(event)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if look {
			if err := a.Dir.Compare(t.Context(), a.aside, nvr.Now(), log); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
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

// A marker that says nothing, as a power cut may have left one, costs nothing.
func TestEmptyMarker(t *testing.T) {
	data, log := t.TempDir(), slog.New(slog.NewTextHandler(t.Output(), nil))
	life := func(f func(a *Appliance)) {
		t.Helper()
		a, err := Open(t.Context(), Config{Data: data, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		f(a)
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	life(func(a *Appliance) {
		err := a.Dir.Catalog.Update(t.Context(), func(tx catalog.Tx) error {
			_, err := tx.PutEvent(nvr.Event{Stream: nvr.StreamID{Camera: 1}, Span: nvr.Span{From: 1, To: 2}, Kind: nvr.RingEvent})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if err := os.WriteFile(filepath.Join(data, "catalog.db.broken"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	life(func(*Appliance) {})
	if err := os.WriteFile(filepath.Join(data, "catalog.db.aside"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	life(func(a *Appliance) {
		if err := a.Dir.Compare(t.Context(), a.aside, nvr.Now(), log); err != nil {
			t.Fatal(err)
		}
		if events, err := a.Dir.Catalog.Events(t.Context(), 1, nvr.Span{From: 1, To: 9}); err != nil || len(events) != 1 {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}
