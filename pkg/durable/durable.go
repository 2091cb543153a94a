// Package durable puts a file on disk whole or not at all, whatever happens
// meanwhile: a crash, a power cut, another process that puts one there, too.
//
// github.com/google/renameio does not fit: it replaces what is there and does
// not sync the folder, so that a power cut can take the file back.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"nvrd/pkg/nvr"
)

// Create makes the file at path with what write writes. When it returns nil a
// power cut does not take the file any more; with an error there is none, or it
// is another's. It fails with nvr.ErrExists if there is one already, also one
// that came while this one was written, and leaves that alone.
//
// A file system without links (exFAT, SMB) makes one promise less: a power cut
// in the last instant may leave an empty file.
func Create(path string, perm fs.FileMode, write func(io.Writer) error) error {
	return createBy(path, perm, write, os.Link)
}

func createBy(path string, perm fs.FileMode, write func(io.Writer) error, link func(from, to string) error) error {
	if _, err := os.Lstat(path); err == nil { // so that nothing is written in vain
		return exists(path)
	}
	return put(path, perm, write, func(from string) error {
		err := link(from, path)
		if errors.Is(err, fs.ErrExist) {
			return exists(path)
		}
		if err == nil {
			return os.Remove(from)
		}
		// The name is taken first: from then on it is ours to replace.
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			return exists(path)
		}
		if err != nil {
			return err
		}
		return errors.Join(f.Close(), os.Rename(from, path))
	})
}

func exists(path string) error { return fmt.Errorf("%s is there already: %w", path, nvr.ErrExists) }

// Replace is Create for a file that may be there: until it returns nil that is
// as it was, and then it is as write wrote it, also after a power cut.
func Replace(path string, perm fs.FileMode, write func(io.Writer) error) error {
	return put(path, perm, write, func(from string) error { return os.Rename(from, path) })
}

// Bytes returns what Create and Replace take to write b.
func Bytes(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

// put writes a file beside path, makes it durable, and has move give it its name.
func put(path string, perm fs.FileMode, write func(io.Writer) error, move func(from string) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // does nothing after move
	if err = write(f); err == nil {
		err = errors.Join(f.Chmod(perm), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = move(f.Name())
	}
	if err == nil {
		err = Sync(dir)
	}
	if err != nil && !errors.Is(err, nvr.ErrExists) {
		err = fmt.Errorf("write %s: %w", path, err)
	}
	return err
}

// Sync makes durable what is in a file or, of a folder, which files are in it,
// under which names.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}
