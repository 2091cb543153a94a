package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Lock keeps the footage of a camera, on all its streams, until it is removed.
// The household has the locks; here is a copy of those that hold, so that
// footage gets its class in the transaction in which it comes or is condemned.
type Lock struct {
	ID     int64
	Camera nvr.CameraID
	Span   nvr.Span // at most nvr.MaxLock
	Who    string
	Why    string
	Made   nvr.Time
}

// Lock adds a lock and returns its id. Footage of the span that is recorded or
// found later is locked, too.
func (t Tx) Lock(l Lock) (id int64, err error) {
	if l.Span.Empty() || l.Who == "" || l.Why == "" {
		return 0, fmt.Errorf("a lock needs a span, who made it and why: %w", nvr.ErrInvalid)
	}
	if l.Span.Duration() > nvr.MaxLock {
		return 0, fmt.Errorf("a lock is at most %d days long; make several: %w", nvr.MaxLock/(24*time.Hour), nvr.ErrTooLarge)
	}
	err = t.tx.QueryRowContext(t.ctx, `INSERT INTO lock (camera_id, start_us, end_us, who, why, made_us)
		VALUES (?, ?, ?, ?, ?, ?) RETURNING id`, l.Camera, l.Span.From, l.Span.To, l.Who, l.Why, l.Made).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("lock footage of camera %s: %w", l.Camera, err)
	}
	return id, nil
}

// Unlock removes a lock and returns it, or fails with nvr.ErrNotFound. Footage
// that no other lock keeps can go from now on as its class says.
func (t Tx) Unlock(id int64) (Lock, error) {
	l, err := scanLock(t.tx.QueryRowContext(t.ctx, `DELETE FROM lock WHERE id = ? RETURNING `+lockColumns, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Lock{}, fmt.Errorf("there is no lock %d: %w", id, nvr.ErrNotFound)
	}
	if err != nil {
		return Lock{}, fmt.Errorf("remove lock %d: %w", id, err)
	}
	return l, nil
}

const lockColumns = `id, camera_id, start_us, end_us, who, why, made_us`

func scanLock(row sqlite.Row) (l Lock, err error) {
	err = row.Scan(&l.ID, &l.Camera, &l.Span.From, &l.Span.To, &l.Who, &l.Why, &l.Made)
	return l, err
}

// Locks returns all locks, by camera and time.
func (c *Catalog) Locks(ctx context.Context) ([]Lock, error) {
	locks, err := sqlite.All(ctx, c.db.Reader(), scanLock, `SELECT `+lockColumns+` FROM lock ORDER BY camera_id, start_us, id`)
	if err != nil {
		return nil, fmt.Errorf("locks: %w", err)
	}
	return locks, nil
}

// SetLocks makes the locks those that are given, with their numbers, at once.
func (c *Catalog) SetLocks(ctx context.Context, locks []Lock) error {
	have, err := c.Locks(ctx)
	if err != nil {
		return err
	}
	if slices.Equal(have, locks) { // as a rule; by camera and time both
		return nil
	}
	return c.Update(ctx, func(t Tx) error {
		for _, l := range have {
			if slices.Contains(locks, l) {
				continue
			}
			if err := t.exec(`DELETE FROM lock WHERE id = ?`, l.ID); err != nil {
				return fmt.Errorf("set locks: %w", err)
			}
		}
		for _, l := range locks {
			if slices.Contains(have, l) {
				continue
			}
			err := t.exec(`INSERT INTO lock (id, camera_id, start_us, end_us, who, why, made_us) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO NOTHING`, l.ID, l.Camera, l.Span.From, l.Span.To, l.Who, l.Why, l.Made)
			if err != nil {
				return fmt.Errorf("set locks: %w", err)
			}
		}
		return nil
	})
}
