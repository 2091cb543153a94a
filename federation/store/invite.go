package store

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// MaxInvites is how many invites of a neighborhood may be open at a time.
const MaxInvites = 20

// AddInvite writes down that an invite was given. Those that are over by now go.
// It returns [nvr.ErrTooMany] if too many are open.
func (d *DB) AddInvite(ctx context.Context, name wire.Hash, secret wire.Salt, expires, now wire.Minute) error {
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			if _, err := tx.ExecContext(ctx, `DELETE FROM invite WHERE neighborhood_id = ? AND expires_minute <= ?`, id, now); err != nil {
				return err
			}
			var open int
			if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM invite WHERE neighborhood_id = ?`, id).Scan(&open); err != nil {
				return err
			}
			if open >= MaxInvites {
				return fmt.Errorf("%d invites are open: %w", open, nvr.ErrTooMany)
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO invite (neighborhood_id, secret, expires_minute) VALUES (?, ?, ?)`, id, secret[:], expires)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("give an invite: %w", err)
	}
	return nil
}

// UseInvite tells whether an invite with this secret is open, and closes it: it
// says so once, whatever comes after.
func (d *DB) UseInvite(ctx context.Context, name wire.Hash, secret wire.Salt, now wire.Minute) (open bool, err error) {
	err = d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			done, err := tx.ExecContext(ctx, `DELETE FROM invite WHERE neighborhood_id = ? AND secret = ? AND expires_minute > ?`, id, secret[:], now)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			open = n > 0
			return err
		})
	})
	if err != nil {
		return false, fmt.Errorf("use an invite: %w", err)
	}
	return open, nil
}
