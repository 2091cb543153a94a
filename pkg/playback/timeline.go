package playback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// Timeline is what there is of a stream in a span. Footage and gaps, both
// oldest first, tile the part of the span in which the stream was enabled, up
// to the newest whole movie fragment. Footage on a disk that is not there is a
// gap for as long.
type Timeline struct {
	Span    nvr.Span
	Footage []nvr.Span // adjoining segments joined
	Gaps    []nvr.Gap  // cut to the span, and explained; To is zero in one that goes on
	// Scores are the highest activity in each Step of the span, from its
	// beginning on.
	Step   time.Duration
	Scores []uint8
}

// fineSpan is up to how long a span gets its activity from fragments instead
// of whole segments.
const fineSpan = 2 * time.Hour

// Timeline returns what there is in span, with activity in steps of the given
// length (whole microseconds, at least a second, and so long that there are at
// most 10,000).
func (p *Player) Timeline(ctx context.Context, stream nvr.StreamID, span nvr.Span, step time.Duration) (Timeline, error) {
	if span.Empty() {
		return Timeline{}, fmt.Errorf("a timeline has to end after it begins: %w", nvr.ErrInvalid)
	}
	step = max(step, time.Second, (span.Duration()+9_999)/10_000)
	step = (step + time.Microsecond - 1).Truncate(time.Microsecond)
	t := Timeline{
		Span: span, Step: step, Footage: []nvr.Span{},
		Scores: make([]uint8, (span.Duration()+step-1)/step),
	}
	away, err := p.away(ctx)
	if err != nil {
		return Timeline{}, err
	}
	if span.Duration() <= fineSpan {
		err = p.fine(ctx, stream, &t, away)
	} else {
		err = p.coarse(ctx, stream, &t, away)
	}
	if err != nil {
		return Timeline{}, err
	}
	gaps, err := p.catalog.Gaps(ctx, stream, span)
	if err != nil {
		return Timeline{}, err
	}
	t.Gaps = append(t.Gaps, gaps...)
	slices.SortFunc(t.Gaps, func(a, b nvr.Gap) int { return cmp.Compare(a.Span.From, b.Span.From) })
	for i := range t.Gaps {
		g := &t.Gaps[i].Span
		g.From = max(g.From, span.From)
		if g.To != 0 {
			g.To = min(g.To, span.To)
		}
	}
	return t, p.explain(ctx, stream.Camera, &t)
}

// explain says of what was removed when and why.
func (p *Player) explain(ctx context.Context, camera nvr.CameraID, t *Timeline) error {
	if !slices.ContainsFunc(t.Gaps, func(g nvr.Gap) bool { return g.Reason == nvr.Removed }) {
		return nil
	}
	removals, err := p.catalog.RemovedFrom(ctx, camera, t.Span)
	if err != nil {
		return err
	}
	t.Gaps = nvr.Explain(t.Gaps, removals)
	return nil
}

// away returns the directories that are not there.
func (p *Player) away(ctx context.Context) (map[nvr.DirectoryID]bool, error) {
	known, err := p.catalog.Directories(ctx)
	if err != nil {
		return nil, err
	}
	away := map[nvr.DirectoryID]bool{}
	for _, d := range known {
		_, err := p.directory(d.ID)
		away[d.ID] = err != nil
	}
	return away, nil
}

func (p *Player) fine(ctx context.Context, stream nvr.StreamID, t *Timeline, away map[nvr.DirectoryID]bool) error {
	segments, err := p.segments(ctx, stream, t.Span)
	for i := range segments {
		s := &segments[i]
		if away[s.Directory] {
			t.lack(stream, s.Span)
			continue
		}
		t.add(s.Span)
		for _, f := range s.Fragments {
			t.mark(nvr.Span{From: s.TimeAt(f.MediaStart), To: s.TimeAt(f.MediaStart + f.MediaDuration)}, f.Score)
		}
	}
	return err
}

func (p *Player) coarse(ctx context.Context, stream nvr.StreamID, t *Timeline, away map[nvr.DirectoryID]bool) error {
	var open []catalog.Piece
	err := p.catalog.Coverage(ctx, stream, t.Span, func(piece catalog.Piece) {
		if piece.Open {
			open = append(open, piece)
			return
		}
		if away[piece.Directory] {
			t.lack(stream, piece.Span)
			return
		}
		t.add(piece.Span)
		t.mark(piece.Span, piece.Score)
	})
	if err != nil {
		return err
	}
	for _, piece := range open { // one, the newest, unless something is amiss
		segments, err := p.segments(ctx, stream, nvr.Span{From: piece.Span.From, To: piece.Span.From + 1})
		if err != nil {
			return err
		}
		for _, s := range segments {
			if s.Span.From == piece.Span.From {
				t.add(s.Span)
			}
		}
	}
	return nil
}

// add joins a segment to the footage.
func (t *Timeline) add(s nvr.Span) {
	s = s.Intersect(t.Span)
	if s.Empty() {
		return
	}
	if n := len(t.Footage); n > 0 && t.Footage[n-1].To >= s.From {
		t.Footage[n-1].To = max(t.Footage[n-1].To, s.To)
		return
	}
	t.Footage = append(t.Footage, s)
}

// lack adds a segment that lies on a disk that is not there.
func (t *Timeline) lack(stream nvr.StreamID, s nvr.Span) {
	s = s.Intersect(t.Span)
	if s.Empty() {
		return
	}
	if n := len(t.Gaps); n > 0 && t.Gaps[n-1].Span.To == s.From {
		t.Gaps[n-1].Span.To = s.To
		return
	}
	t.Gaps = append(t.Gaps, nvr.Gap{Stream: stream, Span: s, Reason: nvr.DiskMissing, Detail: "it is recorded, on a disk that is not there now"})
}

func (t *Timeline) mark(s nvr.Span, score uint8) {
	s = s.Intersect(t.Span)
	if s.Empty() || score == 0 {
		return
	}
	step := nvr.Time(t.Step.Microseconds())
	for i := (s.From - t.Span.From) / step; i <= (s.To-1-t.Span.From)/step; i++ {
		t.Scores[i] = max(t.Scores[i], score)
	}
}

// Newest returns the span of the newest footage of a stream: where a page
// begins that was not asked for a time. It is nvr.ErrNotFound if there is none.
func (p *Player) Newest(ctx context.Context, stream nvr.StreamID) (nvr.Span, error) {
	before, err := p.present(ctx, stream)
	if err != nil {
		return nvr.Span{}, err
	}
	s, err := p.newestSegment(ctx, stream, before)
	return s.Span, err
}

// present returns when what is being recorded now began, or a time by when it
// has to: footage may lie ahead that was taken before the clock was set back.
func (p *Player) present(ctx context.Context, stream nvr.StreamID) (before nvr.Time, err error) {
	open, err := p.catalog.OpenSegments(ctx)
	before = nvr.Now().Add(time.Hour)
	for _, s := range slices.Backward(open) {
		if s.Stream == stream && s.Span.From < before {
			return s.Span.From + 1, err
		}
	}
	return before, err
}

// newestSegment returns the newest segment with footage that begins before a time.
func (p *Player) newestSegment(ctx context.Context, stream nvr.StreamID, before nvr.Time) (nvr.Segment, error) {
	for {
		s, err := p.catalog.LastSegment(ctx, stream, before)
		if err != nil {
			return s, err
		}
		if !s.Sealed {
			before = s.Span.From
			s, err = p.complete(s)
			if errors.Is(err, nvr.ErrNotFound) || errors.Is(err, nvr.ErrDamaged) || err == nil && len(s.Fragments) == 0 {
				continue // not written yet: the one before
			}
		}
		return s, err
	}
}
