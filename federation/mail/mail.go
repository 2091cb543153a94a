// Package mail keeps pieces of responses in mail.db: those that this home brings to
// the homes of sponsors, and those that it keeps as one until an agency takes them. It
// knows them as bytes of one length, sealed for whoever asked, and opens none.
//
// What a method wrote is on disk when it returns; a crash in the middle of one leaves
// what was before. What is taken back or left is in the file no more when the method
// returns, if nobody reads at that moment; all that goes is not after the next Expire.
// Its place is the disk's again, and is not overwritten: it was sealed.
package mail

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Bounds, each with its reason.
const (
	MaxKept    = 2_000         // pieces for one agency, half a GiB: ten requests that fifty homes answer
	MaxAll     = 6_000         // pieces for all: what a small disk can spare
	KeptFor    = 30 * wire.Day // an agency that takes nothing for so long does not want it
	BroughtFor = 14 * wire.Day // as long as a request is open
	ToldFor    = 30 * wire.Day // that it was brought, or was not
)

// DB is the database. It is safe for concurrent use.
type DB struct {
	db   *sqlite.DB
	seed [32]byte
	kept struct{ own, all int } // pieces at most, for one and for all
}

// Open opens mail.db in the directory, and makes it if it is not there.
func Open(ctx context.Context, dir string) (*DB, error) {
	db, err := sqlite.OpenShrinking(ctx, filepath.Join(dir, "mail.db"), migrations)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	d := &DB{db: db}
	d.kept.own, d.kept.all = MaxKept, MaxAll
	_, _ = rand.Read(d.seed[:]) // it never fails
	err = db.Update(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO secret (only, seed) VALUES (1, ?) ON CONFLICT DO NOTHING`, d.seed[:]); err != nil {
			return err
		}
		var seed []byte
		err := tx.QueryRowContext(ctx, `SELECT seed FROM secret`).Scan(&seed)
		copy(d.seed[:], seed)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mail: %w", err), db.Close())
	}
	return d, nil
}

// Close closes it.
func (d *DB) Close() error { return d.db.Close() }

// Response is one on its way.
type Response struct {
	ID           wire.Salt // as its home calls it
	Neighborhood wire.Hash
	Asker        wire.Key
	Minute       wire.Minute
	Hidden       bool // it waits for its turn among parcels that carry nothing
	Pieces       int  // that are here; none once enough homes have it
	Brought      []Brought
}

// Brought says that a home has a response whole.
type Brought struct {
	Node   wire.Key
	Minute wire.Minute
}

// Give has a response brought. It returns nvr.ErrExists for one that was given before.
func (d *DB) Give(ctx context.Context, r Response, pieces [][]byte) error {
	return wrap("bring a response", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO response (id, neighborhood, asker, minute, hidden) VALUES (?, ?, ?, ?, ?)`, r.ID[:], r.Neighborhood[:], r.Asker[:], r.Minute, r.Hidden)
		if sqlite.IsUnique(err) {
			return fmt.Errorf("this response: %w", nvr.ErrExists)
		}
		for i, p := range pieces {
			if err == nil {
				_, err = tx.ExecContext(ctx, `INSERT INTO piece (response, number, bytes) VALUES (?, ?, ?)`, r.ID[:], i, p)
			}
		}
		return err
	}))
}

// Waiting returns all responses of a neighborhood, the oldest first, also those that
// were brought, for a month.
func (d *DB) Waiting(ctx context.Context, neighborhood wire.Hash) (all []Response, err error) {
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		at := map[wire.Salt]int{}
		all, err = sqlite.All(ctx, tx, func(row sqlite.Row) (r Response, err error) {
			var id, asker []byte
			err = row.Scan(&id, &asker, &r.Minute, &r.Hidden, &r.Pieces)
			r.Neighborhood = neighborhood
			copy(r.ID[:], id)
			copy(r.Asker[:], asker)
			return r, err
		}, `SELECT id, asker, minute, hidden, (SELECT count(*) FROM piece WHERE response = id) FROM response WHERE neighborhood = ? ORDER BY minute, id`, neighborhood[:])
		if err != nil {
			return err
		}
		for i, r := range all {
			at[r.ID] = i
		}
		_, err = sqlite.All(ctx, tx, func(row sqlite.Row) (_ struct{}, err error) {
			var id, node []byte
			var b Brought
			err = row.Scan(&id, &node, &b.Minute)
			copy(b.Node[:], node)
			if i, ok := at[wire.Salt(id)]; ok {
				all[i].Brought = append(all[i].Brought, b)
			}
			return struct{}{}, err
		}, `SELECT response, node, minute FROM brought ORDER BY minute, node`)
		return err
	})
	return all, wrap("responses on their way", err)
}

// Pieces returns the pieces of a response.
func (d *DB) Pieces(ctx context.Context, id wire.Salt) ([][]byte, error) {
	all, err := sqlite.All(ctx, d.db.Reader(), func(row sqlite.Row) (b []byte, err error) { return b, row.Scan(&b) },
		`SELECT bytes FROM piece WHERE response = ? ORDER BY number`, id[:])
	return all, wrap("pieces of a response", err)
}

// Done writes down that a home has a response whole. Once enough have, its pieces go.
func (d *DB) Done(ctx context.Context, id wire.Salt, b Brought, enough bool) error {
	return wrap("a response was brought", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO brought (response, node, minute) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, id[:], b.Node[:], b.Minute)
		if err == nil && enough {
			_, err = tx.ExecContext(ctx, `DELETE FROM piece WHERE response = ?`, id[:])
		}
		return err
	}))
}

// Hurry has a response wait for nothing. It returns nvr.ErrNotFound for one that is not
// on its way.
func (d *DB) Hurry(ctx context.Context, id wire.Salt) error {
	return d.change(ctx, "hurry a response", `UPDATE response SET hidden = 0 WHERE id = ? AND EXISTS (SELECT 1 FROM piece WHERE response = id)`, id)
}

// Withdraw forgets the pieces of a response. It returns nvr.ErrNotFound for one that
// is not on its way.
func (d *DB) Withdraw(ctx context.Context, id wire.Salt) error {
	if err := d.change(ctx, "withdraw a response", `DELETE FROM piece WHERE response = ?`, id); err != nil {
		return err
	}
	_ = d.db.Shrink(ctx) // else with the next Expire
	return nil
}

// Forget forgets what is on its way from a neighborhood that the home is leaving, and
// what is kept for all but those askers for whom it still keeps elsewhere.
func (d *DB) Forget(ctx context.Context, neighborhood wire.Hash, elsewhere []wire.Key) error {
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		for _, text := range []string{`DELETE FROM response WHERE neighborhood = ?`, `DELETE FROM identity WHERE neighborhood = ?`} {
			if _, err := tx.ExecContext(ctx, text, neighborhood[:]); err != nil {
				return err
			}
		}
		askers, err := d.askers(ctx, tx)
		for _, a := range askers {
			if err == nil && !slices.Contains(elsewhere, a) {
				_, err = tx.ExecContext(ctx, `DELETE FROM kept WHERE asker = ?`, a[:])
			}
		}
		return err
	})
	if err == nil {
		err = d.db.Shrink(ctx)
	}
	return wrap("forget what neighbors answer", err)
}

// Askers returns for whom something is kept, in the order of their keys.
func (d *DB) Askers(ctx context.Context) ([]wire.Key, error) {
	all, err := d.askers(ctx, d.db.Reader())
	return all, wrap("for whom something is kept", err)
}

func (d *DB) askers(ctx context.Context, from sqlite.Querier) ([]wire.Key, error) {
	return sqlite.All(ctx, from, func(row sqlite.Row) (k wire.Key, err error) {
		var b []byte
		err = row.Scan(&b)
		copy(k[:], b)
		return k, err
	}, `SELECT DISTINCT asker FROM kept ORDER BY asker`)
}

func (d *DB) change(ctx context.Context, what, text string, id wire.Salt) error {
	return wrap(what, d.db.Update(ctx, func(tx *sqlite.Tx) error {
		r, err := tx.ExecContext(ctx, text, id[:])
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, nvr.ErrNotFound)
		}
		return nil
	}))
}

// Keep keeps a piece for whoever asked; one that is here is kept once. It returns
// nvr.ErrTooMany while there is no room: then it is brought elsewhere, or again.
func (d *DB) Keep(ctx context.Context, asker wire.Key, piece []byte, now wire.Minute) error {
	hash := sha256.Sum256(piece)
	return wrap("keep a piece", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		var own, all, here int
		err := tx.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE asker = ?1), count(*), count(*) FILTER (WHERE asker = ?1 AND hash = ?2) FROM kept`, asker[:], hash[:]).Scan(&own, &all, &here)
		if err != nil || here > 0 {
			return err
		}
		if own >= d.kept.own || all >= d.kept.all {
			return fmt.Errorf("%d pieces wait: %w", own, nvr.ErrTooMany)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO kept (asker, hash, minute, bytes) VALUES (?, ?, ?, ?)`, asker[:], hash[:], now, piece)
		return err
	}))
}

// Kept returns the hashes of what is kept for whoever asked, in their order: that in
// which it came would tell who was first.
func (d *DB) Kept(ctx context.Context, asker wire.Key) ([]wire.Hash, error) {
	all, err := sqlite.All(ctx, d.db.Reader(), func(row sqlite.Row) (h wire.Hash, err error) {
		var b []byte
		err = row.Scan(&b)
		copy(h[:], b)
		return h, err
	}, `SELECT hash FROM kept WHERE asker = ? ORDER BY hash`, asker[:])
	return all, wrap("kept pieces", err)
}

// Piece returns a piece that is kept: nvr.ErrNotFound if it is not.
func (d *DB) Piece(ctx context.Context, asker wire.Key, hash wire.Hash) ([]byte, error) {
	all, err := sqlite.All(ctx, d.db.Reader(), func(row sqlite.Row) (b []byte, err error) { return b, row.Scan(&b) },
		`SELECT bytes FROM kept WHERE asker = ? AND hash = ?`, asker[:], hash[:])
	if err == nil && len(all) == 0 {
		err = nvr.ErrNotFound
	}
	if err != nil {
		return nil, wrap("kept piece", err)
	}
	return all[0], nil
}

// Drop forgets a piece that whoever asked has taken. One that is not kept is no error.
func (d *DB) Drop(ctx context.Context, asker wire.Key, hash wire.Hash) error {
	return wrap("forget a piece", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM kept WHERE asker = ? AND hash = ?`, asker[:], hash[:])
		return err
	}))
}

// Identities returns the secrets of the keys that open what neighbors answer to this
// home, the newest first.
func (d *DB) Identities(ctx context.Context, neighborhood wire.Hash) ([]string, error) {
	all, err := sqlite.All(ctx, d.db.Reader(), func(row sqlite.Row) (s string, err error) { return s, row.Scan(&s) },
		`SELECT secret FROM identity WHERE neighborhood = ? ORDER BY row DESC`, neighborhood[:])
	return all, wrap("keys of answers", err)
}

// AddIdentity writes one down.
func (d *DB) AddIdentity(ctx context.Context, neighborhood wire.Hash, secret string) error {
	return wrap("key of answers", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO identity (neighborhood, secret) VALUES (?, ?)`, neighborhood[:], secret)
		return err
	}))
}

// Expire forgets what is too old, and gives back space; to be called now and then.
// While the clock is behind what it was it forgets less.
func (d *DB) Expire(ctx context.Context, now wire.Minute) error {
	before := func(age wire.Minute) wire.Minute { return max(now, age) - age }
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		for _, e := range []struct {
			text  string
			until wire.Minute
		}{
			{`DELETE FROM kept WHERE minute < ?`, before(KeptFor)},
			{`DELETE FROM response WHERE minute < ?`, before(ToldFor)},
			{`DELETE FROM piece WHERE response IN (SELECT id FROM response WHERE minute < ?)`, before(BroughtFor)},
		} {
			if _, err := tx.ExecContext(ctx, e.text, e.until); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = d.db.Shrink(ctx)
	}
	return wrap("forget what is old", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
