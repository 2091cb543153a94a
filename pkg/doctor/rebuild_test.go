package doctor

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// sameSegments compares segments but for what no file tells: row numbers,
// scores, which go on from one file to the next, and where the last one before
// a break ends, to the quarter of a millisecond.
var sameSegments = cmp.Options{
	cmpopts.IgnoreFields(nvr.Segment{}, "ID", "Init", "Directory"),
	cmpopts.IgnoreFields(nvr.Fragment{}, "Score"),
	cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Span.To" },
		cmp.Comparer(func(a, b nvr.Time) bool { return a-b <= 250 && b-a <= 250 })),
}

// compareRebuilt makes a catalog from the files and compares it with the one
// that is there.
func (h *home) compareRebuilt(t *testing.T) {
	t.Helper()
	for name, old := range map[string]*catalog.Catalog{"files": nil, "files and catalog": h.Catalog} {
		d := *h.Doctor
		d.Catalog = openCatalog(t, filepath.Join(t.TempDir(), "catalog.db"))
		made, err := d.Rebuild(t.Context(), Rebuilding{Old: old})
		must(t, err)
		total := 0
		for _, id := range []nvr.StreamID{porch, small, gate} {
			want, got := segments(t, h.Catalog, id), segments(t, d.Catalog, id)
			if diff := cmp.Diff(want, got, sameSegments); diff != "" {
				t.Errorf("from %s: segments of %s (-want +got):\n%s", name, id, diff)
			}
			total += len(want)
			if of, is := footageOf(want), footageOf(got); is < of-of/1000 {
				t.Errorf("from %s: %s of %s are left of %s", name, is, of, id)
			}
			if old == nil {
				continue
			}
			a, err := h.Catalog.Account(t.Context(), id)
			must(t, err)
			b, err := d.Catalog.Account(t.Context(), id)
			must(t, err)
			near := cmp.Comparer(func(a, b nvr.Time) bool { return a-b <= 250 && b-a <= 250 })
			if diff := cmp.Diff(a.Gaps, b.Gaps, near); diff != "" {
				t.Errorf("gaps of %s (-want +got):\n%s", id, diff)
			}
			a.Stream.Covered, b.Stream.Covered = 0, 0
			if diff := cmp.Diff(a.Stream, b.Stream); diff != "" {
				t.Errorf("stream %s (-want +got):\n%s", id, diff)
			}
		}
		if made.Segments != total || made.Files != total || len(made.Unreadable) > 0 {
			t.Errorf("from %s: made %d segments of %d files, want %d; %v", name, made.Segments, made.Files, total, made.Unreadable)
		}
		report, err := d.Check(t.Context(), Options{Level: Size})
		must(t, err)
		for _, f := range report.Findings {
			t.Errorf("from %s: %+v", name, f)
		}
	}
}

func footageOf(all []nvr.Segment) (sum time.Duration) {
	for _, s := range all {
		sum += s.Span.Duration()
	}
	return sum
}

func TestRebuildEqualsWhatWas(t *testing.T) {
	recorded(t).compareRebuilt(t)
}

// TestRebuildBesideARecorder loses the catalog, records on at once, and indexes
// the past meanwhile.
func TestRebuildBesideARecorder(t *testing.T) {
	h := recorded(t)
	want := map[nvr.StreamID][]nvr.Segment{}
	for _, id := range []nvr.StreamID{porch, small, gate} {
		want[id] = segments(t, h.Catalog, id)
	}
	path := filepath.Join(h.path, "catalog.db")
	aside := filepath.Join(t.TempDir(), "catalog.db")
	copyFile(t, path, aside)
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		must(t, os.Rename(name, name+".gone"))
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour) // after the recording, which was in a bubble, too
		began := nvr.Now()
		life(t, h.path, func(r *recorder.Recorder) {
			s := stream(t, r, porch)
			s.Begin(format(640), true)
			var done sync.WaitGroup
			done.Go(func() { send(s, 0, 90, 9000) })
			// It is called twice, as after a crash in the middle.
			for range 2 {
				again := openHome(t, h.path)
				old, err := catalog.OpenReader(aside)
				must(t, err)
				made, err := again.Rebuild(t.Context(), Rebuilding{Before: began, Old: old})
				if err != nil || len(made.Unreadable) > 0 {
					t.Errorf("%+v, %v", made, err)
				}
				must(t, old.Close())
			}
			done.Wait()
		})
	})
	again := openHome(t, h.path)
	for id, all := range want {
		got := segments(t, again.Catalog, id)
		if len(got) < len(all) || id == porch && len(got) != len(all)+2 && len(got) != len(all)+3 {
			t.Fatalf("%s has %d segments, had %d", id, len(got), len(all))
		}
		if diff := cmp.Diff(all, got[:len(all)], sameSegments); diff != "" {
			t.Errorf("segments of %s (-want +got):\n%s", id, diff)
		}
		account, err := again.Catalog.Account(t.Context(), id)
		must(t, err)
		old, err := h.Catalog.Account(t.Context(), id)
		must(t, err)
		near := cmp.Comparer(func(a, b nvr.Time) bool { return a-b <= 250 && b-a <= 250 })
		if diff := cmp.Diff(old.Gaps[:len(old.Gaps)-1], account.Gaps[:len(old.Gaps)-1], near); diff != "" {
			t.Errorf("gaps of %s (-want +got):\n%s", id, diff)
		}
	}
	for _, f := range again.check(t, Hash).Findings {
		t.Errorf("%+v", f)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(from + suffix)
		must(t, err)
		must(t, os.WriteFile(to+suffix, b, 0o600))
	}
}

// TestRebuildKeepsLocks keeps what no file tells, and with it what retention
// may not remove.
func TestRebuildKeepsLocks(t *testing.T) {
	h := recorded(t)
	first := segments(t, h.Catalog, porch)[0]
	must(t, h.Catalog.SetLocks(t.Context(), []nvr.Lock{{ID: 1, Camera: porch.Camera, Span: first.Span, Who: "Ada", Why: "evidence", Made: 3}}))
	d := *h.Doctor
	d.Catalog = openCatalog(t, filepath.Join(t.TempDir(), "catalog.db"))
	_, err := d.Rebuild(t.Context(), Rebuilding{Old: h.Catalog})
	must(t, err)
	want, err := h.Catalog.Locks(t.Context())
	must(t, err)
	got, err := d.Catalog.Locks(t.Context())
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 1 {
		t.Errorf("locks (-want +got):\n%s", diff)
	}
	must(t, d.Catalog.Update(t.Context(), func(tx catalog.Tx) error {
		condemned, err := tx.Condemn([]catalog.Kept{{ID: segments(t, d.Catalog, porch)[0].ID}}, 0)
		if len(condemned) > 0 {
			t.Error("locked footage may be removed")
		}
		return err
	}))
}

// TestRebuildTellsWhatIsLost rebuilds beside a catalog that cannot be read: what
// only that knew is gone, and this is told.
func TestRebuildTellsWhatIsLost(t *testing.T) {
	h := recorded(t)
	path := filepath.Join(t.TempDir(), "old.db")
	must(t, os.WriteFile(path, bytes.Repeat([]byte("a page is lost "), 1000), 0o600))
	old, err := catalog.OpenReader(path)
	must(t, err)
	defer old.Close()
	d := *h.Doctor
	d.Catalog = openCatalog(t, filepath.Join(t.TempDir(), "catalog.db"))
	made, err := d.Rebuild(t.Context(), Rebuilding{Old: old})
	if err != nil || made.Lost == nil || made.Segments == 0 {
		t.Errorf("%+v, %v", made, err)
	}
}

// TestRebuildBelievesIndexes takes the headers away from files. What their
// indexes say is enough of those that were written long ago; the newest must
// show that they hold what they say.
func TestRebuildBelievesIndexes(t *testing.T) {
	h := recorded(t)
	want := segments(t, h.Catalog, gate)
	if len(want) <= doubtful+1 {
		t.Fatalf("there are %d segments, too few", len(want))
	}
	for _, s := range want[1:] { // the first says what the init segment is
		f, err := os.OpenFile(h.file(s), os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteAt(make([]byte, 100), s.Fragments[1].Offset)
		must(t, err)
		must(t, f.Close())
	}
	h.Doctor.Catalog = openCatalog(t, filepath.Join(t.TempDir(), "catalog.db"))
	_, err := h.Rebuild(t.Context(), Rebuilding{})
	must(t, err)
	got := segments(t, h.Catalog, gate)
	sure := len(want) - doubtful
	same := cmp.Options{cmpopts.IgnoreFields(nvr.Segment{}, "ID", "Init", "Directory")}
	if diff := cmp.Diff(want[1:sure], got[1:sure], same); diff != "" {
		t.Errorf("from indexes (-want +got):\n%s", diff)
	}
	for i, s := range got[sure:] {
		if n := len(s.Fragments); n != 1 {
			t.Errorf("of segment %d, which may be torn, %d fragments are believed, want 1", sure+i, n)
		}
	}
}
