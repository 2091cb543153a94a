package choice

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// square is an area of so many millionths of a degree a side.
func square(lat, lon, side int32) []wire.Point {
	p := func(lat, lon int32) wire.Point { return wire.Point{Lat: lat, Lon: lon} }
	return []wire.Point{p(lat, lon), p(lat, lon+side), p(lat+side, lon+side), p(lat+side, lon)}
}

func TestMatch(t *testing.T) {
	const hour = 60
	// Squares from the equator and Greenwich on: the area ends in the middle of the
	// third row and column, and at the corner of the fourth.
	at := func(north, east int32) wire.Cell {
		return area.CellOf(wire.Point{Lat: 2_000 * north, Lon: 2_000 * east})
	}
	asked := wire.Request{From: 10 * hour, To: 12 * hour, Area: square(0, 0, 5_000)}
	span := func(from, to int64) nvr.Span { return nvr.Span{From: nvr.Time(from * 60e6), To: nvr.Time(to * 60e6)} }
	all := span(10*hour, 12*hour)
	for _, tt := range []struct {
		what     string
		coverage Coverage
		recorded map[nvr.CameraID][]nvr.Span
		want     []Found
	}{
		{"nothing drawn", Coverage{}, map[nvr.CameraID][]nvr.Span{1: {all}}, nil},
		{"all of it", Coverage{1: {at(1, 1)}}, map[nvr.CameraID][]nvr.Span{1: {all}}, []Found{{1, []wire.Cell{at(1, 1)}, []nvr.Span{all}}}},
		{"a part of the cell is enough", Coverage{1: {at(2, 2)}}, map[nvr.CameraID][]nvr.Span{1: {all}}, []Found{{1, []wire.Cell{at(2, 2)}, []nvr.Span{all}}}},
		{"a corner is enough", Coverage{1: {at(-1, -1)}}, map[nvr.CameraID][]nvr.Span{1: {all}}, []Found{{1, []wire.Cell{at(-1, -1)}, []nvr.Span{all}}}},
		{"it sees elsewhere", Coverage{1: {at(3, 1), at(-2, 0)}}, map[nvr.CameraID][]nvr.Span{1: {all}}, nil},
		{"only what is asked about", Coverage{1: {at(0, 0), at(0, 3), at(1, 0)}}, map[nvr.CameraID][]nvr.Span{1: {all}}, []Found{{1, []wire.Cell{at(0, 0), at(1, 0)}, []nvr.Span{all}}}},
		{"it recorded nothing", Coverage{1: {at(1, 1)}}, nil, nil},
		{"it recorded before and after", Coverage{1: {at(1, 1)}}, map[nvr.CameraID][]nvr.Span{1: {span(9*hour, 10*hour), span(12*hour, 13*hour)}}, nil},
		{"over both ends, with a gap", Coverage{1: {at(1, 1)}}, map[nvr.CameraID][]nvr.Span{1: {span(9*hour, 11*hour), span(11*hour+1, 20*hour)}},
			[]Found{{1, []wire.Cell{at(1, 1)}, []nvr.Span{span(10*hour, 11*hour), span(11*hour+1, 12*hour)}}}},
		{"three cameras", Coverage{3: {at(0, 0)}, 1: {at(0, 0)}, 2: {at(0, 0)}}, map[nvr.CameraID][]nvr.Span{3: {all}, 1: {all}},
			[]Found{{1, []wire.Cell{at(0, 0)}, []nvr.Span{all}}, {3, []wire.Cell{at(0, 0)}, []nvr.Span{all}}}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			footage := func(camera nvr.CameraID, window nvr.Span) ([]nvr.Span, error) {
				if window != all {
					t.Errorf("asked for %v", window)
				}
				return tt.recorded[camera], nil
			}
			got, err := Match(asked, tt.coverage, footage)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
			got, err = MatchCells(mustArea(t, asked.Area).Cells(), all, tt.coverage, footage)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("of cells: %v, -want +got:\n%s", err, diff)
			}
		})
	}
}

func mustArea(t *testing.T, corners []wire.Point) area.Area {
	t.Helper()
	a, err := area.Check(corners)
	must(t, err)
	return a
}

// Cameras that see elsewhere are not asked for footage, and what goes wrong is told.
func TestMatchAsks(t *testing.T) {
	here := area.CellOf(wire.Point{})
	var asked []nvr.CameraID
	broken := errors.New("broken")
	footage := func(camera nvr.CameraID, _ nvr.Span) ([]nvr.Span, error) {
		asked = append(asked, camera)
		return nil, broken
	}
	if _, err := Match(wire.Request{To: 1, Area: square(0, 0, 5_000)}, Coverage{2: {here}, 1: {cell(1, 1)}}, footage); !errors.Is(err, broken) || !slices.Equal(asked, []nvr.CameraID{2}) {
		t.Errorf("asked %v: %v", asked, err)
	}
	if _, err := Match(wire.Request{To: 1, Area: square(0, 0, 5)}, Coverage{2: {here}}, footage); !errors.Is(err, area.ErrSmall) {
		t.Error(err)
	}
}
