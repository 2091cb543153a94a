package blob

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// partial is a file that is not whole yet. Only chunks that were verified are
// written, each to its place, and nothing says which are there: after a crash
// they are read and verified again, so what was half written is not there. Who
// has begun one is the only one to use it, until it is released.
type partial struct {
	shelf   *Shelf
	address wire.Hash
	length  uint32
	busy    bool // the disk's to lock

	f      *os.File
	hashes []wire.Hash // of the chunks; nil until they are known, and then there is a file
	have   []bool
	left   int // chunks that are missing
}

// begin takes up a file that is not whole. It returns [nvr.ErrExists] for one
// that is, [nvr.ErrBusy] for one that somebody else has begun, and
// [nvr.ErrInvalid] if there can be none of that length.
func (s *Shelf) begin(address wire.Hash, length uint32) (*partial, error) {
	if wire.ChunksOf(length) == 0 {
		return nil, fmt.Errorf("a file of %d bytes: %w", length, nvr.ErrInvalid)
	}
	p, known, err := s.claim(address, length)
	if err != nil {
		return nil, err
	}
	if known {
		if p.f, err = os.OpenFile(s.name(address, true), os.O_RDWR, 0); err != nil {
			p.hashes = nil // begun anew next time
		}
	} else {
		err = p.resume()
	}
	if err == nil && p.hashes != nil && p.left == 0 {
		err = p.finish() // a crash came before
		if err == nil {
			err = nvr.ErrExists
		}
	}
	if err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

// claim makes a file that of the caller, and tells whether it is known what is there of it.
func (s *Shelf) claim(address wire.Hash, length uint32) (p *partial, known bool, err error) {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	if info, err := os.Lstat(s.name(address, false)); err == nil {
		if info.Size() == sizeOf(length) {
			return nil, false, nvr.ErrExists
		}
		if err := s.heals(address, info.Size()); err != nil {
			return nil, false, err
		}
	}
	if p := s.partials[address]; p != nil {
		switch {
		case p.busy:
			return nil, false, nvr.ErrBusy
		case p.length != length:
			return nil, false, errOtherLength
		}
		p.busy = true
		return p, true, nil
	}
	p = &partial{shelf: s, address: address, length: length, busy: true}
	s.partials[address] = p
	return p, false, nil
}

// errOtherLength says that somebody names a file by an address that is another's.
var errOtherLength = fmt.Errorf("a file of this address has another length: %w", nvr.ErrInvalid)

// heals removes a file that was whole and was cut since. One that still is what
// its address says is [nvr.ErrInvalid]: the other length is wrong. The lock is held.
func (s *Shelf) heals(address wire.Hash, size int64) error {
	name := s.name(address, false)
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, _, err := readList(f, address); !errors.Is(err, nvr.ErrDamaged) {
		return errors.Join(err, errOtherLength)
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	s.free(size)
	return nil
}

// release ends what begin began.
func (p *partial) release() {
	p.shelf.disk.mu.Lock()
	defer p.shelf.disk.mu.Unlock()
	if p.f != nil {
		p.f.Close()
		p.f = nil
	}
	p.busy = false
	if p.hashes == nil && p.shelf.partials[p.address] == p {
		delete(p.shelf.partials, p.address)
	}
}

// resume looks at what an earlier life left of the file.
func (p *partial) resume() error {
	f, err := os.OpenFile(p.shelf.name(p.address, true), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	length, hashes, err := readList(f, p.address)
	if err != nil {
		f.Close()
		if errors.Is(err, nvr.ErrDamaged) {
			return p.discard()
		}
		return err
	}
	if length != p.length {
		f.Close()
		return errOtherLength
	}
	p.f, p.hashes, p.have, p.left = f, hashes, make([]bool, len(hashes)), len(hashes)
	buf := make([]byte, wire.SealedChunk)
	for i, h := range hashes {
		from, n := place(length, i)
		if _, err := f.ReadAt(buf[:n], from); err != nil {
			return err
		}
		if sha256.Sum256(buf[:n]) == h {
			p.have[i] = true
			p.left--
		}
	}
	return nil
}

// discard removes the file: what is in it is none of its chunks.
func (p *partial) discard() error {
	p.shelf.disk.mu.Lock()
	defer p.shelf.disk.mu.Unlock()
	p.hashes = nil
	name := p.shelf.name(p.address, true)
	info, err := os.Lstat(name)
	if err == nil {
		err = os.Remove(name)
	}
	if err == nil {
		p.shelf.free(info.Size())
	}
	return err
}

// readList reads the hashes that a file on disk begins with. They are those of
// its address, or it returns [nvr.ErrDamaged].
func readList(f *os.File, address wire.Hash) (uint32, []wire.Hash, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, nil, err
	}
	length, ok := lengthOf(info.Size())
	if !ok {
		return 0, nil, fmt.Errorf("%d bytes are no file: %w", info.Size(), nvr.ErrDamaged)
	}
	hashes := make([]wire.Hash, wire.ChunksOf(length))
	b := make([]byte, len(hashes)*len(wire.Hash{}))
	if _, err := f.ReadAt(b, 0); err != nil {
		return 0, nil, err
	}
	for i := range hashes {
		b = b[copy(hashes[i][:], b):]
	}
	if wire.Address(length, hashes) != address {
		return 0, nil, fmt.Errorf("hashes of another file: %w", nvr.ErrDamaged)
	}
	return length, hashes, nil
}

// list says which hashes the chunks have. Those of another file are [nvr.ErrDamaged].
func (p *partial) list(hashes []wire.Hash) error {
	if len(hashes) != wire.ChunksOf(p.length) || wire.Address(p.length, hashes) != p.address {
		return fmt.Errorf("hashes of another file: %w", nvr.ErrDamaged)
	}
	if p.hashes != nil {
		return nil
	}
	s := p.shelf
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	if s.partials[p.address] != p {
		return errRemoved
	}
	size := sizeOf(p.length)
	if err := s.disk.take(s, size); err != nil {
		return err
	}
	f, err := os.OpenFile(s.name(p.address, true), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		if err = write(f, hashes, size); err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		s.free(size)
		return full(err)
	}
	p.f, p.hashes, p.have, p.left = f, slices.Clone(hashes), make([]bool, len(hashes)), len(hashes)
	return nil
}

// write makes a file without any chunk.
func write(f *os.File, hashes []wire.Hash, size int64) error {
	if err := f.Truncate(size); err != nil {
		return err
	}
	b := make([]byte, 0, len(hashes)*len(wire.Hash{}))
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	_, err := f.WriteAt(b, 0)
	return err
}

// errRemoved says that nobody wants the file any longer.
var errRemoved = fmt.Errorf("it was removed meanwhile: %w", nvr.ErrNotFound)

// missing returns the first run of chunks that are not here, of at most
// [wire.MaxRun]; before the hashes are known, of all.
func (p *partial) missing() (first, count int) {
	if p.hashes != nil {
		first = slices.Index(p.have, false)
	}
	for count < wire.MaxRun && first+count < wire.ChunksOf(p.length) && (p.hashes == nil || !p.have[first+count]) {
		count++
	}
	return first, count
}

// put writes a chunk. One that is not what its hash says is [nvr.ErrDamaged].
// With the last chunk the file is there, and outlasts a power cut.
func (p *partial) put(i int, chunk []byte) error {
	if sha256.Sum256(chunk) != p.hashes[i] {
		return fmt.Errorf("chunk %d is another: %w", i, nvr.ErrDamaged)
	}
	if p.have[i] {
		return nil
	}
	if err := p.shelf.disk.spare(int64(len(chunk))); err != nil {
		return err
	}
	from, _ := place(p.length, i)
	if _, err := p.f.WriteAt(chunk, from); err != nil {
		return full(err)
	}
	p.have[i] = true
	if p.left--; p.left > 0 {
		return nil
	}
	return p.finish()
}

// finish gives the file its name.
func (p *partial) finish() error {
	if err := p.f.Sync(); err != nil {
		return errors.Join(full(err), p.discard()) // what is there of it now, nobody knows
	}
	s := p.shelf
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	if s.partials[p.address] != p {
		return errRemoved
	}
	if err := os.Rename(s.name(p.address, true), s.name(p.address, false)); err != nil {
		return err
	}
	delete(s.partials, p.address)
	return syncDir(s.dir)
}
