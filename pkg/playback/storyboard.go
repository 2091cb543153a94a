package playback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

const (
	// MaxStoryboard is how many pictures a storyboard has at most: as many as a screen
	// has columns to drag over, and 8 MB of a small stream.
	MaxStoryboard = 500
	// storyboardTimescale is the clock of a storyboard: milliseconds since its beginning.
	storyboardTimescale = 1000
)

// Storyboard returns a film to drag through: the first key frame of each of most
// equal parts of span, as far as there are any, and no sound. On its clock a
// picture begins when it was taken, counted from the beginning of span, and lasts
// until the next one; the first begins at zero. Each can be shown without another,
// so whoever seeks waits for one picture alone.
//
// Footage on a disk that is not there is left out, as are pictures of another codec
// than the first. Without any picture it is nvr.ErrNotFound. The caller closes the
// file; it must not be read by two at once.
func (p *Player) Storyboard(ctx context.Context, stream nvr.StreamID, span nvr.Span, most int) (*File, error) {
	if span.Empty() || most < 1 || most > MaxStoryboard {
		return nil, fmt.Errorf("a storyboard ends after it begins, and has 1 to %d pictures: %w", MaxStoryboard, nvr.ErrInvalid)
	}
	v := &storyboard{content: p.content(ctx, &selection{stream: stream}), span: span, part: (span.Duration() + time.Duration(most) - 1) / time.Duration(most)}
	if err := v.choose(ctx); err != nil {
		return nil, err
	}
	if err := v.describe(ctx); err != nil {
		return nil, err
	}
	if err := v.film(); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	first, last := v.chosen[0].at, v.chosen[len(v.chosen)-1].at
	return &File{
		ReadSeeker: v.content, Size: v.size, Modified: last.Std(), closer: v.content,
		ETag: fmt.Sprintf(`"%s-%d-%d-%d-%d"`, stream.Quality, span.From, first, last, len(v.chosen)),
	}, nil
}

// storyboard is a storyboard that is being made.
type storyboard struct {
	*content
	span   nvr.Span
	part   time.Duration // of span, of which one picture is taken
	chosen []chosen
}

// chosen is an index entry whose first picture is taken.
type chosen struct {
	at    nvr.Time
	piece int
	entry nvr.Fragment
}

// choose walks over the index of span.
func (v *storyboard) choose(ctx context.Context) error {
	p, sel := v.player, v.selection
	open, err := p.open(ctx, sel.stream, v.span)
	if err != nil {
		return err
	}
	away, err := p.away(ctx)
	if err != nil {
		return err
	}
	next := v.span.From // the beginning of the part of which none is taken yet
	err = p.catalog.EachSegment(ctx, sel.stream, v.span, func(s *nvr.Segment) error {
		if !s.Sealed {
			if s = open[s.Span.From]; s == nil {
				return nil
			}
		}
		if away[s.Directory] || s.Span.To <= next {
			return nil
		}
		sel.pieces = append(sel.pieces, piece{start: s.Span.From, directory: s.Directory, init: s.Init})
		for _, f := range s.Fragments {
			at := s.TimeAt(f.MediaStart)
			if !f.Key || at < next || at >= v.span.To {
				continue
			}
			v.chosen = append(v.chosen, chosen{at: at, piece: len(sel.pieces) - 1, entry: f})
			next = at.Add(v.part - at.Sub(v.span.From)%v.part)
		}
		return nil
	})
	if err == nil && len(v.chosen) == 0 {
		return fmt.Errorf("pictures of %s in %s: %w", sel.stream, v.span, nvr.ErrNotFound)
	}
	return err
}

// describe finds out which sample descriptions the film has, and leaves out what
// is of another codec than the first.
func (v *storyboard) describe(ctx context.Context) error {
	for i := range v.selection.pieces {
		of := &v.selection.pieces[i]
		init, err := v.player.Init(ctx, of.init)
		if err != nil {
			return err
		}
		video := init.Format.Video()
		video.Timescale = storyboardTimescale
		if of.entry[0], err = v.selection.entry(0, video); err != nil && !errors.Is(err, nvr.ErrInvalid) {
			return err
		}
	}
	v.chosen = slices.DeleteFunc(v.chosen, func(c chosen) bool { return v.selection.pieces[c.piece].entry[0] == 0 })
	return nil
}

// film reads where the pictures are, and lays them out.
func (v *storyboard) film() error {
	track := fmp4.MovieTrack{Entries: v.selection.tracks[0].entries}
	var pictures []slice
	var size int64
	for i, c := range v.chosen {
		picture, err := v.first(c)
		if err != nil {
			return err
		}
		of := &v.selection.pieces[c.piece]
		sets := v.selection.sets(of)
		info := fmp4.SampleInfo{Duration: uint32(v.span.To.Sub(c.at).Milliseconds()), Bytes: uint32(int64(len(sets)) + picture.bytes), Key: true}
		chunk := fmp4.Chunk{Offset: size, Entry: int(of.entry[0]), Samples: []fmp4.SampleInfo{info}}
		if i > 0 {
			chunk.DTS = c.at.Sub(v.span.From).Milliseconds()
		}
		track.Chunks = append(track.Chunks, chunk)
		pictures = append(pictures, slice{data: sets, bytes: int64(len(sets))}, picture)
		size += int64(info.Bytes)
	}
	v.lay(fmp4.Movie{Duration: nvr.Units(v.span.Duration(), fmp4.MovieTimescale), Tracks: []fmp4.MovieTrack{track}}, pictures)
	return nil
}

// first says where the first picture of an index entry is.
func (v *storyboard) first(c chosen) (slice, error) {
	var f fmp4.MovieFragment
	err := v.scan(c.piece, c.entry).Next(&f)
	if err == nil && len(f.Runs[0].Samples) == 0 {
		err = fmt.Errorf("no picture at %d: %w", c.entry.Offset, nvr.ErrDamaged)
	}
	if err != nil {
		return slice{}, fmt.Errorf("segment of %s: %w", v.selection.pieces[c.piece].start, err)
	}
	return slice{piece: c.piece, offset: f.Runs[0].Offset, bytes: int64(f.Runs[0].Samples[0].Bytes)}, nil
}
