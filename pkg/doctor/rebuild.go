package doctor

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// Rebuilding says how to rebuild.
type Rebuilding struct {
	// Old, which may be nil, is the catalog that was: what it still tells of
	// gaps, and of when streams were recorded, is kept.
	Old *catalog.Catalog
	// Before, unless it is zero, says that a recorder writes footage from then
	// on, to the same catalog: only what began earlier is looked at.
	Before nvr.Time
	// Progress, which may be nil, is told how many files of how many are done.
	// Calls do not overlap.
	Progress func(done, total int)
}

// Rebuilt is the outcome.
type Rebuilt struct {
	Files      int   // that had no row
	Segments   int   // rows that were added
	Bytes      int64 // of footage in them
	Unreadable []Finding
	Lost       error // why the old catalog did not tell all of its locks and events; nil if it did
}

// Rebuild adds to the catalog every footage file that it does not have, and
// explains the time in between: by what the old catalog says, else as time in
// which nothing ran. It changes no file. If it is interrupted it can be called
// again.
func (d *Doctor) Rebuild(ctx context.Context, o Rebuilding) (Rebuilt, error) {
	r := rebuilder{Doctor: d, Rebuilding: o}
	ids, err := d.streams(ctx)
	if err != nil {
		return r.out, err
	}
	var all []folder
	for _, id := range ids {
		folders, err := r.missing(ctx, id)
		if err != nil {
			return r.out, err
		}
		all = append(all, folders...)
	}
	for _, f := range all {
		r.out.Files += len(f.files)
	}
	if o.Old != nil {
		// Before there is a row that retention could take for footage that
		// nobody locked. What cannot be read is lost, and no reason to stop.
		if _, r.out.Lost = d.Catalog.CopyUnique(ctx, o.Old); ctx.Err() != nil {
			return r.out, r.out.Lost
		}
	}
	if err := each(ctx, all, r.index); err != nil {
		return r.out, err
	}
	for _, id := range ids {
		if err := r.settleStream(ctx, id); err != nil {
			return r.out, err
		}
	}
	return r.out, nil
}

// rebuilder is a rebuild under way.
type rebuilder struct {
	*Doctor
	Rebuilding

	inits footage.Inits

	mu   sync.Mutex
	out  Rebuilt
	done int
}

// folder is what one day has of a stream: the unit of work, read in order, so
// that activity is scored as when it was recorded.
type folder struct {
	stream nvr.StreamID
	files  []file
	sure   nvr.Time // the index is believed of those that began earlier
}

// doubtful is how many of a stream's newest files may have been written within
// the last seconds before a power cut, and more than that: what such a file says
// of itself at its end is no proof that the rest is there.
const doubtful = 8

// missing returns the files of a stream that have no row, day by day.
func (r *rebuilder) missing(ctx context.Context, id nvr.StreamID) ([]folder, error) {
	account, err := r.Catalog.Account(ctx, id)
	if err != nil && !gone(err) {
		return nil, err
	}
	files, _, err := r.files(id)
	if err != nil {
		return nil, err
	}
	var folders []folder
	day := ""
	for _, p := range match(account.Segments, files) {
		if p.row.Span.From != 0 || r.Before != 0 && p.file.start >= r.Before {
			continue
		}
		if r.Before != 0 {
			if lost, err := r.declaredLost(ctx, id, p.file.start); err != nil {
				return nil, err
			} else if lost {
				continue
			}
		}
		if d := p.file.start.Std().Format(time.DateOnly); d != day {
			day = d
			folders = append(folders, folder{stream: id})
		}
		last := &folders[len(folders)-1]
		last.files = append(last.files, p.file)
	}
	if len(files) > doubtful {
		for i := range folders {
			folders[i].sure = files[len(files)-doubtful].start
		}
	}
	return folders, nil
}

// batch bounds a transaction: a recorder beside waits for it, some 20 ms.
const batch = 250

func (r *rebuilder) index(ctx context.Context, f folder) error {
	score := motion.Scores()
	for part := range slices.Chunk(f.files, batch) {
		var found []footage.Content
		var dirs []*footage.Directory
		for _, file := range part {
			if err := ctx.Err(); err != nil {
				return err
			}
			_, c, dir, err := r.read(f.stream, file.start, func(d *footage.Directory) (footage.Content, error) {
				if file.start < f.sure {
					return d.ReadSealed(f.stream, file.start, &r.inits, score)
				}
				return d.Read(f.stream, file.start, score)
			})
			switch {
			case gone(err):
			case err != nil:
				r.unreadable(f.stream, file.start, err)
			default:
				found, dirs = append(found, c), append(dirs, dir)
			}
		}
		err := r.write(ctx, found, dirs)
		if catalog.IsRefusal(err) { // one of them says nonsense of itself
			for i := range found {
				if err := r.write(ctx, found[i:i+1], dirs[i:i+1]); catalog.IsRefusal(err) {
					r.unreadable(f.stream, found[i].Origin.Start, err)
				} else if err != nil {
					return err
				}
			}
		} else if err != nil {
			return err
		}
		r.progress(len(part))
	}
	return nil
}

func (r *rebuilder) unreadable(id nvr.StreamID, start nvr.Time, err error) {
	kind := UnreadableDisk
	if errors.Is(err, nvr.ErrDamaged) || catalog.IsRefusal(err) {
		kind = UnreadableFile
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Unreadable = append(r.out.Unreadable, Finding{
		Kind: kind, Stream: id, Path: footage.Path(id, start), Span: nvr.Span{From: start}, Found: err.Error(),
	})
}

func (r *rebuilder) progress(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += n
	if r.Progress != nil {
		r.Progress(r.done, r.out.Files)
	}
}

// write adds rows in one transaction.
func (r *rebuilder) write(ctx context.Context, found []footage.Content, dirs []*footage.Directory) error {
	added, bytes := 0, int64(0)
	err := r.Catalog.Update(ctx, func(tx catalog.Tx) error {
		rows := newRows(tx)
		for i, c := range found {
			row := c.Segment
			row.Sealed = true
			if has, err := tx.Has(row.Stream, row.Span.From); has || err != nil {
				if err != nil {
					return err
				}
				continue
			}
			if err := rows.put(row, c.Init, dirs[i]); err != nil {
				return err
			}
			added++
			bytes += row.Bytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Segments += added
	r.out.Bytes += bytes
	return nil
}

// settleStream explains the time between the segments.
func (r *rebuilder) settleStream(ctx context.Context, id nvr.StreamID) error {
	var old catalog.Account
	if r.Old != nil {
		var err error
		if old, err = r.Old.Account(ctx, id); ctx.Err() != nil {
			return err // any other says how far the old catalog could be read
		}
	}
	err := r.Catalog.Update(ctx, func(tx catalog.Tx) error {
		if r.Before == 0 && old.Stream.Enabled > 0 {
			if err := restore(tx, old.Stream); err != nil {
				return err
			}
		}
		return r.addOld(tx, id, old.Gaps)
	})
	if err != nil {
		return err
	}
	return r.tile(ctx, id, nvr.Gap{Reason: nvr.NotRunning})
}

// restore says again from when up to when a stream was recorded.
func restore(tx catalog.Tx, old catalog.Stream) error {
	span := nvr.Span{From: old.Enabled, To: old.Disabled}
	a, err := tx.Account(old.ID)
	if err == nil {
		span.From = min(span.From, a.Stream.Enabled)
	} else if !gone(err) {
		return err
	}
	return tx.SetStream(old.ID, span)
}

// addOld adds the gaps of the old catalog. They replace what a recorder beside
// could only guess about the time before it began.
func (r *rebuilder) addOld(tx catalog.Tx, id nvr.StreamID, old []nvr.Gap) error {
	a, err := tx.Account(id)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	known := nvr.Time(0) // up to when the old catalog explains
	if n := len(old); n > 0 && r.Before != 0 && old[n-1].Span.To == 0 {
		known, old = old[n-1].Span.From, old[:n-1]
	} else if n > 0 {
		known = old[n-1].Span.To
	}
	var kept []nvr.Gap
	for _, g := range a.Gaps {
		guess := g.Reason == nvr.NotRunning && g.Span.To != 0 && (g.Span.To <= known || g.Span.To-g.Span.From <= catalog.Joint)
		if !guess {
			kept = append(kept, g)
		} else if err := tx.DropGap(id, g.Span.From); err != nil {
			return err
		}
	}
	for _, g := range catalog.Beside(kept, old) {
		if err := tx.AddGap(g); err != nil {
			return err
		}
	}
	return nil
}
