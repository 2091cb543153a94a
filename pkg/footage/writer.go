package footage

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"nvrd/pkg/nvr"
)

// SyncEvery is how long written footage may stay in the kernel before it is
// made durable: with the half second that a movie fragment is assembled, a
// power cut costs at most 2 s.
const SyncEvery = time.Second

// maxBacklog bounds what waits for a disk that does not keep up: 16 cameras at
// 4 Mb/s for 8 s.
const maxBacklog = 64 << 20

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

func (d *Directory) queueBounded(j job) error {
	d.mu.Lock()
	full := d.backlog+j.bytes > maxBacklog
	d.mu.Unlock()
	if full {
		return fmt.Errorf("disk of %s is %d MiB behind: %w", d.path, maxBacklog>>20, nvr.ErrBusy)
	}
	return d.queue(j)
}

// queue hands j to the writer, or fails with [fs.ErrClosed] if that has ended.
func (d *Directory) queue(j job) error {
	j.queued = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("footage directory %s: %w", d.path, fs.ErrClosed)
	}
	d.jobs = append(d.jobs, j)
	d.backlog += j.bytes
	d.wakeUp()
	return nil
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
			d.commit()
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
			d.commit()
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
	d.free.Add(-n)
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

// commit makes everything written so far durable and reports the sealed files.
func (d *Directory) commit() {
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
	if err := d.barrier(d.disk.syncAll); err != nil {
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
		if err := d.barrier(func() error { return syncFile(f.f) }); err != nil {
			// The kernel may have dropped the pages and will not say so again:
			// what was not durable before counts as lost.
			f.fail(err)
			continue
		}
		f.synced = f.written
	}
	for dir := range d.dirs {
		if err := d.barrier(func() error { return syncDir(dir) }); err != nil {
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
