package area

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"nvrd/federation/wire"
)

// Parse reads corners as people write them: latitude and longitude in degrees with a
// comma between, corners with spaces between, such as "40.7,-73.99 40.7,-73.985
// 40.704,-73.985". What is beyond a millionth of a degree is rounded.
func Parse(text string) (corners []wire.Point, err error) {
	for corner := range strings.FieldsSeq(text) {
		p, err := ParsePlace(corner)
		if err != nil {
			return nil, err
		}
		corners = append(corners, p)
	}
	if len(corners) < 3 || len(corners) > wire.MaxCorners {
		return nil, fmt.Errorf("%w: it has %d corners, of 3 to %d", ErrArea, len(corners), wire.MaxCorners)
	}
	return corners, nil
}

// ParsePlace reads a place as people write it: latitude and longitude in degrees with
// a comma between, such as 40.7,-73.99.
func ParsePlace(text string) (wire.Point, error) {
	lat, lon, found := strings.Cut(strings.Join(strings.Fields(text), ""), ",")
	north, okNorth := millionths(lat, 90)
	east, okEast := millionths(lon, 180)
	if !found || !okNorth || !okEast {
		return wire.Point{}, fmt.Errorf("%w: %q is no place; write latitude and longitude, such as 40.7,-73.99", ErrArea, text)
	}
	return wire.Point{Lat: north, Lon: int32(short(int64(east)))}, nil
}

// CellText writes a cell as ROW:COL, and ParseCell reads that.
func CellText(c wire.Cell) string { return fmt.Sprintf("%d:%d", c.Row, c.Col) }

// ParseCell is the other way.
func ParseCell(text string) (wire.Cell, error) {
	row, col, _ := strings.Cut(text, ":")
	r, errRow := strconv.ParseUint(row, 10, 32)
	c, errCol := strconv.ParseUint(col, 10, 32)
	if errRow != nil || errCol != nil || r >= 180*degree/side || c >= columns {
		return wire.Cell{}, fmt.Errorf("%w: %q is no square of the grid; write its row and column, such as 65350:53005", ErrArea, text)
	}
	return wire.Cell{Row: uint32(r), Col: uint32(c)}, nil
}

func millionths(degrees string, most float64) (int32, bool) {
	f, err := strconv.ParseFloat(degrees, 64)
	return int32(math.Round(f * degree)), err == nil && math.Abs(f) <= most
}
