package recorder

import (
	"context"
	"errors"
	"fmt"

	"nvrd/pkg/catalog"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// recover settles what the last life of the program left open: segments that
// were being written, files whose row was not committed yet, and the time
// since. Streams are settled one by one; a stream that cannot be is an error,
// because recording over it would hide the loss.
func (r *Recorder) recover(ctx context.Context) error {
	open, err := r.catalog.OpenSegments(ctx)
	if err != nil {
		return err
	}
	for _, s := range open {
		if err := r.recoverFile(ctx, s.Stream, s.Span.From); err != nil {
			return err
		}
	}
	if err := r.adopt(ctx); err != nil {
		return err
	}
	alive, err := r.catalog.LastAlive(ctx)
	if err != nil {
		return err
	}
	streams, err := r.catalog.Streams(ctx)
	if err != nil {
		return err
	}
	for _, s := range streams {
		if s.Disabled == 0 {
			if err := r.tile(ctx, s, alive); err != nil {
				return err
			}
		}
		r.covered[s.ID] = s.Covered
	}
	return nil
}

// adopted bounds how many files of a stream are settled before it is recorded:
// more than a crash can leave without a row. If the catalog was lost there are
// as many as there is footage, and pkg/doctor indexes them meanwhile.
const adopted = 8

// adopt settles the files that are newer than what the catalog accounts for:
// those of the last second before a crash. An older one that it does not know
// was given up, and a gap says so.
func (r *Recorder) adopt(ctx context.Context) error {
	streams, err := r.catalog.Streams(ctx)
	if err != nil {
		return err
	}
	covered := map[nvr.StreamID]nvr.Time{}
	for _, s := range streams {
		covered[s.ID] = s.Covered
	}
	ids, err := r.directory.Streams()
	if err != nil {
		return err
	}
	for _, id := range ids {
		starts, err := r.directory.Newest(id, covered[id], adopted)
		if err != nil {
			return err
		}
		for _, start := range starts {
			err := r.catalog.Update(ctx, func(tx catalog.Tx) error { return tx.EnableStream(id, start) })
			if err != nil {
				return err
			}
			if err := r.recoverFile(ctx, id, start); err != nil {
				return err
			}
		}
	}
	return nil
}

// recoverFile makes one file whole and writes its sealed row.
func (r *Recorder) recoverFile(ctx context.Context, id nvr.StreamID, start nvr.Time) error {
	c, err := r.directory.Recover(id, start, motion.Scores())
	if errors.Is(err, nvr.ErrNotFound) || errors.Is(err, nvr.ErrDamaged) {
		r.log.Warn("open footage file is gone", "stream", id.String(), "start", start.String(), "err", err)
		return r.catalog.Update(ctx, func(tx catalog.Tx) error { return tx.DropSegment(id, start) })
	}
	if err != nil {
		return err
	}
	row := c.Segment
	row.Directory, row.Sealed = r.place, true
	r.log.Info("recovered footage", "stream", id.String(), "start", start.String(), "length", row.Span.Duration())
	return r.catalog.Update(ctx, func(tx catalog.Tx) error { return put(tx, row, c.Init) })
}

// tile makes segments and gaps of a stream tile time again up to now, with an
// open gap at the end. Only the stretch since the oldest segment that was open
// can need it, but looking at the last day costs nothing notable.
func (r *Recorder) tile(ctx context.Context, s catalog.Stream, alive nvr.Time) error {
	now := max(nvr.Now(), s.Covered)
	span := nvr.Span{From: max(s.Enabled, s.Covered.Add(-tileBack)), To: now + 1}
	segments, err := r.catalog.Segments(ctx, s.ID, span)
	if err != nil {
		return err
	}
	gaps, err := r.catalog.Gaps(ctx, s.ID, span)
	if err != nil {
		return err
	}
	return r.catalog.Update(ctx, func(tx catalog.Tx) error {
		if n := len(gaps); n > 0 && gaps[n-1].Span.To == 0 {
			// The camera was away when the program ended, which was not before
			// the last sign of life, unless there is footage by then.
			gap := &gaps[n-1].Span
			gap.To = max(gap.From, min(alive, now))
			for _, segment := range segments {
				if segment.Span.From >= gap.From {
					gap.To = min(gap.To, segment.Span.From)
				}
			}
			if err := tx.EndGap(s.ID, gap.To); err != nil {
				return err
			}
		}
		at := span.From
		for len(segments)+len(gaps) > 0 {
			var piece nvr.Span
			if len(gaps) == 0 || len(segments) > 0 && segments[0].Span.From < gaps[0].Span.From {
				next := nvr.Time(0)
				if len(segments) > 1 {
					next = segments[1].Span.From
				}
				if len(gaps) > 0 && (next == 0 || gaps[0].Span.From < next) {
					next = gaps[0].Span.From
				}
				if next != 0 && segments[0].Span.To > next {
					segments[0].Span.To = next
					if err := tx.PutSegment(segments[0]); err != nil {
						return err
					}
				}
				piece, segments = segments[0].Span, segments[1:]
			} else {
				piece, gaps = gaps[0].Span, gaps[1:]
			}
			if piece.From > at {
				if err := tx.AddGap(nvr.Gap{Stream: s.ID, Span: nvr.Span{From: at, To: piece.From}, Reason: nvr.NotRunning}); err != nil {
					return err
				}
			}
			at = max(at, piece.To)
		}
		if err := tx.AddGap(nvr.Gap{Stream: s.ID, Span: nvr.Span{From: at}, Reason: nvr.NotRunning}); err != nil {
			return fmt.Errorf("account for the time since: %w", err)
		}
		return nil
	})
}

// tileBack is how far back a crash can have left something unsettled.
const tileBack = 24 * 3600e9
