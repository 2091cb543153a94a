package agencies

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

const (
	mostAcross = 30      // squares that are drawn, each way; the 64 of a circle need 22 at most below 80 degrees
	around     = 180_000 // columns of the globe's grid
	side       = 2_000   // of a square, in millionths of a degree
)

// grid is where the neighborhood lies, north up: squares that are ticked, and those
// around them.
type grid struct {
	rows   [][]square
	box    string // of the drawing below, in squares
	town   string // outline of where the agency may ask, likewise
	within int    // ticked squares that lie wholly in there
}

type square struct {
	id, value, label string
	on               bool
}

// newGrid draws the squares that are ticked with a margin of one. Those that lie too
// far apart are one row.
func newGrid(look street.Look, says wire.Agency, in input) grid {
	var g grid
	town, err := area.NewJurisdiction(says.Jurisdiction)
	for _, c := range in.cells {
		if err == nil && town.Holds(c) {
			g.within++
		}
	}
	shown := in.cells
	if len(shown) == 0 {
		shown = look.Cells()
	}
	if len(shown) == 0 {
		return g
	}
	f := area.FrameAround(shown, 1, around)
	if f.Height > mostAcross || f.Width > mostAcross {
		var row []square
		for i, c := range shown {
			row = append(row, newSquare(look, c, in.cells, 1, i+1))
		}
		g.rows = [][]square{row}
		return g
	}
	for y := range f.Height {
		var row []square
		for x := range f.Width {
			row = append(row, newSquare(look, f.At(y, x), in.cells, y+1, x+1))
		}
		g.rows = append(g.rows, row)
	}
	g.box = fmt.Sprintf("0 0 %d %d", f.Width, f.Height)
	g.town = outline(says.Jurisdiction, f)
	return g
}

func newSquare(look street.Look, c wire.Cell, ticked []wire.Cell, row, col int) square {
	value := area.CellText(c)
	return square{
		id: "c" + strings.ReplaceAll(value, ":", "-"), value: value, on: slices.Contains(ticked, c),
		label: text.Fill(look.T.Street.Agencies.New.Square, "row", strconv.Itoa(row), "col", strconv.Itoa(col)),
	}
}

// outline draws corners in squares from the upper left.
func outline(corners []wire.Point, f area.Frame) string {
	var b strings.Builder
	north, west := (f.South+f.Height)*side-90_000_000, f.West*side-180_000_000
	at := west
	for _, c := range corners {
		at += short(int(c.Lon)-at, around*side)
		fmt.Fprintf(&b, "%.2f,%.2f ", float64(at-west)/side, float64(north-int(c.Lat))/side)
	}
	return strings.TrimSpace(b.String())
}

// short is the same way round a globe of that many steps, the short one.
func short(by, turn int) int { return (by%turn+turn+turn/2)%turn - turn/2 }
