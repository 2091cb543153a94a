package area

import (
	"fmt"
	"math"

	"nvrd/federation/wire"
)

// ErrMany is of a neighborhood that has more cells than can be said.
var ErrMany = fmt.Errorf("%w: more than %d squares of the grid", ErrArea, wire.MaxCells)

// Around returns the cells that are so many metres from a place at most, from the
// south west. Errors are ErrPolar, and ErrMany for a radius that is too long.
func Around(at wire.Point, metres float64) ([]wire.Cell, error) {
	const unit = 6_371_008.8 * math.Pi / (180 * degree) // metres of a millionth of a degree
	if at.Lat > MaxLat || at.Lat < -MaxLat {
		return nil, ErrPolar
	}
	if !(0 <= metres && metres <= wire.MaxCells*side*unit) { // also what is no number
		return nil, ErrMany
	}
	narrow := cos(math.Abs(float64(at.Lat)))
	middle := CellOf(at)
	rows, cols := int64(metres/(side*unit))+1, int64(metres/(side*unit*narrow))+1
	var cells []wire.Cell
	for row := int64(middle.Row) - rows; row <= int64(middle.Row)+rows; row++ {
		for col := int64(middle.Col) - cols; col <= int64(middle.Col)+cols; col++ {
			south, west := row*side-90*degree, col*side-180*degree
			lat := min(max(int64(at.Lat), south), south+side) // of the nearest place in it
			lon := min(max(int64(at.Lon), west), west+side)
			if row < 0 || row >= 180*degree/side || math.Hypot(float64(lat-int64(at.Lat)), float64(lon-int64(at.Lon))*narrow)*unit > metres {
				continue
			}
			if cells = append(cells, wire.Cell{Row: uint32(row), Col: uint32((col + columns) % columns)}); len(cells) > wire.MaxCells {
				return nil, ErrMany
			}
		}
	}
	return wire.SortCells(cells), nil
}

// columns is how many cells lie around the globe.
const columns = turn / side

// Holds tells whether all of a cell lies in the jurisdiction.
func (j Jurisdiction) Holds(c wire.Cell) bool {
	return len(j.corners) > 0 && outline(c).near(j.polygon).within(j.polygon)
}

// SquareMetres returns how large it is, as that of an area.
func (j Jurisdiction) SquareMetres() float64 { return j.squareMetres() }
