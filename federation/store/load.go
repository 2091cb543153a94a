package store

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/sqlite"
)

// Held is all that is kept of a neighborhood.
type Held struct {
	Settled wire.Hash // see roster.Roster.Settled, as Passed
	Objects []Object  // in the order in which they came, in which each rests on those before it
	Passed  map[wire.Hash]wire.Minute
	Entries []Entry // in the order in which they came
	Logs    []Log   // of agencies, whole
}

// Load returns what is kept of a neighborhood, all of one moment.
func (d *DB) Load(ctx context.Context, name wire.Hash) (h Held, err error) {
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			h, err = load(ctx, tx, id)
			return err
		})
	})
	if err != nil {
		return Held{}, fmt.Errorf("load a neighborhood: %w", err)
	}
	return h, nil
}

func load(ctx context.Context, tx *sqlite.Tx, id int64) (h Held, err error) {
	if err = tx.QueryRowContext(ctx, `SELECT settled FROM neighborhood WHERE id = ?`, id).Scan(into{h.Settled[:]}); err != nil {
		return h, err
	}
	if h.Objects, err = sqlite.All(ctx, tx, func(row sqlite.Row) (o Object, err error) {
		err = row.Scan(into{o.ID[:]}, &o.Raw)
		return o, err
	}, `SELECT id, raw FROM object WHERE neighborhood_id = ? ORDER BY row`, id); err != nil {
		return h, err
	}
	h.Passed = map[wire.Hash]wire.Minute{}
	if _, err = sqlite.All(ctx, tx, func(row sqlite.Row) (act wire.Hash, err error) {
		var since wire.Minute
		err = row.Scan(into{act[:]}, &since)
		h.Passed[act] = since
		return act, err
	}, `SELECT act, since_minute FROM passed WHERE neighborhood_id = ?`, id); err != nil {
		return h, err
	}
	if h.Logs, err = logs(ctx, tx, id); err != nil {
		return h, err
	}
	h.Entries, err = sqlite.All(ctx, tx, func(row sqlite.Row) (e Entry, err error) {
		err = row.Scan(into{e.ID[:]}, &e.Raw, &e.Payload)
		return e, err
	}, `SELECT id, raw, payload FROM entry WHERE neighborhood_id = ? ORDER BY row`, id)
	return h, err
}

// into scans bytes of a fixed length.
type into struct{ b []byte }

// Scan takes a blob of just that length.
func (i into) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(i.b) {
		return fmt.Errorf("%T of another length than %d bytes", v, len(i.b))
	}
	copy(i.b, b)
	return nil
}

// Forget leaves nothing of what neighbors wrote, nor of what this home wrote to
// them: only that the home was there, and which keys it used. Nothing more is
// kept of the neighborhood then: to all other methods it is not there.
func (d *DB) Forget(ctx context.Context, name wire.Hash, left wire.Minute) error {
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			var n Neighborhood
			// All that is kept of it goes with its row, which comes back alone.
			err := tx.QueryRowContext(ctx, `DELETE FROM neighborhood WHERE id = ? RETURNING place, generation, machine, settled`, id).
				Scan(&n.Place, &n.Generation, &n.Machine, into{n.Settled[:]})
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM joining WHERE place = ?`, n.Place); err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO neighborhood (name, place, generation, machine, settled, left_minute) VALUES (?, ?, ?, ?, ?, ?)`,
				name[:], n.Place, n.Generation, n.Machine, n.Settled[:], max(left, 1))
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("forget a neighborhood: %w", err)
	}
	return d.shred(ctx)
}
