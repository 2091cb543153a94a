package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Condemn makes sealed segments garbage and their time a gap with reason
// nvr.Removed. It leaves alone what is not sealed, what is locked, and what is
// leased beyond a time, since any of that may have come about since the
// segments were chosen. It returns those that are garbage now; once their
// files are gone, [Tx.DropGarbage] ends it.
func (t Tx) Condemn(segments []Kept, leasedAt nvr.Time) ([]Kept, error) {
	var condemned []Kept
	for _, k := range segments {
		var stream, start, duration int64
		err := t.tx.QueryRowContext(t.ctx, `UPDATE segment SET state = 2
			WHERE id = ?1 AND state = 1 AND class < ?2 AND NOT EXISTS (
				SELECT 1 FROM lease l JOIN stream s ON s.camera_id = l.camera_id AND s.quality = l.quality
				 WHERE s.id = segment.stream_id AND l.expires_us > ?3
				   AND l.start_us < segment.start_us + segment.duration_us AND l.end_us > segment.start_us)
			RETURNING stream_id, start_us, duration_us`, k.ID, nvr.Locked, leasedAt).Scan(&stream, &start, &duration)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err == nil && duration > 0 {
			err = t.addRemoved(stream, start, start+duration)
		}
		if err != nil {
			return nil, fmt.Errorf("condemn segment %d: %w", k.ID, err)
		}
		condemned = append(condemned, k)
	}
	return condemned, nil
}

// swallow is how long a gap may be to become part of the removed time around
// it. Without that the gaps of an unsteady camera would stay forever; longer
// ones keep telling what happened.
const swallow = time.Minute

// addRemoved records that the footage of [from, to) is gone. It makes one gap
// of what was removed before and after.
func (t Tx) addRemoved(stream, from, to int64) error {
	left, err := t.removedBeside(stream, from, gapBefore, func(g beside) int64 { return g.start })
	if err != nil {
		return err
	}
	right, err := t.removedBeside(stream, to, gapAfter, func(g beside) int64 { return g.end })
	if err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM gap WHERE stream_id = ? AND start_us >= ? AND start_us < ?`, stream, left, right); err != nil {
		return err
	}
	return t.exec(`INSERT INTO gap (stream_id, start_us, end_us, reason, detail) VALUES (?, ?, ?, ?, '')`, stream, left, right, string(nvr.Removed))
}

const (
	gapBefore = `SELECT start_us, end_us, reason FROM gap WHERE stream_id = ?1 AND end_us = ?2
		AND start_us = (SELECT max(start_us) FROM gap WHERE stream_id = ?1 AND start_us < ?2)`
	gapAfter = `SELECT start_us, end_us, reason FROM gap WHERE stream_id = ?1 AND start_us = ?2 AND end_us IS NOT NULL`
)

// beside is a gap that touches a removed stretch.
type beside struct {
	start, end int64
	reason     nvr.Reason
}

// removedBeside follows gaps from an instant outward, with query and far, and
// returns how far the removed time reaches: short gaps belong to it if there
// is removed time behind them.
func (t Tx) removedBeside(stream, at int64, query string, far func(beside) int64) (int64, error) {
	reach, short := at, time.Duration(0)
	for {
		var g beside
		err := t.tx.QueryRowContext(t.ctx, query, stream, at).Scan(&g.start, &g.end, &g.reason)
		if errors.Is(err, sql.ErrNoRows) {
			return reach, nil
		}
		if err != nil {
			return 0, err
		}
		at = far(g)
		if g.reason == nvr.Removed {
			return at, nil // what is beyond was joined when this was made
		}
		if short += time.Duration(g.end-g.start) * time.Microsecond; short > swallow {
			return reach, nil
		}
	}
}

// Garbage returns the segments that are garbage, at most limit of them.
func (c *Catalog) Garbage(ctx context.Context, limit int) ([]Kept, error) {
	garbage, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (k Kept, err error) {
		if err := row.Scan(&k.ID, &k.Stream.Camera, &k.Stream.Quality, &k.Span.From, &k.Span.To, &k.Directory, &k.Class, &k.Bytes); err != nil {
			return k, err
		}
		k.Span.To += k.Span.From
		return k, nil
	}, `SELECT g.id, s.camera_id, s.quality, g.start_us, g.duration_us, g.directory_id, g.class, g.bytes
		FROM segment g INDEXED BY segment_unsettled JOIN stream s ON s.id = g.stream_id WHERE g.state <> 1 AND g.state = 2 LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("garbage: %w", err)
	}
	return garbage, nil
}

// DropGarbage drops the rows of garbage whose files are gone for good.
func (t Tx) DropGarbage(garbage []Kept) error {
	for _, k := range garbage {
		if err := t.exec(`DELETE FROM segment WHERE id = ? AND state = 2`, k.ID); err != nil {
			return fmt.Errorf("drop segment %d: %w", k.ID, err)
		}
	}
	return nil
}
