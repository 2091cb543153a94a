package household

import (
	"context"
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// KeepEvents stores events, without their IDs. One of the same stream, kind and
// beginning is the same event, and is changed.
func (h *DB) KeepEvents(ctx context.Context, events []nvr.Event) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		for _, e := range events {
			_, err := tx.ExecContext(ctx, `INSERT INTO event (camera_id, quality, start_us, end_us, before_us, after_us, kind, detail)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET (end_us, before_us, after_us, detail) =
				(excluded.end_us, excluded.before_us, excluded.after_us, excluded.detail)`,
				e.Stream.Camera, e.Stream.Quality, e.Span.From, e.Span.To, e.Before.Microseconds(), e.After.Microseconds(), e.Kind, e.Detail)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	return nil
}

// KeptEvents returns the events that follow one by beginning, stream and kind,
// at most limit of them.
func (h *DB) KeptEvents(ctx context.Context, last nvr.Event, limit int) (events []nvr.Event, err error) {
	events, err = sqlite.All(ctx, h.db.Reader(), func(row sqlite.Row) (e nvr.Event, err error) {
		var before, after int64
		err = row.Scan(&e.Stream.Camera, &e.Stream.Quality, &e.Span.From, &e.Span.To, &before, &after, &e.Kind, &e.Detail)
		e.Before, e.After = time.Duration(before)*time.Microsecond, time.Duration(after)*time.Microsecond
		return e, err
	}, `SELECT camera_id, quality, start_us, end_us, before_us, after_us, kind, detail
		FROM event WHERE (start_us, camera_id, quality, kind) > (?, ?, ?, ?) ORDER BY start_us, camera_id, quality, kind LIMIT ?`,
		last.Span.From, last.Stream.Camera, last.Stream.Quality, last.Kind, limit)
	if err != nil {
		return nil, fmt.Errorf("kept events: %w", err)
	}
	return events, nil
}
