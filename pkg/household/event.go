package household

import (
	"context"
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Event is something that happened in front of a camera, as the catalog has it.
type Event struct {
	Stream        nvr.StreamID
	Span          nvr.Span // may be an instant
	Before, After time.Duration
	Kind          string
	Detail        string
}

// KeepEvents stores events. One of the same stream, kind and beginning is the
// same event, and is changed.
func (h *DB) KeepEvents(ctx context.Context, events []Event) error {
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
func (h *DB) KeptEvents(ctx context.Context, last Event, limit int) (events []Event, err error) {
	rows, err := h.db.Reader().QueryContext(ctx, `SELECT camera_id, quality, start_us, end_us, before_us, after_us, kind, detail
		FROM event WHERE (start_us, camera_id, quality, kind) > (?, ?, ?, ?) ORDER BY start_us, camera_id, quality, kind LIMIT ?`,
		last.Span.From, last.Stream.Camera, last.Stream.Quality, last.Kind, limit)
	if err != nil {
		return nil, fmt.Errorf("kept events: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Event
		var before, after int64
		if err := rows.Scan(&e.Stream.Camera, &e.Stream.Quality, &e.Span.From, &e.Span.To, &before, &after, &e.Kind, &e.Detail); err != nil {
			return nil, fmt.Errorf("kept events: %w", err)
		}
		e.Before, e.After = time.Duration(before)*time.Microsecond, time.Duration(after)*time.Microsecond
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("kept events: %w", err)
	}
	return events, nil
}
