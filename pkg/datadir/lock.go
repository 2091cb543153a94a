package datadir

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"nvrd/pkg/nvr"
)

// IsRecording tells whether a recorder has the lock of a data directory. It makes
// no file there: that would belong to whoever asks.
func IsRecording(data string) bool {
	f, err := os.Open(filepath.Join(data, "lock"))
	if err != nil {
		return false
	}
	defer f.Close()
	return flock(f) != nil
}

// Lock makes sure that one recorder at a time writes to a data directory, which
// has to be there. It is released when the file is closed, or with the process.
// If another process has it, Lock fails with [nvr.ErrBusy] at once.
func Lock(data string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := flock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("another nvrd records to %s: %w", data, nvr.ErrBusy)
	}
	return f, nil
}

func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
