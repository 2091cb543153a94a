package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Gaps of a stream do not overlap, so at most one that begins before a span
// reaches into it: the last one.
const gapsQuery = `SELECT start_us, coalesce(end_us, 0), reason, detail FROM gap
	WHERE stream_id = (SELECT id FROM stream WHERE camera_id = ?1 AND quality = ?2)
	  AND start_us >= coalesce((SELECT max(start_us) FROM gap
		WHERE stream_id = (SELECT id FROM stream WHERE camera_id = ?1 AND quality = ?2) AND start_us <= ?3), 0)
	  AND start_us < ?4 AND (end_us IS NULL OR end_us > ?3) ORDER BY start_us`

// Gaps returns the gaps of a stream that overlap span, oldest first; To is
// zero in one that goes on.
func (c *Catalog) Gaps(ctx context.Context, stream nvr.StreamID, span nvr.Span) ([]nvr.Gap, error) {
	return queryGaps(ctx, c.db.Reader(), stream, span)
}

func queryGaps(ctx context.Context, from sqlite.Querier, stream nvr.StreamID, span nvr.Span) ([]nvr.Gap, error) {
	found, err := sqlite.All(ctx, from, gapOf(stream), gapsQuery, stream.Camera, stream.Quality, span.From, span.To)
	if err != nil {
		return nil, fmt.Errorf("gaps: %w", err)
	}
	return found, nil
}

// gapOf returns a function that reads a gap of a stream.
func gapOf(stream nvr.StreamID) func(sqlite.Row) (nvr.Gap, error) {
	return func(row sqlite.Row) (nvr.Gap, error) {
		g := nvr.Gap{Stream: stream}
		err := row.Scan(&g.Span.From, &g.Span.To, &g.Reason, &g.Detail)
		return g, err
	}
}

// Free returns the stretches from a time on in which a stream has no footage,
// none on a disk that failed, and had none that was removed since, oldest
// first, adjoining gaps as one. One that goes on ends at math.MaxInt64. Behind
// the newest footage, where no gap is yet, nothing is said to be free; before
// the oldest everything is, unless older footage was removed.
func (c *Catalog) Free(ctx context.Context, stream nvr.StreamID, from nvr.Time) ([]nvr.Span, error) {
	var enabled nvr.Time
	err := c.db.Reader().QueryRowContext(ctx, `SELECT enabled_us FROM stream WHERE camera_id = ? AND quality = ?`,
		stream.Camera, stream.Quality).Scan(&enabled)
	if errors.Is(err, sql.ErrNoRows) {
		return []nvr.Span{{From: from, To: math.MaxInt64}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("free time of %s: %w", stream, err)
	}
	gaps, err := c.Gaps(ctx, stream, nvr.Span{From: from, To: math.MaxInt64})
	if err != nil {
		return nil, err
	}
	var free []nvr.Span
	if from < enabled {
		free = append(free, nvr.Span{From: from, To: enabled})
	}
	for _, g := range gaps {
		if g.Reason == nvr.Removed {
			free = nil
			continue
		}
		if g.Reason.OfDisk() {
			continue
		}
		span := nvr.Span{From: max(g.Span.From, from), To: g.Span.To}
		if span.To == 0 {
			span.To = math.MaxInt64
		}
		if n := len(free); n > 0 && free[n-1].To == span.From {
			free[n-1].To = span.To
		} else {
			free = append(free, span)
		}
	}
	return free, nil
}

// CutGaps takes a span out of a stream's gaps, so that segments or other gaps
// can account for it. A stream that counted as enabled only later does so from
// then on.
func (t Tx) CutGaps(s nvr.StreamID, span nvr.Span) error {
	found, err := queryGaps(t.ctx, t.tx, s, span)
	for _, g := range found {
		before, after := g, g
		before.Span.To = span.From
		after.Span.From = span.To
		err = errors.Join(err, t.DropGap(s, g.Span.From))
		if !before.Span.Empty() {
			err = errors.Join(err, t.AddGap(before))
		}
		if !after.Span.Empty() || g.Span.To == 0 && span.To != math.MaxInt64 {
			err = errors.Join(err, t.AddGap(after))
		}
	}
	if err == nil {
		err = t.exec(`UPDATE stream SET enabled_us = ? WHERE camera_id = ? AND quality = ? AND enabled_us > ?1`, span.From, s.Camera, s.Quality)
	}
	if err != nil {
		return fmt.Errorf("cut gaps of %s: %w", s, err)
	}
	return nil
}
