package footage

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// A full disk is tried again and again; no try may leave a file behind.
func TestFileWithoutFootageIsRemoved(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		f, header := d.Create(origin(), initSegment)
		if r := seal(t, f); r.Err != nil || r.Durable != header {
			t.Errorf("a file with a header is %+v, want %d durable bytes", r, header)
		}
		if starts, err := d.List(porch, 0); err != nil || len(starts) != 0 {
			t.Errorf("left is %v, %v, want nothing", starts, err)
		}
	})
}

// What the ledger calls lost is not found as footage by the next start, and
// yet not destroyed.
func TestLostFileIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, false)
		defer d.Close()
		f, _ := d.Create(origin(), initSegment)
		if err := f.Append(fragment(0)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := f.f.Close(); err != nil { // so that the sync fails
			t.Fatal(err)
		}
		if r := seal(t, f); r.Err == nil || r.Durable != 0 {
			t.Errorf("a file that was not synced is %+v", r)
		}
		if starts, err := d.List(porch, 0); err != nil || len(starts) != 0 {
			t.Errorf("footage is %v, %v, want none", starts, err)
		}
		if _, err := os.Stat(filepath.Join(d.path, quarantine, name(porch, noon))); err != nil {
			t.Error(err)
		}
	})
}

// A disk that takes nothing does not let a lost file be set aside either. That
// is made up for when it does again.
func TestLostFileIsSetAsideLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, false)
		defer d.Close()
		inTheWay := filepath.Join(d.path, quarantine)
		if err := os.WriteFile(inTheWay, nil, 0o640); err != nil {
			t.Fatal(err)
		}
		f, _ := d.Create(origin(), initSegment)
		if err := f.Append(fragment(0)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := f.f.Close(); err != nil { // so that the sync fails
			t.Fatal(err)
		}
		seal(t, f)
		if starts, err := d.List(porch, 0); err != nil || len(starts) != 1 {
			t.Errorf("files are %v, %v, want the lost one", starts, err)
		}
		if err := os.Remove(inTheWay); err != nil {
			t.Fatal(err)
		}
		later := origin()
		later.Start++
		f, _ = d.Create(later, initSegment)
		seal(t, f)
		if starts, err := d.List(porch, 0); err != nil || len(starts) != 0 {
			t.Errorf("files are %v, %v, want none", starts, err)
		}
		if _, err := os.Stat(filepath.Join(d.path, quarantine, name(porch, noon))); err != nil {
			t.Error(err)
		}
	})
}

// The characters of patterns may stand in the path of a directory.
func TestStreamsBelowAnyPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk [1]*")
	if err := Create(path, home, UUID{3}); err != nil {
		t.Fatal(err)
	}
	d, err := Open(path, home, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f, _ := d.Create(origin(), initSegment)
	if err := f.Append(fragment(0)); err != nil {
		t.Fatal(err)
	}
	if r := seal(t, f); r.Err != nil {
		t.Fatal(r.Err)
	}
	streams, err := d.Streams()
	if diff := cmp.Diff([]nvr.StreamID{porch}, streams); diff != "" || err != nil {
		t.Errorf("streams: %v (-want +got):\n%s", err, diff)
	}
}

// A file of which nothing but the header makes sense is no footage.
func TestRecoverFileWithoutWholeFragment(t *testing.T) {
	each(t, func(t *testing.T, d *Directory) {
		f, header := d.Create(origin(), initSegment)
		if err := f.Append(fragment(0)); err != nil {
			t.Fatal(err)
		}
		if r := seal(t, f); r.Err != nil {
			t.Fatal(r.Err)
		}
		path := filepath.Join(d.path, name(porch, noon))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		clear(b[header:]) // blocks that a power cut left empty
		if err := os.WriteFile(path, b, 0o640); err != nil {
			t.Fatal(err)
		}
		if c, err := d.Recover(porch, noon, nil); !errors.Is(err, nvr.ErrDamaged) {
			t.Errorf("recovered %+v, %v, want it to be damaged", c.Segment, err)
		}
		if starts, err := d.List(porch, 0); err != nil || len(starts) != 0 {
			t.Errorf("footage is %v, %v, want none", starts, err)
		}
	})
}
