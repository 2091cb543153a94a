package asked

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"nvrd/federation/wire"
	"nvrd/ui/text"
)

// The globe's grid: see wire.Cell.
const (
	side    = 0.002 // degrees
	rows    = 90_000
	columns = 180_000
	metres  = 222.4 // of a side, from south to north
)

// frame is a rectangle of the grid; it may lie over the antimeridian.
type frame struct {
	south, west   int
	height, width int // in cells
}

// String writes a frame as forms hold it, and parseFrame reads that; what is none is
// empty, and nothing lies in it.
func (f frame) String() string {
	return fmt.Sprintf("%d.%d.%d.%d", f.south, f.west, f.height, f.width)
}

func parseFrame(s string) frame {
	var n [4]int
	parts := strings.Split(s, ".")
	if len(parts) != len(n) {
		return frame{}
	}
	for i, part := range parts {
		v, err := strconv.Atoi(part)
		if err != nil || v < -columns || v > 2*columns {
			return frame{}
		}
		n[i] = v
	}
	if n[0] < 0 || n[2] < 0 || n[0]+n[2] > rows || n[2] > mostGrid || n[3] < 0 || n[3] > mostGrid {
		return frame{}
	}
	return frame{n[0], n[1], n[2], n[3]}
}

// around returns the rectangle of some cells with a margin around them; of cells that
// lie too far apart that of the middle, at most most a side.
func around(cells []wire.Cell, margin, most int) frame {
	if len(cells) == 0 {
		return frame{}
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
	var f frame
	f.south, f.height = span(ns)
	f.west, f.width = span(ew)
	f.height -= max(0, -f.south) + max(0, f.south+f.height-rows) // there is nothing beyond the poles
	f.south = max(0, f.south)
	return f
}

// east is how many columns b lies to the east of a, the short way.
func east(a, b uint32) int {
	return (int(b)-int(a)+columns+columns/2)%columns - columns/2
}

// at returns the cell so many rows from the north and columns from the west.
func (f frame) at(row, col int) wire.Cell {
	return wire.Cell{Row: uint32(f.south + f.height - 1 - row), Col: uint32(((f.west+col)%columns + columns) % columns)}
}

// place is the inverse of at.
func (f frame) place(c wire.Cell) (row, col int, in bool) {
	row, col = f.south+f.height-1-int(c.Row), ((int(c.Col)-f.west)%columns+columns)%columns
	return row, col, 0 <= row && row < f.height && col < f.width
}

// name is what a cell is called on a page: its column as letters, its row as a number.
func (f frame) name(row, col int) string { return letters(col) + strconv.Itoa(row+1) }

func letters(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return letters(n/26-1) + letters(n%26)
}

// metresEast is how wide a cell is, from west to east, in the middle of a frame.
func (f frame) metresEast() float64 {
	lat := (float64(f.south)+float64(f.height)/2)*side - 90
	return metres * math.Cos(lat*math.Pi/180)
}

// sized fills {ns} and {ew} with the sides of a cell.
func (f frame) sized(s string) string {
	return text.Fill(s, "ns", strconv.Itoa(int(math.Round(metres))), "ew", strconv.Itoa(int(math.Round(f.metresEast()))))
}

// latitude and longitude are of the middle of a cell, in degrees.
func latitude(c wire.Cell) string {
	return fmt.Sprintf("%.3f", (float64(c.Row)+.5)*side-90)
}

func longitude(c wire.Cell) string {
	return fmt.Sprintf("%.3f", (float64(c.Col)+.5)*side-180)
}

// picture is a small plain drawing of cells.
type picture struct {
	width, height, box string
	squares            []drawn
}

// drawn is one square of a picture.
type drawn struct{ x, y, width, height, class string }

// Sizes in a picture.
const (
	tall = 22 // a square
	gap  = 2  // around it
)

// draw draws a frame: which cells are asked about and which the cameras see.
func (f frame) draw(asked, seen []wire.Cell) picture {
	wide := max(8, int(math.Round(tall*f.metresEast()/metres)))
	n := strconv.Itoa
	p := picture{width: n(f.width * (wide + gap)), height: n(f.height * (tall + gap))}
	p.box = "0 0 " + p.width + " " + p.height
	is := map[wire.Cell]string{}
	for _, c := range asked {
		is[c] = "asked"
	}
	for _, c := range seen {
		switch is[c] {
		case "asked":
			is[c] = "both"
		case "":
			is[c] = "seen"
		}
	}
	for row := range f.height {
		for col := range f.width {
			p.squares = append(p.squares, drawn{n(col*(wide+gap) + gap/2), n(row*(tall+gap) + gap/2), n(wide), n(tall), is[f.at(row, col)]})
		}
	}
	return p
}
