package choice

import (
	"fmt"
	"maps"
	"slices"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Found is a camera that has something of what is asked for.
type Found struct {
	Camera nvr.CameraID
	Cells  []wire.Cell // that it sees and that are asked about, from the south west
	Spans  []nvr.Span  // that it recorded in the window, oldest first; never empty
}

// Footage returns when a camera recorded within a span, oldest first.
type Footage func(camera nvr.CameraID, span nvr.Span) ([]nvr.Span, error)

// Match returns which cameras see a part of the area that a request is about, and
// recorded in its window, in the order of their numbers. Only those are asked for
// footage. It returns an error of [area.Check], and that of footage.
func Match(r wire.Request, coverage Coverage, footage Footage) ([]Found, error) {
	a, err := area.Check(r.Area)
	if err != nil {
		return nil, fmt.Errorf("what is asked about: %w", err)
	}
	return match(a.Meets, Window(r), coverage, footage)
}

// MatchCells is [Match] for what asks about cells, as neighbors do.
func MatchCells(cells []wire.Cell, window nvr.Span, coverage Coverage, footage Footage) ([]Found, error) {
	asked := func(c wire.Cell) bool { return slices.Contains(cells, c) }
	return match(asked, window, coverage, footage)
}

// Window returns the time that a request asks for.
func Window(r wire.Request) nvr.Span {
	return nvr.Span{From: nvr.TimeOf(r.From.Time()), To: nvr.TimeOf(r.To.Time())}
}

func match(asked func(wire.Cell) bool, window nvr.Span, coverage Coverage, footage Footage) (all []Found, err error) {
	for _, camera := range slices.Sorted(maps.Keys(coverage)) {
		f := Found{Camera: camera}
		for _, cell := range coverage[camera] {
			if asked(cell) {
				f.Cells = append(f.Cells, cell)
			}
		}
		if f.Cells == nil {
			continue
		}
		spans, err := footage(camera, window)
		if err != nil {
			return nil, fmt.Errorf("recordings of camera %v: %w", camera, err)
		}
		for _, s := range spans {
			if s = s.Intersect(window); !s.Empty() {
				f.Spans = append(f.Spans, s)
			}
		}
		if f.Spans != nil {
			all = append(all, f)
		}
	}
	return all, nil
}
