package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"nvrd/pkg/nvr"
)

// links are a file system with links and one without.
var links = map[string]func(from, to string) error{
	"links":    os.Link,
	"no links": func(string, string) error { return syscall.EPERM },
}

func TestCreate(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "name")
			if err := createBy(path, 0o600, Bytes([]byte("first")), link); err != nil {
				t.Fatal(err)
			}
			if err := createBy(path, 0o600, Bytes([]byte("second")), link); !errors.Is(err, nvr.ErrExists) {
				t.Errorf("a second one: %v", err)
			}
			holds(t, path, "first", 0o600)
		})
	}
}

// TestCreateWhileAnotherComes shows that a file that came while this one was
// written stays.
func TestCreateWhileAnotherComes(t *testing.T) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "name")
			err := createBy(path, 0o600, func(w io.Writer) error {
				_, err := io.WriteString(w, "mine")
				return errors.Join(err, os.WriteFile(path, []byte("theirs"), 0o644))
			}, link)
			if !errors.Is(err, nvr.ErrExists) || !strings.Contains(err.Error(), path) {
				t.Errorf("a file that was there first: %v", err)
			}
			holds(t, path, "theirs", 0o644)
		})
	}
}

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "name")
	for _, text := range []string{"first", "second"} {
		if err := Replace(path, 0o640, Bytes([]byte(text))); err != nil {
			t.Fatal(err)
		}
		holds(t, path, text, 0o640)
	}
}

// TestWriteFails shows that half a file is none, and that what was there stays.
func TestWriteFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "name")
	half := func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, syscall.ENOSPC)
	}
	if err := Create(path, 0o600, half); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("half a file: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if err := Create(path, 0o600, Bytes([]byte("whole"))); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, 0o600, half); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("half a file: %v", err)
	}
	holds(t, path, "whole", 0o600)
}

// TestNotDurable shows that a file counts only when its folder is synced. A
// folder of /proc takes neither file nor sync.
func TestNotDurable(t *testing.T) {
	if err := Sync("/proc/sys"); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a folder that cannot be synced: %v", err)
	}
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o750); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(gone, "name")
	err := put(path, 0o600, Bytes(nil), func(string) error { return os.RemoveAll(gone) })
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that went: %v", err)
	}
}

// holds fails unless path is all that lies beside it, with that text and mode.
func holds(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil || string(b) != text {
		t.Errorf("%s holds %q, want %q: %v", path, b, text, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != mode {
		t.Errorf("mode is %v, want %v: %v", info.Mode(), mode, err)
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("beside it are %v, %v", all, err)
	}
}
