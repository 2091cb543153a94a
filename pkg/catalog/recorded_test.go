package catalog

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// What a camera recorded is told as a list of all its segments would tell it.
func TestRecorded(t *testing.T) {
	small := nvr.StreamID{Camera: porch.Camera, Quality: nvr.Sub}
	r := rand.New(rand.NewPCG(11, 12))
	for round := range 40 {
		c := newCatalog(t)
		c.prepare(t)
		has := make([]bool, 3000) // second by second
		c.must(t, func(tx Tx) error {
			err := errors.Join(tx.EnableStream(small, at(500)), tx.PutSegment(segment(r, gate, at(0), time.Minute)))
			for _, id := range []nvr.StreamID{porch, small} {
				now := int64(0)
				if id == small {
					now = 500
				}
				for now < 2000 && err == nil {
					next := now + 1 + r.Int64N(200)
					if r.IntN(3) == 0 {
						err = tx.AddGap(nvr.Gap{Stream: id, Span: span(now, next), Reason: nvr.Unreachable, Detail: at(now).String()})
					} else {
						err = tx.PutSegment(segment(r, id, at(now), time.Duration(next-now)*time.Second))
						for s := now; s < next; s++ {
							has[s] = true
						}
					}
					now = next
				}
				switch r.IntN(4) {
				case 0:
					err = errors.Join(err, tx.DisableStream(id, at(now)))
				case 1:
					err = errors.Join(err, tx.AddGap(nvr.Gap{Stream: id, Span: nvr.Span{From: at(now)}, Reason: nvr.Unreachable}))
				case 2: // being written
					open := segment(r, id, at(now), time.Minute)
					open.Sealed, open.Fragments, open.Span.To = false, nil, at(now)
					err = errors.Join(err, tx.PutSegment(open))
				}
			}
			return err
		})
		for range 20 {
			from := r.Int64N(2500) - 100
			to := from + r.Int64N(600)
			var want []nvr.Span
			for s := max(from, 0); s < to; s++ {
				if !has[s] {
					continue
				}
				if n := len(want); n > 0 && want[n-1].To == at(s) {
					want[n-1].To = at(s + 1)
				} else {
					want = append(want, span(s, s+1))
				}
			}
			got, err := c.Recorded(t.Context(), porch.Camera, span(from, to))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("round %d, from %d to %d: %v (-want +got):\n%s", round, from, to, err, diff)
			}
		}
	}
}

// What was removed is no longer there, nor is what was never recorded.
func TestRecordedIsRemoved(t *testing.T) {
	c := newCatalog(t)
	d, i := c.prepare(t)
	kept := c.fill(t, d, i, porch, 10)
	c.must(t, func(tx Tx) error {
		_, err := tx.Condemn(kept[2:4], 0)
		return err
	})
	got, err := c.Recorded(t.Context(), porch.Camera, span(0, 3600))
	if diff := cmp.Diff([]nvr.Span{span(0, 120), span(240, 600)}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, camera := range []nvr.CameraID{gate.Camera, 99} {
		if got, err := c.Recorded(t.Context(), camera, span(0, 3600)); err != nil || got != nil {
			t.Errorf("camera %v recorded %v, %v", camera, got, err)
		}
	}
}
