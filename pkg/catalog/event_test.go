package catalog

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// Events are found as a list of all of them would have it, however far apart
// they are, and as many as are asked for.
func TestEventsAgainstModel(t *testing.T) {
	c := newCatalog(t)
	r := rand.New(rand.NewPCG(11, 12))
	other := nvr.StreamID{Camera: porch.Camera + 1}
	var all []nvr.Event
	c.must(t, func(tx Tx) error {
		for _, id := range []nvr.StreamID{porch, other} {
			if err := tx.EnableStream(id, at(0)); err != nil {
				return err
			}
		}
		now := at(0)
		for range 300 {
			now = now.Add(time.Duration(r.Int64N(int64(time.Minute) << r.IntN(12))))
			if r.IntN(4) == 0 {
				now = now.Add(time.Second) // or else two may begin at once
			}
			e := nvr.Event{Stream: []nvr.StreamID{porch, other}[r.IntN(2)], Kind: []string{"ring", "motion", "person"}[r.IntN(3)], Span: nvr.Span{From: now, To: now}}
			if r.IntN(2) == 0 {
				e.Span.To = now.Add(time.Duration(r.Int64N(int64(maxEvent))))
			}
			var err error
			if e.ID, err = tx.PutEvent(e); err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	})
	end := all[len(all)-1].Span.To
	for n := range 200 {
		span := nvr.Span{From: at(0) + nvr.Time(r.Int64N(int64(end-at(0)))), To: end + 1}
		if n%2 == 0 {
			span.To = span.From.Add(time.Duration(1000 + r.Int64N(int64(30*24*time.Hour))))
		}
		if n%5 == 0 { // on the border of one
			span.From = all[r.IntN(len(all))].Span.To
			span.To = max(span.To, span.From+1)
		}
		var want []nvr.Event
		for _, e := range all {
			if e.Span.From < span.To && e.Span.To >= span.From {
				want = append(want, e)
			}
		}
		of := slices.DeleteFunc(slices.Clone(want), func(e nvr.Event) bool { return e.Stream.Camera != porch.Camera })
		got, err := c.Events(t.Context(), porch.Camera, span)
		if diff := cmp.Diff(of, got); err != nil || diff != "" && len(of)+len(got) > 0 {
			t.Fatalf("of one camera in %s: %v, -want +got:\n%s", span, err, diff)
		}
		slices.Reverse(want)
		most := 1 + r.IntN(len(all))
		var latest []nvr.Event
		err = c.LatestEvents(t.Context(), span, func(e nvr.Event) bool {
			latest = append(latest, e)
			return len(latest) < most
		})
		want = want[:min(most, len(want))]
		if diff := cmp.Diff(want, latest); err != nil || diff != "" && len(want)+len(latest) > 0 {
			t.Fatalf("the latest %d in %s: %v, -want +got:\n%s", most, span, err, diff)
		}
	}
}
