package area

import (
	"testing"

	"nvrd/federation/wire"
)

// A frame holds its cells with a margin, over the antimeridian and at the poles, too;
// of cells that lie far apart it holds the middle. Place is the inverse of At.
func TestFrame(t *testing.T) {
	for name, c := range map[string]struct {
		cells  []wire.Cell
		margin int
		most   int
		want   Frame
	}{
		"none":                   {nil, 1, 30, Frame{}},
		"one":                    {[]wire.Cell{{Row: 100, Col: 200}}, 1, 30, Frame{99, 199, 3, 3}},
		"two":                    {[]wire.Cell{{Row: 100, Col: 200}, {Row: 103, Col: 205}}, 1, 30, Frame{99, 199, 6, 8}},
		"over the antimeridian":  {[]wire.Cell{{Row: 100, Col: 179_999}, {Row: 100, Col: 1}}, 1, 30, Frame{99, 179_998, 3, 5}},
		"the other way round it": {[]wire.Cell{{Row: 100, Col: 1}, {Row: 100, Col: 179_999}}, 1, 30, Frame{99, -2, 3, 5}},
		"at the south pole":      {[]wire.Cell{{Row: 0, Col: 200}}, 2, 30, Frame{0, 198, 3, 5}},
		"at the north pole":      {[]wire.Cell{{Row: 89_999, Col: 200}}, 2, 30, Frame{89_997, 198, 3, 5}},
		"too far apart":          {[]wire.Cell{{Row: 100, Col: 200}, {Row: 101, Col: 200}, {Row: 900, Col: 200}}, 1, 10, Frame{99, 199, 10, 3}},
	} {
		f := FrameAround(c.cells, c.margin, c.most)
		if f != c.want {
			t.Errorf("%s: %+v, not %+v", name, f, c.want)
		}
		for row := range f.Height {
			for col := range f.Width {
				if y, x, in := f.Place(f.At(row, col)); y != row || x != col || !in {
					t.Errorf("%s: %d, %d is at %d, %d (%v)", name, row, col, y, x, in)
				}
			}
		}
		if _, _, in := f.Place(wire.Cell{Row: 50_000, Col: 90_000}); in {
			t.Errorf("%s: a cell far away is in it", name)
		}
	}
}
