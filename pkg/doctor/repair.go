package doctor

import (
	"context"
	"errors"
	"fmt"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// Repair repairs what a report found, and notes in it what became of each
// finding. Nobody may record meanwhile. It deletes no file but those whose
// removal somebody else had begun.
func (d *Doctor) Repair(ctx context.Context, r *Report) error {
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Repair() == "" || f.Kind == Hole || f.Kind == Overlap {
			continue
		}
		f.Failed = d.mend(ctx, f)
		if err := ctx.Err(); err != nil {
			return err
		}
		f.Repaired = f.Failed == nil
	}
	ids, err := d.streams(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := d.tile(ctx, id, nvr.Gap{Reason: nvr.Lost, Detail: "nothing accounted for this time"})
		for i := range r.Findings {
			if f := &r.Findings[i]; f.Stream == id && (f.Kind == Hole || f.Kind == Overlap) {
				f.Failed, f.Repaired = err, err == nil
			}
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// tile makes a stream's segments and gaps tile time, where nothing accounts
// for it with gaps like fill.
func (d *Doctor) tile(ctx context.Context, id nvr.StreamID, fill nvr.Gap) error {
	return d.Catalog.Update(ctx, func(tx catalog.Tx) error {
		a, err := tx.Account(id)
		if gone(err) { // there is nothing but foreign files
			return nil
		}
		if err != nil {
			return err
		}
		return catalog.Tile(a, a.Gaps, fill, false).Apply(tx)
	})
}

func (d *Doctor) mend(ctx context.Context, f *Finding) error {
	switch f.Kind {
	case ForeignFile:
		return d.quarantine(f.Path)
	case WrongInit:
		return d.mendInit(ctx, f.init)
	case MissingFile:
		return d.lose(ctx, f.Stream, f.Span, "its file was gone")
	case Garbage:
		return d.complete(ctx, f.Stream, f.Span)
	}
	return d.index(ctx, f)
}

// quarantine moves what lies at a path out of the way.
func (d *Doctor) quarantine(path string) error {
	for _, dir := range d.Directories {
		if _, err := dir.Stat(path); gone(err) {
			continue
		}
		_, err := dir.Quarantine(path)
		return err
	}
	return fmt.Errorf("%s: %w", path, nvr.ErrNotFound)
}

// lose turns a segment into a gap.
func (d *Doctor) lose(ctx context.Context, id nvr.StreamID, span nvr.Span, detail string) error {
	return d.Catalog.Update(ctx, func(tx catalog.Tx) error {
		if err := tx.DropSegment(id, span.From); err != nil || span.To == 0 {
			return err
		}
		return tx.AddGap(nvr.Gap{Stream: id, Span: span, Reason: nvr.Lost, Detail: detail})
	})
}

// complete ends the removal of a segment.
func (d *Doctor) complete(ctx context.Context, id nvr.StreamID, span nvr.Span) error {
	for _, dir := range d.Directories {
		if _, err := dir.Remove([]footage.Entry{{Stream: id, Start: span.From}}); err != nil {
			return err
		}
	}
	gaps, err := d.Catalog.Gaps(ctx, id, span)
	if err != nil {
		return err
	}
	return d.Catalog.Update(ctx, func(tx catalog.Tx) error {
		if err := tx.DropSegment(id, span.From); err != nil || len(gaps) > 0 {
			return err
		}
		return tx.AddGap(nvr.Gap{Stream: id, Span: span, Reason: nvr.Removed})
	})
}

// mendInit takes an init segment from a file that begins with it.
func (d *Doctor) mendInit(ctx context.Context, id nvr.InitID) error {
	stream, start, err := d.Catalog.InitUser(ctx, id)
	if gone(err) {
		return d.Catalog.Update(ctx, func(tx catalog.Tx) error { return tx.DropInit(id) })
	}
	if err != nil {
		return err
	}
	for _, dir := range d.Directories {
		c, err := dir.Read(stream, start, nil)
		if gone(err) {
			continue
		}
		if err != nil {
			return err
		}
		return d.Catalog.Update(ctx, func(tx catalog.Tx) error { return tx.MendInit(id, c.Init, c.Format.Video().Timescale) })
	}
	return fmt.Errorf("a file that begins with init segment %d: %w", id, nvr.ErrNotFound)
}

// index makes the row of a finding's file say what the file says.
func (d *Doctor) index(ctx context.Context, f *Finding) error {
	scores := motion.Scores()
	row, content, dir, err := d.read(f.Stream, f.Span.From, func(dir *footage.Directory) (footage.Content, error) {
		return dir.Read(f.Stream, f.Span.From, scores)
	})
	var detail string
	switch {
	case gone(err):
		return d.lose(ctx, f.Stream, f.Span, "its file was gone")
	case errors.Is(err, nvr.ErrDamaged):
		if _, err := dir.Quarantine(f.Path); err != nil {
			return err
		}
		return d.lose(ctx, f.Stream, f.Span, "its file could not be read: "+err.Error())
	case err != nil:
		return err
	case content.Damage != nil:
		detail = content.Damage.Error()
		if err := dir.DropIndex(f.Stream, f.Span.From); err != nil { // a rebuild would believe it
			return err
		}
	default:
		detail = "its file was cut short"
	}
	if err := dir.Sync(f.Stream, f.Span.From); err != nil {
		return err
	}
	if apart := f.Span.To - row.Span.To; f.Span.To != 0 && -catalog.Joint <= apart && apart <= catalog.Joint {
		row.Span.To = f.Span.To // the recorder knew it better
	}
	err = d.Catalog.Update(ctx, func(tx catalog.Tx) error {
		if err := newRows(tx).put(row, content.Init, dir); err != nil {
			return err
		}
		lost := nvr.Gap{Stream: f.Stream, Span: nvr.Span{From: row.Span.To, To: f.Span.To}, Reason: nvr.Lost, Detail: detail}
		if lost.Span.Empty() {
			return nil
		}
		return tx.AddGap(lost)
	})
	if catalog.IsRefusal(err) { // what it says of itself makes no sense
		if _, err := dir.Quarantine(f.Path); err != nil {
			return err
		}
		return d.lose(ctx, f.Stream, f.Span, "its file could not be read: "+err.Error())
	}
	return err
}

// read reads a footage file that can be indexed, in some way, from the directory
// that has it. One without a picture, or of another home, is nvr.ErrDamaged.
func (d *Doctor) read(id nvr.StreamID, start nvr.Time, from func(*footage.Directory) (footage.Content, error)) (nvr.Segment, footage.Content, *footage.Directory, error) {
	for _, dir := range d.Directories {
		c, err := from(dir)
		if gone(err) {
			continue
		}
		switch {
		case err != nil:
		case c.Origin.Home != d.Home:
			err = fmt.Errorf("%s was recorded by another home: %w", footage.Path(id, start), nvr.ErrDamaged)
		case len(c.Segment.Fragments) == 0:
			err = fmt.Errorf("%s holds no picture: %w", footage.Path(id, start), nvr.ErrDamaged)
		}
		row := c.Segment
		row.Sealed = true
		return row, c, dir, err
	}
	return nvr.Segment{}, footage.Content{}, nil, fmt.Errorf("%s: %w", footage.Path(id, start), nvr.ErrNotFound)
}

// rows writes rows of files in one transaction. What many of them share is
// looked up once.
type rows struct {
	tx          catalog.Tx
	directories map[*footage.Directory]nvr.DirectoryID
	inits       map[string]nvr.InitID
	streams     map[nvr.StreamID]bool
}

func newRows(tx catalog.Tx) rows {
	return rows{tx, map[*footage.Directory]nvr.DirectoryID{}, map[string]nvr.InitID{}, map[nvr.StreamID]bool{}}
}

// put writes the row of a file, and makes its stream one that was recorded.
func (r rows) put(row nvr.Segment, init []byte, dir *footage.Directory) (err error) {
	var known bool
	if row.Directory, known = r.directories[dir]; !known {
		if row.Directory, err = r.tx.Directory(dir.ID(), dir.Path()); err != nil {
			return err
		}
		r.directories[dir] = row.Directory
	}
	if row.Init, known = r.inits[string(init)]; !known {
		if row.Init, err = r.tx.Init(init, row.Timescale); err != nil {
			return err
		}
		r.inits[string(init)] = row.Init
	}
	if !r.streams[row.Stream] {
		if err := r.tx.EnableStreamOnce(row.Stream, row.Span.From); err != nil {
			return err
		}
		r.streams[row.Stream] = true
	}
	return r.tx.PutSegment(row)
}
