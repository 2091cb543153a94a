package footage

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"nvrd/pkg/nvr"
)

// TestRemovalIsDurable shows that a file counts as removed only when its folder
// is synced: a power cut would bring it back, and its row would be gone. The
// folder is one of /proc, where there is no such file and no sync.
func TestRemovalIsDurable(t *testing.T) {
	d := newDirectory(t, false)
	defer d.Close()
	gone := Entry{Stream: nvr.StreamID{Camera: 1}, Start: nvr.Now()}
	day := filepath.Dir(filepath.Join(d.path, name(gone.Stream, gone.Start)))
	if err := errors.Join(os.MkdirAll(filepath.Dir(day), 0o750), os.Symlink("/proc/sys", day)); err != nil {
		t.Fatal(err)
	}
	left, err := d.Remove([]Entry{gone})
	if !errors.Is(err, syscall.EINVAL) || !slices.Equal(left, []Entry{gone}) {
		t.Errorf("in a folder that cannot be synced %v is left, %v", left, err)
	}
}
