package store

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Quieted is what a home does with what it does not want to see.
type Quieted uint8

// The ways, each of an entry or of an author key.
const (
	Hidden  Quieted = 1 // an entry is not shown; nor where an author goes on who founded the neighborhood anew
	Muted   Quieted = 2 // what the author says is folded away
	Blocked Quieted = 3 // nothing of the author is shown
)

// Quiet is what a home does not want to see of a neighborhood. Nobody else is
// told: what is fetched, kept and passed on does not depend on it.
type Quiet map[[32]byte]Quieted

// Quiet returns what the home does not want to see.
func (d *DB) Quiet(ctx context.Context, name wire.Hash) (q Quiet, err error) {
	q = Quiet{}
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			_, err := sqlite.All(ctx, tx, func(row sqlite.Row) (what wire.Hash, err error) {
				var how Quieted
				err = row.Scan(into{what[:]}, &how)
				q[what] = how
				return what, err
			}, `SELECT what, how FROM quiet WHERE neighborhood_id = ?`, id)
			return err
		})
	})
	return q, wrap("what is hidden", err)
}

// Hush writes down what the home does not want to see; how is 0 for what it
// wants to see again. Entries that are no longer held are forgotten.
func (d *DB) Hush(ctx context.Context, name wire.Hash, what [32]byte, how Quieted) error {
	if how > Blocked {
		return fmt.Errorf("hide: %w", nvr.ErrInvalid)
	}
	return wrap("hide", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			if _, err := tx.ExecContext(ctx, `DELETE FROM quiet WHERE neighborhood_id = ? AND (what = ? OR how = ? AND what NOT IN (SELECT id FROM entry WHERE neighborhood_id = ?))`,
				id, what[:], Hidden, id); err != nil || how == 0 {
				return err
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO quiet (neighborhood_id, what, how) VALUES (?, ?, ?)`, id, what[:], how)
			return err
		})
	}))
}
