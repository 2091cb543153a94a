package retention

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

var porchSub = nvr.StreamID{Camera: 1, Quality: nvr.Sub}

// moment is footage of the porch, in seconds since a time.
func moment(began nvr.Time, from, to int) []nvr.Excerpt {
	at := func(s int) nvr.Time { return began.Add(time.Duration(s) * time.Second) }
	return []nvr.Excerpt{{Camera: porch.Camera, Span: nvr.Span{From: at(from), To: at(to)}}}
}

// touching returns the segments of the porch that an excerpt touches, of all.
func touching(all []nvr.Segment, e nvr.Excerpt) (touched []nvr.Segment) {
	for _, s := range all {
		if s.Span.Overlaps(e.Span) {
			touched = append(touched, s)
		}
	}
	return touched
}

// shown fails unless all of a segment can be seen, or, with gone, nothing in any way.
func (h *home) shown(s nvr.Segment, gone bool) {
	h.t.Helper()
	middle := s.Span.From + (s.Span.To-s.Span.From)/2
	within := nvr.Span{From: middle, To: middle.Add(time.Second)}
	for what, ask := range map[string]func(context.Context) (*playback.File, error){
		"file": func(ctx context.Context) (*playback.File, error) { return h.player.Segment(ctx, s.Stream, s.Span.From) },
		"export": func(ctx context.Context) (*playback.File, error) {
			return h.player.Export(ctx, s.Stream, within, playback.Progressive)
		},
		"storyboard": func(ctx context.Context) (*playback.File, error) {
			return h.player.Storyboard(ctx, s.Stream, nvr.Span{From: s.Span.From, To: s.Span.To}, 20)
		},
	} {
		f, err := ask(h.t.Context())
		if err == nil {
			err = f.Close()
		} else if !gone || !errors.Is(err, nvr.ErrNotFound) {
			h.t.Errorf("%s of %s: %v", what, s.Span, err)
		}
		if err == nil && gone {
			h.t.Errorf("there is a %s of %s, which was deleted", what, s.Span)
		}
	}
	f, at, err := h.player.Picture(h.t.Context(), s.Stream, middle)
	if err == nil {
		defer f.Close()
	}
	if err == nil == gone && s.Span.Contains(at) {
		h.t.Errorf("picture of %s: taken %s, %v", middle, at, err)
	}
	list, err := h.player.Playlist(h.t.Context(), s.Stream, within)
	if name := s.Span.From.String(); gone && err == nil && strings.Contains(string(list), name) || err != nil && !errors.Is(err, nvr.ErrNotFound) {
		h.t.Errorf("playlist: %v", err)
	}
}

// TestDeletion deletes a moment: whole segments of both streams go, and nothing of
// them is shown in any way; the log and the gaps say who it was.
func TestDeletion(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{})
		began := nvr.Now()
		h.record(6*time.Minute, 400, porch, porchSub, gate)
		h.close()
		h.open()
		defer h.close()
		h.round() // the clock is believed
		chosen := moment(began, 100, 130)
		all := slices.Concat(h.kept(porch), h.kept(porchSub))
		want := touching(all, chosen[0])
		gates := len(h.kept(gate))
		said, err := h.keeper.Deletion(t.Context(), chosen)
		if err != nil || len(said.Goes) != 1 || len(said.Stays) != 0 {
			t.Fatalf("%+v, %v", said, err)
		}
		goes, whole := said.Goes[0], nvr.Span{From: maxTime}
		var bytes int64
		for _, s := range want {
			whole = nvr.Span{From: min(whole.From, s.Span.From), To: max(whole.To, s.Span.To)}
			bytes += s.Bytes
		}
		if goes.Camera != 1 || goes.Span != whole || goes.Bytes != bytes || goes.Segments != int64(len(want)) || len(want) < 2 {
			t.Errorf("%+v, want %d segments of %s", goes, len(want), whole)
		}
		for _, s := range all {
			h.shown(s, false)
		}
		for digest, who := range map[string]string{said.Digest: "", "": "Ada", said.Digest + "0": "Ada"} {
			if _, err := h.keeper.Delete(t.Context(), chosen, digest, who); err == nil || len(h.kept(porch))+len(h.kept(porchSub)) != len(all) {
				t.Errorf("%q by %q: %v", digest, who, err)
			}
		}
		done, err := h.keeper.Delete(t.Context(), chosen, said.Digest, "Ada")
		if err != nil || len(done.Goes) != 1 || done.Goes[0] != goes || len(done.Stays) != 0 || done.Pending != 0 {
			t.Errorf("%+v, %v", done, err)
		}
		for _, s := range all {
			h.shown(s, slices.ContainsFunc(want, func(w nvr.Segment) bool { return w.ID == s.ID }))
		}
		if n := len(h.kept(gate)); n != gates {
			t.Errorf("the gate has %d segments of %d", n, gates)
		}
		h.consistent(gate)
		for _, id := range []nvr.StreamID{porch, porchSub} {
			gaps := h.consistent(id)
			line, err := h.player.Timeline(t.Context(), id, chosen[0].Span, time.Second)
			if err != nil || len(line.Footage) != 0 || len(line.Gaps) != 1 || line.Gaps[0].Cause != nvr.ByHand || line.Gaps[0].RemovedBy != "Ada" || line.Gaps[0].RemovedAt == 0 {
				t.Errorf("%s: %+v, %v", id, line, err)
			}
			covered := nvr.Cover(whole, nvr.Span{From: began, To: nvr.Now()}, gaps)
			if covered.Removed == 0 || covered.Missing != 0 {
				t.Errorf("removed counts as missing: %+v", covered)
			}
		}
		log, err := h.catalog.RemovedSince(t.Context(), began)
		if err != nil || len(log) != 1 || log[0].Cause != nvr.ByHand || log[0].Who != "Ada" || log[0].Span != whole || log[0].Segments != int64(len(want)) || log[0].Bytes != bytes {
			t.Errorf("%+v, %v", log, err)
		}
		if again, err := h.keeper.Deletion(t.Context(), chosen); err != nil || len(again.Goes)+len(again.Stays) != 0 {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
}

// TestDeletionStays shows what stays of what is deleted, and why.
func TestDeletionStays(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{})
		began := nvr.Now()
		var locks []nvr.Lock
		h.keeper.Locks = func(context.Context, nvr.Time) ([]nvr.Lock, error) { return locks, nil }
		ctx, stop := context.WithCancel(t.Context())
		stream, err := h.recorder.Stream(porch)
		if err != nil {
			t.Fatal(err)
		}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			film(ctx, stream, 400)
		}()
		time.Sleep(5*time.Minute + 30*time.Second)
		h.round()
		all := h.kept(porch)
		if len(all) < 5 {
			t.Fatalf("%d segments", len(all))
		}
		chosen := moment(began, 0, 3600)
		locks = []nvr.Lock{
			{ID: 3, Camera: 1, Span: nvr.Span{From: all[1].Span.From, To: all[1].Span.From.Add(time.Second)}, Who: "Ada", Why: "parcel", Made: began},
			{ID: 4, Camera: 2, Span: nvr.Span{From: began, To: nvr.Now()}, Who: "Ada", Why: "another camera's", Made: began},
		}
		export, err := h.player.Export(t.Context(), porch, nvr.Span{From: all[3].Span.From.Add(time.Second), To: all[3].Span.From.Add(2 * time.Second)}, playback.Fragmented)
		if err != nil {
			t.Fatal(err)
		}
		said, err := h.keeper.Deletion(t.Context(), chosen)
		if err != nil || len(said.Goes) != 3 || len(said.Stays) != 3 {
			t.Fatalf("%+v, %v", said, err)
		}
		for i, why := range []nvr.Hold{nvr.HeldLocked, nvr.HeldRead, nvr.HeldRecording} {
			if said.Stays[i].Why != why {
				t.Errorf("%+v stays, want %s", said.Stays[i], why)
			}
		}
		if l := said.Stays[0]; l.Lock != locks[0] || l.Span != all[1].Span {
			t.Errorf("the lock: %+v", l)
		}
		if r := said.Stays[2]; r.Span.From != all[len(all)-1].Span.To || r.Span.To != 0 {
			t.Errorf("what is being recorded: %+v", r)
		}
		// A lock that comes between the look and the press wins.
		locks = slices.Insert(locks, 0, nvr.Lock{ID: 5, Camera: 1, Span: all[0].Span, Who: "Bob", Why: "a fox", Made: began})
		if _, err := h.keeper.Delete(t.Context(), chosen, said.Digest, "Eve"); !errors.Is(err, ErrChanged) {
			t.Errorf("with another lock: %v", err)
		}
		// One that comes when it was looked once more, too: the household has it, and
		// the catalog does not yet.
		said, err = h.keeper.Deletion(t.Context(), chosen)
		if err != nil {
			t.Fatal(err)
		}
		asked, last := 0, nvr.Lock{ID: 6, Camera: 1, Span: all[4].Span, Who: "Cleo", Why: "a hat", Made: began}
		h.keeper.Locks = func(context.Context, nvr.Time) ([]nvr.Lock, error) {
			if asked++; asked > 1 {
				return append(slices.Clone(locks), last), nil
			}
			return locks, nil
		}
		done, err := h.keeper.Delete(t.Context(), chosen, said.Digest, "Eve")
		if err != nil || len(done.Goes) != 1 || done.Goes[0].Span != all[2].Span {
			t.Errorf("%+v, %v", done, err)
		}
		if !slices.ContainsFunc(done.Stays, func(s nvr.Staying) bool { return s.Lock == last }) {
			t.Errorf("it is not told that a lock keeps something: %+v", done.Stays)
		}
		for _, i := range []int{0, 1, 3, 4} {
			h.shown(all[i], false)
		}
		if err := export.Close(); err != nil {
			t.Error(err)
		}
		// A disk that is not there keeps what is on it, and tells so.
		there := h.keeper.Directories
		h.keeper.Directories = func() map[nvr.DirectoryID]*footage.Directory { return nil }
		said, err = h.keeper.Deletion(t.Context(), chosen)
		if err != nil || len(said.Goes) != 0 || slices.ContainsFunc(said.Stays, func(s nvr.Staying) bool { return s.Why != nvr.HeldAway }) {
			t.Errorf("without its disk: %+v, %v", said, err)
		}
		h.keeper.Directories = there
		stop()
		<-stopped
		h.close()
		h.open()
		h.consistent(porch)
		h.close()
	})
}

// TestDeletionOfNow has a segment completed between the look and the press: what was
// shown goes, and what was being recorded stays.
func TestDeletionOfNow(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{})
		began := nvr.Now()
		recorded := make(chan struct{})
		go func() {
			defer close(recorded)
			h.record(9*time.Minute, 400, porch, porchSub)
		}()
		time.Sleep(4*time.Minute + 30*time.Second)
		h.round()
		all, chosen := h.kept(porch), moment(began, 0, 4*60+30)
		said, err := h.keeper.Deletion(t.Context(), chosen)
		if err != nil || len(said.Goes) != 1 || len(said.Stays) != 1 || said.Stays[0].Why != nvr.HeldRecording {
			t.Fatalf("%+v, %v", said, err)
		}
		for len(h.kept(porch)) == len(all) {
			time.Sleep(time.Second)
		}
		now := h.kept(porch)[len(all)]
		if !now.Span.Overlaps(chosen[0].Span) {
			t.Fatalf("%s was not chosen", now.Span)
		}
		for _, forged := range []string{strings.Split(said.Digest, ".")[0], said.Digest + ".x", said.Digest + strings.Repeat(".1", 100), said.Digest + "."} {
			if _, err := h.keeper.Delete(t.Context(), chosen, forged, "Ada"); !errors.Is(err, ErrChanged) {
				t.Errorf("%.80s: %v", forged, err)
			}
		}
		done, err := h.keeper.Delete(t.Context(), chosen, said.Digest, "Ada")
		if err != nil || !slices.Equal(done.Goes, said.Goes) || len(done.Stays) != 1 || done.Stays[0].Why != nvr.HeldRecording {
			t.Errorf("%+v, %v", done, err)
		}
		if left := h.kept(porch); len(left) != 1 || left[0].ID != now.ID {
			t.Errorf("there is %+v", left)
		}
		h.shown(now, false)
		<-recorded
		h.close()
		h.open()
		h.consistent(porch)
		h.close()
	})
}

// TestDeletionWhileRecording deletes all that can be while it is recorded and room is
// made: nothing else goes, and time is tiled.
func TestDeletionWhileRecording(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{MaxBytes: 4 << 20})
		began := nvr.Now()
		ctx, stop := context.WithCancel(t.Context())
		ran, deleted := make(chan struct{}), make(chan int)
		go func() {
			defer close(ran)
			h.keeper.Run(ctx)
		}()
		go func() {
			n := 0
			for ; ctx.Err() == nil; time.Sleep(7 * time.Second) {
				chosen := []nvr.Excerpt{{Camera: porch.Camera, Span: nvr.Span{From: max(began, nvr.Now().Add(-90*time.Second)), To: nvr.Now().Add(time.Second)}}}
				said, err := h.keeper.Deletion(t.Context(), chosen)
				if err != nil {
					t.Error(err)
				}
				done, err := h.keeper.Delete(t.Context(), chosen, said.Digest, "Ada")
				if err != nil && !errors.Is(err, ErrChanged) {
					t.Error(err)
				}
				for _, s := range done.Goes {
					n += int(s.Segments)
				}
			}
			deleted <- n
		}()
		h.record(12*time.Minute, 2000, porch, gate)
		stop()
		<-ran
		if n := <-deleted; n < 8 {
			t.Errorf("%d segments were deleted", n)
		}
		h.close()
		h.open()
		defer h.close()
		for _, g := range h.consistent(porch) {
			if g.Reason != nvr.Removed && g.Reason != nvr.Starting && g.Reason != nvr.NotRunning {
				t.Errorf("%+v", g)
			}
		}
		for _, g := range h.consistent(gate) {
			if g.Reason == nvr.Removed && g.RemovedBy != "" {
				t.Errorf("%+v", g)
			}
		}
		if n := len(h.kept(gate)); n < 3 {
			t.Errorf("the gate has %d segments", n)
		}
		log, err := h.catalog.RemovedSince(t.Context(), began)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range log {
			if r.Cause == nvr.ByHand && r.Camera != porch.Camera {
				t.Errorf("%+v", r)
			}
		}
	})
}

// TestDeletionOutlivesPowerCut has the disk not let go of what is deleted, and the
// power go then: nobody is shown it from then on, and the next start ends it.
func TestDeletionOutlivesPowerCut(t *testing.T) {
	dir, left := t.TempDir(), filepath.Join(t.TempDir(), "left")
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t, dir, nvr.Retention{})
		began := nvr.Now()
		h.record(5*time.Minute, 400, porch)
		h.close()
		h.open()
		defer h.close()
		h.round()
		all, chosen := h.kept(porch), moment(began, 70, 80)
		said, err := h.keeper.Deletion(t.Context(), chosen)
		if err != nil {
			t.Fatal(err)
		}
		meta, moved := filepath.Join(dir, "footage", "stoop-footage.json"), filepath.Join(dir, "away")
		if err := os.Rename(meta, moved); err != nil {
			t.Fatal(err)
		}
		done, err := h.keeper.Delete(t.Context(), chosen, said.Digest, "Ada")
		if err != nil || len(done.Goes) != 1 || done.Pending != done.Goes[0].Segments {
			t.Errorf("%+v, %v", done, err)
		}
		if err := os.Rename(moved, meta); err != nil {
			t.Fatal(err)
		}
		went := touching(all, chosen[0])
		h.shown(went[0], true)
		freeze(t, dir, left)
		again := &home{t: t, dir: left, boot: "second", began: time.Now(), log: h.log}
		again.open()
		defer again.close()
		if n := len(again.kept(porch)); n != len(all)-len(went) {
			t.Errorf("%d segments are left of %d", n, len(all))
		}
		again.consistent(porch)
		line, err := again.player.Timeline(t.Context(), porch, chosen[0].Span, time.Second)
		if err != nil || len(line.Gaps) != 1 || line.Gaps[0].RemovedBy != "Ada" {
			t.Errorf("%+v, %v", line, err)
		}
		h.round()
		h.consistent(porch)
	})
}

// noteBy has a segment noted as deleted.
func noteBy(tx catalog.Tx, s catalog.Kept) error {
	return tx.NoteDeletion(s, "Ada", s.Span.From, nvr.Now())
}
