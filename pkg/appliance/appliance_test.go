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
// before it has, and locks made meanwhile stay, too.
func TestCatalogSetAsideIsNotForgotten(t *testing.T) {
	data, log := t.TempDir(), slog.New(slog.NewTextHandler(t.Output(), nil))
	life := func(look bool, why string) {
		t.Helper()
		a, err := Open(t.Context(), data, log)
		if err != nil {
			t.Fatal(err)
		}
		if why != "" {
			lock := catalog.Lock{Camera: 1, Span: nvr.Span{From: 1, To: 2}, Who: "Ada", Why: why, Made: 3}
			err := a.Dir.Catalog.Update(t.Context(), func(tx catalog.Tx) error {
				_, err := tx.Lock(lock)
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
	if err := os.WriteFile(filepath.Join(data, "catalog.db.broken"), []byte("a page is lost"), 0o600); err != nil {
		t.Fatal(err)
	}
	life(false, "meanwhile") // sets it aside, and is killed
	life(false, "")          // once more
	life(true, "")
	life(true, "")
	c, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	locks, err := c.Locks(t.Context())
	if err != nil || len(locks) != 2 {
		t.Errorf("locks %+v, %v, want that from before and that from meanwhile", locks, err)
	}
	if left, err := filepath.Glob(filepath.Join(data, "catalog.db.aside")); err != nil || len(left) != 0 {
		t.Errorf("%v is still needed, %v", left, err)
	}
}
