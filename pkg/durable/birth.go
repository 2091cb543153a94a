package durable

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Birth returns what tells a folder from every copy of it: its number in the
// file system and, where that knows, when it was made. Both stay when the folder
// is renamed, when what is in it changes, and when the machine starts anew.
func Birth(folder string) (string, error) {
	var at unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, folder, unix.AT_STATX_SYNC_AS_STAT, unix.STATX_INO|unix.STATX_BTIME, &at); err != nil {
		return "", fmt.Errorf("look at %s: %w", folder, err)
	}
	if at.Mask&unix.STATX_BTIME == 0 {
		return fmt.Sprint(at.Ino), nil
	}
	return fmt.Sprintf("%d@%d.%09d", at.Ino, at.Btime.Sec, at.Btime.Nsec), nil
}
