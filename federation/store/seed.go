package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nvrd/federation/identity"
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
