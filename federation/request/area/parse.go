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
		lat, lon, found := strings.Cut(corner, ",")
		north, okNorth := millionths(lat, 90)
		east, okEast := millionths(lon, 180)
		if !found || !okNorth || !okEast {
			return nil, fmt.Errorf("%w: %q is no corner; write latitude and longitude, such as 40.7,-73.99", ErrArea, corner)
		}
		corners = append(corners, wire.Point{Lat: north, Lon: int32(short(int64(east)))})
	}
	if len(corners) < 3 || len(corners) > wire.MaxCorners {
		return nil, fmt.Errorf("%w: it has %d corners, of 3 to %d", ErrArea, len(corners), wire.MaxCorners)
	}
	return corners, nil
}

func millionths(degrees string, most float64) (int32, bool) {
	f, err := strconv.ParseFloat(degrees, 64)
	return int32(math.Round(f * degree)), err == nil && math.Abs(f) <= most
}
