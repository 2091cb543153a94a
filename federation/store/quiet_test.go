package store

import (
	"errors"
	"maps"
	"testing"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

func TestQuiet(t *testing.T) {

	db := founded(t, t.TempDir())
	street, held := elm.Name, entry("post")
	rude, loud := hashOf("rude"), hashOf("loud")
	if err := db.Save(t.Context(), street, Change{Entries: []Entry{held}}); err != nil {
		t.Fatal(err)
	}
	shows := func(want Quiet) {
		t.Helper()
		if got, err := db.Quiet(t.Context(), street); err != nil || !maps.Equal(got, want) {
			t.Errorf("quiet is %v, want %v (%v)", got, want, err)
		}
	}
	hush := func(what [32]byte, how Quieted) {
		t.Helper()
		if err := db.Hush(t.Context(), street, what, how); err != nil {
			t.Fatal(err)
		}
	}
	hush(held.ID, Hidden)
	hush(rude, Muted)
	hush(loud, Blocked)
	hush(rude, Blocked)
	shows(Quiet{held.ID: Hidden, rude: Blocked, loud: Blocked})
	if err := db.Save(t.Context(), street, Change{Dropped: []wire.Hash{held.ID}}); err != nil {
		t.Fatal(err)
	}
	hush(loud, 0)
	shows(Quiet{rude: Blocked})
	if err := db.Hush(t.Context(), street, rude, 4); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("hidden some other way: %v", err)
	}
	if _, err := db.Quiet(t.Context(), hashOf("elsewhere")); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("of another neighborhood: %v", err)
	}
	if err := db.Forget(t.Context(), street, 7); err != nil {
		t.Fatal(err)
	}
	if left := rowsOf(t, db, "quiet"); left != 0 {
		t.Errorf("of a neighborhood that the home left it knows whom it hid: %d", left)
	}
}
