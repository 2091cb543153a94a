// Package datadir is the data directory of a home: it opens what lies there,
// beside a recorder that runs or alone, brings it to the present form, says
// where footage goes, sets a broken catalog aside and makes it again. That one
// recorder at a time writes there is held by a lock on a file, which ends with
// the process.
//
// It records nothing (pkg/recorder does), and what a database holds is the
// business of pkg/household and pkg/catalog.
package datadir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// Dir is a data directory that is open:
//
//	home.db, secret.key   the household
//	catalog.db            the index of the footage
//	footage/              the footage, unless it goes to other places
//	lock                  held by the nvrd that records
//
// It is safe for use from several goroutines.
type Dir struct {
	Home    *household.DB
	Catalog *catalog.Catalog
	Places  *footage.Places
	Player  *playback.Player

	path  string
	saved map[nvr.Event]bool // as of the last SaveEvents; nil before the first
	uuids sync.Map           // of footage directories, by their rows, which never change
}

// Open opens a data directory that holds a recording, also beside a recorder
// that runs there. It fails with [nvr.ErrNotFound] if there is no recording,
// and with [nvr.ErrBusy] if an older version of the program records there.
func Open(ctx context.Context, path string) (*Dir, error) {
	if err := expect(path, "catalog.db"); err != nil {
		return nil, err
	}
	return beside(ctx, path, func() (*Dir, error) { return openAlone(ctx, path) })
}

// openAlone is Open for whoever holds the lock.
func openAlone(ctx context.Context, path string) (*Dir, error) {
	return openParts(ctx, path, slog.New(slog.DiscardHandler))
}

// OpenHome opens the household in a data directory, beside a recorder or not.
// It fails with [nvr.ErrNotFound] if there is none, and otherwise as Open does.
func OpenHome(ctx context.Context, data string) (*household.DB, error) {
	if err := expect(data, "home.db"); err != nil {
		return nil, err
	}
	return CreateHome(ctx, data)
}

// CreateHome is [OpenHome] that makes what is not there.
func CreateHome(ctx context.Context, data string) (*household.DB, error) {
	return beside(ctx, data, func() (*household.DB, error) { return household.Open(ctx, data) })
}

// beside opens databases that a running recorder may have open, too. If that
// would bring them to a form that an older one does not know, the lock is held
// meanwhile; while something records, they are left alone.
func beside[T any](ctx context.Context, data string, open func() (T, error)) (opened T, err error) {
	if !household.Behind(ctx, data) && !catalog.Behind(ctx, filepath.Join(data, "catalog.db")) {
		return open()
	}
	held, err := Lock(data)
	if errors.Is(err, nvr.ErrBusy) {
		return opened, fmt.Errorf("%w, and it is of an older version: start it again with this one first", err)
	}
	if err != nil {
		return opened, err
	}
	defer held.Close()
	return open()
}

func expect(data, file string) error {
	if _, err := os.Stat(filepath.Join(data, file)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no recording in %s yet; name another place with --data, or start one with `nvrd run`: %w", data, nvr.ErrNotFound)
	}
	return nil
}

// Create opens a data directory, making what is not there yet. The caller
// holds the lock.
func Create(ctx context.Context, data string, log *slog.Logger) (*Dir, error) {
	home, err := household.Open(ctx, data)
	if err != nil {
		return nil, err
	}
	defer home.Close()
	// The footage directory is made with the catalog. A catalog without it, even
	// a broken one that was set aside, means a disk that is not mounted, and
	// nothing must be written there.
	entries, err := os.ReadDir(data)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), "catalog.db") }) {
		err := footage.Create(filepath.Join(data, household.DefaultPlace), home.UUID(), household.NewUUID())
		if err != nil && !errors.Is(err, nvr.ErrExists) {
			return nil, err
		}
	}
	return openParts(ctx, data, log)
}

func openParts(ctx context.Context, data string, log *slog.Logger) (_ *Dir, err error) {
	d := Dir{path: data}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if d.Home, err = household.Open(ctx, data); err != nil {
		return nil, err
	}
	if d.Catalog, err = catalog.Open(ctx, filepath.Join(data, "catalog.db")); err != nil {
		return nil, err
	}
	pending, err := aside(data)
	if err != nil {
		return nil, err
	}
	if err := moveLocks(ctx, d.Home, d.Catalog, len(pending) == 0); err != nil {
		return nil, err
	}
	d.Places = footage.NewPlacesOf(d.Home.UUID(), d.Home.Copy(), log)
	if err := d.UsePlaces(ctx); err != nil {
		return nil, err
	}
	d.Player = playback.New(d.Catalog, d.directory)
	return &d, nil
}

// Close closes what is open.
func (d *Dir) Close() error {
	var errs []error
	if d.Places != nil {
		errs = append(errs, d.Places.Close())
	}
	if d.Catalog != nil {
		errs = append(errs, d.Catalog.Close())
	}
	if d.Home != nil {
		errs = append(errs, d.Home.Close())
	}
	return errors.Join(errs...)
}
