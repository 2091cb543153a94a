package catalog

import (
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

var (
	porch = nvr.StreamID{Camera: 1}
	gate  = nvr.StreamID{Camera: 2, Quality: nvr.Sub}
	noon  = nvr.TimeOf(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
)

// at returns a time some seconds after noon.
func at(seconds int64) nvr.Time { return noon + nvr.Time(seconds*1e6) }

func span(from, to int64) nvr.Span { return nvr.Span{From: at(from), To: at(to)} }

func newCatalog(t testing.TB) *Catalog {
	t.Helper()
	c, err := Open(t.Context(), filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (c *Catalog) must(t testing.TB, f func(Tx) error) {
	t.Helper()
	if err := c.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// prepare gives a catalog both streams, a directory and an init segment.
func (c *Catalog) prepare(t testing.TB) (d nvr.DirectoryID, i nvr.InitID) {
	t.Helper()
	c.must(t, func(tx Tx) (err error) {
		if d, err = tx.Directory([16]byte{1}, "/footage"); err != nil {
			return err
		}
		if i, err = tx.Init([]byte("init"), 90000); err != nil {
			return err
		}
		return errors.Join(tx.EnableStream(porch, at(0)), tx.EnableStream(gate, at(0)))
	})
	return d, i
}

// segment makes a segment with the fragments of a camera with a key frame
// each other second.
func segment(r *rand.Rand, id nvr.StreamID, from nvr.Time, length time.Duration) nvr.Segment {
	s := nvr.Segment{
		Stream: id, Run: nvr.RunID(from), Directory: 1, Init: 1, Sealed: true, Span: nvr.Span{From: from, To: from.Add(length)},
		MediaStart: r.Int64N(1 << 40), Timescale: 90000, HeaderBytes: 800 + r.Int64N(100),
	}
	s.Bytes = s.HeaderBytes
	for i := range max(1, int(length/time.Second)) {
		size, duration := 180_000+r.Int64N(60_000), int64(90000)
		if i%2 == 0 {
			size += 150_000
		}
		if r.IntN(10) == 0 {
			duration += 6000 - r.Int64N(2)*12000
		}
		s.Fragments = append(s.Fragments, nvr.Fragment{
			Offset: s.Bytes, Bytes: size, MediaStart: s.MediaStart + s.MediaDuration, MediaDuration: duration, Key: i%2 == 0, Score: uint8(r.IntN(256)),
		})
		s.Bytes += size
		s.MediaDuration += duration
	}
	return s
}

func TestPutSegment(t *testing.T) {
	c := newCatalog(t)
	c.prepare(t)
	r := rand.New(rand.NewPCG(1, 2))
	want := segment(r, porch, at(10), time.Minute)
	open := want
	open.Sealed, open.Fragments, open.MediaDuration, open.Bytes, open.Span.To = false, nil, 0, 0, open.Span.From
	c.must(t, func(tx Tx) error { return tx.PutSegment(open) })
	got, err := c.OpenSegments(t.Context())
	if err != nil || len(got) != 1 {
		t.Fatalf("open segments: %+v, %v", got, err)
	}
	id := got[0].ID
	open.ID = id
	if diff := cmp.Diff(open, got[0]); diff != "" {
		t.Errorf("open segment (-want +got):\n%s", diff)
	}
	// Sealing replaces everything but the row's number.
	want.Run, want.ID = nvr.RunID(at(1)), id
	c.must(t, func(tx Tx) error {
		var err error
		if want.Directory, err = tx.Directory([16]byte{2}, "/other"); err != nil {
			return err
		}
		if want.Init, err = tx.Init([]byte("other"), 90000); err != nil {
			return err
		}
		return tx.PutSegment(want)
	})
	sealed, err := c.Segment(t.Context(), porch, want.Span.From)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, sealed); diff != "" {
		t.Errorf("sealed segment (-want +got):\n%s", diff)
	}
	if left, err := c.OpenSegments(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("open segments after sealing: %+v, %v", left, err)
	}
	c.must(t, func(tx Tx) error { return tx.DropSegment(porch, at(10)) })
	if _, err := c.Segment(t.Context(), porch, want.Span.From); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a dropped segment is %v, want not found", err)
	}
	c.must(t, func(tx Tx) error { return tx.PutSegment(segment(r, porch, at(70), time.Minute)) })
	if next, err := c.Segment(t.Context(), porch, at(70)); err != nil || next.ID == id {
		t.Errorf("its number was given to another: %v", err)
	}
	c.must(t, func(tx Tx) error { return tx.DropSegment(porch, at(70)) })
	if _, err := c.LastSegment(t.Context(), porch, at(1000)); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("the last segment of none is %v, want not found", err)
	}
	// What contradicts the schema is refused for good, as opposed to a lock.
	unknown, backward := segment(r, nvr.StreamID{Camera: 7}, at(10), time.Minute), want
	backward.MediaDuration = -1
	for name, s := range map[string]nvr.Segment{"of an unknown stream": unknown, "of negative length": backward} {
		if err := c.Update(t.Context(), func(tx Tx) error { return tx.PutSegment(s) }); !IsRefusal(err) {
			t.Errorf("a segment %s is %v, want a refusal", name, err)
		}
	}
	if err := c.Update(t.Context(), func(tx Tx) error {
		return tx.AddGap(nvr.Gap{Stream: unknown.Stream, Span: span(0, 1), Reason: nvr.Starting})
	}); !IsRefusal(err) {
		t.Errorf("a gap of an unknown stream is %v, want a refusal", err)
	}
}

func TestGaps(t *testing.T) {
	c := newCatalog(t)
	c.prepare(t)
	gap := func(from, to int64, reason nvr.Reason) nvr.Gap {
		g := nvr.Gap{Stream: porch, Span: nvr.Span{From: at(from)}, Reason: reason, Detail: string(reason)}
		if to >= 0 {
			g.Span.To = at(to)
		}
		return g
	}
	add := func(g nvr.Gap) error { return c.Update(t.Context(), func(tx Tx) error { return tx.AddGap(g) }) }
	end := func(id nvr.StreamID, to int64) { c.must(t, func(tx Tx) error { return tx.EndGap(id, at(to)) }) }
	check := func(from, to int64, want ...nvr.Gap) {
		t.Helper()
		got, err := c.Gaps(t.Context(), porch, span(from, to))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("gaps in %d to %d (-want +got):\n%s", from, to, diff)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	end(porch, 5) // without an open gap
	must(add(gap(10, -1, nvr.Starting)))
	check(0, 100, gap(10, -1, nvr.Starting))
	if err := add(gap(20, -1, nvr.Unreachable)); !IsRefusal(err) {
		t.Errorf("a second open gap is %v, want a refusal", err)
	}
	must(add(gap(10, -1, nvr.Refused))) // takes the place of one that has no length yet
	check(0, 100, gap(10, -1, nvr.Refused))
	end(gate, 15) // of another stream
	end(porch, 20)
	check(0, 100, gap(10, 20, nvr.Refused))
	must(add(gap(30, -1, nvr.Unreachable)))
	end(porch, 30) // of no length
	check(0, 100, gap(10, 20, nvr.Refused))
	must(add(gap(40, 40, nvr.Unreachable)))
	must(add(gap(40, 39, nvr.Unreachable)))
	must(add(gap(40, 50, nvr.DiskFull)))
	must(add(gap(60, -1, nvr.NoPicture)))
	check(0, 10)
	check(20, 40)
	check(10, 11, gap(10, 20, nvr.Refused))
	check(19, 41, gap(10, 20, nvr.Refused), gap(40, 50, nvr.DiskFull))
	check(45, 46, gap(40, 50, nvr.DiskFull))
	check(55, 60)
	check(1000, 1001, gap(60, -1, nvr.NoPicture))
}

// A disk that stays full is one gap, in whatever order its parts are told.
func TestGapsOfOneKindAreOne(t *testing.T) {
	full := func(from, to int64) nvr.Gap {
		g := nvr.Gap{Stream: porch, Span: span(from, to), Reason: nvr.DiskFull, Detail: "no space"}
		if to == 0 {
			g.Span.To = 0
		}
		return g
	}
	other := full(10, 20)
	other.Detail = "something else"
	for name, c := range map[string]struct{ add, want []nvr.Gap }{
		"one after the other":   {[]nvr.Gap{full(10, 20), full(20, 30), full(30, 40)}, []nvr.Gap{full(10, 40)}},
		"the last first":        {[]nvr.Gap{full(30, 40), full(20, 30), full(10, 20)}, []nvr.Gap{full(10, 40)}},
		"the middle at last":    {[]nvr.Gap{full(10, 20), full(30, 40), full(20, 30)}, []nvr.Gap{full(10, 40)}},
		"an open one before":    {[]nvr.Gap{full(10, 20), full(30, 0), full(20, 30)}, []nvr.Gap{full(10, 0)}},
		"an open one at last":   {[]nvr.Gap{full(10, 20), full(20, 0)}, []nvr.Gap{full(10, 0)}},
		"in place of another":   {[]nvr.Gap{full(10, 20), full(30, 31), full(20, 30), full(10, 50)}, []nvr.Gap{full(10, 50)}},
		"time in between":       {[]nvr.Gap{full(10, 20), full(21, 30)}, []nvr.Gap{full(10, 20), full(21, 30)}},
		"another detail before": {[]nvr.Gap{other, full(20, 30)}, []nvr.Gap{other, full(20, 30)}},
	} {
		t.Run(name, func(t *testing.T) {
			db := newCatalog(t)
			db.prepare(t)
			for _, g := range c.add {
				db.must(t, func(tx Tx) error { return tx.AddGap(g) })
			}
			got, err := db.Gaps(t.Context(), porch, span(0, 100))
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v, gaps (-want +got):\n%s", err, diff)
			}
		})
	}
}

// What is free is where nothing was ever recorded, and what is taken out of
// gaps leaves the rest of them.
func TestFreeTime(t *testing.T) {
	c := newCatalog(t)
	forever := nvr.Span{To: math.MaxInt64}.To
	free := func(from int64) []nvr.Span {
		t.Helper()
		spans, err := c.Free(t.Context(), porch, at(from))
		if err != nil {
			t.Fatal(err)
		}
		return spans
	}
	if diff := cmp.Diff([]nvr.Span{{From: at(5), To: forever}}, free(5)); diff != "" {
		t.Errorf("of a stream that is not known (-want +got):\n%s", diff)
	}
	d, i := c.prepare(t)
	c.must(t, func(tx Tx) error {
		s := segment(rand.New(rand.NewPCG(1, 1)), porch, at(160), time.Minute)
		s.Directory, s.Init = d, i
		return errors.Join(tx.SetStream(porch, nvr.Span{From: at(100)}),
			tx.AddGap(nvr.Gap{Stream: porch, Span: span(100, 130), Reason: nvr.Starting}),
			tx.AddGap(nvr.Gap{Stream: porch, Span: span(130, 160), Reason: nvr.Unreachable}), tx.PutSegment(s),
			tx.AddGap(nvr.Gap{Stream: porch, Span: nvr.Span{From: at(220)}, Reason: nvr.NotRunning}))
	})
	for from, want := range map[int64][]nvr.Span{
		50:  {span(50, 160), {From: at(220), To: forever}},
		140: {span(140, 160), {From: at(220), To: forever}},
		170: {{From: at(220), To: forever}},
		300: {{From: at(300), To: forever}},
	} {
		if diff := cmp.Diff(want, free(from)); diff != "" {
			t.Errorf("free from %d on (-want +got):\n%s", from, diff)
		}
	}

	// A gap within others, one over several, and one before all.
	c.must(t, func(tx Tx) error {
		return errors.Join(tx.CutGaps(porch, span(50, 60)), tx.CutGaps(porch, span(110, 120)), tx.CutGaps(porch, span(125, 140)),
			tx.CutGaps(porch, span(160, 230)), tx.CutGaps(porch, nvr.Span{From: at(400), To: forever}))
	})
	gaps, err := c.Gaps(t.Context(), porch, nvr.Span{From: 1, To: forever})
	if err != nil {
		t.Fatal(err)
	}
	var spans []nvr.Span
	for _, g := range gaps {
		spans = append(spans, g.Span)
	}
	if diff := cmp.Diff([]nvr.Span{span(100, 110), span(120, 125), span(140, 160), span(230, 400)}, spans); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	streams, err := c.Streams(t.Context())
	if err != nil || streams[0].Enabled != at(50) {
		t.Errorf("the stream is %+v, %v, want it enabled from 50 on", streams, err)
	}

	// Nothing is free before footage that was removed.
	c.must(t, func(tx Tx) error {
		return tx.AddGap(nvr.Gap{Stream: porch, Span: span(120, 125), Reason: nvr.Removed})
	})
	if diff := cmp.Diff([]nvr.Span{span(140, 160), span(230, 400)}, free(10)); diff != "" {
		t.Errorf("free since the removal (-want +got):\n%s", diff)
	}
}

func TestStreams(t *testing.T) {
	c := newCatalog(t)
	d, i := c.prepare(t)
	want := func(enabled, disabled, covered int64) {
		t.Helper()
		all, err := c.Streams(t.Context())
		if err != nil || len(all) != 2 || all[0].ID != porch || all[1].ID != gate {
			t.Fatalf("streams %+v, %v", all, err)
		}
		w := Stream{ID: porch, Enabled: at(enabled), Covered: at(covered)}
		if disabled != 0 {
			w.Disabled = at(disabled)
		}
		if diff := cmp.Diff(w, all[0]); diff != "" {
			t.Errorf("stream (-want +got):\n%s", diff)
		}
	}
	want(0, 0, 0)
	c.must(t, func(tx Tx) error {
		return tx.AddGap(nvr.Gap{Stream: porch, Span: nvr.Span{From: at(0)}, Reason: nvr.Starting})
	})
	want(0, 0, 0)
	s := segment(rand.New(rand.NewPCG(3, 4)), porch, at(10), time.Minute)
	s.Directory, s.Init = d, i
	open := s
	open.Sealed, open.Fragments, open.Span.To = false, nil, open.Span.From
	c.must(t, func(tx Tx) error { return errors.Join(tx.EndGap(porch, at(10)), tx.PutSegment(open)) })
	want(0, 0, 10)
	c.must(t, func(tx Tx) error { return tx.PutSegment(s) })
	want(0, 0, 70)
	c.must(t, func(tx Tx) error {
		return tx.AddGap(nvr.Gap{Stream: porch, Span: nvr.Span{From: at(70)}, Reason: nvr.Unreachable})
	})
	c.must(t, func(tx Tx) error { return tx.DisableStream(porch, at(80)) })
	want(0, 80, 80)
	c.must(t, func(tx Tx) error { return tx.DisableStream(porch, at(90)) }) // already
	want(0, 80, 80)
	c.must(t, func(tx Tx) error { return tx.EnableStream(porch, at(200)) })
	want(0, 0, 200)
	c.must(t, func(tx Tx) error { return tx.EnableStream(porch, at(300)) }) // already
	want(0, 0, 200)
	gaps, err := c.Gaps(t.Context(), porch, span(0, 1000))
	if err != nil || len(gaps) != 3 || gaps[2].Reason != nvr.RecordingOff || gaps[2].Span != span(80, 200) {
		t.Errorf("gaps %+v, %v, want the pause last", gaps, err)
	}
}

func TestAliveAndDirectories(t *testing.T) {
	c := newCatalog(t)
	if at, err := c.LastAlive(t.Context()); at != 0 || err != nil {
		t.Errorf("last alive %s, %v, want never", at, err)
	}
	c.must(t, func(tx Tx) error { return errors.Join(tx.Alive(at(1)), tx.Alive(at(2))) })
	if got, err := c.LastAlive(t.Context()); got != at(2) || err != nil {
		t.Errorf("last alive %s, %v", got, err)
	}
	var ids [3]nvr.DirectoryID
	var inits [3]nvr.InitID
	c.must(t, func(tx Tx) (err error) {
		for i, uuid := range [][16]byte{{1}, {2}, {1}} {
			if ids[i], err = tx.Directory(uuid, []string{"/a", "/b", "/moved"}[i]); err != nil {
				return err
			}
			if inits[i], err = tx.Init([]byte{uuid[0]}, 90000); err != nil {
				return err
			}
		}
		return nil
	})
	if ids[0] != ids[2] || ids[0] == ids[1] || inits[0] != inits[2] || inits[0] == inits[1] {
		t.Errorf("numbers of directories %v and of init segments %v", ids, inits)
	}
	directories, err := c.Directories(t.Context())
	if diff := cmp.Diff([]Directory{{ids[0], [16]byte{1}, "/moved"}, {ids[1], [16]byte{2}, "/b"}}, directories); diff != "" || err != nil {
		t.Errorf("directories (-want +got):\n%s%v", diff, err)
	}
	if data, err := c.InitData(t.Context(), inits[1]); err != nil || string(data) != "\x02" {
		t.Errorf("init segment %q, %v", data, err)
	}
	if _, err := c.InitData(t.Context(), 99); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("an unknown init segment is %v", err)
	}
}
