package recorder

import (
	"context"
	"errors"
	"fmt"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// recover settles what the last life of the program left open: segments that
// were being written, files whose row was not committed yet, and the time
// since. What cannot be read stays open, and a gap accounts for its time until
// it can be.
func (r *Recorder) recover(ctx context.Context) error {
	streams, err := r.catalog.Streams(ctx)
	if err != nil {
		return err
	}
	for _, s := range streams {
		r.settled[s.ID] = s.Covered
	}
	err = r.places.Admit(func(d *footage.Directory) error { return r.admit(ctx, d) })
	if catalog.IsCorrupt(err) {
		return err // any other is about the directory, which is tried again
	}
	alive, err := r.catalog.LastAlive(ctx)
	if err != nil {
		return err
	}
	if streams, err = r.catalog.Streams(ctx); err != nil {
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

// admit settles what earlier lives left open in a directory, before this one
// writes to it.
func (r *Recorder) admit(ctx context.Context, d *footage.Directory) error {
	var id nvr.DirectoryID
	err := r.catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		id, err = tx.Directory(d.ID(), d.Path())
		return err
	})
	if err != nil {
		return err
	}
	open, err := r.catalog.OpenSegments(ctx)
	if err != nil {
		return err
	}
	for _, s := range open {
		if s.Directory == id && !r.began(s.Span.From) {
			if err := r.recoverFile(ctx, d, id, s.Stream, s.Span.From); err != nil {
				return err
			}
		}
	}
	if err := r.adopt(ctx, d, id); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows[d] = id
	return nil
}

// began tells whether this life began the segment with that start. At the very
// start it has begun none, however late one seems to be: the clock may have been
// set back since.
func (r *Recorder) began(start nvr.Time) bool { return r.ledger != nil && start >= r.opened }

// row returns the row of a directory that was admitted.
func (r *Recorder) row(d *footage.Directory) nvr.DirectoryID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rows[d]
}

// adopted bounds how many files of a stream are settled before it is recorded:
// more than a crash can leave without a row. If the catalog was lost there are
// as many as there is footage, and pkg/doctor indexes them meanwhile.
const adopted = 8

// adopt settles the files that are newer than what the catalog accounted for:
// those of the last second before a crash. An older one that it does not know
// was given up, and a gap says so.
func (r *Recorder) adopt(ctx context.Context, d *footage.Directory, id nvr.DirectoryID) error {
	streams, err := d.Streams()
	if err != nil {
		return err
	}
	for _, stream := range streams {
		starts, err := d.Newest(stream, r.settled[stream], adopted)
		if err != nil {
			return err
		}
		for _, start := range starts {
			_, _, err := r.catalog.Row(ctx, stream, start)
			if r.began(start) || !errors.Is(err, nvr.ErrNotFound) {
				continue
			}
			err = r.catalog.Update(ctx, func(tx catalog.Tx) error {
				if r.ledger != nil { // the stream has gone on since, or was disabled
					return tx.EnableStreamOnce(stream, start)
				}
				return tx.EnableStream(stream, start)
			})
			if err != nil {
				return err
			}
			if err := r.recoverFile(ctx, d, id, stream, start); err != nil {
				return err
			}
		}
	}
	return nil
}

// recoverFile makes one file whole and writes its sealed row. A file that the
// disk does not deliver stays as it is, and so does its row.
func (r *Recorder) recoverFile(ctx context.Context, d *footage.Directory, id nvr.DirectoryID, stream nvr.StreamID, start nvr.Time) error {
	c, err := d.Recover(stream, start, motion.Scores())
	if errors.Is(err, nvr.ErrNotFound) || errors.Is(err, nvr.ErrDamaged) {
		r.log.Warn("open footage file is gone", "stream", stream.String(), "start", start.String(), "err", err)
		return r.catalog.Update(ctx, func(tx catalog.Tx) error { return tx.DropSegment(stream, start) })
	}
	if err != nil {
		r.log.Error("footage file cannot be recovered, the next start tries again", "stream", stream.String(), "start", start.String(), "err", err)
		return nil
	}
	row := c.Segment
	row.Directory, row.Sealed = id, true
	later, err := r.catalog.Segments(ctx, stream, row.Span)
	if err != nil {
		return err
	}
	for _, s := range later { // in another directory, by a clock that was set back
		if s.Span.From > start {
			row.Span.To = min(row.Span.To, s.Span.From)
		}
	}
	r.log.Info("recovered footage", "stream", stream.String(), "start", start.String(), "length", row.Span.Duration())
	return r.catalog.Update(ctx, func(tx catalog.Tx) error {
		return errors.Join(tx.CutGaps(stream, row.Span), put(tx, row, c.Init))
	})
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
				if !segments[0].Sealed {
					if next == 0 {
						next = max(segments[0].Span.From, min(alive, now))
					}
					segments[0].Span.To = next
					if err := tx.AddGap(r.unread(segments[0])); err != nil {
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

// unread returns the gap that accounts for an open segment as long as nobody
// can tell what its file holds.
func (r *Recorder) unread(s nvr.Segment) nvr.Gap {
	g := nvr.Gap{Stream: s.Stream, Span: s.Span, Reason: nvr.DiskMissing, Detail: "its footage appears when the disk is there again"}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range r.rows {
		if id == s.Directory {
			g.Reason, g.Detail = nvr.DiskError, "its file could not be read; the next start tries again"
		}
	}
	return g
}

// tileBack is how far back a crash can have left something unsettled.
const tileBack = 24 * 3600e9
