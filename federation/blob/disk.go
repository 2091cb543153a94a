package blob

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"nvrd/federation/wire"
)

// ErrFull says that there is no room for a file. What is here stays.
var ErrFull = errors.New("blob: no room for more media")

// Limits is how much room media may take, in bytes.
type Limits struct {
	Neighborhood int64 // of one neighborhood
	Total        int64 // of all
	Floor        int64 // what stays free of the file system, for what else is on it
}

// Disk is a directory with sealed files, those of each neighborhood in a folder
// of its own: a home that is in two of them gives nobody of the one what it holds
// of the other. Limits are kept before anything is written, and room is taken for
// a whole file when its first chunk comes. It is safe for several goroutines, and
// for one process.
//
// A file is there once it is whole and durable. Its name is its address, and it
// holds the hashes of its chunks and behind them the sealed file. What is being
// fetched lies beside it with .part behind its name, as long as it will be.
type Disk struct {
	dir    string
	limits Limits

	mu      sync.Mutex
	used    int64 // of all shelves
	shelves map[wire.Hash]*Shelf
}

// OpenDisk opens the directory, and makes it if it is not there; what a crash
// left of files that can't be completed goes. It reads no file.
func OpenDisk(dir string, limits Limits) (*Disk, error) {
	d := &Disk{dir: dir, limits: limits, shelves: map[wire.Hash]*Shelf{}}
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("open media: %w", err)
	}
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open media: %w", err)
	}
	for _, f := range folders {
		if name, ok := parseHash(f.Name()); ok && f.IsDir() {
			s := d.shelf(name)
			if err := s.heal(); err != nil {
				return nil, fmt.Errorf("open media of %v: %w", name, err)
			}
			d.shelves[name], d.used = s, d.used+s.used
		}
	}
	return d, nil
}

func (d *Disk) shelf(neighborhood wire.Hash) *Shelf {
	return &Shelf{disk: d, dir: filepath.Join(d.dir, neighborhood.String()), partials: map[wire.Hash]*partial{}}
}

// Shelf returns that of a neighborhood, and makes it.
func (d *Disk) Shelf(neighborhood wire.Hash) (*Shelf, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.shelves[neighborhood]; s != nil {
		return s, nil
	}
	s := d.shelf(neighborhood)
	if err := makeDir(s.dir); err != nil {
		return nil, fmt.Errorf("shelf of %v: %w", neighborhood, err)
	}
	d.shelves[neighborhood] = s
	return s, nil
}

// Forget removes the shelf of a neighborhood that was left, for good once it
// returns. Nothing may be fetched to it any more.
func (d *Disk) Forget(neighborhood wire.Hash) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.shelves[neighborhood]
	if s == nil {
		return nil
	}
	if err := errors.Join(os.RemoveAll(s.dir), syncDir(d.dir)); err != nil {
		return fmt.Errorf("forget media of %v: %w", neighborhood, err)
	}
	clear(s.partials)
	d.used, s.used = d.used-s.used, 0
	delete(d.shelves, neighborhood)
	return nil
}

// Used returns how many bytes there are, with those of what is being fetched.
func (d *Disk) Used() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used
}

// take takes room for a file of a shelf, or returns [ErrFull]. The lock is held.
func (d *Disk) take(s *Shelf, size int64) error {
	if err := d.room(s, size); err != nil {
		return err
	}
	s.used, d.used = s.used+size, d.used+size
	return nil
}

// room returns [ErrFull] unless there is room for a file. The lock is held.
func (d *Disk) room(s *Shelf, size int64) error {
	switch {
	case s.used+size > d.limits.Neighborhood:
		return fmt.Errorf("%w: %d of %d bytes of this neighborhood are taken", ErrFull, s.used, d.limits.Neighborhood)
	case d.used+size > d.limits.Total:
		return fmt.Errorf("%w: %d of %d bytes are taken", ErrFull, d.used, d.limits.Total)
	}
	return d.spare(size)
}

// spare returns [ErrFull] if writing so many bytes leaves less than the floor.
func (d *Disk) spare(size int64) error {
	var at unix.Statfs_t
	if err := unix.Statfs(d.dir, &at); err != nil {
		return fmt.Errorf("room on the disk: %w", err)
	}
	block := int64(at.Bsize) //nolint:unconvert // 32 bits on some machines
	if free := int64(at.Bavail) * block; free-size < d.limits.Floor {
		return fmt.Errorf("%w: the disk has %d bytes left, and %d stay free", ErrFull, free, d.limits.Floor)
	}
	return nil
}

// full adds [ErrFull] to what the file system says when it is.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

func parseHash(name string) (h wire.Hash, ok bool) {
	n, err := hex.Decode(h[:], []byte(name[:min(len(name), 2*len(h))]))
	return h, err == nil && n == len(h) && h.String() == name
}

// makeDir makes a folder, durably.
func makeDir(dir string) error {
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// syncDir makes durable which files are in a folder.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// suffix is what the name of a file has that is not whole yet.
const suffix = ".part"

// parseName reads the name of a file on a shelf.
func parseName(name string) (address wire.Hash, part, ok bool) {
	bare, part := strings.CutSuffix(name, suffix)
	address, ok = parseHash(bare)
	return address, part, ok
}
