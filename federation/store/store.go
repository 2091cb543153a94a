// Package store keeps what a home holds of its neighborhoods in neighborhood.db:
// the objects of the roster, the entries of the feed, and the invites that it
// gave. It knows objects as bytes with an id and judges none of them:
// federation/roster and federation/feed do, and tell what to write down.
//
// What a method wrote is on disk when it returns; a crash in the middle of one
// leaves what was before. What is deleted is gone from the disk as far as the
// file system gives blocks back as they were: see [DB.Save].
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"path/filepath"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is the database. It is safe for use from several goroutines and processes.
type DB struct{ db *sqlite.DB }

// Open opens neighborhood.db in the directory, and makes it if it is not there.
func Open(ctx context.Context, dir string) (*DB, error) {
	db, err := sqlite.OpenShredding(ctx, filepath.Join(dir, "neighborhood.db"), migrations)
	if err != nil {
		return nil, err
	}
	return &DB{db}, nil
}

// Close closes the database.
func (d *DB) Close() error { return d.db.Close() }

// Neighborhood is one that the home is in, or was.
type Neighborhood struct {
	Name       wire.Hash
	Place      uint32 // which keys of the seed, see identity.Place
	Generation uint32
	Machine    uint32      // which node key
	Settled    wire.Hash   // see roster.Roster.Settled
	Left       wire.Minute // 0 while the home is in
}

// Object is an object of the roster as it was signed.
type Object struct {
	ID  wire.Hash
	Raw []byte
}

// Entry is an entry as it was signed, and its payload; nil if that was dropped,
// or if there is none.
type Entry struct {
	ID      wire.Hash
	Raw     []byte
	Payload []byte
}

// Neighborhoods returns all, in the order of their places.
func (d *DB) Neighborhoods(ctx context.Context) ([]Neighborhood, error) {
	all, err := sqlite.All(ctx, d.db.Reader(), func(row sqlite.Row) (n Neighborhood, err error) {
		err = row.Scan(into{n.Name[:]}, &n.Place, &n.Generation, &n.Machine, into{n.Settled[:]}, &n.Left)
		return n, err
	}, `SELECT name, place, generation, machine, settled, ifnull(left_minute, 0) FROM neighborhood ORDER BY place`)
	if err != nil {
		return nil, fmt.Errorf("neighborhoods: %w", err)
	}
	return all, nil
}

// Change is what has to be written down together.
type Change struct {
	Objects  []Object                  // that are new
	Replaced []wire.Hash               // objects that are no longer held
	Settled  wire.Hash                 // zero if it is as before
	Passed   map[wire.Hash]wire.Minute // all acts that count, and since when they do; nil if that is as before
	Entries  []Entry                   // that are new
	Dead     []wire.Hash               // entries whose payload goes
	Dropped  []wire.Hash               // entries that go
	Logs     []Log                     // of agencies, as they are now
}

// Log is the log of an agency, or its end.
type Log struct {
	Agency     wire.Key
	Checkpoint []byte // nil if there is none
	Fraud      []byte // the proof that the agency showed two logs; nil if there is none
	From       int    // the place of the first entry here; those before it are as they were
	Entries    []Object
}

// Save writes a change of a neighborhood down. What it says is dead, dropped or
// replaced is in no file of the database when it returns: in its place, and in
// its log, there are zeros. An error of that last step alone wraps
// [ErrNotShredded]: the change is made, and the bytes go with a later one.
func (d *DB) Save(ctx context.Context, name wire.Hash, c Change) error {
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error { return c.write(ctx, tx, id) })
	})
	if err != nil {
		return fmt.Errorf("save what neighbors wrote: %w", err)
	}
	if len(c.Dead)+len(c.Dropped)+len(c.Replaced) == 0 {
		return nil
	}
	return d.shred(ctx)
}

// ErrNotShredded says that what was deleted may still lie in the log.
var ErrNotShredded = errors.New("store: deleted, but not yet overwritten")

func (d *DB) shred(ctx context.Context) error {
	if err := d.db.Shred(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrNotShredded, err)
	}
	return nil
}

func (c Change) write(ctx context.Context, tx *sqlite.Tx, id int64) error {
	for _, o := range c.Objects {
		if err := put(ctx, tx, id, o); err != nil {
			return err
		}
	}
	for _, e := range c.Entries {
		if _, err := tx.ExecContext(ctx, `INSERT INTO entry (neighborhood_id, id, raw, payload) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET payload = excluded.payload`,
			id, e.ID[:], e.Raw, e.Payload); err != nil {
			return err
		}
	}
	if c.Passed != nil {
		if _, err := tx.ExecContext(ctx, `DELETE FROM passed WHERE neighborhood_id = ?`, id); err != nil {
			return err
		}
	}
	for act, since := range c.Passed {
		if _, err := tx.ExecContext(ctx, `INSERT INTO passed (neighborhood_id, act, since_minute) VALUES (?, ?, ?)`, id, act[:], since); err != nil {
			return err
		}
	}
	if c.Settled != (wire.Hash{}) {
		if _, err := tx.ExecContext(ctx, `UPDATE neighborhood SET settled = ? WHERE id = ?`, c.Settled[:], id); err != nil {
			return err
		}
	}
	for _, l := range c.Logs {
		if err := l.write(ctx, tx, id); err != nil {
			return err
		}
	}
	for _, gone := range []struct {
		ids  []wire.Hash
		text string
	}{
		{c.Replaced, `DELETE FROM object WHERE neighborhood_id = ? AND id = ?`},
		{c.Dead, `UPDATE entry SET payload = NULL WHERE neighborhood_id = ? AND id = ?`},
		{c.Dropped, `DELETE FROM entry WHERE neighborhood_id = ? AND id = ?`},
	} {
		for _, one := range gone.ids {
			if _, err := tx.ExecContext(ctx, gone.text, id, one[:]); err != nil {
				return err
			}
		}
	}
	return nil
}

func put(ctx context.Context, tx *sqlite.Tx, id int64, o Object) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO object (neighborhood_id, id, raw) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, id, o.ID[:], o.Raw)
	return err
}

// Probe returns why nothing can be written of a neighborhood, if that is so.
func (d *DB) Probe(ctx context.Context, name wire.Hash) error {
	return wrap("write", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			_, err := tx.ExecContext(ctx, `UPDATE neighborhood SET place = place WHERE id = ?`, id)
			return err
		})
	}))
}

// with calls f with the row of a neighborhood, or returns [nvr.ErrNotFound]: also
// for one that the home left, of which nothing is written any more.
func with(ctx context.Context, tx *sqlite.Tx, name wire.Hash, f func(id int64) error) error {
	var id int64
	err := tx.QueryRowContext(ctx, `SELECT id FROM neighborhood WHERE name = ? AND left_minute IS NULL`, name[:]).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("neighborhood %v: %w", name, nvr.ErrNotFound)
	}
	if err != nil {
		return err
	}
	return f(id)
}

// Empty tells whether there is nothing to write.
func (c Change) Empty() bool {
	return len(c.Objects)+len(c.Replaced)+len(c.Entries)+len(c.Dead)+len(c.Dropped)+len(c.Logs) == 0 && c.Passed == nil && c.Settled == wire.Hash{}
}
