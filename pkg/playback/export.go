package playback

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// Form is what kind of MP4 an export is.
type Form string

// Fragmented files begin at once however long they are; progressive ones suit
// editors and messengers.
const (
	Fragmented  Form = "fragmented"
	Progressive Form = "progressive"
)

// Limits on the length of an export.
const (
	MaxExport      = 31 * 24 * time.Hour
	MaxProgressive = time.Hour
)

// sequenceStep leaves room for the movie fragments of an index entry, so that
// their numbers need not be known beforehand.
const sequenceStep = 64

// Export returns the footage of a span as one MP4 file of known size that is
// made while it is read. It begins exactly at span.From (by an edit list, if
// there is footage then) and ends with the last picture before span.To; time
// without footage is left out. What it is made of is not removed before the
// caller closes it.
func (p *Player) Export(ctx context.Context, stream nvr.StreamID, span nvr.Span, form Form) (_ *File, err error) {
	limit := MaxExport
	if form == Progressive {
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
	plan, err := p.plan(ctx, stream, span)
	if err != nil {
		return nil, err
	}
	c := newContent(p.openFile, plan.pieces)
	if form == Progressive {
		err = c.progressive(&plan)
	} else {
		err = c.fragmented(&plan)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	tag := sha256.Sum256(fmt.Appendf(nil, "%s %s %s %s %d", stream, span, form, plan.version, c.size))
	return &File{
		ReadSeeker: c, Size: c.size, ETag: fmt.Sprintf(`"%x"`, tag[:12]), Modified: plan.last(), closer: leased{c, lease},
	}, nil
}

func (p *Player) openFile(s *nvr.Segment) (*os.File, error) {
	d, err := p.directory(s.Directory)
	if err != nil {
		return nil, err
	}
	return d.OpenFile(s.Stream, s.Span.From)
}

// fragmented lays out ftyp, moov, sidx and the movie fragments.
func (c *content) fragmented(p *plan) error {
	composition, err := c.settle(p)
	if err != nil {
		return err
	}
	header := fmp4.AppendMovie(fmp4.AppendFileType(nil), p.movie(composition))
	c.add(slice{data: header})
	index := len(c.slices)
	c.add(slice{data: []byte{}}) // the sidx, once the sizes are known
	var refs []fmp4.Reference
	video := p.tracks[0].timescale
	n := 0
	for _, piece := range p.pieces {
		n += len(piece.fragments)
	}
	for i := range p.pieces {
		piece := &p.pieces[i]
		for j, f := range piece.fragments {
			ref := fmp4.Reference{Bytes: f.Bytes, Duration: f.MediaDuration, Key: f.Key}
			sequence := uint32(len(c.slices)) * sequenceStep
			var sets []byte
			if j == 0 {
				sets = p.sets(piece)
			}
			if end := f.MediaStart + f.MediaDuration; end > piece.ends[0] {
				data, err := c.cut(i, f, sequence, sets, piece.ends)
				if err != nil {
					return err
				}
				if len(data) == 0 {
					continue
				}
				ref.Bytes, ref.Duration = int64(len(data)), piece.ends[0]-f.MediaStart
				c.add(slice{data: data})
			} else {
				ref.Bytes += int64(len(sets))
				c.add(slice{piece: i, offset: f.Offset, bytes: ref.Bytes, place: sequence, sets: sets})
			}
			// A very long export has one reference a segment, since a segment
			// index has 16 bits for their number.
			if n > fmp4.MaxReferences && j > 0 {
				last := &refs[len(refs)-1]
				last.Bytes += ref.Bytes
				last.Duration += ref.Duration
				continue
			}
			refs = append(refs, ref)
		}
	}
	sidx := fmp4.AppendSegmentIndex(nil, video, p.pieces[0].fragments[0].MediaStart+p.pieces[0].shift[0]+nvr.Units(composition, video), refs)
	c.slices[index].data = sidx
	c.size = 0
	for i := range c.slices {
		s := &c.slices[i]
		if s.data != nil {
			s.bytes = int64(len(s.data))
		}
		s.start = c.size
		c.size += s.bytes
	}
	return nil
}

// settle reads the first movie fragment, and fits the plan to it. Exported time
// begins with the first sample, which may be one of sound that was taken before
// the first picture. It returns how much later than its decode time the first
// picture is shown: nothing, unless the camera reorders pictures. Presentation
// is what ends with the span then, not decoding.
func (c *content) settle(p *plan) (composition time.Duration, err error) {
	piece := &c.pieces[0]
	var f fmp4.MovieFragment
	if err := c.scan(0, piece.fragments[0]).Next(&f); err != nil {
		return 0, fmt.Errorf("segment %d: %w", piece.segment.ID, err)
	}
	if len(f.Runs[0].Samples) == 0 {
		return 0, fmt.Errorf("segment %d has no picture at %d: %w", piece.segment.ID, f.Offset, nvr.ErrDamaged)
	}
	if len(f.Runs[1].Samples) > 0 && len(p.tracks) > 1 {
		if lead := nvr.Duration(-(f.Runs[1].DTS + piece.shift[1]), p.tracks[1].timescale); lead > 0 {
			p.edit += lead
			for i := range c.pieces {
				for t := range p.tracks {
					c.pieces[i].shift[t] += nvr.Units(lead, p.tracks[t].timescale)
				}
			}
		}
	}
	composition = nvr.Duration(int64(f.Runs[0].Samples[0].Composition), piece.segment.Timescale)
	for i := range c.pieces {
		c.pieces[i].prolong(composition, p.tracks)
	}
	return composition, nil
}

// prolong moves the end of a piece from decode to presentation time, and drops
// the fragments behind it.
func (p *piece) prolong(composition time.Duration, tracks []track) {
	for t := range tracks {
		p.ends[t] += nvr.Units(composition, tracks[t].timescale)
	}
	for n := len(p.fragments); n > 1 && p.fragments[n-1].MediaStart >= p.ends[0]; n-- {
		p.fragments = p.fragments[:n-1]
	}
}

// scan returns a scanner over the movie fragments of an index entry.
func (c *content) scan(piece int, f nvr.Fragment) *fmp4.Scanner {
	return fmp4.NewScanner(readerAt{c, piece}, f.Offset, f.Offset+f.Bytes)
}

type readerAt struct {
	c     *content
	piece int
}

func (r readerAt) ReadAt(b []byte, offset int64) (int, error) { return r.c.readAt(b, r.piece, offset) }

// cut returns the movie fragments of an index entry without the samples that
// begin at ends or later, and with the given parameter sets before the first
// picture, placed.
func (c *content) cut(i int, entry nvr.Fragment, sequence uint32, sets []byte, ends [2]int64) ([]byte, error) {
	piece := &c.pieces[i]
	scanner := c.scan(i, entry)
	var out []byte
	for {
		var f fmp4.MovieFragment
		err := scanner.Next(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("segment %d: %w", piece.segment.ID, err)
		}
		var runs [2]fmp4.Run
		for t := range f.Runs {
			if runs[t], err = c.samples(i, t, &f.Runs[t], ends[t]); err != nil {
				return nil, err
			}
		}
		if len(runs[0].Samples) == 0 {
			break
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
	}
	_, err := fmp4.Place(out, fmp4.Placement{Sequence: sequence, Shift: piece.shift, Entry: piece.entry})
	return out, err
}

// samples reads the samples of a run that begin before end.
func (c *content) samples(i, t int, run *fmp4.TrackRun, end int64) (fmp4.Run, error) {
	out := fmp4.Run{End: run.DTS}
	offset := run.Offset
	for _, info := range run.Samples {
		if out.End >= end {
			break
		}
		s := media.Sample{Track: t, DTS: out.End, Composition: info.Composition, Key: info.Key, Data: make([]byte, info.Bytes)}
		if _, err := c.readAt(s.Data, i, offset); err != nil {
			return out, err
		}
		out.Samples = append(out.Samples, s)
		out.End += int64(info.Duration)
		offset += int64(info.Bytes)
	}
	return out, nil
}
