package playback

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// selection is what an exported file will hold, before its bytes are laid out.
// Exported time counts from the first picture in the file; stretches without
// footage take no time in it. One of 31 days is a few megabytes: what lies in
// a segment is looked up when it is read.
type selection struct {
	stream      nvr.StreamID
	span        nvr.Span
	silent      bool // without sound
	pieces      []piece
	index       index // of the opening, and of every piece but one that the export ends in
	tracks      []track
	asked       int64         // decode time in the first piece at which what was asked for begins
	edit        time.Duration // exported time at which it begins
	length      time.Duration // of what was asked for
	composition time.Duration // how much later than its decode time the first picture is shown
	ended       bool          // in the last piece, not with it
	last        nvr.Time      // the end of the newest footage
}

// track is one track of an exported file.
type track struct {
	timescale uint32
	entries   []media.Track // distinct sample descriptions
}

// piece is the part of one segment that goes into an export.
type piece struct {
	start     nvr.Time // of the segment
	directory nvr.DirectoryID
	init      nvr.InitID
	timescale uint32
	from, end int64     // decode times in the segment: of the first sample, and before which the last ones begin
	shift     [2]int64  // added to decode times, per track
	entry     [2]uint32 // sample description, per track; zero if the piece lacks the track
	// held are the index entries of a segment that is still being written, or
	// that the export ends in; else they are in the catalog.
	held    []nvr.Fragment
	opening int   // index entries that go into the opening
	ordinal int   // of the first other one in the export
	entries int   // that go into the export, but for the one that it ends in
	bytes   int64 // in the export
	at      int64 // its position there
}

// maxReorder is more than any camera's pictures are decoded before they are
// shown: what is shown just before the end may stand in the file behind what
// is decoded then.
const maxReorder = time.Second

// maxLag is how far behind the pictures of its time sound may stand in the file:
// what lies further than that of what comes before an export would be in it.
const maxLag = 5 * time.Second

// selection gathers what an export of span needs. Without footage it is
// nvr.ErrNotFound; so it is if some of the footage is on a disk that is not there,
// since an export that lacks it would not show that. A silent one has pictures alone.
func (p *Player) selection(ctx context.Context, stream nvr.StreamID, span nvr.Span, silent bool) (*selection, error) {
	// What is still being written is read first: looking for its directory may
	// ask the catalog.
	open, err := p.open(ctx, stream, span)
	if err != nil {
		return nil, err
	}
	away, err := p.away(ctx)
	if err != nil {
		return nil, err
	}
	out := &selection{stream: stream, span: span, silent: silent}
	err = p.catalog.EachSegment(ctx, stream, span, func(s *nvr.Segment) error {
		if !s.Sealed {
			if s = open[s.Span.From]; s == nil {
				return nil
			}
		}
		if away[s.Directory] {
			return fmt.Errorf("footage of %s from %s on is on a disk that is not there, `nvrd storage` says which; without it, export up to there and from %s on: %w",
				stream, s.Span.From, s.Span.To, nvr.ErrNotFound)
		}
		out.take(s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(out.pieces) == 0 {
		return nil, fmt.Errorf("footage of %s in %s: %w", stream, span, nvr.ErrNotFound)
	}
	return out, out.join(ctx, p)
}

// open returns the segments in span that are still being written, by when they
// begin, as they are by now.
func (p *Player) open(ctx context.Context, stream nvr.StreamID, span nvr.Span) (map[nvr.Time]*nvr.Segment, error) {
	segments, err := p.catalog.OpenSegments(ctx)
	if err != nil {
		return nil, err
	}
	open := map[nvr.Time]*nvr.Segment{}
	for _, s := range segments {
		if s.Stream != stream || s.Span.From >= span.To {
			continue
		}
		s, err := p.complete(s)
		if errors.Is(err, nvr.ErrNotFound) || errors.Is(err, nvr.ErrDamaged) { // not written yet
			continue
		}
		if err != nil {
			return nil, err
		}
		open[s.Span.From] = &s
	}
	return open, nil
}

// take adds the part of a segment that lies in the span. Segments come oldest
// first.
func (p *selection) take(s *nvr.Segment) {
	fragments := within(s, nvr.Span{From: p.span.From, To: p.span.To.Add(maxReorder)})
	if len(fragments) == 0 || p.ended {
		return
	}
	last := fragments[len(fragments)-1]
	c := piece{
		start: s.Span.From, directory: s.Directory, init: s.Init, timescale: s.Timescale,
		from: fragments[0].MediaStart, end: last.MediaStart + last.MediaDuration,
	}
	ended := p.span.To < s.Span.To
	if ended {
		c.end = min(c.end, s.MediaAt(p.span.To))
	}
	if c.end <= c.from {
		return
	}
	if len(p.pieces) == 0 {
		p.asked = max(c.from, s.MediaAt(p.span.From))
		opened := p.asked + nvr.Units(maxLag, s.Timescale)
		for c.opening < len(fragments) && fragments[c.opening].MediaStart < opened {
			c.opening++
		}
		p.index.add(fmp4.Reference{Key: true}) // see open
	}
	c.ordinal = p.index.entries
	if ended || !s.Sealed {
		c.held = slices.Clone(fragments)
	}
	if !ended {
		for _, f := range fragments[c.opening:] {
			p.index.add(reference(f))
			c.bytes += f.Bytes
		}
		c.entries = len(fragments)
	}
	if p.pieces == nil { // a segment is about a minute
		p.pieces = make([]piece, 0, p.span.To.Sub(s.Span.From)/time.Minute+2)
	}
	p.pieces, p.ended, p.last = append(p.pieces, c), ended, s.Span.To
}

func reference(f nvr.Fragment) fmp4.Reference {
	return fmp4.Reference{Bytes: f.Bytes, Duration: f.MediaDuration, Key: f.Key}
}

// join finds out how the pieces go together in one file.
func (p *selection) join(ctx context.Context, player *Player) error {
	var at time.Duration // exported time
	for i := range p.pieces {
		c := &p.pieces[i]
		init, err := player.Init(ctx, c.init)
		if err != nil {
			return err
		}
		start := nvr.Duration(c.from, c.timescale)
		for t, described := range init.Format.Tracks {
			if t > 0 && p.silent {
				break
			}
			if c.entry[t], err = p.entry(t, described); err != nil {
				return fmt.Errorf("at %s %w", c.start, err)
			}
			c.shift[t] = nvr.Units(at, described.Timescale) - nvr.Units(start, described.Timescale)
		}
		at += nvr.Duration(c.end-c.from, c.timescale)
	}
	first := &p.pieces[0]
	p.length = at - nvr.Duration(p.asked-first.from, first.timescale)
	return nil
}

// end returns the decode time before which the last samples of a piece begin
// for them to be shown before the end of what was asked for.
func (p *selection) end(of *piece, t int) int64 {
	if of.entry[t] == 0 {
		return 0
	}
	scale := p.tracks[t].timescale
	return nvr.Units(nvr.Duration(of.end, of.timescale), scale) + nvr.Units(p.composition, scale)
}

// ahead returns how much earlier on the file's clock a track stands than it
// does in the footage: sound need not wait for pictures to be put in order.
func (p *selection) ahead(t int) time.Duration {
	if t == 0 {
		return 0
	}
	return p.composition
}

// entriesOf returns the index entries of a piece.
func (p *Player) entriesOf(ctx context.Context, stream nvr.StreamID, c *piece) ([]nvr.Fragment, error) {
	if c.held != nil {
		return c.held, nil
	}
	s, err := p.catalog.Segment(ctx, stream, c.start)
	if err != nil {
		return nil, err
	}
	first := slices.IndexFunc(s.Fragments, func(f nvr.Fragment) bool { return f.MediaStart == c.from })
	if first < 0 || len(s.Fragments) < first+c.entries {
		return nil, reindexed(stream, c)
	}
	return s.Fragments[first : first+c.entries], nil
}

func reindexed(stream nvr.StreamID, c *piece) error {
	return fmt.Errorf("footage of %s that begins at %s is not as it was when the export began: %w", stream, c.start, nvr.ErrDamaged)
}

// entry returns the number of a sample description in a track, adding it if
// it is new.
func (p *selection) entry(t int, described media.Track) (uint32, error) {
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
func (p *selection) sets(of *piece) (b []byte) {
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
func (p *selection) movie() fmp4.Movie {
	m := fmp4.Movie{Duration: nvr.Units(p.length, fmp4.MovieTimescale)}
	for i, t := range p.tracks {
		m.Tracks = append(m.Tracks, fmp4.MovieTrack{
			Entries: t.entries, Edited: true, EditStart: nvr.Units(p.edit-p.ahead(i), t.timescale),
		})
	}
	return m
}
