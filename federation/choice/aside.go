package choice

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Scope is what an [OptOut] is of.
type Scope uint8

// The scopes.
const (
	EveryRequest Scope = 1 // of agencies, and of neighbors
	OfAgency     Scope = 2 // requests of one agency
	OfIncident   Scope = 3 // requests of one kind, whoever asks
	OfNeighbors  Scope = 4 // requests of neighbors
	Bulletins    Scope = 5 // of one agency
)

// OptOut is something that the owner does not want to be asked or told.
type OptOut struct {
	Scope    Scope
	Agency   wire.Key      // of OfAgency and Bulletins; zero for the others
	Incident wire.Incident // of OfIncident; 0 for the others
}

// Check returns [nvr.ErrInvalid] for what says more or less than its scope needs.
func (o OptOut) Check() error {
	ofAgency := o.Scope == OfAgency || o.Scope == Bulletins
	if o.Scope < EveryRequest || o.Scope > Bulletins || ofAgency != (o.Agency != wire.Key{}) || (o.Scope == OfIncident) != (o.Incident != 0) {
		return fmt.Errorf("opt out of %d: %w", o.Scope, nvr.ErrInvalid)
	}
	return nil
}

// OptOuts are all that hold.
type OptOuts map[OptOut]bool

// Request tells whether a request of an agency is not wanted.
func (all OptOuts) Request(agency wire.Key, incident wire.Incident) bool {
	return all[OptOut{Scope: EveryRequest}] || all[OptOut{Scope: OfAgency, Agency: agency}] || all[OptOut{Scope: OfIncident, Incident: incident}]
}

// Neighbors tells whether a request of a neighbor is not wanted.
func (all OptOuts) Neighbors(incident wire.Incident) bool {
	return all[OptOut{Scope: EveryRequest}] || all[OptOut{Scope: OfNeighbors}] || all[OptOut{Scope: OfIncident, Incident: incident}]
}

// Bulletins tells whether bulletins of an agency are not wanted.
func (all OptOuts) Bulletins(agency wire.Key) bool {
	return all[OptOut{Scope: Bulletins, Agency: agency}]
}

// OptOuts returns all that hold.
func (c *Choices) OptOuts(ctx context.Context) (OptOuts, error) {
	all := OptOuts{}
	_, err := read(ctx, c, func(row sqlite.Row) (o OptOut, err error) {
		err = row.Scan(&o.Scope, into{o.Agency[:]}, &o.Incident)
		all[o] = true
		return o, err
	}, `SELECT scope, agency, incident FROM opt_out`)
	if err != nil {
		return nil, fmt.Errorf("what is not wanted: %w", err)
	}
	return all, nil
}

// OptOut writes down that something is not wanted, or is again: [nvr.ErrInvalid] as
// by [OptOut.Check].
func (c *Choices) OptOut(ctx context.Context, o OptOut, out bool) error {
	if err := o.Check(); err != nil {
		return err
	}
	const what = "opt out"
	if out {
		return c.add(ctx, what, func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO opt_out (scope, agency, incident) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, o.Scope, o.Agency[:], o.Incident)
			return err
		})
	}
	return c.remove(ctx, what, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM opt_out WHERE scope = ? AND agency = ? AND incident = ?`, o.Scope, o.Agency[:], o.Incident)
		return err
	})
}

// SetOptOuts writes down all that are to hold, in the place of those before.
func (c *Choices) SetOptOuts(ctx context.Context, all OptOuts) error {
	const what = "opt out"
	if _, err := c.made(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return c.remove(ctx, what, func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM opt_out`); err != nil {
			return err
		}
		for o, out := range all {
			if !out {
				continue
			}
			if err := o.Check(); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO opt_out (scope, agency, incident) VALUES (?, ?, ?)`, o.Scope, o.Agency[:], o.Incident); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reset takes all opt outs back, and shows again what was put aside.
func (c *Choices) Reset(ctx context.Context) error {
	return c.remove(ctx, "opt in again", func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM opt_out`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM aside`)
		return err
	})
}

// Aside returns the requests that the owner put aside, by id.
func (c *Choices) Aside(ctx context.Context) (map[wire.Hash]bool, error) {
	all := map[wire.Hash]bool{}
	_, err := read(ctx, c, func(row sqlite.Row) (id wire.Hash, err error) {
		err = row.Scan(into{id[:]})
		all[id] = true
		return id, err
	}, `SELECT request FROM aside`)
	if err != nil {
		return nil, fmt.Errorf("what is put aside: %w", err)
	}
	return all, nil
}

// PutAside writes down that a request is put aside, or shown again.
func (c *Choices) PutAside(ctx context.Context, request wire.Hash, aside bool) error {
	const what = "put aside"
	if aside {
		return c.add(ctx, what, func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO aside (request) VALUES (?) ON CONFLICT DO NOTHING`, request[:])
			return err
		})
	}
	return c.remove(ctx, what, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM aside WHERE request = ?`, request[:])
		return err
	})
}
