package store

import (
	"context"
	"database/sql"
	"errors"
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
	Called   bool     // it is for all who are called, see [DB.Found]
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
			if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM invite WHERE neighborhood_id = ? AND used_by IS NULL AND NOT called`, id).Scan(&open); err != nil {
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
				err = row.Scan(into{v.Secret[:]}, &v.Expires, into{v.Succeeds[:]}, &v.Called)
				return v, err
			}, `SELECT secret, expires_minute, ifnull(succeeds, zeroblob(32)), called FROM invite WHERE neighborhood_id = ? AND expires_minute > ?`, id, now)
			return err
		})
	})
	return all, wrap("invites", err)
}

// Found takes up a neighborhood with its genesis and what else is known of it, and
// writes down who is called to it from the one in whose place it is, by author key
// there. It returns [nvr.ErrExists] if the home is in it already, or uses these
// keys elsewhere. One that it left it may take up again, with other keys.
func (d *DB) Found(ctx context.Context, n Neighborhood, called []wire.Key, objects ...Object) error {
	return wrap("take up a neighborhood", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		if err := add(ctx, tx, n, objects...); err != nil {
			return err
		}
		return with(ctx, tx, n.Name, func(id int64) error {
			for _, who := range called {
				if _, err := tx.ExecContext(ctx, `INSERT INTO called (neighborhood_id, author) VALUES (?, ?)`, id, who[:]); err != nil {
					return err
				}
			}
			return nil
		})
	}))
}

// Call opens the invite for all who are called, or keeps it open for longer. It
// returns the secret, which stays the same.
func (d *DB) Call(ctx context.Context, name wire.Hash, v Invite) (secret wire.Salt, err error) {
	err = d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			err := tx.QueryRowContext(ctx, `UPDATE invite SET expires_minute = ? WHERE neighborhood_id = ? AND called RETURNING secret`, v.Expires, id).Scan(into{secret[:]})
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			secret = v.Secret
			_, err = tx.ExecContext(ctx, `INSERT INTO invite (neighborhood_id, secret, expires_minute, called) VALUES (?, ?, ?, 1)`, id, v.Secret[:], v.Expires)
			return err
		})
	})
	return secret, wrap("call neighbors", err)
}

// UseCall gives the place of who is called to a home, by its author key here, and
// tells whether it has it: each lets in one home, which may ask again.
func (d *DB) UseCall(ctx context.Context, name wire.Hash, called, by wire.Key) (given bool, err error) {
	err = d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			done, err := tx.ExecContext(ctx, `UPDATE called SET used_by = ? WHERE neighborhood_id = ? AND author = ? AND ifnull(used_by, ?) = ?`,
				by[:], id, called[:], by[:], by[:])
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			given = n > 0
			return err
		})
	})
	return given, wrap("use a call", err)
}

// orNull is a key as it is written down: nothing for none.
func orNull(key wire.Key) []byte {
	if key == (wire.Key{}) {
		return nil
	}
	return key[:]
}
