// Package doctor compares footage on disk with the catalog, repairs what does
// not agree, and makes a catalog again from the files alone. It trusts the
// files: they are the evidence, and it never deletes one that somebody might
// still want. It records nothing and removes nothing by age.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
)

// Doctor looks after the footage of a home.
type Doctor struct {
	Catalog     *catalog.Catalog
	Directories []*footage.Directory // all that hold footage of the home and are there
	Missing     []catalog.Directory  // those that hold footage and are not there
	Home        footage.UUID
}

// Level says how thoroughly to look.
type Level int

// The levels. Each does what those before it do.
const (
	// Presence reads folders and rows: every segment has its file, every file
	// its segment, and segments and gaps tile time.
	Presence Level = iota
	// Size reads the headers in each file, and compares them with the index.
	Size
	// Hash reads every byte: it shows that the disk still delivers all of it,
	// and that pictures consist of whole units.
	Hash
)

// ParseLevel reads "presence", "size" or "hash".
func ParseLevel(s string) (Level, error) {
	i := slices.Index(levels, s)
	if i < 0 {
		return 0, fmt.Errorf("level %q is not presence, size or hash: %w", s, nvr.ErrInvalid)
	}
	return Level(i), nil
}

// String is the inverse of [ParseLevel].
func (l Level) String() string { return levels[l] }

var levels = []string{"presence", "size", "hash"}

// Kind is a kind of finding. Its values appear in output that programs read,
// so they never change their meaning.
type Kind string

// The kinds.
const (
	DamagedCatalog Kind = "damaged_catalog" // catalog.db is broken as a database
	MissingFile    Kind = "missing_file"    // a sealed segment has no file
	UnlistedFile   Kind = "unlisted_file"   // a footage file has no segment
	UnreadableFile Kind = "unreadable_file" // a footage file has no whole header, or no picture
	ShortFile      Kind = "short_file"      // a file is cut short, or damaged in the middle
	WrongIndex     Kind = "wrong_index"     // the segment's row says something else than its file
	DamagedMedia   Kind = "damaged_media"   // headers agree, pictures behind them are damaged
	UnreadableDisk Kind = "unreadable_disk" // the disk does not deliver bytes of a file
	ForeignFile    Kind = "foreign_file"    // something that is not footage lies among it
	Unsettled      Kind = "unsettled"       // a segment was being written when the recorder ended
	Garbage        Kind = "garbage"         // the removal of a segment was not completed
	WrongInit      Kind = "wrong_init"      // an init segment in the catalog does not parse
	Hole           Kind = "hole"            // neither footage nor a gap accounts for some time
	Overlap        Kind = "overlap"         // more than one segment or gap does
	// MissingDirectory is a footage directory that is not there. Nothing is
	// said about the segments in it.
	MissingDirectory Kind = "missing_directory"
)

// repairs says what Repair does about each kind; nothing about the others.
var repairs = map[Kind]string{
	MissingFile:    "turn the segment into a gap with reason lost",
	UnlistedFile:   "add it to the catalog, or move it to quarantine if it does not parse",
	UnreadableFile: "move it to quarantine, and turn its segment into a gap with reason lost",
	ShortFile:      "index what can be read, and turn the rest into a gap with reason lost",
	WrongIndex:     "index the file again",
	ForeignFile:    "move it to quarantine",
	Unsettled:      "index what was written",
	Garbage:        "complete the removal",
	WrongInit:      "take it from a footage file again",
	Hole:           "add a gap with reason lost",
	Overlap:        "let footage win, and cut what overlaps it",
}

// Finding is one thing that is not as it should be.
type Finding struct {
	Kind     Kind
	Stream   nvr.StreamID // zero if it is about none
	Path     string       // below the footage directory; empty if it is about no file
	Span     nvr.Span     // of footage or of time; To is zero if it is not known
	Found    string       // in words
	Repaired bool
	Failed   error // why the repair did not succeed

	init nvr.InitID
}

// Repair returns what [Doctor.Repair] does about the finding, or nothing.
func (f Finding) Repair() string { return repairs[f.Kind] }

// Report is the outcome of a check.
type Report struct {
	Level    Level
	Streams  int
	Segments int // rows
	Files    int
	Bytes    int64 // of footage that was compared byte range by byte range; 0 at level presence
	Findings []Finding
}

// Open returns how many findings were not repaired.
func (r *Report) Open() int {
	n := 0
	for _, f := range r.Findings {
		if !f.Repaired {
			n++
		}
	}
	return n
}

// Options say how to look.
type Options struct {
	Level Level
	// Recording says that a recorder may be running: what it is writing or
	// removing is no finding then.
	Recording bool
	// Progress, which may be nil, is told how many files of how many are done.
	// Calls do not overlap.
	Progress func(done, total int)
}

// streams returns every stream that the catalog or a directory knows.
func (d *Doctor) streams(ctx context.Context) ([]nvr.StreamID, error) {
	known, err := d.Catalog.Streams(ctx)
	if err != nil {
		return nil, err
	}
	var ids []nvr.StreamID
	for _, s := range known {
		ids = append(ids, s.ID)
	}
	for _, dir := range d.Directories {
		found, err := dir.Streams()
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	slices.SortFunc(ids, compareStreams)
	return slices.Compact(ids), nil
}

func compareStreams(a, b nvr.StreamID) int {
	return cmp.Or(cmp.Compare(a.Camera, b.Camera), cmp.Compare(a.Quality, b.Quality))
}

// file is a footage file and where it lies.
type file struct {
	start nvr.Time
	dir   *footage.Directory
}

// files returns a stream's files, oldest first, and what else lies there.
func (d *Doctor) files(stream nvr.StreamID) (files []file, foreign []string, err error) {
	for _, dir := range d.Directories {
		v, err := dir.Inventory(stream)
		if err != nil {
			return nil, nil, err
		}
		for _, start := range v.Starts {
			files = append(files, file{start, dir})
		}
		foreign = append(foreign, v.Foreign...)
	}
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(a.start, b.start) })
	return files, foreign, nil
}

// each calls f for every item, several at a time, and returns the first error.
func each[T any](ctx context.Context, items []T, f func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan T)
	var workers sync.WaitGroup
	for range min(len(items), 2*runtime.GOMAXPROCS(0)) { // they wait for the disk in turn
		workers.Go(func() {
			for item := range todo {
				if err := f(ctx, item); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, item := range items {
		select {
		case todo <- item:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(todo)
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

// gone tells whether err says that something is not there (any more).
func gone(err error) bool { return errors.Is(err, nvr.ErrNotFound) }
