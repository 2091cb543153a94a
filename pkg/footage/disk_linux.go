package footage

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// disk is the file system below a directory.
type disk struct {
	root *os.File
	// whole says that one syncfs makes every file and folder durable at the
	// price of one barrier, however many cameras write. It is used only where
	// it is known to reach the medium and to report errors (Linux 5.8 and
	// newer); elsewhere each file is synced by itself.
	whole bool
}

func openDisk(path string) (disk, error) {
	root, err := os.Open(path)
	if err != nil {
		return disk{}, fmt.Errorf("open footage directory: %w", err)
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(root.Fd()), &fs); err != nil {
		root.Close()
		return disk{}, fmt.Errorf("file system of %s: %w", path, err)
	}
	switch uint32(fs.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC:
		return disk{root: root, whole: true}, nil
	}
	return disk{root: root}, nil
}

// checkMount notices that another file system came to lie at path: one that is
// mounted again after a fault is a new one to the kernel. A sync of the whole
// old one would reach nothing, so from now on each file is synced by itself.
func (d *disk) checkMount(path string) error {
	now, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("footage directory: %w", err)
	}
	if was, err := d.root.Stat(); err != nil || !os.SameFile(was, now) {
		d.whole = false
	}
	return nil
}

func (d disk) Close() error { return d.root.Close() }

// maxVectors is the kernel's limit of buffers in one call (IOV_MAX).
const maxVectors = 1024

// writeAt writes all of bufs at offset off, in one system call if the kernel
// takes it in one. It returns how much was written.
func writeAt(f *os.File, bufs [][]byte, off int64) (int64, error) {
	var written int64
	for len(bufs) > 0 {
		n, err := unix.Pwritev(int(f.Fd()), bufs[:min(len(bufs), maxVectors)], off+written)
		if err == unix.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = unix.EIO
		}
		if err != nil {
			return written, fmt.Errorf("write: %w", err)
		}
		written += int64(n)
		for len(bufs) > 0 && n >= len(bufs[0]) {
			n -= len(bufs[0])
			bufs = bufs[1:]
		}
		if n > 0 {
			bufs[0] = bufs[0][n:]
		}
	}
	return written, nil
}
