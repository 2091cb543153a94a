package footage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	// reserveName is a file without content that holds some room.
	reserveName = "stoop-reserve"
	// reserveBytes is what the catalog needs on the same disk to note that
	// footage goes, with what recording takes in that moment.
	reserveBytes = 8 << 20
)

// Reserve sets some room aside, if it is not yet, for when others have filled
// the disk: see Spend. It does nothing where there is no room, or where the
// file system cannot do it.
func (d *Directory) Reserve() error {
	d.mu.Lock()
	closed := d.closed
	d.mu.Unlock()
	if closed { // nothing is written here any more
		return nil
	}
	path := filepath.Join(d.path, reserveName)
	if info, err := os.Stat(path); err == nil && info.Size() == reserveBytes {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o640)
	if err != nil {
		return fmt.Errorf("set room aside: %w", err)
	}
	defer f.Close()
	err = unix.Fallocate(int(f.Fd()), 0, 0, reserveBytes)
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSPC) { // never here, or not yet
		err = nil
	}
	return errors.Join(err, os.Remove(path))
}

// Spend gives the room that was set aside back to the disk. It tells whether
// there was any.
func (d *Directory) Spend() (bool, error) {
	err := os.Remove(filepath.Join(d.path, reserveName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("give room back: %w", err)
	}
	return true, nil
}
