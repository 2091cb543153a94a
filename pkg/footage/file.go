package footage

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// File is a footage file being written. Its methods only queue work for the
// directory's writer and never block; they may be called from one goroutine.
type File struct {
	dir    *Directory
	origin Origin
	header int64 // bytes before the first movie fragment
	init   [sha256.Size]byte

	failed atomic.Pointer[error] // set once, by the writer

	// What follows belongs to the writer.
	f       *os.File
	written int64
	synced  int64
	dirty   bool
	sealed  func(Result)
}

// Result is what became of a sealed file.
type Result struct {
	Durable int64 // bytes that a power cut does not take, from the front
	Err     error // nil if that is all that was appended
}

// Create begins a new file with the given init segment, and returns it with
// the size of its header. A failure shows in [File.Err].
func (d *Directory) Create(o Origin, init []byte) (*File, int64) {
	o.Home, o.Directory = d.home, d.id
	header := fmp4.AppendExtension(append([]byte(nil), init...), originID, o.append(nil))
	f := &File{dir: d, origin: o, header: int64(len(header)), init: sha256.Sum256(init)}
	d.unsealed.Add(1)
	if err := d.queue(job{file: f, header: header, bytes: int64(len(header))}); err != nil {
		f.fail(err)
	}
	return f, int64(len(header))
}

// Append queues one movie fragment, whose parts must not be changed any more.
// It fails with nvr.ErrBusy, and queues nothing, if the disk is too far
// behind, and with [fs.ErrClosed] if the directory was closed.
func (f *File) Append(bufs [][]byte) error {
	var n int64
	for _, b := range bufs {
		n += int64(len(b))
	}
	return f.dir.queueBounded(job{file: f, bufs: bufs, bytes: n})
}

// Seal says that nothing follows. When everything is durable, or has failed,
// done is called once from the directory's writer; it must not block. The
// file's folder entry is durable then, too. A file without a durable movie
// fragment is gone. If the directory was closed before, done is called from
// another goroutine, with what is durable.
func (f *File) Seal(done func(Result)) {
	if f.dir.queue(job{file: f, sealed: done}) == nil {
		return
	}
	go func() {
		<-f.dir.done // and with it what only the writer may touch is ours
		f.dir.late.Lock()
		defer f.dir.late.Unlock()
		f.close()
		done(Result{Durable: f.synced, Err: f.Err()})
		f.dir.unsealed.Add(-1)
	}()
}

// Waiting returns how many bytes, of this and other files, the disk has not
// taken yet.
func (f *File) Waiting() int64 {
	f.dir.mu.Lock()
	defer f.dir.mu.Unlock()
	return f.dir.backlog
}

// Err returns why the file takes no more, or nil.
func (f *File) Err() error {
	if p := f.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// create makes the file and the folders it lies in.
func (f *File) create() error {
	if err := f.dir.present(); err != nil {
		return err
	}
	path := filepath.Join(f.dir.path, name(f.origin.Stream, f.origin.Start))
	out, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, fs.ErrNotExist) {
		// The directory itself is never made here: if it is gone, so is its disk.
		if err = f.dir.makeFolders(filepath.Dir(path)); err != nil {
			return err
		}
		out, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	}
	if err != nil {
		return fmt.Errorf("create footage file: %w", nameless(err))
	}
	f.f = out
	f.dir.dirs[filepath.Dir(path)] = true
	return nil
}

// nameless returns err without the name of a file. A disk that stays full fails
// one file after the other, which is one gap if they fail in the same words.
func nameless(err error) error {
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		return named.Err
	}
	return err
}

func (f *File) fail(err error) {
	if f.Err() == nil {
		f.failed.Store(&err)
		f.dir.log.Error("footage file failed", "stream", f.origin.Stream.String(), "start", f.origin.Start.String(), "err", err)
	}
}

func (f *File) close() {
	if f.f == nil {
		return
	}
	if path, bytes := f.f.Name(), f.synced; f.Err() != nil && bytes > f.header { // what is counted as lost must not turn up again
		if f.f.Truncate(bytes) != nil {
			_ = f.dir.owe(path, func() error { return os.Truncate(path, bytes) })
		}
	}
	if err := f.f.Close(); err != nil {
		f.fail(fmt.Errorf("close footage file: %w", err))
	}
	if f.synced <= f.header {
		f.giveUp()
	}
	f.f = nil
}

// giveUp takes a file that holds no durable footage out of the way of the next
// start, which would not know that it was reported as lost.
func (f *File) giveUp() {
	path := f.f.Name()
	err := f.dir.owe(path, func() error {
		if f.written <= f.header {
			return os.Remove(path)
		}
		_, err := f.dir.Quarantine(name(f.origin.Stream, f.origin.Start)) // somebody may still be able to read it
		return err
	})
	if err != nil {
		f.dir.log.Warn("footage file without footage stays until the disk is well", "path", path, "err", err)
	}
}

// ReasonOf says which gap a failed write leads to.
func ReasonOf(err error) nvr.Reason {
	switch {
	case errors.Is(err, nvr.ErrBusy):
		return nvr.DiskSlow
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return nvr.DiskFull
	case errors.Is(err, nvr.ErrForbidden):
		return nvr.DiskForeign
	case errors.Is(err, nvr.ErrNotFound), errors.Is(err, nvr.ErrInvalid): // it is not there, or another home's
		return nvr.DiskMissing
	default:
		return nvr.DiskError
	}
}
