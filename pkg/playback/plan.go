package playback

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// plan is what an exported file will hold, before its bytes are laid out.
// Exported time counts from the first key frame; stretches without footage
// take no time in it.
type plan struct {
	stream  nvr.StreamID
	span    nvr.Span
	pieces  []piece
	tracks  []track
	edit    time.Duration // exported time at which what was asked for begins
	length  time.Duration // of what was asked for
	version string        // changes whenever the bytes would
}

// track is one track of an exported file.
type track struct {
	timescale uint32
	entries   []media.Track // distinct sample descriptions
}

// piece is the part of one segment that goes into an export.
type piece struct {
	segment   nvr.Segment
	fragments []nvr.Fragment
	ends      [2]int64  // decode times before which its last samples begin, per track
	shift     [2]int64  // added to decode times, per track
	entry     [2]uint32 // sample description, per track; zero if the piece lacks the track
}

// maxReorder is more than any camera's pictures are decoded before they are
// shown: what is shown just before the end may stand in the file behind what
// is decoded then.
const maxReorder = time.Second

// plan gathers what an export of span needs. Without footage it is
// nvr.ErrNotFound.
func (p *Player) plan(ctx context.Context, stream nvr.StreamID, span nvr.Span) (plan, error) {
	segments, err := p.segments(ctx, stream, span)
	if err != nil {
		return plan{}, err
	}
	out := plan{stream: stream, span: span}
	var at time.Duration // exported time
	for i := range segments {
		s := segments[i]
		fragments := within(&s, nvr.Span{From: span.From, To: span.To.Add(maxReorder)})
		if len(fragments) == 0 {
			continue
		}
		init, err := p.Init(ctx, s.Init)
		if err != nil {
			return plan{}, err
		}
		c := piece{segment: s, fragments: fragments}
		first, last := fragments[0].MediaStart, fragments[len(fragments)-1]
		end := last.MediaStart + last.MediaDuration
		if span.To < s.Span.To {
			end = min(end, s.MediaAt(span.To))
		}
		if end <= first {
			continue
		}
		start := nvr.Duration(first, s.Timescale)
		if len(out.pieces) == 0 {
			if from := s.MediaAt(span.From); from > first {
				out.edit = nvr.Duration(from-first, s.Timescale)
			}
		}
		for t, described := range init.Format.Tracks {
			if c.entry[t], err = out.entry(t, described); err != nil {
				return plan{}, fmt.Errorf("at %s %w", s.Span.From, err)
			}
			c.ends[t] = nvr.Units(nvr.Duration(end, s.Timescale), described.Timescale)
			c.shift[t] = nvr.Units(at, described.Timescale) - nvr.Units(start, described.Timescale)
		}
		at += nvr.Duration(end-first, s.Timescale)
		out.pieces = append(out.pieces, c)
		out.version += fmt.Sprintf("%d:%d:%d,", s.ID, last.Offset, end)
	}
	if len(out.pieces) == 0 {
		return plan{}, fmt.Errorf("footage of %s in %s: %w", stream, span, nvr.ErrNotFound)
	}
	out.length = at - out.edit
	return out, nil
}

// entry returns the number of a sample description in a track, adding it if
// it is new.
func (p *plan) entry(t int, described media.Track) (uint32, error) {
	if t == len(p.tracks) {
		p.tracks = append(p.tracks, track{timescale: described.Timescale, entries: []media.Track{described}})
	}
	out := &p.tracks[t]
	if out.timescale != described.Timescale || out.entries[0].Codec != described.Codec {
		return 0, fmt.Errorf("the camera changed from %s at %d Hz to %s at %d Hz, and one file cannot hold both: export up to there and from there on: %w",
			out.entries[0].Codec, out.timescale, described.Codec, described.Timescale, nvr.ErrInvalid)
	}
	for i, e := range out.entries {
		if e.Equal(described) {
			return uint32(i + 1), nil
		}
	}
	out.entries = append(out.entries, described)
	return uint32(len(out.entries)), nil
}

// sets returns the parameter sets that the first picture of a piece needs
// beside it: none, unless the file has several descriptions of pictures, of
// which many players of fragmented files only look at the first.
func (p *plan) sets(of *piece) (b []byte) {
	if len(p.tracks[0].entries) < 2 {
		return nil
	}
	described := p.tracks[0].entries[of.entry[0]-1]
	for _, nal := range [][]byte{described.VPS, described.SPS, described.PPS} {
		if len(nal) > 0 {
			b = binary.BigEndian.AppendUint32(b, uint32(len(nal)))
			b = append(b, nal...)
		}
	}
	return b
}

// movie returns the header of the exported file, without chunks.
// composition is the exported presentation time of the first picture.
func (p *plan) movie(composition time.Duration) fmp4.Movie {
	m := fmp4.Movie{Duration: nvr.Units(p.length, fmp4.MovieTimescale)}
	for _, t := range p.tracks {
		m.Tracks = append(m.Tracks, fmp4.MovieTrack{
			Entries: t.entries, Edited: true, EditStart: nvr.Units(p.edit+composition, t.timescale),
		})
	}
	return m
}

// last returns the end of the newest footage in the plan.
func (p *plan) last() time.Time { return p.pieces[len(p.pieces)-1].segment.Span.To.Std() }
