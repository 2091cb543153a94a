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

// PutEvent adds an event if its ID is zero, and changes the one with its ID
// otherwise, such as when it goes on. An event of the same stream, kind and
// beginning is the same event, with or without ID. It returns the id.
func (t Tx) PutEvent(e nvr.Event) (id int64, err error) {
	if e.ID == 0 {
		err = t.tx.QueryRowContext(t.ctx, `INSERT INTO event (id, camera_id, quality, start_us, end_us, kind, detail, before_us, after_us)
			VALUES (
				(SELECT id FROM event WHERE camera_id = ?1 AND quality = ?2 AND start_us = ?3 AND kind = ?5),
				?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
			ON CONFLICT (id) DO UPDATE SET (end_us, detail, before_us, after_us) =
				(excluded.end_us, excluded.detail, excluded.before_us, excluded.after_us) RETURNING id`,
			e.Stream.Camera, e.Stream.Quality, e.Span.From, e.Span.To, e.Kind, e.Detail,
			e.Before.Microseconds(), e.After.Microseconds()).Scan(&id)
	} else {
		err = t.tx.QueryRowContext(t.ctx, `UPDATE event SET (camera_id, quality, start_us, end_us, kind, detail, before_us, after_us) =
			(?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ? RETURNING id`,
			e.Stream.Camera, e.Stream.Quality, e.Span.From, e.Span.To, e.Kind, e.Detail,
			e.Before.Microseconds(), e.After.Microseconds(), e.ID).Scan(&id)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("event %d: %w", e.ID, nvr.ErrNotFound)
	}
	if err != nil {
		return 0, fmt.Errorf("%s event of %s: %w", e.Kind, e.Stream, err)
	}
	return id, nil
}

// maxEvent is the longest event; the schema holds it.
const maxEvent = 24 * time.Hour

const selectEvents = `SELECT id, camera_id, quality, start_us, end_us, before_us, after_us, kind, detail FROM event WHERE `

// eventsOf finds events by camera and beginning, which has an index.
const eventsOf = `start_us >= ? AND start_us < ? AND end_us >= ? AND camera_id `

// Events returns the events of a camera that overlap span, oldest first.
func (c *Catalog) Events(ctx context.Context, camera nvr.CameraID, span nvr.Span) ([]nvr.Event, error) {
	return c.queryEvents(ctx, eventsOf+`= ? ORDER BY start_us, id`, span.From.Add(-maxEvent), span.To, span.From, camera)
}

const latestEvents = eventsOf + `IN (SELECT camera_id FROM stream) ORDER BY start_us DESC, id DESC`

// LatestEvents calls f for the events of all cameras that overlap span, the
// latest to begin first, until f returns false. Of two that began at once the
// one with the greater ID is first. It reads them in batches, by hours and then
// by longer and longer times, so that it costs little to stop early.
func (c *Catalog) LatestEvents(ctx context.Context, span nvr.Span, f func(nvr.Event) bool) error {
	first, to := span.From.Add(-maxEvent), span.To
	for width := time.Hour; first < to; width *= 2 {
		from := max(first, to.Add(-width))
		batch, err := c.queryEvents(ctx, latestEvents, from, to, span.From)
		if err != nil {
			return err
		}
		for _, e := range batch {
			if !f(e) {
				return nil
			}
		}
		to = from
	}
	return nil
}

// queryEvents returns the events that selectEvents with a condition finds.
func (c *Catalog) queryEvents(ctx context.Context, where string, args ...any) ([]nvr.Event, error) {
	events, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (e nvr.Event, err error) {
		var before, after int64
		if err := row.Scan(&e.ID, &e.Stream.Camera, &e.Stream.Quality, &e.Span.From, &e.Span.To, &before, &after, &e.Kind, &e.Detail); err != nil {
			return e, err
		}
		e.Before, e.After = time.Duration(before)*time.Microsecond, time.Duration(after)*time.Microsecond
		return e, nil
	}, selectEvents+where, args...)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return events, nil
}

// EventsAfter returns the events of all cameras that follow one by beginning and
// ID, at most limit of them.
func (c *Catalog) EventsAfter(ctx context.Context, last nvr.Event, limit int) ([]nvr.Event, error) {
	return c.queryEvents(ctx, `(start_us, id) > (?, ?) ORDER BY start_us, id LIMIT ?`, last.Span.From, last.ID, limit)
}

// RestoreEvents adds events that were kept elsewhere, without their IDs. What is
// there already is better known here, and stays.
func (c *Catalog) RestoreEvents(ctx context.Context, events []nvr.Event) error {
	return c.Update(ctx, func(t Tx) error {
		for _, e := range events {
			err := t.exec(`INSERT INTO event (camera_id, quality, start_us, end_us, kind, detail, before_us, after_us)
				SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
				 WHERE NOT EXISTS (SELECT 1 FROM event WHERE camera_id = ?1 AND quality = ?2 AND start_us = ?3 AND kind = ?5)`,
				e.Stream.Camera, e.Stream.Quality, e.Span.From, e.Span.To, e.Kind, e.Detail, e.Before.Microseconds(), e.After.Microseconds())
			if err != nil {
				return fmt.Errorf("%s event of %s: %w", e.Kind, e.Stream, err)
			}
		}
		return nil
	})
}
