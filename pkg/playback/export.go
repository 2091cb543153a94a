package playback

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// Form is what kind of MP4 an export is.
type Form string

// Fragmented files begin at once however long they are; progressive ones suit
// editors and messengers. Silent ones are progressive, and have pictures alone.
const (
	Fragmented  Form = "fragmented"
	Progressive Form = "progressive"
	Silent      Form = "silent"
)

// Limits on the length of an export.
const (
	MaxExport      = 31 * 24 * time.Hour
	MaxProgressive = time.Hour // and silent
)

// sequenceStep leaves room for the movie fragments of an index entry, so that
// their numbers need not be known beforehand.
const sequenceStep = 64

// Export returns the footage of a span as one MP4 file of known size that is
// made while it is read. It begins exactly at span.From (by an edit list, if
// there is footage then) and ends with the last picture before span.To; time
// without footage is left out. What it is made of is not removed before the
// caller closes it. It is read until ctx ends.
func (p *Player) Export(ctx context.Context, stream nvr.StreamID, span nvr.Span, form Form) (_ *File, err error) {
	limit := MaxExport
	if form != Fragmented {
		limit = MaxProgressive
	}
	if span.Empty() {
		return nil, fmt.Errorf("an export has to end after it begins: %w", nvr.ErrInvalid)
	}
	if span.Duration() > limit {
		return nil, fmt.Errorf("a %s export is at most %s long: %w", form, limit, nvr.ErrTooLarge)
	}
	lease, err := p.catalog.Lease(ctx, stream, span)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lease.Release()
		}
	}()
	selected, err := p.selection(ctx, stream, span, form == Silent)
	if err != nil {
		return nil, err
	}
	c := p.content(ctx, selected)
	if form == Fragmented {
		err = c.fragmented()
	} else {
		err = c.progressive()
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &File{
		ReadSeeker: c, Size: c.size, ETag: c.tag(form), Modified: selected.last.Std(), closer: leased{c, lease},
	}, nil
}

// tag returns an entity tag that changes whenever the bytes would.
func (c *content) tag(form Form) string {
	h := sha256.New()
	h.Write(fmt.Appendf(nil, "%s %s %s %d\n", c.selection.stream, c.selection.span, form, c.size))
	h.Write(c.head)
	var b []byte
	for _, p := range c.selection.pieces {
		b = b[:0]
		for _, v := range []int64{int64(p.start), p.from, p.end, int64(p.entries), p.bytes} {
			b = binary.BigEndian.AppendUint64(b, uint64(v))
		}
		h.Write(b)
	}
	return fmt.Sprintf(`"%x"`, h.Sum(nil)[:12])
}

// fragmented lays out ftyp, moov, sidx and the movie fragments.
func (c *content) fragmented() error {
	opening, err := c.open()
	if err != nil {
		return err
	}
	p := c.selection
	for i := range p.pieces {
		piece := &p.pieces[i]
		if p.ended && i == len(p.pieces)-1 {
			if err := c.finish(i); err != nil {
				return err
			}
		} else if n := int64(len(p.sets(piece))); n > 0 && i > 0 {
			p.index.grow(piece.ordinal, n, 0)
			piece.bytes += n
		}
	}
	first := &p.pieces[0]
	moof, err := opening.fragment(first)
	if err != nil {
		return err
	}
	p.index.grow(0, int64(len(moof))+opening.bytes(), opening.end[0]-opening.at+nvr.Units(p.composition, first.timescale))
	c.head = fmp4.AppendMovie(fmp4.AppendFileType(nil), p.movie())
	c.head = fmp4.AppendSegmentIndex(c.head, p.tracks[0].timescale, 0, p.index.refs)
	c.head = append(c.head, moof...)
	c.add(slice{data: c.head})
	for _, track := range opening.media {
		for _, s := range track {
			c.add(s)
		}
	}
	c.front = c.slices
	for i := range p.pieces {
		p.pieces[i].at = c.size
		c.size += p.pieces[i].bytes
	}
	return nil
}

// finish lays out the piece that the export ends in. The fragment with its end
// is made at once: its size is not known before.
func (c *content) finish(i int) error {
	p, piece := c.selection, &c.selection.pieces[i]
	ends := [2]int64{p.end(piece, 0), p.end(piece, 1)}
	sets := p.sets(piece)
	if i == 0 {
		sets = nil // the opening has them
	}
	piece.entries = piece.opening
	for _, f := range piece.held[piece.opening:] {
		if f.MediaStart+f.MediaDuration > ends[0] {
			if f.MediaStart >= ends[0] {
				return nil
			}
			var err error
			if c.tail, err = c.cut(i, f, sequence(p.index.entries), sets, ends); err != nil || len(c.tail) == 0 {
				return err
			}
			f.Bytes, f.MediaDuration = int64(len(c.tail)), max(0, piece.end-f.MediaStart)
			p.index.add(reference(f))
			piece.bytes += f.Bytes
			return nil
		}
		f.Bytes += int64(len(sets))
		sets = nil
		p.index.add(reference(f))
		piece.entries++
		piece.bytes += f.Bytes
	}
	return nil
}

// sequence returns the number of the first movie fragment of an index entry.
func sequence(entry int) uint32 { return uint32(entry+2) * sequenceStep }

// scan returns a scanner over the movie fragments of an index entry.
func (c *content) scan(piece int, f nvr.Fragment) *fmp4.Scanner {
	return fmp4.NewScanner(readerAt{c, piece}, f.Offset, f.Offset+f.Bytes)
}

// each calls do with the movie fragments of an index entry.
func (c *content) each(piece int, entry nvr.Fragment, do func(*fmp4.MovieFragment) error) error {
	scanner := c.scan(piece, entry)
	var f fmp4.MovieFragment
	for {
		err := scanner.Next(&f)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = do(&f)
		}
		if err != nil {
			return fmt.Errorf("segment of %s: %w", c.selection.pieces[piece].start, err)
		}
	}
}

type readerAt struct {
	c     *content
	piece int
}

func (r readerAt) ReadAt(b []byte, offset int64) (int, error) { return r.c.readAt(b, r.piece, offset) }

// cut returns the movie fragments of an index entry without the samples that
// begin at ends or later, and with the given parameter sets before the first
// picture, rewritten.
func (c *content) cut(i int, entry nvr.Fragment, sequence uint32, sets []byte, ends [2]int64) ([]byte, error) {
	var out []byte
	err := c.each(i, entry, func(f *fmp4.MovieFragment) error {
		var runs [2]fmp4.Run
		for t := range f.Runs {
			var err error
			if runs[t], err = c.samples(i, t, &f.Runs[t], ends[t]); err != nil {
				return err
			}
		}
		if len(runs[0].Samples) == 0 {
			return nil
		}
		first := &runs[0].Samples[0]
		first.Data, sets = slices.Concat(sets, first.Data), nil
		bufs := [][]byte{fmp4.AppendFragment(nil, sequence, f.Clock, runs[:])}
		for _, run := range runs {
			for _, s := range run.Samples {
				bufs = append(bufs, s.Data)
			}
		}
		if f.Checksummed() { // it stays as long as the index says
			bufs = fmp4.AppendChecksum(bufs)
		}
		out = append(out, slices.Concat(bufs...)...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	piece := &c.selection.pieces[i]
	_, err = fmp4.Rewrite(out, fmp4.Change{Sequence: sequence, Shift: piece.shift, Entry: piece.entry})
	return out, err
}

// samples reads the samples of a run up to end, see clip.
func (c *content) samples(i, t int, run *fmp4.TrackRun, end int64) (fmp4.Run, error) {
	if len(run.Samples) == 0 {
		return fmp4.Run{}, nil
	}
	infos, last := c.selection.clip(run, t, end)
	out := fmp4.Run{End: last}
	dts, offset := run.DTS, run.Offset
	for _, info := range infos {
		s := media.Sample{Track: t, DTS: dts, Composition: info.Composition, Key: info.Key, Data: make([]byte, info.Bytes)}
		if _, err := c.readAt(s.Data, i, offset); err != nil {
			return out, err
		}
		out.Samples = append(out.Samples, s)
		dts += int64(info.Duration)
		offset += int64(info.Bytes)
	}
	return out, nil
}

// clip returns the samples of a run that are decoded before end, and where the
// last of them ends. Reordered pictures are decoded a moment before the end if
// they were only after it, so that their track is as long as it is shown. The
// run is changed.
func (p *selection) clip(run *fmp4.TrackRun, t int, end int64) ([]fmp4.SampleInfo, int64) {
	scale := int64(p.tracks[t].timescale)
	limit := end
	if t == 0 {
		limit -= nvr.Units(p.composition, uint32(scale))
	}
	before := func(at int64) int64 { // they stay in order
		if at < limit {
			return at
		}
		moment := scale / 500
		return limit - moment + min(moment-1, (at-limit)*moment/scale)
	}
	at := run.DTS
	last := before(at)
	run.DTS = last
	for i := range run.Samples {
		if at >= end {
			return run.Samples[:i], last
		}
		s := &run.Samples[i]
		shown := at + int64(s.Composition)
		at += int64(s.Duration)
		next := limit
		if at < end {
			next = before(at)
		}
		s.Composition = int32(shown - last)
		s.Duration = uint32(next - last)
		last = next
	}
	return run.Samples, last
}
