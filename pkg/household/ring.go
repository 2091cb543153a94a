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

// keepPresses is how long presses are remembered; the events of the same kind stay
// in the catalog for as long as their footage.
const keepPresses = 90 * 24 * time.Hour

const selectPress = `SELECT camera_id, start_us, coalesce(end_us, 0), coalesce(outcome, ''), who, source, seen FROM ring`

// SavePress writes down a press as it stands now. What was seen stays seen.
func (h *DB) SavePress(ctx context.Context, p nvr.Press) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO ring (camera_id, start_us, end_us, outcome, who, source, seen) VALUES (?, ?, nullif(?, 0), nullif(?, ''), ?, ?, ?)
			ON CONFLICT DO UPDATE SET (end_us, outcome, who, seen) = (excluded.end_us, excluded.outcome, excluded.who, max(seen, excluded.seen))`,
			int64(p.Camera), int64(p.At), int64(p.End), string(p.Outcome), p.Who, p.Source, p.Seen)
		if err == nil {
			_, err = tx.ExecContext(ctx, `DELETE FROM ring WHERE start_us < ?`, int64(p.At.Add(-keepPresses)))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("write down a ring: %w", err)
	}
	return nil
}

// OpenPresses returns those that have not ended, of cameras that the household has, the
// newest first.
func (h *DB) OpenPresses(ctx context.Context) ([]nvr.Press, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), scanPress, selectPress+` WHERE end_us IS NULL AND camera_id IN (SELECT id FROM camera) ORDER BY start_us DESC, camera_id`)
	if err != nil {
		return nil, fmt.Errorf("list rings that have not ended: %w", err)
	}
	return all, nil
}

// SeePresses notes that somebody knows of the presses at a camera up to a time.
func (h *DB) SeePresses(ctx context.Context, camera nvr.CameraID, until nvr.Time) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE ring SET seen = 1 WHERE camera_id = ? AND start_us <= ?`, int64(camera), int64(until))
		return err
	})
	if err != nil {
		return fmt.Errorf("note that a ring was seen: %w", err)
	}
	return nil
}

// Press returns one press, as camera and time name it. It fails with
// [nvr.ErrNotFound] if there was none.
func (h *DB) Press(ctx context.Context, camera nvr.CameraID, at nvr.Time) (nvr.Press, error) {
	p, err := scanPress(h.db.Reader().QueryRowContext(ctx, selectPress+` WHERE camera_id = ? AND start_us = ?`, int64(camera), int64(at)))
	if errors.Is(err, sql.ErrNoRows) {
		return nvr.Press{}, fmt.Errorf("nobody rang at camera %s at %s: %w", camera, at, nvr.ErrNotFound)
	}
	if err != nil {
		return nvr.Press{}, fmt.Errorf("look up a ring: %w", err)
	}
	return p, nil
}

// Presses returns the latest presses at all cameras, the newest first, at most
// limit of them.
func (h *DB) Presses(ctx context.Context, limit int) ([]nvr.Press, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), scanPress, selectPress+` ORDER BY start_us DESC, camera_id LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("list rings: %w", err)
	}
	return all, nil
}

// MissedPresses returns those that nobody answered and nobody has seen, of cameras
// that the household has, the newest first, at most limit of them.
func (h *DB) MissedPresses(ctx context.Context, limit int) ([]nvr.Press, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), scanPress, selectPress+`
		WHERE outcome = 'missed' AND seen = 0 AND camera_id IN (SELECT id FROM camera) ORDER BY start_us DESC, camera_id LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("list missed rings: %w", err)
	}
	return all, nil
}

func scanPress(row sqlite.Row) (p nvr.Press, err error) {
	err = row.Scan(&p.Camera, &p.At, &p.End, &p.Outcome, &p.Who, &p.Source, &p.Seen)
	return p, err
}
