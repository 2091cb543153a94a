package recorder

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// recover makes whole what the last life of the program left open: segments that
// were being written, files whose row was not committed yet, and the time
// since. What cannot be read stays open, and a gap accounts for its time until
// it can be.
func (r *Recorder) recover(ctx context.Context) error {
	streams, err := r.catalog.Streams(ctx)
	if err != nil {
		return err
	}
	for _, s := range streams {
		r.known[s.ID] = s.Covered
	}
	alive, err := r.catalog.LastAlive(ctx)
	if err != nil {
		return err
	}
	r.last = min(alive, r.now())
	recovered := map[nvr.StreamID]nvr.Time{} // since when; later that does not matter
	err = r.places.Admit(func(d *footage.Directory) error { return r.admit(ctx, d, recovered) })
	if catalog.IsCorrupt(err) {
		return err // any other is about the directory, which is tried again
	}
	if streams, err = r.catalog.Streams(ctx); err != nil {
		return err
	}
	for _, s := range streams {
		end, start := s.Covered, recovered[s.ID]
		if s.Disabled == 0 || start != 0 {
			if end, err = r.tile(ctx, s, start); err != nil {
				return err
			}
		}
		r.accounts[s.ID] = r.newAccount(s.ID, end)
		if r.accounts[s.ID].media, err = r.counted(ctx, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// farthest is the decode time at which the count of a stream begins anew: more
// than any stream has footage of, so that only damage says so.
const farthest = 100 * 365 * 24 * time.Hour

// counted returns the decode time at which the newest footage of a stream ends.
func (r *Recorder) counted(ctx context.Context, stream nvr.StreamID) (time.Duration, error) {
	s, err := r.catalog.LastSegment(ctx, stream, forever)
	if errors.Is(err, nvr.ErrNotFound) {
		return 0, nil
	}
	if most := nvr.Units(farthest, s.Timescale); err != nil || s.MediaStart > most || s.MediaDuration > most {
		return 0, err
	}
	return nvr.Duration(s.MediaStart+s.MediaDuration, s.Timescale), nil
}

// admit makes whole what earlier lives left open in a directory, before this one
// writes to it.
func (r *Recorder) admit(ctx context.Context, d *footage.Directory, recovered map[nvr.StreamID]nvr.Time) error {
	var id nvr.DirectoryID
	err := r.catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		id, err = tx.Directory(d.ID(), d.Path())
		return err
	})
	if err != nil {
		return err
	}
	open, err := r.catalog.OpenSegments(ctx)
	if err != nil {
		return err
	}
	for _, s := range open {
		if s.Directory == id && !r.began(s.Span.From) {
			r.earliest(recovered, s.Stream, s.Span.From)
			if err := r.recoverFile(ctx, d, id, s.Stream, s.Span.From); err != nil {
				return err
			}
		}
	}
	if err := r.adopt(ctx, d, id, recovered); err != nil {
		return err
	}
	r.rows.put(d, id)
	return nil
}

// earliest remembers the earliest segment of a stream that is recovered while the
// recorder starts.
func (r *Recorder) earliest(recovered map[nvr.StreamID]nvr.Time, stream nvr.StreamID, start nvr.Time) {
	if was := recovered[stream]; r.ledger == nil && (was == 0 || start < was) {
		recovered[stream] = start
	}
}

// began tells whether this life may have begun the segment with that start. At
// the very start it has begun none, however late one seems to be: the clock may
// have been set back since.
func (r *Recorder) began(start nvr.Time) bool {
	return r.ledger != nil && start >= nvr.Time(r.opened.Load())
}

// begins notes that this life begins a segment.
func (r *Recorder) begins(start nvr.Time) {
	for was := r.opened.Load(); int64(start) < was; was = r.opened.Load() {
		r.opened.CompareAndSwap(was, int64(start))
	}
}

// rows are those of the directories that are recorded to.
type rows struct {
	mu sync.Mutex
	of map[*footage.Directory]nvr.DirectoryID
}

func (r *rows) put(d *footage.Directory, id nvr.DirectoryID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[d] = id
}

func (r *rows) get(d *footage.Directory) nvr.DirectoryID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[d]
}

// hold tells whether a directory is among them.
func (r *rows) hold(id nvr.DirectoryID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(slices.Collect(maps.Values(r.of)), id)
}

// adopted bounds how many files of a stream are recovered before it is recorded:
// more than a crash can leave without a row. If the catalog was lost there are
// as many as there is footage, and pkg/doctor indexes them meanwhile.
const adopted = 8

// adopt recovers the files that are newer than what the catalog accounted for:
// those of the last second before a crash. An older one that it does not know
// was given up, and a gap says so. If the catalog accounted for more than had
// passed, by a clock that was ahead, files of the last minute may be older.
func (r *Recorder) adopt(ctx context.Context, d *footage.Directory, id nvr.DirectoryID, recovered map[nvr.StreamID]nvr.Time) error {
	streams, err := d.Streams()
	if err != nil {
		return err
	}
	for _, stream := range streams {
		starts, err := d.Newest(stream, r.known[stream], adopted)
		if err != nil {
			return err
		}
		if known := r.known[stream]; unset <= r.last && r.last < known {
			older, err := r.unlisted(ctx, d, stream, nvr.Span{From: r.last.Add(-time.Minute), To: known})
			if err != nil {
				return err
			}
			starts = append(older, starts...)
		}
		for _, start := range starts {
			_, _, err := r.catalog.Row(ctx, stream, start)
			if r.began(start) || !errors.Is(err, nvr.ErrNotFound) {
				continue
			}
			err = r.catalog.Update(ctx, func(tx catalog.Tx) error {
				if r.ledger != nil { // the stream has gone on since, or was disabled
					return tx.EnableStreamOnce(stream, start)
				}
				return tx.EnableStream(stream, start)
			})
			if err != nil {
				return err
			}
			r.earliest(recovered, stream, start)
			if err := r.recoverFile(ctx, d, id, stream, start); err != nil {
				return err
			}
		}
	}
	return nil
}

// unlisted returns the starts of files in a span, except those that were given up.
func (r *Recorder) unlisted(ctx context.Context, d *footage.Directory, stream nvr.StreamID, span nvr.Span) (starts []nvr.Time, err error) {
	files, err := d.List(stream, span.From)
	if err != nil {
		return nil, err
	}
	for _, start := range files {
		if start >= span.To {
			break
		}
		gaps, err := r.catalog.Gaps(ctx, stream, nvr.Span{From: start, To: start + 1})
		if err != nil {
			return nil, err
		}
		if len(gaps) == 0 || !gaps[0].Reason.OfDisk() {
			starts = append(starts, start)
		}
	}
	return starts, nil
}

// recoverFile makes one file whole and writes its sealed row. A file that the
// disk does not deliver stays as it is, and so does its row.
func (r *Recorder) recoverFile(ctx context.Context, d *footage.Directory, id nvr.DirectoryID, stream nvr.StreamID, start nvr.Time) error {
	c, err := d.Recover(stream, start, motion.Scores())
	if errors.Is(err, nvr.ErrNotFound) || errors.Is(err, nvr.ErrDamaged) {
		r.log.Warn("open footage file is gone", "stream", stream.String(), "start", start.String(), "err", err)
		return r.catalog.Update(ctx, func(tx catalog.Tx) error { return tx.DropSegment(stream, start) })
	}
	if err != nil {
		r.log.Error("footage file cannot be recovered, the next start tries again", "stream", stream.String(), "start", start.String(), "err", err)
		return nil
	}
	row := c.Segment
	row.Directory, row.Sealed = id, true
	later, err := r.catalog.Segments(ctx, stream, row.Span)
	if err != nil {
		return err
	}
	for _, s := range later { // in another directory, by a clock that was set back
		if s.Span.From > start {
			row.Span.To = min(row.Span.To, s.Span.From)
		}
	}
	r.log.Info("recovered footage", "stream", stream.String(), "start", start.String(), "length", row.Span.Duration())
	return r.catalog.Update(ctx, func(tx catalog.Tx) error {
		return errors.Join(tx.CutGaps(stream, row.Span), put(tx, row, c.Init))
	})
}

// tile makes segments and gaps of a stream tile time again up to now, with an
// open gap at the end, and returns where that begins. Only the stretch since
// the oldest segment that was recovered can need it, but looking at the last
// day costs nothing notable. Segments that are still open could not be read.
func (r *Recorder) tile(ctx context.Context, s catalog.Stream, recovered nvr.Time) (end nvr.Time, err error) {
	now := r.now()
	if now < unset {
		now = max(now, s.Covered)
	}
	from := max(s.Enabled, s.Covered.Add(-tileBack))
	if recovered != 0 {
		from = min(from, recovered)
	}
	// The camera was away when the program ended, which was not before the last
	// sign of life. That gap need not be the last: see openGap.
	away, err := r.catalog.Gaps(ctx, s.ID, nvr.Span{From: r.last, To: r.last + 1})
	if err != nil {
		return 0, err
	}
	if len(away) > 0 && (away[0].Span.To == 0 || away[0].Span.To > now) {
		from = min(from, max(r.last, s.Enabled))
	}
	a := catalog.Account{Stream: s}
	a.Stream.Enabled = from
	span := nvr.Span{From: from, To: forever}
	var unread []nvr.Gap
	err = r.catalog.Coverage(ctx, s.ID, span, func(p catalog.Piece) {
		h := catalog.Listed{Span: p.Span, State: catalog.StateSealed}
		if p.Open {
			h.State = catalog.StateOpen
			unread = append(unread, r.unread(s.ID, p))
		}
		a.Segments = append(a.Segments, h)
	})
	if err != nil {
		return 0, err
	}
	if a.Gaps, err = r.catalog.Gaps(ctx, s.ID, span); err != nil {
		return 0, err
	}
	if len(a.Segments) > 0 { // the account begins with what reaches into it
		a.Stream.Enabled = min(a.Stream.Enabled, a.Segments[0].Span.From)
	}
	if len(a.Gaps) > 0 {
		a.Stream.Enabled = min(a.Stream.Enabled, a.Gaps[0].Span.From)
	}
	gaps := r.ended(a, now)
	for _, g := range unread {
		gaps = r.insert(gaps, g, a.Segments)
	}
	t := catalog.Tile(a, gaps, nvr.Gap{Reason: nvr.NotRunning}, true)
	return t.Until, r.catalog.Update(ctx, t.Apply)
}

// ended returns the gaps of an account, of which those that went on when the
// program ended do not any more, unless they were over by now.
func (r *Recorder) ended(a catalog.Account, now nvr.Time) (gaps []nvr.Gap) {
	for _, g := range a.Gaps {
		if g.Span.To == 0 || g.Span.Contains(r.last) && g.Span.To > now {
			g.Span.To = max(g.Span.From, r.last)
			next := slices.IndexFunc(a.Segments, func(h catalog.Listed) bool { return h.Span.From >= g.Span.From })
			if next >= 0 {
				g.Span.To = min(g.Span.To, a.Segments[next].Span.From)
			}
		}
		if !g.Span.Empty() {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// insert adds a gap up to what follows it, in the place of one that begins with it.
func (r *Recorder) insert(gaps []nvr.Gap, g nvr.Gap, segments []catalog.Listed) []nvr.Gap {
	gaps = slices.DeleteFunc(gaps, func(was nvr.Gap) bool { return was.Span.From == g.Span.From })
	at, end := 0, forever
	for at < len(gaps) && gaps[at].Span.From < g.Span.From {
		at++
	}
	if at < len(gaps) {
		end = gaps[at].Span.From
	}
	for _, h := range segments {
		if h.Span.From > g.Span.From {
			end = min(end, h.Span.From)
		}
	}
	g.Span.To = end
	if end == forever {
		g.Span.To = r.last
	}
	if g.Span.Empty() {
		return gaps
	}
	return slices.Insert(gaps, at, g)
}

// unread returns the gap that accounts for an open segment as long as nobody
// can tell what its file holds. Its end is open.
func (r *Recorder) unread(stream nvr.StreamID, p catalog.Piece) nvr.Gap {
	g := nvr.Gap{Stream: stream, Span: nvr.Span{From: p.Span.From}, Reason: nvr.DiskMissing, Detail: "its footage appears when the disk is there again"}
	if r.rows.hold(p.Directory) {
		g.Reason, g.Detail = nvr.DiskError, "its file could not be read; the next start tries again"
	}
	return g
}

// tileBack is how far back a crash can have left something to be made whole.
const tileBack = 24 * time.Hour
