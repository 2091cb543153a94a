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

// Invite is one that this home gave.
type Invite struct {
	Secret   wire.Salt
	Expires  wire.Minute
	Succeeds wire.Key // the author key, which is lost, whose place the home takes that is let in; zero for none
}

// AddInvite writes down that an invite was given. Those that are over by now go.
// It returns [nvr.ErrTooMany] if too many are open.
func (d *DB) AddInvite(ctx context.Context, name wire.Hash, v Invite, now wire.Minute) error {
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			if _, err := tx.ExecContext(ctx, `DELETE FROM invite WHERE neighborhood_id = ? AND expires_minute <= ?`, id, now); err != nil {
				return err
			}
			var open int
			if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM invite WHERE neighborhood_id = ? AND used_by IS NULL`, id).Scan(&open); err != nil {
				return err
			}
			if open >= MaxInvites {
				return fmt.Errorf("%d invites are open: %w", open, nvr.ErrTooMany)
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO invite (neighborhood_id, secret, expires_minute, succeeds) VALUES (?, ?, ?, ?)`, id, v.Secret[:], v.Expires, orNull(v.Succeeds))
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("give an invite: %w", err)
	}
	return nil
}

// UseInvite gives an invite with this secret to a home, by its author key, and
// tells whether it has it: an invite lets in one home, which may ask again.
func (d *DB) UseInvite(ctx context.Context, name wire.Hash, secret wire.Salt, by wire.Key, now wire.Minute) (given bool, err error) {
	err = d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			done, err := tx.ExecContext(ctx, `UPDATE invite SET used_by = ? WHERE neighborhood_id = ? AND secret = ? AND expires_minute > ? AND ifnull(used_by, ?) = ?`,
				by[:], id, secret[:], now, by[:], by[:])
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			given = n > 0
			return err
		})
	})
	return given, wrap("use an invite", err)
}

// Invites returns the invites that may be used still.
func (d *DB) Invites(ctx context.Context, name wire.Hash, now wire.Minute) (all []Invite, err error) {
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			all, err = sqlite.All(ctx, tx, func(row sqlite.Row) (v Invite, err error) {
				err = row.Scan(into{v.Secret[:]}, &v.Expires, into{v.Succeeds[:]})
				return v, err
			}, `SELECT secret, expires_minute, ifnull(succeeds, zeroblob(32)) FROM invite WHERE neighborhood_id = ? AND expires_minute > ?`, id, now)
			return err
		})
	})
	return all, wrap("invites", err)
}

// orNull is a key as it is written down: nothing for none.
func orNull(key wire.Key) []byte {
	if key == (wire.Key{}) {
		return nil
	}
	return key[:]
}
