package main

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

// store is what lies in a data directory:
//
//	home.db, secret.key   the household
//	catalog.db            the index of the footage
//	footage/              the footage, unless it goes to other places
//	lock                  held by the nvrd that records
type store struct {
	data    string
	home    *household.DB
	catalog *catalog.Catalog
	places  *footage.Places
	player  *playback.Player
	uuids   sync.Map // of footage directories, by their rows, which never change
}

// openStore opens a data directory that holds a recording; commands beside a
// running recorder use it, too.
func openStore(ctx context.Context, data string) (*store, error) {
	if err := expect(data, "catalog.db"); err != nil {
		return nil, err
	}
	return beside(ctx, data, func() (*store, error) { return openAlone(ctx, data) })
}

// openAlone is openStore for whoever holds the lock.
func openAlone(ctx context.Context, data string) (*store, error) {
	return open(ctx, data, slog.New(slog.DiscardHandler))
}

// openHome opens the household in a data directory that has one.
func openHome(ctx context.Context, data string) (*household.DB, error) {
	if err := expect(data, "home.db"); err != nil {
		return nil, err
	}
	return makeHome(ctx, data)
}

// makeHome opens the household in a data directory, and makes what is not there.
func makeHome(ctx context.Context, data string) (*household.DB, error) {
	return beside(ctx, data, func() (*household.DB, error) { return household.Open(ctx, data) })
}

// beside opens databases that a running recorder may have open, too. If that
// would bring them to a form that an older one does not know, the lock is held
// meanwhile; while something records, they are left alone.
func beside[T any](ctx context.Context, data string, open func() (T, error)) (opened T, err error) {
	if !household.Behind(ctx, data) && !catalog.Behind(ctx, filepath.Join(data, "catalog.db")) {
		return open()
	}
	held, err := lock(data)
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

// createStore opens a data directory, making what is not there yet.
func createStore(ctx context.Context, data string, log *slog.Logger) (*store, error) {
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
	return open(ctx, data, log)
}

func open(ctx context.Context, data string, log *slog.Logger) (_ *store, err error) {
	s := store{data: data}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.home, err = household.Open(ctx, data); err != nil {
		return nil, err
	}
	if s.catalog, err = catalog.Open(ctx, filepath.Join(data, "catalog.db")); err != nil {
		return nil, err
	}
	s.places = footage.NewPlaces(s.home.UUID(), log)
	if err := s.usePlaces(ctx); err != nil {
		return nil, err
	}
	s.player = playback.New(s.catalog, s.directory)
	return &s, nil
}

// Close closes what is open.
func (s *store) Close() error {
	var errs []error
	if s.places != nil {
		errs = append(errs, s.places.Close())
	}
	if s.catalog != nil {
		errs = append(errs, s.catalog.Close())
	}
	if s.home != nil {
		errs = append(errs, s.home.Close())
	}
	return errors.Join(errs...)
}

// isRecording tells whether a recorder has the lock of a data directory. It makes
// no file there: that would belong to whoever asks.
func isRecording(data string) bool {
	f, err := os.Open(filepath.Join(data, "lock"))
	if err != nil {
		return false
	}
	defer f.Close()
	return flock(f) != nil
}

// lock makes sure that one recorder at a time writes to a data directory. It is
// released when the file is closed, or with the process.
func lock(data string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := flock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("another nvrd records to %s: %w", data, nvr.ErrBusy)
	}
	return f, nil
}
