package footage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/nvr"
)

// Entry names one footage file.
type Entry struct {
	Stream nvr.StreamID
	Start  nvr.Time
}

// Remove removes sealed files, and makes that durable: a power cut afterwards
// does not bring one back. Files that are not there count as removed, unless
// the directory itself is gone, which is nvr.ErrNotFound. With an error it
// returns those that may be left; removing them again is safe.
//
// Folders of days that are over go with their last file.
func (d *Directory) Remove(files []Entry) (left []Entry, err error) {
	if _, err := os.Stat(filepath.Join(d.path, metaName)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nvr.ErrNotFound
		}
		return files, fmt.Errorf("footage directory %s: %w", d.path, err)
	}
	var errs []error
	days := map[string][]Entry{}
	for _, e := range files {
		path := filepath.Join(d.path, name(e.Stream, e.Start))
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove footage: %w", err))
			left = append(left, e)
			continue
		}
		days[filepath.Dir(path)] = append(days[filepath.Dir(path)], e)
	}
	for day, removed := range days {
		if err := d.settleDay(day); err != nil {
			errs = append(errs, err)
			left = append(left, removed...)
		}
	}
	return left, errors.Join(errs...)
}

// settleDay makes durable what was removed from a day's folder, and removes
// the folder if nothing is left in it. The writer may be about to create a
// file in a folder of today or, when it is behind, of yesterday.
func (d *Directory) settleDay(day string) error {
	date, err := time.Parse(time.DateOnly, filepath.Base(day))
	if err == nil && time.Since(date).Abs() > 3*24*time.Hour {
		if os.Remove(day) == nil {
			day = filepath.Dir(day)
		}
	}
	if err := d.barrier(func() error { return syncDir(day) }); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Space returns how many bytes an unprivileged user can still write, and how
// many the file system holds in all. It is nvr.ErrNotFound while the directory
// is not there: what lies in its place has another file system.
func (d *Directory) Space() (free, total int64, err error) {
	if err := d.stillThere(); err != nil {
		return 0, 0, err
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(d.path, &fs); err != nil {
		return 0, 0, fmt.Errorf("free space: %w", err)
	}
	block := int64(fs.Bsize) //nolint:unconvert // 32 bits on some machines
	free, total = int64(fs.Bavail)*block, int64(fs.Blocks)*block
	d.free.Store(free)
	return free, total, nil
}
