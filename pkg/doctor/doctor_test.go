package doctor

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/catalog"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

func TestWhatWasRecordedIsInOrder(t *testing.T) {
	h := recorded(t)
	r := h.check(t, Hash)
	if r.Streams != 3 || r.Segments < 20 || r.Segments != r.Files || r.Bytes < 1<<20 {
		t.Errorf("checked %+v", r)
	}
	for _, f := range r.Findings {
		t.Errorf("%+v", f)
	}
}

// TestCheckOfAccounts damages what the catalog says of time and of formats,
// which no file shows.
func TestCheckOfAccounts(t *testing.T) {
	second := nvr.Time(1_000_000)
	for name, c := range map[string]struct {
		harm func(tx catalog.Tx, a catalog.Account, init nvr.InitID) error
		want []Kind
	}{
		"a gap is gone": {func(tx catalog.Tx, a catalog.Account, _ nvr.InitID) error {
			return tx.DropGap(porch, a.Gaps[1].Span.From)
		}, []Kind{Hole}},
		"a gap is too short": {func(tx catalog.Tx, a catalog.Account, _ nvr.InitID) error {
			a.Gaps[1].Span.To -= second
			return tx.AddGap(a.Gaps[1])
		}, []Kind{Hole}},
		"a gap is too long": {func(tx catalog.Tx, a catalog.Account, _ nvr.InitID) error {
			a.Gaps[1].Span.To += second
			return tx.AddGap(a.Gaps[1])
		}, []Kind{Overlap}},
		"a gap is there twice": {func(tx catalog.Tx, a catalog.Account, _ nvr.InitID) error {
			a.Gaps[1].Span.From += second
			return tx.AddGap(a.Gaps[1])
		}, []Kind{Overlap}},
		"a segment is too short": {func(tx catalog.Tx, a catalog.Account, _ nvr.InitID) error {
			s := a.Segments[1].Span
			return tx.EndSegment(porch, s.From, s.To-second)
		}, []Kind{Hole}},
		"a segment is too long": {func(tx catalog.Tx, a catalog.Account, _ nvr.InitID) error {
			s := a.Segments[1].Span
			return tx.EndSegment(porch, s.From, s.To+second)
		}, []Kind{WrongIndex, Overlap}},
		"an init segment is rubbish": {func(tx catalog.Tx, _ catalog.Account, init nvr.InitID) error {
			return tx.MendInit(init, []byte("rubbish"), 90000)
		}, []Kind{WrongInit}},
		"an init segment has another time scale": {func(tx catalog.Tx, _ catalog.Account, init nvr.InitID) error {
			return tx.MendInit(init, fmp4.AppendInit(nil, format(640)), 1000)
		}, []Kind{WrongInit}},
	} {
		t.Run(name, func(t *testing.T) {
			h := recorded(t)
			before, err := h.Catalog.Account(t.Context(), porch)
			must(t, err)
			first := segments(t, h.Catalog, porch)[0]
			h.update(t, func(tx catalog.Tx) error { return c.harm(tx, before, first.Init) })
			report := h.check(t, Size)
			kinds := map[Kind]bool{}
			for _, f := range report.Findings {
				kinds[f.Kind] = true
			}
			want := map[Kind]bool{}
			for _, k := range c.want {
				want[k] = true
			}
			if name == "an init segment has another time scale" {
				delete(kinds, WrongIndex) // that is what the index of its segments is read with
			}
			if diff := cmp.Diff(want, kinds); diff != "" {
				t.Errorf("found (-want +got):\n%s%+v", diff, report.Findings)
			}
			must(t, h.Repair(t.Context(), &report))
			for _, f := range append(report.Findings, h.check(t, Hash).Findings...) {
				if !f.Repaired {
					t.Errorf("after the repair: %+v", f)
				}
			}
			after, err := h.Catalog.Account(t.Context(), porch)
			must(t, err)
			if len(after.Segments) != len(before.Segments) {
				t.Errorf("there are %d segments, were %d", len(after.Segments), len(before.Segments))
			}
		})
	}
}

// TestCheckOfOlderIndex looks at entries as they were made by another rule: each
// begins at a movie fragment all the same.
func TestCheckOfOlderIndex(t *testing.T) {
	h := recorded(t)
	all := segments(t, h.Catalog, porch)
	h.update(t, func(tx catalog.Tx) error {
		for _, s := range all {
			older := s.Fragments[:1]
			for i, f := range s.Fragments[1:] {
				if last := &older[len(older)-1]; i%3 == 0 {
					last.Bytes, last.MediaDuration = last.Bytes+f.Bytes, last.MediaDuration+f.MediaDuration
				} else {
					older = append(older, f)
				}
			}
			s.Fragments = older
			if err := tx.PutSegment(s); err != nil {
				return err
			}
		}
		return nil
	})
	for _, f := range h.check(t, Hash).Findings {
		t.Errorf("%+v", f)
	}
}

// TestCheckBesideARecorder looks again and again while footage is written: what
// is under way is no finding.
func TestCheckBesideARecorder(t *testing.T) {
	h := recorded(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		life(t, h.path, func(r *recorder.Recorder) {
			var done sync.WaitGroup
			for _, id := range []nvr.StreamID{porch, small} {
				s := stream(t, r, id)
				done.Go(func() {
					for i := range 4 {
						s.Begin(format(640), i%2 == 0)
						send(s, i*20, 20, 9000)
						s.End(nvr.Unreachable, nil)
						time.Sleep(700 * time.Millisecond)
					}
				})
			}
			done.Go(func() {
				beside := openHome(t, h.path)
				for range 40 {
					time.Sleep(2100 * time.Millisecond)
					report, err := beside.Check(t.Context(), Options{Level: Size, Recording: true})
					must(t, err)
					for _, f := range report.Findings {
						t.Errorf("beside a recorder: %+v", f)
					}
				}
			})
			done.Wait()
		})
	})
}

func TestBrokenCatalog(t *testing.T) {
	h := recorded(t)
	broken := filepath.Join(t.TempDir(), "catalog.db")
	copyFile(t, filepath.Join(h.path, "catalog.db"), broken)
	must(t, h.Catalog.Update(t.Context(), func(catalog.Tx) error { return nil }))
	info, err := os.Stat(broken)
	must(t, err)
	must(t, os.Remove(broken+"-wal"))
	overwrite(t, broken, 3*4096, int(info.Size()/2), rand.New(rand.NewPCG(1, 1)))
	c, err := catalog.Open(t.Context(), broken)
	if err != nil {
		if !catalog.IsCorrupt(err) {
			t.Errorf("opening it says %v", err)
		}
		return
	}
	defer c.Close()
	d := *h.Doctor
	d.Catalog = c
	report, err := d.Check(t.Context(), Options{})
	must(t, err)
	if len(report.Findings) != 1 || report.Findings[0].Kind != DamagedCatalog {
		t.Errorf("found %+v", report.Findings)
	}
}
