package store

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Sponsored is an agency that this home is a sponsor of.
type Sponsored struct {
	Agency wire.Key
	Poll   string // where its log is on the web; empty for one that submits what it publishes
}

// Sponsored returns the agencies that this home is a sponsor of.
func (d *DB) Sponsored(ctx context.Context, name wire.Hash) (all []Sponsored, err error) {
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			all, err = sqlite.All(ctx, tx, func(row sqlite.Row) (s Sponsored, err error) {
				err = row.Scan(into{s.Agency[:]}, &s.Poll)
				return s, err
			}, `SELECT agency, poll FROM sponsored WHERE neighborhood_id = ? ORDER BY agency`, id)
			return err
		})
	})
	return all, wrap("sponsored agencies", err)
}

// Sponsor writes down that this home is a sponsor of an agency, in place of what was
// said of it before.
func (d *DB) Sponsor(ctx context.Context, name wire.Hash, s Sponsored) error {
	return wrap("sponsor an agency", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO sponsored (neighborhood_id, agency, poll) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET poll = excluded.poll`, id, s.Agency[:], s.Poll)
			return err
		})
	}))
}

// Unsponsor writes down that it is one no longer.
func (d *DB) Unsponsor(ctx context.Context, name wire.Hash, agency wire.Key) error {
	return wrap("sponsor an agency no longer", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM sponsored WHERE neighborhood_id = ? AND agency = ?`, id, agency[:])
			return err
		})
	}))
}

// Gateway is where agencies reach this home by HTTPS.
type Gateway struct {
	Listen string // address and port
	URL    string // under which they reach that
}

// Gateway returns where that is: [nvr.ErrNotFound] if they don't.
func (d *DB) Gateway(ctx context.Context) (g Gateway, err error) {
	all, err := sqlite.All(ctx, d.db.Reader(), func(row sqlite.Row) (g Gateway, err error) { return g, row.Scan(&g.Listen, &g.URL) }, `SELECT listen, url FROM gateway`)
	if err == nil && len(all) == 0 {
		err = nvr.ErrNotFound
	}
	if err != nil {
		return g, fmt.Errorf("gateway: %w", err)
	}
	return all[0], nil
}

// SetGateway writes that down; nothing for a home that they do not reach.
func (d *DB) SetGateway(ctx context.Context, g Gateway) error {
	return wrap("gateway", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM gateway`)
		if err == nil && g != (Gateway{}) {
			_, err = tx.ExecContext(ctx, `INSERT INTO gateway (only, listen, url) VALUES (1, ?, ?)`, g.Listen, g.URL)
		}
		return err
	}))
}
