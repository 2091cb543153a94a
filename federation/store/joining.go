package store

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Joining is a neighborhood that the home asked to join.
type Joining struct {
	Place   uint32
	Invite  string   // as text
	Name    string   // as which the home wants to be known
	Returns bool     // as a member whose machine was lost
	Follow  []byte   // that it was in the neighborhood in whose place this one is, as it signed it; nil for who has an invite
	By      wire.Key // who called it to this one, by author key there; zero for who has an invite
	Welcome []byte   // the answer as it came; nil while there is none
}

// Ask writes down that the home asks to be let in. ErrExists means that its place is taken.
func (d *DB) Ask(ctx context.Context, j Joining) error {
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO joining (place, invite, name, returns, follow, called_by) VALUES (?, ?, ?, ?, ?, ?)`, j.Place, j.Invite, j.Name, j.Returns, j.Follow, orNull(j.By))
		return err
	})
	if sqlite.IsUnique(err) {
		err = nvr.ErrExists
	}
	return wrap("ask to be let in", err)
}

// Welcomed writes down the answer to who asked with a place, and the
// neighborhood that it opens; its place is another one for who returns.
func (d *DB) Welcomed(ctx context.Context, asked uint32, welcome []byte, n Neighborhood, genesis Object) error {
	return wrap("take up a neighborhood", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		if err := add(ctx, tx, n, genesis); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE joining SET welcome = ?, place = ? WHERE place = ?`, welcome, n.Place, asked)
		return err
	}))
}

// GiveUp forgets that the home asked, but for which keys it asked with: it may
// have been let in with them.
func (d *DB) GiveUp(ctx context.Context, place uint32, name wire.Hash, now wire.Minute) error {
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM joining WHERE place = ?`, place); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO neighborhood (name, place, settled, left_minute) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET place = excluded.place WHERE left_minute IS NOT NULL`, name[:], place, name[:], max(now, 1))
		return err
	})
	if err != nil {
		return wrap("forget an invite", err)
	}
	return d.shred(ctx)
}

// Joined forgets that the home asked: it is in.
func (d *DB) Joined(ctx context.Context, place uint32) error {
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM joining WHERE place = ?`, place)
		return err
	})
	if err != nil {
		return wrap("forget an invite", err)
	}
	return d.shred(ctx)
}

// Joinings returns what the home asked for, in the order of places.
func (d *DB) Joinings(ctx context.Context) ([]Joining, error) {
	all, err := sqlite.All(ctx, d.db.Reader(), func(row sqlite.Row) (j Joining, err error) {
		err = row.Scan(&j.Place, &j.Invite, &j.Name, &j.Returns, &j.Follow, into{j.By[:]}, &j.Welcome)
		return j, err
	}, `SELECT place, invite, name, returns, follow, ifnull(called_by, zeroblob(32)), welcome FROM joining ORDER BY place`)
	return all, wrap("invites", err)
}

// Keep writes down where a node is reached; record is what it signed.
func (d *DB) Keep(ctx context.Context, name wire.Hash, node wire.Key, record []byte) error {
	return wrap("keep an address", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO address (neighborhood_id, node, record) VALUES (?, ?, ?)
				ON CONFLICT DO UPDATE SET record = excluded.record`, id, node[:], record)
			return err
		})
	}))
}

// Records returns what was kept by [DB.Keep].
func (d *DB) Records(ctx context.Context, name wire.Hash) (records [][]byte, err error) {
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			records, err = sqlite.All(ctx, tx, func(row sqlite.Row) (record []byte, err error) {
				err = row.Scan(&record)
				return record, err
			}, `SELECT record FROM address WHERE neighborhood_id = ?`, id)
			return err
		})
	})
	return records, wrap("addresses", err)
}

func add(ctx context.Context, tx *sqlite.Tx, n Neighborhood, objects ...Object) error {
	// The place of a later stay is a later one: so no place is forgotten that was used.
	if _, err := tx.ExecContext(ctx, `DELETE FROM neighborhood WHERE name = ? AND left_minute IS NOT NULL AND place < ?`, n.Name[:], n.Place); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO neighborhood (name, place, generation, machine, settled) VALUES (?, ?, ?, ?, ?)`,
		n.Name[:], n.Place, n.Generation, n.Machine, n.Settled[:])
	if sqlite.IsUnique(err) {
		return nvr.ErrExists
	}
	if err != nil {
		return err
	}
	return with(ctx, tx, n.Name, func(id int64) error {
		for _, o := range objects {
			if err := put(ctx, tx, id, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
