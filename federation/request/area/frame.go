package area

import (
	"slices"

	"nvrd/federation/wire"
)

const rows = 180 * degree / side // of cells, from pole to pole

// Frame is a rectangle of the globe's grid, as pages draw it with north up; it may lie
// over the antimeridian. The zero value has no cells.
type Frame struct {
	South, West   int // West is of any turn round the globe
	Height, Width int // in cells
}

// FrameAround returns the rectangle of some cells with a margin around them; of cells
// that lie too far apart that of the middle, at most most a side.
func FrameAround(cells []wire.Cell, margin, most int) Frame {
	if len(cells) == 0 {
		return Frame{}
	}
	ns, ew := make([]int, 0, len(cells)), make([]int, 0, len(cells))
	for _, c := range cells {
		ns, ew = append(ns, int(c.Row)), append(ew, int(cells[0].Col)+east(cells[0].Col, c.Col))
	}
	span := func(all []int) (from, length int) {
		slices.Sort(all)
		from, to := all[0]-margin, all[len(all)-1]+margin
		if to-from >= most {
			from = min(max(all[len(all)/2]-most/2, from), to-most+1)
			to = from + most - 1
		}
		return from, to - from + 1
	}
	var f Frame
	f.South, f.Height = span(ns)
	f.West, f.Width = span(ew)
	f.Height -= max(0, -f.South) + max(0, f.South+f.Height-rows) // there is nothing beyond the poles
	f.South = max(0, f.South)
	return f
}

// east is how many columns b lies to the east of a, the short way.
func east(a, b uint32) int {
	return (int(b)-int(a)+columns+columns/2)%columns - columns/2
}

// At returns the cell so many rows from the north and columns from the west.
func (f Frame) At(row, col int) wire.Cell {
	return wire.Cell{Row: uint32(f.South + f.Height - 1 - row), Col: uint32(((f.West+col)%columns + columns) % columns)}
}

// Place is the inverse of At; false for a cell outside.
func (f Frame) Place(c wire.Cell) (row, col int, in bool) {
	row, col = f.South+f.Height-1-int(c.Row), ((int(c.Col)-f.West)%columns+columns)%columns
	return row, col, 0 <= row && row < f.Height && col < f.Width
}
