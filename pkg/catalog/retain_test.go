package catalog

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// fill records minutes of a stream from noon on, and returns what retention
// sees of it.
func (c *Catalog) fill(t testing.TB, d nvr.DirectoryID, i nvr.InitID, id nvr.StreamID, minutes int64) []Kept {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	c.must(t, func(tx Tx) error {
		for m := range minutes {
			s := segment(r, id, at(60*m), time.Minute)
			s.Directory, s.Init, s.Sealed = d, i, true
			if err := tx.PutSegment(s); err != nil {
				return err
			}
		}
		return nil
	})
	return slices.DeleteFunc(c.everything(t, d), func(k Kept) bool { return k.Stream != id })
}

// everything returns all sealed segments of a directory, class by class.
func (c *Catalog) everything(t testing.TB, d nvr.DirectoryID) (all []Kept) {
	t.Helper()
	for class := range nvr.Locked + 1 {
		err := c.Oldest(t.Context(), d, class, nil, func(k Kept) bool {
			all = append(all, k)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// classes returns a digit for each minute of a stream: its class, or a blank.
func (c *Catalog) classes(t testing.TB, d nvr.DirectoryID, id nvr.StreamID, minutes int) string {
	t.Helper()
	line := slices.Repeat([]byte{' '}, minutes)
	for _, k := range c.everything(t, d) {
		if k.Stream == id {
			line[k.Span.From.Sub(noon)/time.Minute] = '0' + byte(k.Class)
		}
	}
	return string(line)
}

// counted fails the test unless the stock is the sum of the segments.
func (c *Catalog) counted(t testing.TB, d nvr.DirectoryID) {
	t.Helper()
	type key struct {
		stream nvr.StreamID
		class  nvr.Class
	}
	want, got := map[key]nvr.Stock{}, map[key]nvr.Stock{}
	for _, k := range c.everything(t, d) {
		s := want[key{k.Stream, k.Class}]
		s.Stream, s.Directory, s.Class = k.Stream, d, k.Class
		s.Segments++
		s.Bytes += k.Bytes
		s.Duration += k.Span.Duration()
		want[key{k.Stream, k.Class}] = s
	}
	stocks, err := c.Stocks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stocks {
		got[key{s.Stream, s.Class}] = s
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(key{})); diff != "" {
		t.Errorf("stock, -segments +stock:\n%s", diff)
	}
}

func TestClasses(t *testing.T) {
	c := newCatalog(t)
	d, i := c.prepare(t)
	c.fill(t, d, i, porch, 8)
	c.fill(t, d, i, gate, 8)
	sub := nvr.StreamID{Camera: porch.Camera, Quality: nvr.Sub}
	c.must(t, func(tx Tx) error { return tx.EnableStream(sub, at(0)) })
	var motion int64
	lock := nvr.Lock{ID: 1, Camera: porch.Camera, Span: span(180, 300), Who: "Ada", Why: "parcel", Made: at(0)}
	steps := []struct {
		what string
		do   func(Tx) error
		want string
	}{
		{"nothing", func(Tx) error { return nil }, "00000000"},
		{"motion over a boundary", func(tx Tx) (err error) {
			motion, err = tx.PutEvent(nvr.Event{Stream: sub, Span: span(100, 130), Kind: "motion"})
			return err
		}, "01100000"},
		{"the same motion, a little longer", func(tx Tx) error {
			id, err := tx.PutEvent(nvr.Event{Stream: sub, Span: span(100, 140), Kind: "motion"})
			if id != motion {
				t.Errorf("motion %d became event %d", motion, id)
			}
			return err
		}, "01100000"},
		{"a ring is an instant", func(tx Tx) error {
			_, err := tx.PutEvent(nvr.Event{Stream: porch, Span: span(150, 150), Kind: nvr.RingEvent})
			return err
		}, "01200000"},
		{"the motion goes on", func(tx Tx) error {
			_, err := tx.PutEvent(nvr.Event{ID: motion, Stream: sub, Span: span(100, 250), Kind: "person"})
			return err
		}, "01211000"},
		{"a lock", func(tx Tx) error {
			return tx.setLocks(nil, []nvr.Lock{lock})
		}, "01233000"},
		{"footage that comes later", func(tx Tx) error {
			s := segment(rand.New(rand.NewPCG(1, 2)), porch, at(240), time.Minute)
			s.Directory, s.Init, s.Sealed = d, i, false
			if err := tx.PutSegment(s); err != nil {
				return err
			}
			s.Sealed = true
			return tx.PutSegment(s)
		}, "01233000"},
		{"no lock", func(tx Tx) error {
			return tx.setLocks([]nvr.Lock{lock}, nil)
		}, "01211000"},
		{"a ring with what is around it", func(tx Tx) error {
			_, err := tx.PutEvent(nvr.Event{Stream: porch, Span: span(365, 415), Before: 6 * time.Second, After: 5 * time.Second, Kind: nvr.RingEvent})
			return err
		}, "01211222"},
		{"with less", func(tx Tx) error {
			_, err := tx.PutEvent(nvr.Event{Stream: porch, Span: span(365, 415), Before: 5 * time.Second, After: 4 * time.Second, Kind: nvr.RingEvent})
			return err
		}, "01211020"},
	}
	for _, step := range steps {
		c.must(t, step.do)
		if got := c.classes(t, d, porch, 8); got != step.want {
			t.Errorf("%s: classes %s, want %s", step.what, got, step.want)
		}
		if got := c.classes(t, d, gate, 8); got != "00000000" {
			t.Errorf("%s: another camera has %s", step.what, got)
		}
		c.counted(t, d)
	}
	events, err := c.Events(t.Context(), porch.Camera, span(240, 360))
	if err != nil || len(events) != 1 || events[0].Kind != "person" || events[0].Span != span(100, 250) {
		t.Errorf("events %+v, %v", events, err)
	}
}

func TestCondemn(t *testing.T) {
	removed := func(from, to int64) nvr.Gap {
		return nvr.Gap{Stream: porch, Span: span(from, to), Reason: nvr.Removed}
	}
	for name, tt := range map[string]struct {
		gaps  []nvr.Gap // beside eight minutes of footage, which they may replace
		order []int     // minutes that go, one after the other
		want  []nvr.Gap
	}{
		"one":                  {nil, []int{2}, []nvr.Gap{removed(120, 180)}},
		"oldest first is one":  {nil, []int{0, 1, 2}, []nvr.Gap{removed(0, 180)}},
		"backward is one":      {nil, []int{2, 1, 0}, []nvr.Gap{removed(0, 180)}},
		"the middle last":      {nil, []int{0, 2, 1}, []nvr.Gap{removed(0, 180)}},
		"apart stays apart":    {nil, []int{0, 2}, []nvr.Gap{removed(0, 60), removed(120, 180)}},
		"short gaps go":        {[]nvr.Gap{{Span: span(60, 90), Reason: nvr.Unreachable}, {Span: span(90, 120), Reason: nvr.Starting}}, []int{0, 2}, []nvr.Gap{removed(0, 180)}},
		"also backward":        {[]nvr.Gap{{Span: span(60, 90), Reason: nvr.Unreachable}, {Span: span(90, 120), Reason: nvr.Starting}}, []int{2, 0}, []nvr.Gap{removed(0, 180)}},
		"but not at an end":    {[]nvr.Gap{{Span: span(60, 120), Reason: nvr.Unreachable}}, []int{0}, []nvr.Gap{removed(0, 60), {Stream: porch, Span: span(60, 120), Reason: nvr.Unreachable}}},
		"long gaps stay":       {[]nvr.Gap{{Span: span(60, 180), Reason: nvr.Unreachable}}, []int{0, 3}, []nvr.Gap{removed(0, 60), {Stream: porch, Span: span(60, 180), Reason: nvr.Unreachable}, removed(180, 240)}},
		"an open gap goes on":  {[]nvr.Gap{{Span: nvr.Span{From: at(480)}, Reason: nvr.Unreachable}}, []int{7}, []nvr.Gap{removed(420, 480), {Stream: porch, Span: nvr.Span{From: at(480)}, Reason: nvr.Unreachable}}},
		"what is gone is gone": {nil, []int{1, 1}, []nvr.Gap{removed(60, 120)}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCatalog(t)
			d, i := c.prepare(t)
			kept := c.fill(t, d, i, porch, 8)
			c.must(t, func(tx Tx) error {
				for _, g := range tt.gaps {
					g.Stream = porch
					for m := g.Span.From; g.Span.To != 0 && m < g.Span.To; m = m.Add(time.Minute) {
						if err := tx.DropSegment(porch, m/60e6*60e6); err != nil {
							return err
						}
					}
					if err := tx.AddGap(g); err != nil {
						return err
					}
				}
				return nil
			})
			for _, minute := range tt.order {
				c.must(t, func(tx Tx) error {
					_, err := tx.Condemn(kept[minute:minute+1], 0)
					return err
				})
			}
			got, err := c.Gaps(t.Context(), porch, span(-3600, 36000))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("gaps, -want +got:\n%s", diff)
			}
			c.counted(t, d)
		})
	}
}

// What was removed is told by the hour, the camera, the class and the cause, for a
// hundred days.
func TestRemovals(t *testing.T) {
	c := newCatalog(t)
	d, i := c.prepare(t)
	kept := c.fill(t, d, i, porch, 5)
	const hour = time.Hour
	went := at(0).Add(1000 * hour)
	for _, x := range []struct {
		segment int
		cause   nvr.Cause
		at      nvr.Time
	}{{0, nvr.NoRoom, went}, {2, nvr.NoRoom, went.Add(time.Minute)}, {3, nvr.TooOld, went.Add(2 * time.Minute)}, {4, nvr.NoRoom, went.Add(5 * hour)}} {
		c.must(t, func(tx Tx) error { return tx.NoteRemoval(kept[x.segment], x.cause, x.at) })
	}
	removal := func(cause nvr.Cause, at nvr.Time, span nvr.Span, segments ...int) nvr.Removal {
		r := nvr.Removal{Camera: 1, Cause: cause, At: at, Span: span, Segments: int64(len(segments))}
		for _, i := range segments {
			r.Bytes += kept[i].Bytes
		}
		return r
	}
	last := removal(nvr.NoRoom, went.Add(5*hour), span(240, 300), 4)
	old := removal(nvr.TooOld, went.Add(2*time.Minute), span(180, 240), 3)
	first := removal(nvr.NoRoom, went.Add(time.Minute), span(0, 180), 0, 2)
	check := func(what string, got []nvr.Removal, err error, want ...nvr.Removal) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s, -want +got: %v\n%s", what, err, diff)
		}
	}
	got, err := c.RemovedSince(t.Context(), went)
	check("since", got, err, last, first, old)
	got, err = c.RemovedSince(t.Context(), went.Add(3*hour))
	check("lately", got, err, last)
	got, err = c.RemovedFrom(t.Context(), 1, span(170, 180))
	check("of a span", got, err, first)
	got, err = c.RemovedFrom(t.Context(), 2, span(0, 300))
	check("of another camera", got, err)
	c.must(t, func(tx Tx) error { return tx.NoteRemoval(kept[1], nvr.NoRoom, went.Add(removalsKept+2*hour)) })
	got, err = c.RemovedSince(t.Context(), 1)
	check("after a hundred days", got, err, removal(nvr.NoRoom, went.Add(removalsKept+2*hour), span(60, 120), 1), last)
	// What somebody deleted is told with who, each stretch by itself, and for good.
	later := went.Add(removalsKept + 3*hour)
	for _, x := range []struct {
		segment int
		part    nvr.Time
	}{{0, at(0)}, {1, at(0)}, {3, at(180)}} {
		c.must(t, func(tx Tx) error { return tx.NoteDeletion(kept[x.segment], "Ada", x.part, later) })
	}
	by := func(r nvr.Removal, part nvr.Time) nvr.Removal {
		r.Who, r.Part = "Ada", part
		return r
	}
	one, two := by(removal(nvr.ByHand, later, span(0, 120), 0, 1), at(0)), by(removal(nvr.ByHand, later, span(180, 240), 3), at(180))
	got, err = c.RemovedSince(t.Context(), later)
	check("by hand", got, err, one, two)
	end := later.Add(2 * removalsKept)
	c.must(t, func(tx Tx) error { return tx.NoteRemoval(kept[4], nvr.NoRoom, end) })
	got, err = c.RemovedSince(t.Context(), 1)
	check("much later", got, err, removal(nvr.NoRoom, end, span(240, 300), 4), one, two)
}

// TestCondemnLooksAgain shows that what came about after the choice was made counts.
func TestCondemnLooksAgain(t *testing.T) {
	c := newCatalog(t)
	d, i := c.prepare(t)
	kept := c.fill(t, d, i, porch, 4)
	c.must(t, func(tx Tx) error {
		err := tx.setLocks(nil, []nvr.Lock{{ID: 1, Camera: 1, Span: span(70, 80), Who: "Ada", Why: "parcel"}})
		open := segment(rand.New(rand.NewPCG(1, 2)), porch, at(120), time.Minute)
		open.Directory, open.Init, open.Sealed = d, i, false
		return errors.Join(err, tx.DropSegment(porch, at(120)), tx.PutSegment(open),
			tx.exec(`INSERT INTO lease VALUES (1, 1, 0, ?, ?, ?)`, at(200), at(201), at(1000)))
	})
	open, err := c.OpenSegments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept[2].ID = open[0].ID
	for _, tt := range []struct {
		at   nvr.Time
		want []int64
	}{{at(999), []int64{0}}, {at(1000), []int64{3}}} {
		c.must(t, func(tx Tx) error {
			gone, err := tx.Condemn(kept, tt.at)
			var minutes []int64
			for _, k := range gone {
				minutes = append(minutes, int64(k.Span.From.Sub(noon)/time.Minute))
			}
			if !slices.Equal(minutes, tt.want) {
				t.Errorf("at %s minutes %v went, want %v", tt.at, minutes, tt.want)
			}
			return err
		})
	}
	garbage, err := c.Garbage(t.Context(), 10)
	if err != nil || len(garbage) != 2 {
		t.Fatalf("garbage %+v, %v", garbage, err)
	}
	c.must(t, func(tx Tx) error { return tx.DropGarbage(append(garbage, kept...)) })
	if got := c.classes(t, d, porch, 4); got != " 3  " {
		t.Errorf("classes %q", got)
	}
	if open, err := c.OpenSegments(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("the open segment went: %v, %v", open, err)
	}
	c.counted(t, d)
}

// TestLease shows that a lease lasts as long as it is held, and a minute
// longer than a process that dies.
func TestLease(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c, err := Open(t.Context(), dir+"/catalog.db")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		holds := func() int {
			synctest.Wait()
			h, err := c.Leased(t.Context(), nvr.Now())
			if err != nil {
				t.Fatal(err)
			}
			return len(h)
		}
		l, err := c.Lease(t.Context(), porch, span(0, 60))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if n := holds(); n != 1 {
			t.Errorf("%d leases are held after ten minutes", n)
		}
		// A sleeping machine: the lease expires and is dropped, and comes back.
		c.must(t, func(tx Tx) error { return tx.DropLeases(nvr.Now().Add(time.Hour)) })
		if n := holds(); n != 0 {
			t.Errorf("%d leases are left", n)
		}
		time.Sleep(renewEvery)
		if n := holds(); n != 1 {
			t.Errorf("%d leases are held after the next renewal", n)
		}
		l.Release()
		l.Release()
		if n := holds(); n != 0 {
			t.Errorf("%d leases are held after the release", n)
		}
		c.must(t, func(tx Tx) error { // by a process that died at once
			return tx.exec(`INSERT INTO lease VALUES (7, 1, 0, ?, ?, ?)`, at(0), at(60), nvr.Now().Add(leaseTime))
		})
		time.Sleep(leaseTime - time.Second)
		if n := holds(); n != 1 {
			t.Errorf("%d leases are held just before the end", n)
		}
		time.Sleep(time.Second)
		if n := holds(); n != 0 {
			t.Errorf("%d leases are held after the end", n)
		}
	})
}
