// Package footage keeps footage files on one disk: it creates them, appends
// movie fragments, makes them durable in groups, and finds them again after a
// crash. It knows files, not what they mean to a timeline: that is pkg/catalog.
package footage

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

// UUID is a random 128-bit number (RFC 9562, version 4).
type UUID [16]byte

// String returns u as 32 hexadecimal digits.
func (u UUID) String() string { return hex.EncodeToString(u[:]) }

// metaName is the file that says whose directory this is.
const metaName = "stoop-footage.json"

// meta is the content of that file.
type meta struct {
	Version   int    `json:"version"` // 1
	Home      string `json:"home"`
	Directory string `json:"directory"`
}

// Directory is a place for footage. Its methods are safe for concurrent use.
//
// One goroutine does all the writing, so a disk sees one write at a time and
// one sync for all cameras; see [File].
type Directory struct {
	path string
	home UUID
	copy UUID // of the home; zero if it does not matter
	id   UUID
	log  *slog.Logger
	disk disk

	mu      sync.Mutex
	jobs    []job
	backlog int64     // bytes in jobs and in the one being written
	doing   time.Time // when what is being done was queued; zero if nothing is
	closed  bool
	wake    chan struct{} // capacity 1
	done    chan struct{} // closed when the writer has stopped

	late     sync.Mutex   // held by who does the writer's work after its end
	unsealed atomic.Int64 // files that were created and not reported as sealed
	free     atomic.Int64 // bytes of the disk, see Strained
	keep     atomic.Int64 // how many of them are not for floods

	// What follows belongs to the writer.
	dirty   []*File
	sealing []*File
	dirs    map[string]bool // directories with entries that are not durable
	// owed is what could not be done yet about files that failed, by their
	// paths: the disk did not let it.
	owed   map[string]func() error
	counts counters
}

// Create makes path a new footage directory of the home with that number. It
// fails with nvr.ErrExists if it is one already.
func Create(path string, home, id UUID) error {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return fmt.Errorf("create footage directory: %w", err)
	}
	b, err := json.Marshal(meta{Version: 1, Home: home.String(), Directory: id.String()})
	if err != nil {
		return fmt.Errorf("create footage directory: %w", err)
	}
	err = durable.Create(filepath.Join(path, metaName), 0o640, durable.Bytes(append(b, '\n')))
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("create footage directory: %w", err)
	}
	return nil
}

// Open opens a footage directory for reading and writing. It checks that the
// directory is the home's own before anything is written: a directory without
// its meta file is nvr.ErrNotFound (a disk that is not mounted looks like
// that), one of another home is nvr.ErrInvalid.
func Open(path string, home UUID, log *slog.Logger) (*Directory, error) {
	return openAs(path, home, UUID{}, log)
}

// openAs is Open for a copy of the home, which is zero if it does not matter. A
// directory of another copy is nvr.ErrForbidden.
func openAs(path string, home, copy UUID, log *slog.Logger) (*Directory, error) {
	m, err := readMeta(path)
	if err != nil {
		return nil, err
	}
	if m.Home != home.String() {
		return nil, fmt.Errorf("footage directory %s belongs to another home: %w", path, nvr.ErrInvalid)
	}
	if copy != (UUID{}) {
		if err := mayUse(path, copy); err != nil {
			return nil, err
		}
	}
	d := &Directory{
		path: path, home: home, copy: copy, log: log,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		dirs: map[string]bool{}, owed: map[string]func() error{},
	}
	if d.id, err = parseUUID(m.Directory); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(path, metaName), err)
	}
	if d.disk, err = openDisk(path); err != nil {
		return nil, err
	}
	d.free.Store(math.MaxInt64) // until somebody looks
	go d.write()
	return d, nil
}

// readMeta reads whose directory path is.
func readMeta(path string) (m meta, err error) {
	b, err := os.ReadFile(filepath.Join(path, metaName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s is not a footage directory; is its disk mounted? %w", path, nvr.ErrNotFound)
	}
	if err != nil {
		return m, fmt.Errorf("open footage directory: %w", err)
	}
	if err := json.Unmarshal(b, &m); err != nil || m.Version != 1 {
		return m, fmt.Errorf("%s does not say whose footage this is: %w", filepath.Join(path, metaName), nvr.ErrDamaged)
	}
	return m, nil
}

// ID returns the directory's own number.
func (d *Directory) ID() UUID { return d.id }

// Path returns where the directory is.
func (d *Directory) Path() string { return d.path }

// Close writes and syncs what was handed in, waits for that, and closes the
// directory. Files that were not sealed stay open on disk, as after a crash.
// Files can still be read, and removed, afterwards; what is handed in then
// fails with [fs.ErrClosed].
func (d *Directory) Close() error {
	d.mu.Lock()
	was := d.closed
	d.closed = true
	d.mu.Unlock()
	if was {
		<-d.done
		return nil
	}
	d.wakeUp()
	<-d.done
	return d.disk.Close()
}

// timeName is how the start of a file is written in its name.
const timeName = "20060102T150405.000000Z"

// name returns the path of a file below the directory: derived from what the
// file holds, so it is never stored and a lone file says where it belongs.
func name(stream nvr.StreamID, start nvr.Time) string {
	t := start.Std()
	return filepath.Join(stream.Camera.String(), stream.Quality.String(), t.Format(time.DateOnly), t.Format(timeName)+".mp4")
}

// OpenFile opens a footage file for reading. A file that is not there is
// nvr.ErrNotFound.
func (d *Directory) OpenFile(stream nvr.StreamID, start nvr.Time) (*os.File, error) {
	f, err := os.Open(filepath.Join(d.path, name(stream, start)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("footage file %s: %w", name(stream, start), nvr.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("open footage: %w", err)
	}
	return f, nil
}

// Streams returns the streams that have a folder here, in order.
func (d *Directory) Streams() ([]nvr.StreamID, error) {
	var streams []nvr.StreamID
	matches, err := fs.Glob(os.DirFS(d.path), "*/*") // the path above may hold characters of patterns
	if err != nil {
		return nil, fmt.Errorf("list footage: %w", err)
	}
	for _, m := range matches {
		if id, err := nvr.ParseStreamID(m); err == nil {
			streams = append(streams, id)
		}
	}
	return streams, nil
}

// List returns the start times of a stream's files that began at or after
// from, in order. It reads the folders of those days only.
func (d *Directory) List(stream nvr.StreamID, from nvr.Time) ([]nvr.Time, error) {
	root := filepath.Join(d.path, stream.Camera.String(), stream.Quality.String())
	days, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list footage: %w", err)
	}
	var starts []nvr.Time
	first := from.Std().Format(time.DateOnly)
	for _, day := range days {
		if day.Name() < first || !day.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(root, day.Name()))
		if err != nil {
			return nil, fmt.Errorf("list footage: %w", err)
		}
		for _, f := range files {
			base, ok := strings.CutSuffix(f.Name(), ".mp4")
			t, err := time.Parse(timeName, base)
			if ok && err == nil && nvr.TimeOf(t) >= from {
				starts = append(starts, nvr.TimeOf(t))
			}
		}
	}
	slices.Sort(starts)
	return starts, nil
}

// present is stillThere, for the writer.
func (d *Directory) present() error {
	if err := d.stillThere(); err != nil {
		return err
	}
	return d.disk.checkMount(d.path)
}

// stillThere makes sure that the directory is still what was opened: a disk that is
// not mounted any more leaves an empty folder in its place, and another disk
// may have been mounted there.
func (d *Directory) stillThere() error {
	b, err := os.ReadFile(filepath.Join(d.path, metaName))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("footage directory %s is gone: %w", d.path, nvr.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("footage directory: %w", err)
	}
	var m meta
	if err := json.Unmarshal(b, &m); err != nil || m.Home != d.home.String() || m.Directory != d.id.String() {
		return fmt.Errorf("another disk is mounted at %s: %w", d.path, nvr.ErrNotFound)
	}
	if d.copy == (UUID{}) {
		return nil
	}
	return mayUse(d.path, d.copy)
}

// makeFolders makes camera, stream and day folders as needed.
func (d *Directory) makeFolders(path string) error {
	if path == d.path {
		return fmt.Errorf("footage directory %s is gone: %w", d.path, nvr.ErrNotFound)
	}
	err := os.Mkdir(path, 0o750)
	if errors.Is(err, fs.ErrNotExist) {
		if err = d.makeFolders(filepath.Dir(path)); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o750)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create footage folder: %w", nameless(err))
	}
	d.dirs[filepath.Dir(path)] = true
	return nil
}
