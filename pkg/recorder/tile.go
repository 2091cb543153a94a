package recorder

import (
	"fmt"
	"slices"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// joint is up to how far a segment can be from what follows for it to be taken
// to last until then: a file says when its last picture ends only by its
// nominal length, 0.25 ms off at most while the clock slews.
const joint nvr.Time = 10_000

// tiling is the end of a stream's account, to be made whole.
type tiling struct {
	stream   catalog.Stream
	at       nvr.Time // where it begins, and then up to where it is whole
	segments []nvr.Span
	unread   map[nvr.Time]nvr.Gap // what accounts for those that are open, by their start
	gaps     []nvr.Gap
}

// apply accounts for all time from t.at on. The gap in which the program
// ended, at last, ends there, unless it was over by now.
func (t *tiling) apply(tx catalog.Tx, last, now nvr.Time) error {
	for i := range t.gaps {
		g := &t.gaps[i].Span
		if g.To == 0 {
			g.To = forever
		} else if !g.Contains(last) || g.To <= now {
			continue
		}
		end := max(g.From, last)
		for _, s := range t.segments {
			if s.From >= g.From {
				end = min(end, s.From)
				break
			}
		}
		if err := tx.CutGaps(t.stream.ID, nvr.Span{From: end, To: g.To}); err != nil {
			return err
		}
		g.To = end
	}
	t.gaps = slices.DeleteFunc(t.gaps, func(g nvr.Gap) bool { return g.Span.Empty() })
	var before nvr.Time // where the segment begins that ends at t.at
	for len(t.segments)+len(t.gaps) > 0 {
		var piece nvr.Span
		segment := len(t.gaps) == 0 || len(t.segments) > 0 && t.segments[0].From < t.gaps[0].Span.From
		if segment {
			piece, t.segments = t.segments[0], t.segments[1:]
			next := t.next()
			if g, open := t.unread[piece.From]; open {
				if next == forever {
					next = max(piece.From, last)
				}
				piece.To, segment = next, false
				g.Span = piece
				if err := tx.AddGap(g); err != nil {
					return err
				}
			} else if piece.To > next {
				piece.To = next
				if err := tx.EndSegment(t.stream.ID, piece.From, piece.To); err != nil {
					return err
				}
			}
		} else {
			piece, t.gaps = t.gaps[0].Span, t.gaps[1:]
		}
		if err := t.explain(tx, before, piece.From); err != nil {
			return err
		}
		if t.at, before = max(t.at, piece.To), 0; segment {
			before = piece.From
		}
	}
	rest := nvr.Span{From: t.at, To: t.stream.Disabled} // zero while it is recorded
	if err := tx.AddGap(nvr.Gap{Stream: t.stream.ID, Span: rest, Reason: nvr.NotRunning}); err != nil {
		return fmt.Errorf("account for the time since: %w", err)
	}
	return nil
}

// explain accounts for the time up to the next piece.
func (t *tiling) explain(tx catalog.Tx, before, to nvr.Time) error {
	if to > t.at && to-t.at <= joint && before != 0 {
		return tx.EndSegment(t.stream.ID, before, to)
	}
	if to > t.at {
		return tx.AddGap(nvr.Gap{Stream: t.stream.ID, Span: nvr.Span{From: t.at, To: to}, Reason: nvr.NotRunning})
	}
	return nil
}

// next returns where the next piece begins.
func (t *tiling) next() nvr.Time {
	next := forever
	if len(t.segments) > 0 {
		next = t.segments[0].From
	}
	if len(t.gaps) > 0 {
		next = min(next, t.gaps[0].Span.From)
	}
	return next
}
