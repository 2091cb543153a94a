package household

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// selectRecording leaves NULL what nobody has set.
const selectRecording = `SELECT c.id, r.mode, r.before_s, r.after_s, r.streams, r.schedule
	FROM camera c LEFT JOIN recording r ON r.camera_id = c.id`

// Recordings returns what is to be recorded of each camera.
func (h *DB) Recordings(ctx context.Context) (map[nvr.CameraID]nvr.Recording, error) {
	rows, err := h.db.Reader().QueryContext(ctx, selectRecording)
	if err != nil {
		return nil, fmt.Errorf("list recordings: %w", err)
	}
	defer rows.Close()
	all := map[nvr.CameraID]nvr.Recording{}
	for rows.Next() {
		id, r, err := scanRecording(rows)
		if err != nil {
			return nil, fmt.Errorf("list recordings: %w", err)
		}
		all[id] = r
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list recordings: %w", err)
	}
	return all, nil
}

// Recording returns what is to be recorded of a camera; [nvr.ErrNotFound] if
// there is none of that id.
func (h *DB) Recording(ctx context.Context, id nvr.CameraID) (r nvr.Recording, err error) {
	err = h.db.View(ctx, func(tx *sqlite.Tx) error {
		r, err = readRecording(ctx, tx, id)
		return err
	})
	return r, err
}

// ChangeRecording lets f change what is recorded of a camera, as it stands
// now, and stores the result. It fails with [nvr.ErrNotFound] if there is no
// camera of that id, with [nvr.ErrInvalid] if the result makes no sense, and
// with what f returns.
func (h *DB) ChangeRecording(ctx context.Context, id nvr.CameraID, f func(*nvr.Recording) error) (r nvr.Recording, err error) {
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if r, err = readRecording(ctx, tx, id); err != nil {
			return err
		}
		if err := f(&r); err != nil {
			return err
		}
		if err := r.Check(); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO recording (camera_id, mode, before_s, after_s, streams, schedule) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET (mode, before_s, after_s, streams, schedule) =
				(excluded.mode, excluded.before_s, excluded.after_s, excluded.streams, excluded.schedule)`,
			int64(id), string(r.Plan.Mode), int64(r.Plan.Before/time.Second), int64(r.Plan.After/time.Second), string(r.Streams), r.Schedule.String())
		if err != nil {
			return fmt.Errorf("set what is recorded of camera %d: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return nvr.Recording{}, err
	}
	h.wake()
	return r, nil
}

func readRecording(ctx context.Context, tx *sqlite.Tx, id nvr.CameraID) (nvr.Recording, error) {
	_, r, err := scanRecording(tx.QueryRowContext(ctx, selectRecording+` WHERE c.id = ?`, int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return nvr.Recording{}, noCamera(id)
	}
	if err != nil {
		return nvr.Recording{}, fmt.Errorf("what is recorded of camera %d: %w", id, err)
	}
	return r, nil
}

func scanRecording(row sqlite.Row) (id nvr.CameraID, r nvr.Recording, err error) {
	var mode, streams, schedule sql.NullString
	var before, after sql.NullInt64
	if err := row.Scan(&id, &mode, &before, &after, &streams, &schedule); err != nil {
		return 0, nvr.Recording{}, err
	}
	if !mode.Valid {
		return id, nvr.DefaultRecording(), nil
	}
	r.Plan = nvr.Plan{
		Mode:   nvr.Mode(mode.String),
		Before: time.Duration(before.Int64) * time.Second, After: time.Duration(after.Int64) * time.Second,
	}
	r.Streams = nvr.Streams(streams.String)
	r.Schedule, err = nvr.ParseSchedule[nvr.Mode](schedule.String)
	return id, r, err
}
