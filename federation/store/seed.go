package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nvrd/federation/identity"
	"nvrd/pkg/sqlite"
)

// seedFile lies in the data directory. Whoever has it is this home to its neighbors.
const seedFile = "neighborhood.key"

// Seed returns the home's seed, and false if the home has none: then it never
// took part in anything.
func Seed(dir string) (s identity.Seed, ok bool, err error) {
	b, err := os.ReadFile(filepath.Join(dir, seedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("read the neighborhood's seed: %w", err)
	}
	if len(b) != len(s) {
		return s, false, fmt.Errorf("%s has %d bytes, not %d: put back the file of a backup, or restore from the words on paper", seedFile, len(b), len(s))
	}
	return identity.Seed(b), true, nil
}

// KeepSeed writes the seed down, once: a home that has one keeps it (fs.ErrExist).
// After a crash all of it is there, or nothing.
func KeepSeed(dir string, s identity.Seed) error {
	if err := keepSeed(dir, s); err != nil {
		return fmt.Errorf("write the neighborhood's seed: %w", err)
	}
	return nil
}

func keepSeed(dir string, s identity.Seed) error {
	temporary, err := os.CreateTemp(dir, seedFile+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(s[:])
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := os.Link(temporary.Name(), filepath.Join(dir, seedFile)); err != nil { // a rename would take the place of one
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// OnPaper writes down that the words of the seed stand on paper, and from which
// place on its keys were never used.
func (d *DB) OnPaper(ctx context.Context, first uint32) error {
	return wrap("seed", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO seed (id, first_place) VALUES (1, ?) ON CONFLICT DO UPDATE SET first_place = max(first_place, excluded.first_place)`, first)
		return err
	}))
}

// Paper returns what was written down by [DB.OnPaper], and false if nothing was.
func (d *DB) Paper(ctx context.Context) (first uint32, on bool, err error) {
	all, err := sqlite.All(ctx, d.db.Reader(), func(row sqlite.Row) (n uint32, err error) {
		err = row.Scan(&n)
		return n, err
	}, `SELECT first_place FROM seed`)
	for _, n := range all {
		first, on = n, true
	}
	return first, on, wrap("seed", err)
}
