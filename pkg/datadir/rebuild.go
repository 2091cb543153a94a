package datadir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/doctor"
	"nvrd/pkg/durable"
	"nvrd/pkg/footage"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Rebuild makes the catalog again from the footage, and returns what was made
// and under which name the old one is kept, if there was one. progress, which
// may be nil, is told how many files of how many are done. At every instant one
// of the catalogs is in place. It fails with [nvr.ErrBusy] while something
// records there, and with [nvr.ErrNotFound] if a place that takes footage is
// not there.
func Rebuild(ctx context.Context, data string, progress func(done, total int), log *slog.Logger) (made doctor.Rebuilt, old string, err error) {
	if err := expect(data, "home.db"); err != nil {
		return made, "", err
	}
	held, err := Lock(data)
	if errors.Is(err, nvr.ErrBusy) {
		return made, "", fmt.Errorf("%w; it rebuilds by itself what is missing when it starts without catalog.db", err)
	}
	if err != nil {
		return made, "", err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	home, err := household.Open(ctx, data)
	if err != nil {
		return made, "", err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	if made, err = rebuildBeside(ctx, data, home, progress, log); err != nil {
		return made, "", err
	}
	old, err = swap(data, time.Now())
	return made, old, err
}

// rebuilding is the name of a catalog while it is made.
const rebuilding = "catalog.db.rebuilding"

// rebuildBeside makes a new catalog beside the one that is there.
func rebuildBeside(ctx context.Context, data string, home *household.DB, progress func(done, total int), log *slog.Logger) (made doctor.Rebuilt, err error) {
	for _, suffix := range companions {
		if err := os.Remove(filepath.Join(data, rebuilding+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return made, fmt.Errorf("remove what an earlier rebuild left: %w", err)
		}
	}
	old := openOld(filepath.Join(data, "catalog.db"), log)
	if old != nil {
		defer func() { err = errors.Join(err, old.Close()) }()
	}
	places, err := allPlaces(ctx, data, home, old)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, places.Close()) }()
	fresh, err := catalog.Open(ctx, filepath.Join(data, rebuilding))
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	d := &doctor.Doctor{Catalog: fresh, Directories: places.There(), Home: home.UUID()}
	if made, err = d.Rebuild(ctx, doctor.Rebuilding{Old: old, Progress: progress}); err != nil {
		return made, err
	}
	tellLost(made, log)
	if err := restoreEvents(ctx, home, fresh); err != nil {
		return made, err
	}
	if err := moveLocks(ctx, home, fresh, true); err != nil { // those of the old one are in it now
		return made, err
	}
	return made, applyLocks(ctx, home, fresh, nvr.Now())
}

// allPlaces opens the places of a household, each of which has to be there. old
// may be nil; as far as it can be read, it knows of others.
func allPlaces(ctx context.Context, data string, home *household.DB, old *catalog.Catalog) (*footage.Places, error) {
	var known []catalog.Directory
	if old != nil {
		known, _ = old.Directories(ctx)
	}
	written, read, err := placePaths(ctx, data, home, known)
	if err != nil {
		return nil, err
	}
	places := footage.NewPlacesOf(home.UUID(), home.Copy(), slog.New(slog.DiscardHandler))
	places.Use(written, read)
	for _, s := range places.States() {
		if s.Written && s.Err != nil {
			return nil, errors.Join(fmt.Errorf("its footage would be missing: %w", s.Err), places.Close())
		}
	}
	return places, nil
}

// companions are the endings of the files that make up a database.
var companions = []string{"", "-wal", "-shm"}

// openOld opens a catalog to be read as far as that is possible, or returns nil.
func openOld(path string, log *slog.Logger) *catalog.Catalog {
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	old, err := catalog.OpenReader(path)
	if err != nil {
		log.Warn("the old catalog cannot be read", "path", path, "err", err)
		return nil
	}
	return old
}

// tellLost says that an old catalog could not be read.
func tellLost(made doctor.Rebuilt, log *slog.Logger) {
	if made.Lost != nil {
		log.Error("the old catalog cannot be read to its end; locks and events stay as far as home.db has them", "err", made.Lost)
	}
}

// swap puts the catalog that was made in place of the old one, which is kept
// under the name that it returns. At every instant one of them is in place.
func swap(data string, now time.Time) (string, error) {
	current := filepath.Join(data, "catalog.db")
	old := ""
	if _, err := os.Stat(current); err == nil {
		old = current + ".before-rebuild-" + now.UTC().Format(stamp)
		// A journal must never be applied to another database.
		for _, suffix := range companions[1:] {
			if err := os.Rename(current+suffix, old+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("keep the old catalog: %w", err)
			}
		}
		if err := os.Link(current, old); errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("keep the old catalog: %s: %w", old, nvr.ErrExists)
		} else if err != nil { // some file systems have no links
			if err := os.Rename(current, old); err != nil {
				return "", fmt.Errorf("keep the old catalog: %w", err)
			}
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("keep the old catalog: %w", err)
	}
	if err := os.Rename(filepath.Join(data, rebuilding), current); err != nil {
		return "", fmt.Errorf("put the new catalog in place: %w", err)
	}
	return old, durable.Sync(data)
}

// stamp is a time in a file's name: of two copies, the first is never replaced.
const stamp = "20060102T150405.000000Z"
