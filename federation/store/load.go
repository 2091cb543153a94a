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
			for _, query := range []string{
				`DELETE FROM object WHERE neighborhood_id = ?`, `DELETE FROM passed WHERE neighborhood_id = ?`,
				`DELETE FROM entry WHERE neighborhood_id = ?`, `DELETE FROM invite WHERE neighborhood_id = ?`,
				`DELETE FROM address WHERE neighborhood_id = ?`, `DELETE FROM quiet WHERE neighborhood_id = ?`, `DELETE FROM traffic WHERE neighborhood_id = ?`,
				`DELETE FROM joining WHERE place = (SELECT place FROM neighborhood WHERE id = ?)`,
			} {
				if _, err := tx.ExecContext(ctx, query, id); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(ctx, `UPDATE neighborhood SET left_minute = ? WHERE id = ?`, max(left, 1), id)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("forget a neighborhood: %w", err)
	}
	return d.shred(ctx)
}
