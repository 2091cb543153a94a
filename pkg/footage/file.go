package footage

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// SyncEvery is how long written footage may stay in the kernel before it is
// made durable: with the half second that a movie fragment is assembled, a
// power cut costs at most 2 s.
const SyncEvery = time.Second

// maxBacklog bounds what waits for a disk that does not keep up: 16 cameras at
// 4 Mb/s for 8 s.
const maxBacklog = 64 << 20

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

// job is one thing for the writer to do: create if header is set, append if
// bufs is set, seal if sealed is set.
type job struct {
	file   *File
	header []byte
	bufs   [][]byte
	bytes  int64
	spare  bool // the file is whole without it
	queued time.Time
	sealed func(Result)
}

// counters tell what the disk was asked for; see [Directory.Stats].
type counters struct{ writes, bytes, barriers atomic.Int64 }

// Stats are totals since the directory was opened.
type Stats struct {
	Writes   int64 // write calls
	Bytes    int64 // bytes written
	Barriers int64 // sync calls
}

// Stats returns the directory's totals.
func (d *Directory) Stats() Stats {
	return Stats{Writes: d.counts.writes.Load(), Bytes: d.counts.bytes.Load(), Barriers: d.counts.barriers.Load()}
}

// Behind returns for how long the oldest thing that was handed in has waited
// for the disk; zero if nothing waits.
func (d *Directory) Behind() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	oldest := d.doing
	if oldest.IsZero() && len(d.jobs) > 0 {
		oldest = d.jobs[0].queued
	}
	if oldest.IsZero() {
		return 0
	}
	return time.Since(oldest)
}

// Create begins a new file with the given init segment, and returns it with
// the size of its header. A failure shows in [File.Err].
func (d *Directory) Create(o Origin, init []byte) (*File, int64) {
	o.Home, o.Directory = d.home, d.id
	header := fmp4.AppendExtension(append([]byte(nil), init...), originID, o.append(nil))
	f := &File{dir: d, origin: o, header: int64(len(header)), init: sha256.Sum256(init)}
	d.unsealed.Add(1)
	d.queue(job{file: f, header: header, bytes: int64(len(header))})
	return f, int64(len(header))
}

// Append queues one movie fragment, whose parts must not be changed any more.
// It fails with nvr.ErrBusy, and queues nothing, if the disk is too far
// behind.
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
// fragment is gone.
func (f *File) Seal(done func(Result)) { f.dir.queue(job{file: f, sealed: done}) }

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

func (d *Directory) queueBounded(j job) error {
	d.mu.Lock()
	full := d.backlog+j.bytes > maxBacklog
	d.mu.Unlock()
	if full {
		return fmt.Errorf("disk of %s is %d MiB behind: %w", d.path, maxBacklog>>20, nvr.ErrBusy)
	}
	d.queue(j)
	return nil
}

func (d *Directory) queue(j job) {
	j.queued = time.Now()
	d.mu.Lock()
	d.jobs = append(d.jobs, j)
	d.backlog += j.bytes
	d.mu.Unlock()
	d.wakeUp()
}

func (d *Directory) wakeUp() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// write is the directory's writer.
func (d *Directory) write() {
	defer close(d.done)
	timer := time.NewTimer(0)
	<-timer.C
	var due <-chan time.Time
	var batch []job
	for {
		select {
		case <-d.wake:
		case <-due:
			d.sync()
			due = nil
		}
		d.mu.Lock()
		batch, d.jobs = d.jobs, batch[:0]
		if len(batch) > 0 {
			d.doing = batch[0].queued
		}
		closed := d.closed
		d.mu.Unlock()
		if due == nil && len(batch) > 0 { // waiting for a slow sync counts, too
			timer.Reset(time.Until(batch[0].queued.Add(SyncEvery)))
			due = timer.C
		}
		for i, j := range batch {
			d.do(j)
			d.mu.Lock()
			d.backlog -= j.bytes
			if d.doing = (time.Time{}); i+1 < len(batch) {
				d.doing = batch[i+1].queued
			}
			d.mu.Unlock()
			batch[i] = job{}
		}
		if closed {
			d.sync()
			return
		}
	}
}

func (d *Directory) do(j job) {
	f := j.file
	switch {
	case j.sealed != nil:
		f.sealed = j.sealed
		d.sealing = append(d.sealing, f)
		return
	case f.Err() != nil:
		return
	case j.header != nil:
		if err := f.create(); err != nil {
			f.fail(err)
			return
		}
		j.bufs = [][]byte{j.header}
	}
	n, err := writeAt(f.f, j.bufs, f.written)
	d.counts.writes.Add(1)
	d.counts.bytes.Add(n)
	if err != nil {
		// What was written of this movie fragment is no use; the ones before are.
		if err = errors.Join(err, nameless(f.f.Truncate(f.written))); !j.spare {
			f.fail(err)
		}
		return
	}
	f.written += n
	if !f.dirty {
		f.dirty = true
		d.dirty = append(d.dirty, f)
	}
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

// present is there, for the writer.
func (d *Directory) present() error {
	if err := d.there(); err != nil {
		return err
	}
	return d.disk.follow(d.path)
}

// there makes sure that the directory is still what was opened: a disk that is
// not mounted any more leaves an empty folder in its place, and another disk
// may have been mounted there.
func (d *Directory) there() error {
	b, err := os.ReadFile(filepath.Join(d.path, metaName))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("footage directory %s is gone: %w", d.path, nvr.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("footage directory: %w", err)
	}
	var m meta
	if err := json.Unmarshal(b, &m); err != nil || m.Home != d.home.String() || m.Directory != d.id.String() {
		return fmt.Errorf("another disk is mounted at %s: %w", d.path, nvr.ErrNotFound)
	}
	return nil
}

// makeFolders makes camera, stream and day folders as needed.
func (d *Directory) makeFolders(path string) error {
	if path == d.path {
		return fmt.Errorf("footage directory %s is gone: %w", d.path, nvr.ErrNotFound)
	}
	err := os.Mkdir(path, 0o750)
	if errors.Is(err, fs.ErrNotExist) {
		if err = d.makeFolders(filepath.Dir(path)); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o750)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create footage folder: %w", nameless(err))
	}
	d.dirs[filepath.Dir(path)] = true
	return nil
}

// sync makes everything written so far durable and reports the sealed files.
func (d *Directory) sync() {
	if len(d.dirty)+len(d.sealing) == 0 {
		return
	}
	if !d.syncWhole() {
		d.syncEach()
	}
	for _, f := range d.dirty {
		f.dirty = false
	}
	d.dirty = d.dirty[:0]
	for path, do := range d.owed {
		_ = d.owe(path, do) // it stays there until the disk is well again
	}
	for i, f := range d.sealing {
		f.close()
		f.sealed(Result{Durable: f.synced, Err: f.Err()})
		d.unsealed.Add(-1)
		d.sealing[i] = nil
	}
	d.sealing = d.sealing[:0]
}

// syncWhole makes everything durable at once. If that cannot be done or goes
// wrong it returns false, and each file has to be asked.
func (d *Directory) syncWhole() bool {
	if !d.disk.whole {
		return false
	}
	d.counts.barriers.Add(1)
	if err := d.disk.syncAll(); err != nil {
		d.log.Warn("sync of footage disk failed", "path", d.path, "err", err)
		return false
	}
	for _, f := range d.dirty {
		f.synced = f.written
	}
	clear(d.dirs)
	return true
}

func (d *Directory) syncEach() {
	for _, f := range d.dirty {
		d.counts.barriers.Add(1)
		if err := syncFile(f.f); err != nil {
			// The kernel may have dropped the pages and will not say so again:
			// what was not durable before counts as lost.
			f.fail(err)
			continue
		}
		f.synced = f.written
	}
	for dir := range d.dirs {
		d.counts.barriers.Add(1)
		if err := syncDir(dir); err != nil {
			d.log.Warn("sync of footage folder failed", "path", dir, "err", err)
			for _, f := range d.dirty {
				if strings.HasPrefix(f.f.Name(), dir+string(filepath.Separator)) {
					f.synced = 0 // what no folder leads to is lost
					f.fail(err)
				}
			}
			continue
		}
		delete(d.dirs, dir)
	}
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

// owe does something about a file that failed, or keeps it for later if the
// disk does not let it, or is away.
func (d *Directory) owe(path string, do func() error) error {
	err := d.present()
	if err == nil {
		err = do()
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		delete(d.owed, path)
		return nil
	}
	d.owed[path] = do
	return err
}

// ReasonOf says which gap a failed write leads to.
func ReasonOf(err error) nvr.Reason {
	switch {
	case errors.Is(err, nvr.ErrBusy):
		return nvr.DiskSlow
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return nvr.DiskFull
	case errors.Is(err, nvr.ErrNotFound), errors.Is(err, nvr.ErrInvalid): // it is not there, or another home's
		return nvr.DiskMissing
	default:
		return nvr.DiskError
	}
}
