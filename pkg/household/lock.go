package household

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Lock adds a lock, whose ID is not used, and returns its number. It fails as
// [nvr.Lock.Check] does.
func (h *DB) Lock(ctx context.Context, l nvr.Lock) (id int64, err error) {
	if err := l.Check(); err != nil {
		return 0, err
	}
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		id, err = addLock(ctx, tx, l)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("lock footage of camera %s: %w", l.Camera, err)
	}
	return id, nil
}

// LockNewest adds a lock as Lock does, and removes the oldest of the same camera, who
// and why beyond most.
func (h *DB) LockNewest(ctx context.Context, l nvr.Lock, most int) error {
	if err := l.Check(); err != nil {
		return err
	}
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if _, err := addLock(ctx, tx, l); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM lock WHERE id IN (SELECT id FROM lock
			WHERE camera_id = ? AND who = ? AND why = ? ORDER BY start_us DESC, id DESC LIMIT -1 OFFSET ?)`, l.Camera, l.Who, l.Why, most)
		return err
	})
	if err != nil {
		return fmt.Errorf("lock footage of camera %s: %w", l.Camera, err)
	}
	return nil
}

func addLock(ctx context.Context, tx *sqlite.Tx, l nvr.Lock) (id int64, err error) {
	until := sql.NullInt64{Int64: int64(l.Until), Valid: l.Until != 0}
	err = tx.QueryRowContext(ctx, `INSERT INTO lock (camera_id, start_us, end_us, who, why, made_us, until_us)
		VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`, l.Camera, l.Span.From, l.Span.To, l.Who, l.Why, l.Made, until).Scan(&id)
	return id, err
}

const lockColumns = `id, camera_id, start_us, end_us, who, why, made_us, coalesce(until_us, 0)`

func scanLock(row sqlite.Row) (l nvr.Lock, err error) {
	err = row.Scan(&l.ID, &l.Camera, &l.Span.From, &l.Span.To, &l.Who, &l.Why, &l.Made, &l.Until)
	return l, err
}

// Unlock removes a lock and returns it, or fails with [nvr.ErrNotFound].
func (h *DB) Unlock(ctx context.Context, id int64) (l nvr.Lock, err error) {
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		l, err = scanLock(tx.QueryRowContext(ctx, `DELETE FROM lock WHERE id = ? RETURNING `+lockColumns, id))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nvr.Lock{}, fmt.Errorf("there is no lock %d: %w", id, nvr.ErrNotFound)
	}
	if err != nil {
		return nvr.Lock{}, fmt.Errorf("remove lock %d: %w", id, err)
	}
	return l, nil
}

// Locks returns the locks that have not ended at a time, by camera and time;
// with zero all of them.
func (h *DB) Locks(ctx context.Context, at nvr.Time) (locks []nvr.Lock, err error) {
	locks, err = sqlite.All(ctx, h.db.Reader(), scanLock, `SELECT `+lockColumns+` FROM lock
		WHERE until_us IS NULL OR until_us > ? ORDER BY camera_id, start_us, id`, at)
	if err != nil {
		return nil, fmt.Errorf("locks: %w", err)
	}
	return locks, nil
}

// LocksMoved tells whether the locks of a catalog from before the household had
// them are here.
func (h *DB) LocksMoved(ctx context.Context) (moved bool, err error) {
	if err = h.db.Reader().QueryRowContext(ctx, `SELECT locks_moved FROM home`).Scan(&moved); err != nil {
		return false, fmt.Errorf("locks: %w", err)
	}
	return moved, nil
}

// MoveLocks adds locks of such a catalog, but for those that are there already.
// With all set there is no other such catalog, and LocksMoved is true from then
// on. Once it is, MoveLocks does nothing.
func (h *DB) MoveLocks(ctx context.Context, locks []nvr.Lock, all bool) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		var moved bool
		if err := tx.QueryRowContext(ctx, `SELECT locks_moved FROM home`).Scan(&moved); err != nil || moved {
			return err
		}
		for _, l := range locks {
			var there bool
			err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM lock
				WHERE camera_id = ? AND start_us = ? AND end_us = ? AND who = ? AND why = ? AND made_us = ?)`,
				l.Camera, l.Span.From, l.Span.To, l.Who, l.Why, l.Made).Scan(&there)
			if err == nil && !there {
				_, err = addLock(ctx, tx, l)
			}
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE home SET locks_moved = ?`, all)
		return err
	})
	if err != nil {
		return fmt.Errorf("move locks: %w", err)
	}
	return nil
}
