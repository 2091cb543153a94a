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

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// pathOf returns where a place of the household is: an absolute path if that of
// the data directory is one.
func pathOf(data, place string) string {
	if place == household.DefaultPlace {
		return filepath.Join(data, place)
	}
	return place
}

// placePaths returns where footage goes, and where it is only read: in places
// that were removed, and in others that a catalog knows.
//
// The default place is always the data directory's own. Where a catalog says
// that it is elsewhere, the data directory was copied or moved, and what lies
// there may be the original.
func placePaths(ctx context.Context, data string, home *household.DB, known []catalog.Directory) (written, read []string, err error) {
	if data, err = filepath.Abs(data); err != nil {
		return nil, nil, fmt.Errorf("data directory: %w", err)
	}
	places, err := home.Places(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range places {
		if p.Removed {
			read = append(read, p.Path)
		} else {
			written = append(written, pathOf(data, p.Path))
		}
	}
	own, unknown := footage.ID(pathOf(data, household.DefaultPlace))
	for _, d := range known {
		if unknown == nil && own == footage.UUID(d.UUID) || isOthers(data, d.Path) {
			continue
		}
		read = append(read, d.Path)
	}
	return written, read, nil
}

// isOthers tells whether a path is the default place of another data directory.
func isOthers(data, path string) bool {
	if filepath.Base(path) != household.DefaultPlace || filepath.Dir(path) == data {
		return false
	}
	_, err := os.Stat(filepath.Join(filepath.Dir(path), "home.db"))
	return err == nil
}

// UsePlaces makes the places those of the household; [household.DB.Watch] tells
// when they change.
func (d *Dir) UsePlaces(ctx context.Context) error {
	known, err := d.Catalog.Directories(ctx)
	if err != nil {
		return err
	}
	written, read, err := placePaths(ctx, d.path, d.Home, known)
	if err != nil {
		return err
	}
	d.Places.Use(written, read)
	return nil
}

// directory returns the footage directory of a row.
func (d *Dir) directory(id nvr.DirectoryID) (*footage.Directory, error) {
	if _, ok := d.uuids.Load(id); !ok {
		known, err := d.Catalog.Directories(context.Background())
		if err != nil {
			return nil, err
		}
		for _, row := range known {
			d.uuids.Store(row.ID, footage.UUID(row.UUID))
		}
	}
	if uuid, ok := d.uuids.Load(id); ok {
		if at := d.Places.Directory(uuid.(footage.UUID)); at != nil {
			return at, nil
		}
	}
	return nil, fmt.Errorf("the footage directory is not there; is its disk mounted? `nvrd storage` says which: %w", nvr.ErrNotFound)
}

// directories returns the footage directories that are there by their rows,
// and those that are not, although nobody removed them.
func (d *Dir) directories(ctx context.Context) (there map[nvr.DirectoryID]*footage.Directory, missing []catalog.Directory, err error) {
	known, err := d.Catalog.Directories(ctx)
	if err != nil {
		return nil, nil, err
	}
	places, err := d.Home.Places(ctx)
	if err != nil {
		return nil, nil, err
	}
	removed := map[string]bool{}
	for _, p := range places {
		removed[p.Path] = p.Removed
	}
	open := map[footage.UUID]*footage.Directory{}
	for _, at := range d.Places.There() {
		open[at.ID()] = at
	}
	there = map[nvr.DirectoryID]*footage.Directory{}
	for _, row := range known {
		if at := open[footage.UUID(row.UUID)]; at != nil {
			there[row.ID] = at
		} else if !removed[row.Path] {
			missing = append(missing, row)
		}
	}
	return there, missing, nil
}

// AddPlace has the footage of a home kept in the directory at an absolute path,
// too, before all others if it is to be the first; it is made if it is not
// there. It returns the place that takes footage before all others, and at which
// path the new one is. It fails with [nvr.ErrInvalid], [nvr.ErrExists] or
// [nvr.ErrNotFound] and a message that says what to do.
func AddPlace(ctx context.Context, data, path string, first bool) (preferred, at string, err error) {
	home, err := CreateHome(ctx, data)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	place, at, err := placeAt(data, path)
	if err != nil {
		return "", "", err
	}
	places, err := home.Places(ctx)
	if err != nil {
		return "", "", err
	}
	listed := slices.Contains(places, household.Place{Path: place}) // then its disk may just not be there
	if !listed {
		if err := apart(data, places, at); err != nil {
			return "", "", err
		}
		if err := claim(at, home.UUID()); err != nil {
			return "", "", err
		}
	}
	taken := false
	if _, err := footage.ID(at); err == nil {
		if taken, err = footage.Take(at, home.Copy()); err != nil {
			return "", "", err
		}
	}
	if err := home.AddPlace(ctx, place, first); err != nil && !(listed && taken && errors.Is(err, nvr.ErrExists)) {
		return "", "", err
	}
	if places, err = home.Places(ctx); err != nil {
		return "", "", err
	}
	if places[0].Path == place {
		return at, at, nil
	}
	return pathOf(data, places[0].Path), at, nil
}

// RemovePlace has nothing more written to the directory at an absolute path, and
// returns that path as the household has it. Footage stays there until its time
// comes. It fails as [household.DB.RemovePlace] does.
func RemovePlace(ctx context.Context, data, path string) (at string, err error) {
	home, err := OpenHome(ctx, data)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	place, at, err := placeAt(data, path)
	if err != nil {
		return "", err
	}
	return at, home.RemovePlace(ctx, place)
}

// placeAt returns what the household calls the place at a path, and the path.
func placeAt(data, path string) (place, at string, err error) {
	if !filepath.IsAbs(path) {
		return "", "", fmt.Errorf("--path %q has to be absolute, such as /mnt/disk/footage: %w", path, nvr.ErrInvalid)
	}
	at = filepath.Clean(path)
	own, err := filepath.Abs(pathOf(data, household.DefaultPlace))
	if err != nil {
		return "", "", fmt.Errorf("data directory: %w", err)
	}
	if at == own {
		return household.DefaultPlace, at, nil
	}
	return at, at, nil
}

// apart makes sure that a new place and the others do not lie in each other.
func apart(data string, places []household.Place, at string) error {
	mine, err := real(at)
	if err != nil {
		return err
	}
	for _, p := range places {
		other, err := filepath.Abs(pathOf(data, p.Path))
		if err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
		if other == at {
			continue
		}
		theirs, err := real(other)
		switch {
		case err != nil:
			return err
		case mine == theirs:
			return fmt.Errorf("%s is the footage directory %s: %w", at, other, nvr.ErrExists)
		case under(mine, theirs):
			return fmt.Errorf("%s lies in the footage directory %s; choose one beside it: %w", at, other, nvr.ErrInvalid)
		case under(theirs, mine):
			return fmt.Errorf("the footage directory %s lies in %s; choose one beside it: %w", other, at, nvr.ErrInvalid)
		}
	}
	return nil
}

// under tells whether a path lies below a directory.
func under(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// real returns a path without symbolic links, as far as it exists.
func real(path string) (string, error) {
	found, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
		return found, err
	}
	parent, err := real(filepath.Dir(path))
	return filepath.Join(parent, filepath.Base(path)), err
}

// claim makes a footage directory of the home at a path, unless it is one already.
func claim(path string, home footage.UUID) error {
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no directory %s; is its disk mounted? %w", filepath.Dir(path), nvr.ErrNotFound)
	}
	d, err := footage.Open(path, home, slog.New(slog.DiscardHandler))
	if err == nil {
		return d.Close()
	}
	if !errors.Is(err, nvr.ErrNotFound) {
		return err
	}
	return footage.Create(path, home, household.NewUUID())
}
