package asked

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"nvrd/federation/request/area"
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

// frame is what a page draws of the grid.
type frame struct{ area.Frame }

// String writes a frame as forms hold it, and parseFrame reads that; what is none is
// empty, and nothing lies in it.
func (f frame) String() string {
	return fmt.Sprintf("%d.%d.%d.%d", f.South, f.West, f.Height, f.Width)
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
	return frame{area.Frame{South: n[0], West: n[1], Height: n[2], Width: n[3]}}
}

// around returns the frame of some cells, as [area.FrameAround] does.
func around(cells []wire.Cell, margin, most int) frame {
	return frame{area.FrameAround(cells, margin, most)}
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
	lat := (float64(f.South)+float64(f.Height)/2)*side - 90
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
	p := picture{width: n(f.Width * (wide + gap)), height: n(f.Height * (tall + gap))}
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
	for row := range f.Height {
		for col := range f.Width {
			p.squares = append(p.squares, drawn{n(col*(wide+gap) + gap/2), n(row*(tall+gap) + gap/2), n(wide), n(tall), is[f.At(row, col)]})
		}
	}
	return p
}
