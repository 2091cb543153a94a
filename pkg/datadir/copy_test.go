package datadir

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

var logged = slog.New(slog.DiscardHandler)

// record makes a data directory, or opens it, and records a minute or so of
// footage at each of the given instants. It returns where that lies.
func record(t *testing.T, data string, starts ...nvr.Time) (at string) {
	t.Helper()
	held, err := Lock(data)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	d, err := Create(t.Context(), data, logged)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Keeper(t.Context(), retention.MachineClock, logged); err != nil { // so that what is there has its row
		t.Fatal(err)
	}
	if err := d.Places.Admit(func(*footage.Directory) error { return nil }); err != nil {
		t.Logf("not admitted: %v", err)
	}
	to, _, err := d.Places.Choose()
	if err != nil {
		t.Fatal(err)
	}
	format := media.Format{Tracks: []media.Track{{
		Codec: media.H264, Timescale: 90000, Width: 640, Height: 360,
		SPS: []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x1e, 0x0f, 0x16, 0x2e, 0x48},
		PPS: []byte{0x68, 0xcb, 0x83, 0xcb, 0x20},
	}}}
	for _, start := range starts {
		stream := nvr.StreamID{Camera: 1}
		f, _ := to.Create(footage.Origin{Stream: stream, Run: nvr.RunID(start), Start: start}, fmp4.AppendInit(nil, format))
		sample := media.Sample{Key: true, Data: []byte{0, 0, 0, 1, 0x65}}
		head := fmp4.AppendFragment(nil, 1, start, []fmp4.Run{{Samples: []media.Sample{sample}, End: 90000}})
		if err := f.Append([][]byte{head, sample.Data}); err != nil {
			t.Fatal(err)
		}
		f.Seal(func(r footage.Result) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		})
	}
	return to.Path() // closed by now, and with it what was sealed
}

// duplicate copies a directory with everything in it.
func duplicate(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// state returns what lies in a directory: names, sizes, times of change.
func state(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		all = append(all, path+" "+info.ModTime().String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCopyLeavesTheOriginalAlone repairs, rebuilds and records in a copy of a
// data directory. It does not look at the original.
func TestCopyLeavesTheOriginalAlone(t *testing.T) {
	const first, second = nvr.Time(1_700_000_000_000_000), nvr.Time(1_700_000_100_000_000)
	for name, old := range map[string]bool{"copy": false, "copy of one of an older version": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			original, copied := filepath.Join(dir, "original"), filepath.Join(dir, "copied")
			if err := os.Mkdir(original, 0o750); err != nil {
				t.Fatal(err)
			}
			record(t, original, first)
			if old {
				asBefore(t, original)
			}
			duplicate(t, original, copied)
			before := state(t, original)
			onlyPlace(t, copied, filepath.Join(copied, "footage"))
			// Whatever looks at it meets a link to nowhere.
			hidden := filepath.Join(dir, "hidden")
			if err := errors.Join(os.Rename(original, hidden), os.Mkdir(original, 0o750), os.Symlink("/dev/full", filepath.Join(original, "footage"))); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the first repairs what it finds
				report, err := Check(t.Context(), copied, doctor.Options{}, true)
				if err != nil || report.Files != 1 {
					t.Errorf("check: %+v, %v", report, err)
				}
			}
			if made, _, err := Rebuild(t.Context(), copied, nil, logged); err != nil || made.Segments != 1 {
				t.Errorf("rebuild: %+v, %v", made, err)
			}
			if err := errors.Join(os.RemoveAll(original), os.Rename(hidden, original)); err != nil {
				t.Fatal(err)
			}
			if at := record(t, copied, second); at != filepath.Join(copied, "footage") {
				t.Errorf("the copy records to %s", at)
			}
			if after := state(t, original); !slices.Equal(before, after) {
				t.Errorf("the original has changed:\n%s\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
			}
		})
	}
}

// asBefore makes a data directory as one was before copies were told apart.
func asBefore(t *testing.T, data string) {
	t.Helper()
	c, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	known, err := c.Directories(t.Context())
	if err != nil || len(known) != 1 {
		t.Fatalf("%v, %v", known, err)
	}
	alias := data + "-too" // a path that does not lie beside the catalog as it is named
	if err := os.Symlink(data, alias); err != nil {
		t.Fatal(err)
	}
	err = c.Update(t.Context(), func(tx catalog.Tx) error {
		_, err := tx.Directory(known[0].UUID, filepath.Join(alias, "footage"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data, "footage", "stoop-owner.json")); err != nil {
		t.Fatal(err)
	}
}

// TestCopiesDoNotShare shows what two copies of one home make of a footage
// directory elsewhere that both have in their settings.
func TestCopiesDoNotShare(t *testing.T) {
	dir := t.TempDir()
	original, copied, moved, disk := filepath.Join(dir, "original"), filepath.Join(dir, "copied"), filepath.Join(dir, "moved"), filepath.Join(dir, "disk")
	if err := errors.Join(os.Mkdir(original, 0o750), os.Mkdir(disk, 0o750)); err != nil {
		t.Fatal(err)
	}
	record(t, original)
	shared := filepath.Join(disk, "footage")
	if _, _, err := AddPlace(t.Context(), original, shared, true); err != nil {
		t.Fatal(err)
	}
	next := nvr.Time(1_700_000_000_000_000)
	recordsTo := func(data, want string) {
		t.Helper()
		next = next.Add(1_000_000_000_000)
		if at := record(t, data, next); at != want {
			t.Errorf("%s records to %s, want %s", data, at, want)
		}
	}
	recordsTo(original, shared)
	duplicate(t, original, copied)
	recordsTo(copied, filepath.Join(copied, "footage"))
	if _, _, err := Rebuild(t.Context(), copied, nil, logged); !errors.Is(err, nvr.ErrForbidden) || !strings.Contains(err.Error(), "nvrd storage add --path "+shared) {
		t.Errorf("the copy is rebuilt from what belongs to the original: %v", err)
	}
	recordsTo(original, shared)
	if err := os.Rename(original, moved); err != nil {
		t.Fatal(err)
	}
	recordsTo(moved, shared)
	if _, _, err := AddPlace(t.Context(), copied, shared, false); err != nil {
		t.Fatal(err)
	}
	recordsTo(copied, shared)
	recordsTo(moved, filepath.Join(moved, "footage"))
	twin := filepath.Join(dir, "twin")
	duplicate(t, disk, twin) // the disk itself was copied, so the copy has one of its own
	if err := errors.Join(os.RemoveAll(disk), os.Rename(twin, disk)); err != nil {
		t.Fatal(err)
	}
	recordsTo(moved, shared)
}

// TestCopyWithoutFootage copies the databases only: the footage that they know is
// the original's, and stays out of sight.
func TestCopyWithoutFootage(t *testing.T) {
	dir := t.TempDir()
	original, copied := filepath.Join(dir, "original"), filepath.Join(dir, "copied")
	if err := os.Mkdir(original, 0o750); err != nil {
		t.Fatal(err)
	}
	record(t, original, filmed)
	asBefore(t, original)
	duplicate(t, original, copied)
	if err := os.RemoveAll(filepath.Join(copied, "footage")); err != nil {
		t.Fatal(err)
	}
	inside(t, copied, func(d *Dir) {
		for _, at := range d.Places.There() {
			t.Errorf("the copy looks at %s", at.Path())
		}
	})
}

// TestRelativePath shows that a data directory is the same however it is named.
func TestRelativePath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("data", 0o750); err != nil {
		t.Fatal(err)
	}
	record(t, "data", 1_700_000_000_000_000)
	own := filepath.Join(dir, "data", "footage")
	for _, data := range []string{"data", "./data", filepath.Join(dir, "data")} {
		onlyPlace(t, data, own)
		if _, _, err := AddPlace(t.Context(), data, own, true); err != nil { // it is the default place
			t.Error(err)
		}
		inside(t, data, func(d *Dir) {
			if places, err := d.Home.Places(t.Context()); err != nil || len(places) != 1 {
				t.Errorf("%s: places %v, %v", data, places, err)
			}
		})
	}
}

// onlyPlace fails unless a data directory has one place, which is well.
func onlyPlace(t *testing.T, data, want string) {
	t.Helper()
	d, err := Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range d.Places.States() {
		if s.Path != want || !s.Written || s.Err != nil || i > 0 {
			t.Errorf("%s: place %d is %+v", data, i, s)
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
