package store

import (
	"errors"
	"testing"

	"nvrd/pkg/nvr"
)

func TestTraffic(t *testing.T) {
	db := founded(t, t.TempDir())
	street := elm.Name
	count := func(day uint32, down, up int64) {
		t.Helper()
		if err := db.KeepTraffic(t.Context(), street, Traffic{day, down, up}); err != nil {
			t.Fatal(err)
		}
	}
	went := func(from, to uint32, down, up int64) {
		t.Helper()
		if got, err := db.Traffic(t.Context(), street, from, to); err != nil || got != (Traffic{to, down, up}) {
			t.Errorf("from day %d to %d went %v, want %d down and %d up (%v)", from, to, got, down, up, err)
		}
	}
	went(0, 20_000, 0, 0)
	count(20_000, 5, 1)
	count(20_000, 7, 2) // what went until now, not since
	count(20_001, 100, 200)
	went(20_000, 20_000, 7, 2)
	went(20_000, 20_001, 107, 202)
	went(20_001, 20_002, 100, 200)
	count(20_000+keptDays, 1, 1)
	went(0, 20_000+keptDays, 108, 203)
	count(20_001+keptDays, 1, 1)
	went(0, 20_001+keptDays, 102, 202)
	if _, err := db.Traffic(t.Context(), hashOf("elsewhere"), 0, 1); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("of another neighborhood: %v", err)
	}
	if err := db.KeepTraffic(t.Context(), hashOf("elsewhere"), Traffic{1, 1, 1}); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("of another neighborhood: %v", err)
	}
	if err := db.Forget(t.Context(), street, 7); err != nil {
		t.Fatal(err)
	}
	if left := rowsOf(t, db, "traffic"); left != 0 {
		t.Errorf("of a neighborhood that the home left it knows what went: %d", left)
	}
}
