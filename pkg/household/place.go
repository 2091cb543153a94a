package household

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// DefaultPlace is the path of the footage directory that every home has, below
// the directory of home.db. All others are absolute.
const DefaultPlace = "footage"

// Place is where footage is kept.
type Place struct {
	Path    string
	Removed bool // nothing is written there any more
}

// Places returns where footage is kept: first the places that it goes to, in
// order of preference, then those that were removed.
func (h *DB) Places(ctx context.Context) (places []Place, err error) {
	err = h.db.View(ctx, func(tx *sqlite.Tx) error {
		places, err = readPlaces(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("footage directories: %w", err)
	}
	return places, nil
}

// AddPlace adds a place: before all others if first is set, and else after
// them, but before the default one if that is the last. One that is there
// already is only moved to the front; without first that is [nvr.ErrExists].
func (h *DB) AddPlace(ctx context.Context, path string, first bool) error {
	return h.changePlaces(ctx, func(places []Place) ([]Place, error) {
		if i := find(places, path); i >= 0 {
			if !places[i].Removed && !first {
				return nil, fmt.Errorf("%s is a footage directory already; --first moves it to the front: %w", path, nvr.ErrExists)
			}
			places = slices.Delete(places, i, i+1)
		}
		n := slices.IndexFunc(places, func(p Place) bool { return p.Removed })
		if n < 0 {
			n = len(places)
		}
		switch {
		case first:
			n = 0
		case places[n-1].Path == DefaultPlace:
			n--
		}
		return slices.Insert(places, n, Place{Path: path}), nil
	})
}

// RemovePlace makes a place one that nothing is written to any more. It fails
// with [nvr.ErrNotFound] if there is none at that path, and with
// [nvr.ErrInvalid] for the default one, which stays.
func (h *DB) RemovePlace(ctx context.Context, path string) error {
	return h.changePlaces(ctx, func(places []Place) ([]Place, error) {
		i := find(places, path)
		if i < 0 || places[i].Removed {
			return nil, fmt.Errorf("%s is no footage directory; `nvrd storage` shows them: %w", path, nvr.ErrNotFound)
		}
		if path == DefaultPlace {
			return nil, fmt.Errorf("the footage directory in the data directory stays; `nvrd storage add --first` puts another one before it: %w", nvr.ErrInvalid)
		}
		return append(slices.Delete(places, i, i+1), Place{Path: path, Removed: true}), nil
	})
}

func find(places []Place, path string) int {
	return slices.IndexFunc(places, func(p Place) bool { return p.Path == path })
}

// changePlaces stores what f makes of the places.
func (h *DB) changePlaces(ctx context.Context, f func([]Place) ([]Place, error)) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		places, err := readPlaces(ctx, tx)
		if err != nil {
			return fmt.Errorf("footage directories: %w", err)
		}
		if places, err = f(places); err != nil {
			return err
		}
		return writePlaces(ctx, tx, places)
	})
	if err == nil {
		h.wake()
	}
	return err
}

func readPlaces(ctx context.Context, tx *sqlite.Tx) (places []Place, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT path, rank FROM place ORDER BY rank IS NULL, rank, path`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p Place
		var rank sql.NullInt64
		if err := rows.Scan(&p.Path, &rank); err != nil {
			return nil, err
		}
		p.Removed = !rank.Valid
		places = append(places, p)
	}
	return places, rows.Err()
}

func writePlaces(ctx context.Context, tx *sqlite.Tx, places []Place) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM place`); err != nil {
		return fmt.Errorf("set footage directories: %w", err)
	}
	for i, p := range places {
		rank := sql.NullInt64{Int64: int64(i), Valid: !p.Removed}
		if _, err := tx.ExecContext(ctx, `INSERT INTO place (path, rank) VALUES (?, ?)`, p.Path, rank); err != nil {
			return fmt.Errorf("set footage directories: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE home SET places_revision = places_revision + 1`); err != nil {
		return fmt.Errorf("set footage directories: %w", err)
	}
	return nil
}
