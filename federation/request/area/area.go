// Package area is the geometry of requests: whether a list of corners is an area
// that can be asked for, how large it is, and what lies in it.
//
// All homes must judge alike, to the last bit, or some would pass on what others
// refuse. So places are integers, millionths of a degree, and what is computed of
// them is exact; where a cosine is needed it is computed here, in a fixed order of
// roundings (no product is fused with a sum, which some processors do).
//
// Corners are joined by straight lines in degrees, each the short way round the
// globe. It does no I/O; everything is safe for concurrent use.
package area

import (
	"errors"
	"fmt"
	"math"

	"nvrd/federation/wire"
)

// Bounds of an area, each with its reason.
const (
	Min     = 0.025 * squareMile // less is one house
	Max     = 0.5 * squareMile   // more is a search of everybody
	MaxSpan = degree             // between its farthest corners, each way: nothing within Max needs more
	MaxLat  = 85 * degree        // beyond, degrees of longitude are too short to draw in

	degree     = 1_000_000
	squareMile = 2_589_988.110336 // m²
	maxTown    = 10 * degree      // the span of a jurisdiction: the largest counties
)

// ErrArea is what all errors of this package are.
var ErrArea = errors.New("not an area")

// What is wrong with an area.
var (
	ErrPolar   = fmt.Errorf("%w: beyond 85 degrees north or south, or around a pole", ErrArea)
	ErrWide    = fmt.Errorf("%w: its corners are too far apart", ErrArea)
	ErrCrosses = fmt.Errorf("%w: its outline crosses or touches itself", ErrArea)
	ErrSmall   = fmt.Errorf("%w: smaller than 0.025 square miles", ErrArea)
	ErrLarge   = fmt.Errorf("%w: larger than 0.5 square miles", ErrArea)
)

// Area is an area that can be asked for. Make it with [Check].
type Area struct {
	polygon
	squareMetres float64
}

// Check returns the area with these corners, in either direction.
func Check(corners []wire.Point) (Area, error) {
	p, err := newPolygon(corners, MaxSpan)
	if err != nil {
		return Area{}, err
	}
	a := Area{p, p.squareMetres()}
	switch {
	case a.squareMetres < Min:
		return Area{}, ErrSmall
	case a.squareMetres > Max:
		return Area{}, ErrLarge
	}
	return a, nil
}

// SquareMetres returns how large the area is: half the sum of the cross products of
// its corners in millionths of a degree, times the cosine of the latitude halfway
// between its northernmost and southernmost corner, times the square of the length
// of a millionth of a degree on a sphere of 6 371 008.8 m.
func (a Area) SquareMetres() float64 { return a.squareMetres }

func (p polygon) squareMetres() float64 {
	const unit = 6_371_008.8 * math.Pi / (180 * degree)
	low, high := p.span(point.north)
	var twice int64
	for i, c := range p.corners {
		twice += cross(p.corners[0], c, p.next(i))
	}
	flat := float64(float64(max(twice, -twice)) * (unit * unit / 2))
	return float64(flat * cos(float64(low+high)/2))
}

// cos is the cosine of so many millionths of a degree, at most 85 degrees, to
// 1e-10: its series, rounded after each step.
func cos(lat float64) float64 {
	x := float64(lat * (math.Pi / (180 * degree)))
	x2 := float64(x * x)
	c := 1.0
	for n := 16.0; n > 0; n -= 2 {
		c = float64(1 - float64(float64(x2/(n*(n-1)))*c))
	}
	return c
}

// Jurisdiction is where an agency may ask. Make it with [NewJurisdiction]; nothing
// lies in the zero value.
type Jurisdiction struct{ polygon }

// NewJurisdiction returns the jurisdiction with these corners, which may be as large
// as a county.
func NewJurisdiction(corners []wire.Point) (Jurisdiction, error) {
	p, err := newPolygon(corners, maxTown)
	return Jurisdiction{p}, err
}

// Within tells whether no part of the area lies outside of a jurisdiction. They may
// have a border in common.
func (a Area) Within(j Jurisdiction) bool {
	if len(j.corners) == 0 {
		return false
	}
	return a.near(j.polygon).within(j.polygon)
}

// side is how long a cell is, in millionths of a degree: 222 m from south to north.
const side = 2_000

// CellOf returns the cell of the globe's grid in which a place lies: of several that
// touch there the one to the north and east.
func CellOf(p wire.Point) wire.Cell {
	return wire.Cell{Row: min(uint32(p.Lat+90*degree)/side, 180*degree/side-1), Col: uint32(p.Lon+180*degree) / side}
}

// Meets tells whether the area and a cell have a point in common.
func (a Area) Meets(c wire.Cell) bool {
	square := outline(c)
	p := a.near(square)
	for i, from := range p.corners {
		for k, corner := range square.corners {
			if meet(from, p.next(i), corner, square.next(k)) {
				return true
			}
		}
	}
	return p.holds(square.corners[0]) // and not the other way: the smallest area is larger than any cell
}

// outline is that of a cell.
func outline(c wire.Cell) polygon {
	south, west := int64(c.Row)*side-90*degree, int64(c.Col)*side-180*degree
	return polygon{corners: []point{{south, west}, {south, west + side}, {south + side, west + side}, {south + side, west}}}
}

// Cells returns the cells that the area meets, from the south west: at most some
// thousand, since an area may be long and narrow.
func (a Area) Cells() (cells []wire.Cell) {
	south, north := a.span(point.north)
	west, east := a.span(point.east)
	for row := (south + 90*degree - 1) / side; row <= (north+90*degree)/side; row++ {
		for col := (west + turn - 1) / side; col <= (east+turn)/side; col++ {
			if c := (wire.Cell{Row: uint32(row), Col: uint32((col + columns/2) % columns)}); a.Meets(c) {
				cells = append(cells, c)
			}
		}
	}
	return cells
}

// span returns the least and the most that something is of a corner.
func (p polygon) span(of func(point) int64) (least, most int64) {
	least, most = of(p.corners[0]), of(p.corners[0])
	for _, c := range p.corners {
		least, most = min(least, of(c)), max(most, of(c))
	}
	return least, most
}
