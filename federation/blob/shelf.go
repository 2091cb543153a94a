package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Shelf is what a home holds of the media of one neighborhood. It is safe for
// several goroutines.
type Shelf struct {
	disk *Disk
	dir  string

	used     int64                  // bytes, with those of what is being fetched
	partials map[wire.Hash]*partial // that were looked at since the start
	// Both are the disk's to lock.
}

// On disk a file is the hashes of its chunks, then the chunks: room taken by each.
const perChunk = len(wire.Hash{}) + wire.SealedChunk

// sizeOf returns how many bytes of disk a sealed file takes; -1 if there is none
// of that length.
func sizeOf(length uint32) int64 {
	chunks := wire.ChunksOf(length)
	if chunks == 0 {
		return -1
	}
	return int64(length) + int64(chunks*len(wire.Hash{}))
}

// lengthOf returns the length of the sealed file that takes so many bytes of
// disk, and false if none does.
func lengthOf(size int64) (uint32, bool) {
	chunks := (size + int64(perChunk) - 1) / int64(perChunk)
	length := size - chunks*int64(len(wire.Hash{}))
	if length <= 0 || chunks > wire.MaxChunks || wire.ChunksOf(uint32(length)) != int(chunks) {
		return 0, false
	}
	return uint32(length), true
}

// place is extent in a file on disk.
func place(length uint32, i int) (from int64, n int) {
	at, n := extent(length, i)
	return int64(wire.ChunksOf(length)*len(wire.Hash{}) + at), n
}

// heal counts what there is, and removes what can't be a file. It takes no lock.
func (s *Shelf) heal() error {
	gone := false
	err := s.each(func(address wire.Hash, part bool, size int64) error {
		if _, ok := lengthOf(size); ok {
			s.used += size
			return nil
		}
		gone = true
		return remove(s.name(address, part))
	})
	if err == nil && gone {
		err = syncDir(s.dir)
	}
	return err
}

// each calls f with every file of the shelf; what has another name is not the shelf's.
func (s *Shelf) each(f func(address wire.Hash, part bool, size int64) error) error {
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		address, part, ok := parseName(file.Name())
		if !ok {
			continue
		}
		info, err := file.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Mode().IsRegular() {
			err = f(address, part, info.Size())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Shelf) name(address wire.Hash, part bool) string {
	name := filepath.Join(s.dir, address.String())
	if part {
		name += suffix
	}
	return name
}

// Add lays a sealed file on the shelf: the owner's own, before the post that
// names it. When it returns nil the file outlasts a power cut. It returns
// [ErrFull], with nothing changed, and [nvr.ErrDamaged] for bytes that are not
// those which b names.
func (s *Shelf) Add(b wire.Blob, sealed []byte) error {
	if int64(len(sealed)) != int64(b.Length) {
		return fmt.Errorf("keep a file: %d bytes of %d: %w", len(sealed), b.Length, nvr.ErrDamaged)
	}
	p, err := s.begin(b.Address, b.Length)
	if errors.Is(err, nvr.ErrExists) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	defer p.release()
	hashes := hashesOf(sealed)
	if err := p.list(hashes); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	for i := range hashes {
		from, n := extent(b.Length, i)
		if err := p.put(i, sealed[from:from+n]); err != nil {
			return fmt.Errorf("keep a file: %w", errors.Join(err, s.Remove(b.Address)))
		}
	}
	return nil
}

// Has tells whether a file is here, whole.
func (s *Shelf) Has(address wire.Hash, length uint32) bool {
	info, err := os.Lstat(s.name(address, false))
	return err == nil && info.Size() == sizeOf(length)
}

// Open returns what is in a file, or [nvr.ErrNotFound] if that is not here. Close
// it.
func (s *Shelf) Open(b wire.Blob) (*Reader, error) {
	f, err := s.open(b.Address, b.Length)
	if err != nil {
		return nil, fmt.Errorf("media %v: %w", b.Address, err)
	}
	return newReader(f, b), nil
}

func (s *Shelf) open(address wire.Hash, length uint32) (*os.File, error) {
	f, err := os.Open(s.name(address, false))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nvr.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() != sizeOf(length) {
		err = nvr.ErrNotFound
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Remove removes files, those too that are being fetched: no entry names them any
// longer. When it returns nil no power cut brings them back. Their blocks are not
// overwritten, which drives do not promise anyhow: the key is what goes.
func (s *Shelf) Remove(addresses ...wire.Hash) error {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	var errs []error
	for _, address := range addresses {
		delete(s.partials, address)
		for _, part := range []bool{true, false} {
			info, err := os.Lstat(s.name(address, part))
			if err == nil {
				err = remove(s.name(address, part))
			}
			switch {
			case err == nil:
				s.free(info.Size())
			case !errors.Is(err, fs.ErrNotExist):
				errs = append(errs, err)
			}
		}
	}
	if err := errors.Join(append(errs, syncDir(s.dir))...); err != nil {
		return fmt.Errorf("remove media: %w", err)
	}
	return nil
}

// Sweep removes all files that keep does not want, and returns how many. It is
// for the start, before anything is added or fetched: a file is laid here before
// the post that names it is written.
func (s *Shelf) Sweep(keep func(address wire.Hash) bool) (int, error) {
	var gone []wire.Hash
	if err := s.each(func(address wire.Hash, _ bool, _ int64) error {
		if !keep(address) {
			gone = append(gone, address)
		}
		return nil
	}); err != nil {
		return 0, fmt.Errorf("sweep media: %w", err)
	}
	if len(gone) == 0 {
		return 0, nil
	}
	return len(gone), s.Remove(gone...)
}

// Used returns how many bytes of disk the shelf takes.
func (s *Shelf) Used() int64 {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	return s.used
}

// free gives room back. The lock is held.
func (s *Shelf) free(size int64) { s.used, s.disk.used = s.used-size, s.disk.used-size }

// remove is os.Remove, of what may be gone.
func remove(name string) error {
	err := os.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
