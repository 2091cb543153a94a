package footage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// Inventory is what lies in the folder of a stream.
type Inventory struct {
	Starts  []nvr.Time // of the footage files, in order
	Foreign []string   // paths below the directory of everything else
}

// Inventory reads the folders of a stream, and none of its files.
func (d *Directory) Inventory(stream nvr.StreamID) (Inventory, error) {
	var v Inventory
	root := filepath.Join(stream.Camera.String(), stream.Quality.String())
	days, err := os.ReadDir(filepath.Join(d.path, root))
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		return v, fmt.Errorf("list footage: %w", err)
	}
	for _, day := range days {
		folder := filepath.Join(root, day.Name())
		if _, err := time.Parse(time.DateOnly, day.Name()); err != nil || !day.IsDir() {
			v.Foreign = append(v.Foreign, folder)
			continue
		}
		files, err := os.ReadDir(filepath.Join(d.path, folder))
		if errors.Is(err, fs.ErrNotExist) { // retention was faster
			continue
		}
		if err != nil {
			return v, fmt.Errorf("list footage: %w", err)
		}
		for _, f := range files {
			path := filepath.Join(folder, f.Name())
			t, err := time.Parse(timeName, strings.TrimSuffix(f.Name(), ".mp4"))
			if err != nil || !f.Type().IsRegular() || Path(stream, nvr.TimeOf(t)) != path {
				v.Foreign = append(v.Foreign, path)
				continue
			}
			v.Starts = append(v.Starts, nvr.TimeOf(t))
		}
	}
	slices.Sort(v.Starts)
	return v, nil
}

// Newest returns the starts of the newest n of a stream's files that began at
// or after from, oldest first. It reads no more folders than it needs.
func (d *Directory) Newest(stream nvr.StreamID, from nvr.Time, n int) ([]nvr.Time, error) {
	days, err := os.ReadDir(filepath.Join(d.path, stream.Camera.String(), stream.Quality.String()))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list footage: %w", err)
	}
	var starts []nvr.Time
	for _, day := range slices.Backward(days) {
		t, err := time.Parse(time.DateOnly, day.Name())
		if err != nil {
			continue
		}
		if starts, err = d.List(stream, max(from, nvr.TimeOf(t))); err != nil {
			return nil, err
		}
		if len(starts) >= n || day.Name() <= from.Std().Format(time.DateOnly) {
			break
		}
	}
	return starts[max(0, len(starts)-n):], nil
}

// Path returns where a footage file lies below its directory.
func Path(stream nvr.StreamID, start nvr.Time) string { return name(stream, start) }

// Stat tells about what lies at a path below the directory; nvr.ErrNotFound if
// nothing does.
func (d *Directory) Stat(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(filepath.Join(d.path, path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, nvr.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("look at footage: %w", err)
	}
	return info, nil
}

// Sync makes a footage file durable as it is, and the folders that lead to it.
func (d *Directory) Sync(stream nvr.StreamID, start nvr.Time) error {
	f, err := d.OpenFile(stream, start)
	if err != nil {
		return err
	}
	defer f.Close()
	return errors.Join(syncFile(f), d.syncFolders(filepath.Dir(f.Name())))
}

// syncFolders makes durable what a folder below the directory holds, and that
// each folder above it leads there: whoever made them may have been killed
// before that was so.
func (d *Directory) syncFolders(folder string) error {
	for ; ; folder = filepath.Dir(folder) {
		if err := syncDir(folder); err != nil {
			return err
		}
		if folder == d.path || folder == filepath.Dir(folder) {
			return nil
		}
	}
}

// quarantine is the folder for what cannot be kept as footage and may still be
// evidence. Nothing in it is ever looked at or removed.
const quarantine = "quarantine"

// Quarantine moves what lies at a path below the directory to the folder
// quarantine, where it keeps its path, and returns the new one. Nothing is
// replaced there.
func (d *Directory) Quarantine(path string) (string, error) {
	if !filepath.IsLocal(path) {
		return "", fmt.Errorf("quarantine %q: %w", path, nvr.ErrInvalid)
	}
	to := filepath.Join(quarantine, path)
	for n := 1; ; n++ {
		_, err := d.Stat(to)
		if errors.Is(err, nvr.ErrNotFound) {
			break
		}
		if err != nil {
			return "", err
		}
		to = filepath.Join(quarantine, path) + "." + strconv.Itoa(n)
	}
	folder := d.path // which is never made here: if it is gone, so is its disk
	for name := range strings.SplitSeq(filepath.Dir(to), string(filepath.Separator)) {
		folder = filepath.Join(folder, name)
		if err := os.Mkdir(folder, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("quarantine: %w", err)
		}
	}
	from := filepath.Join(d.path, path)
	if err := os.Rename(from, filepath.Join(d.path, to)); err != nil {
		return "", fmt.Errorf("quarantine: %w", err)
	}
	if err := d.syncFolders(folder); err != nil {
		return "", fmt.Errorf("quarantine: %w", err)
	}
	return to, syncDir(filepath.Dir(from))
}

// Verify reads every byte of a footage file up to size, and checks that its
// movie fragments are what was written, by their checksums, and that pictures
// consist of whole NAL units. It is nvr.ErrDamaged where that is not so; any
// other failure is the disk's.
func (d *Directory) Verify(stream nvr.StreamID, start nvr.Time, header, size int64) error {
	f, err := d.OpenFile(stream, start)
	if err != nil {
		return err
	}
	defer f.Close()
	// In order and as a whole first: nothing may hide between the samples.
	if _, err := io.Copy(io.Discard, io.LimitReader(struct{ io.Reader }{f}, size)); err != nil {
		return fmt.Errorf("read footage: %w", err)
	}
	_, damage, err := fmp4.Intact(f, header, size)
	if err = errors.Join(err, damage); err == nil {
		err = fmp4.Verify(f, header, size)
	}
	if err != nil {
		return fmt.Errorf("footage file %s: %w", name(stream, start), err)
	}
	return nil
}

// window reads a file a page at a time: the boxes around a movie fragment's
// header lie side by side, so that it costs one read instead of five.
type window struct {
	r    io.ReaderAt
	at   int64
	have []byte
	page [4096]byte
}

// ReadAt implements io.ReaderAt. It is not safe for concurrent use.
func (w *window) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > len(w.page) {
		return w.r.ReadAt(p, off)
	}
	if off < w.at || off+int64(len(p)) > w.at+int64(len(w.have)) {
		n, err := w.r.ReadAt(w.page[:], off)
		w.at, w.have = off, w.page[:n]
		if n < len(p) {
			return copy(p, w.have), err
		}
	}
	return copy(p, w.have[off-w.at:]), nil
}
