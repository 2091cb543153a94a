package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/sqlite"
)

// keptDays is for how many days traffic is kept: the longest month, and the one before.
const keptDays = 62

// Traffic is how many bytes of photos and clips a home fetched from its
// neighbors, and gave them, on a day (UTC).
type Traffic struct {
	Day      uint32 // see [wire.Minute.Day]
	Down, Up int64  // bytes
}

// Traffic returns what went on the days from one to another, both included, as
// if it had all gone on the last of them.
func (d *DB) Traffic(ctx context.Context, name wire.Hash, from, to uint32) (sum Traffic, err error) {
	sum.Day = to
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			return tx.QueryRowContext(ctx, `SELECT COALESCE(sum(down_bytes), 0), COALESCE(sum(up_bytes), 0) FROM traffic WHERE neighborhood_id = ? AND day BETWEEN ? AND ?`,
				id, from, to).Scan(&sum.Down, &sum.Up)
		})
	})
	return sum, wrap("traffic", err)
}

// KeepTraffic writes down what went on a day until now. Days that are long over are
// forgotten.
func (d *DB) KeepTraffic(ctx context.Context, name wire.Hash, t Traffic) error {
	return wrap(fmt.Sprintf("traffic of day %d", t.Day), d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			if _, err := tx.ExecContext(ctx, `DELETE FROM traffic WHERE neighborhood_id = ? AND day < ?`, id, int64(t.Day)-keptDays); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO traffic (neighborhood_id, day, down_bytes, up_bytes) VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET down_bytes = excluded.down_bytes, up_bytes = excluded.up_bytes`, id, t.Day, t.Down, t.Up)
			return err
		})
	}))
}

// Caps is how many bytes of photos and clips the owner lets go on a day (UTC).
type Caps struct {
	Down, Up       int64 // bytes: fetched from neighbors, and given to them
	ThumbnailsOnly bool  // no photos and clips are fetched
}

// Caps returns what [DB.KeepCaps] wrote down, and false if nothing was.
func (d *DB) Caps(ctx context.Context, name wire.Hash) (c Caps, ok bool, err error) {
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			err := tx.QueryRowContext(ctx, `SELECT down_bytes, up_bytes, thumbnails_only FROM caps WHERE neighborhood_id = ?`, id).Scan(&c.Down, &c.Up, &c.ThumbnailsOnly)
			ok = err == nil
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			return err
		})
	})
	return c, ok, wrap("caps", err)
}

// KeepCaps writes down what the owner wants.
func (d *DB) KeepCaps(ctx context.Context, name wire.Hash, c Caps) error {
	return wrap("caps", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO caps (neighborhood_id, down_bytes, up_bytes, thumbnails_only) VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET down_bytes = excluded.down_bytes, up_bytes = excluded.up_bytes, thumbnails_only = excluded.thumbnails_only`,
				id, c.Down, c.Up, c.ThumbnailsOnly)
			return err
		})
	}))
}
