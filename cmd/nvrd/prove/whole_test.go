package prove_test

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"nvrd/pkg/datadir"
	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

// cuts has the power cut at each step of what a disk did, and calls look with
// what is left and with how many notes had been made by then.
func cuts(t *testing.T, disk *mount, look func(left string, notes int)) {
	t.Helper()
	m, notes, left := newMedium(), 0, filepath.Join(scratch(t), "left")
	journal := disk.journal()
	for k := range len(journal) + 1 {
		for n := range 64 {
			if err := errors.Join(os.RemoveAll(left), m.cut(left, newAdversary(n))); err != nil {
				t.Fatal(err)
			}
			if look(left, notes); t.Failed() {
				t.Fatalf("that was at step %d of %d, by adversary %d", k, len(journal), n)
			}
		}
		if k < len(journal) {
			m.apply(journal[k])
			if journal[k].Kind == opNote {
				notes++
			}
		}
	}
}

// TestWholeFiles shows that a file which others go by is there whole or not at
// all, and is there for good when that was said.
func TestWholeFiles(t *testing.T) {
	t.Parallel()
	disk := newMount(t)
	disk.newJournal()
	text := func(s string) func(io.Writer) error { return durable.Bytes([]byte(s)) }
	for _, make := range []func() error{
		func() error { return durable.Create(filepath.Join(disk.dir, "made"), 0o600, text("made")) },
		func() error { return durable.Replace(filepath.Join(disk.dir, "changed"), 0o600, text("before")) },
		func() error { return durable.Replace(filepath.Join(disk.dir, "changed"), 0o600, text("after")) },
	} {
		if err := make(); err != nil {
			t.Fatal(err)
		}
		disk.note(nvr.StreamID{}, 0)
	}
	cuts(t, disk, func(left string, notes int) {
		for name, want := range map[string][]string{ // what it may hold, by how many notes there were
			"made":    {"", "made", "made", "made"},
			"changed": {"", "", "before", "after"},
		} {
			b, err := os.ReadFile(filepath.Join(left, name))
			got := string(b)
			if err == nil && got == "" && (name != "made" || notes > 0) { // this disk has no links
				got = "nothing"
			}
			if got != want[notes] && (notes+1 == len(want) || got != want[notes+1]) {
				t.Errorf("after %d notes %s holds %q", notes, name, got)
			}
		}
	})
}

// TestNoCatalogIsForgotten shows that what only a broken catalog knows is found
// at the next start, wherever in setting it aside the power was cut.
func TestNoCatalogIsForgotten(t *testing.T) {
	t.Parallel()
	disk, log := newMount(t), slog.New(slog.DiscardHandler)
	name := filepath.Join(disk.dir, "catalog.db")
	if err := os.WriteFile(name, []byte("what it knows"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(durable.Sync(name), durable.Sync(disk.dir)); err != nil {
		t.Fatal(err)
	}
	disk.newJournal() // which begins with what is there
	disk.note(nvr.StreamID{}, 0)
	if _, err := datadir.SetAside(disk.dir, nvr.ErrDamaged, log); err != nil {
		t.Fatal(err)
	}
	cuts(t, disk, func(left string, notes int) {
		if notes == 0 {
			return
		}
		found, err := datadir.SetAsideBroken(t.Context(), left, log)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if b, err := os.ReadFile(path); err == nil && string(b) == "what it knows" {
				return
			}
		}
		t.Errorf("nothing leads to it: %v", found)
	})
}
