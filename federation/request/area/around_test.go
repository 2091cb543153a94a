package area

import (
	"errors"
	"math"
	"slices"
	"testing"

	"nvrd/federation/wire"
)

// TestAround: a neighborhood's cells are those that a circle meets, wherever it is.
func TestAround(t *testing.T) {
	for _, c := range []struct {
		what   string
		at     wire.Point
		metres float64
		cells  int
		err    error
	}{
		{"in the middle of one", wire.Point{Lat: 1_000, Lon: 1_000}, 0, 1, nil},
		{"just within it", wire.Point{Lat: 1_000, Lon: 1_000}, 111, 1, nil},
		{"over its four sides", wire.Point{Lat: 1_000, Lon: 1_000}, 112, 5, nil},
		{"over its corners", wire.Point{Lat: 1_000, Lon: 1_000}, 158, 9, nil},
		{"where four touch", wire.Point{Lat: 0, Lon: 0}, 1, 4, nil},
		{"over the antimeridian", wire.Point{Lat: 1_000, Lon: -180_000_000}, 10, 2, nil},
		{"in the south west", wire.Point{Lat: -40_001_000, Lon: -73_999_000}, 10, 1, nil},
		{"at 60 degrees, where they are half as wide", wire.Point{Lat: 60_001_000, Lon: 1_000}, 60, 3, nil},
		{"a street", wire.Point{Lat: 40_700_000, Lon: -73_990_000}, 300, 16, nil},
		{"as large as it may be", wire.Point{Lat: 1_000, Lon: 1_000}, 825, 61, nil},
		{"larger", wire.Point{Lat: 1_000, Lon: 1_000}, 1_000, 0, ErrMany},
		{"the globe", wire.Point{}, 1e9, 0, ErrMany},
		{"nothing", wire.Point{}, math.NaN(), 0, ErrMany},
		{"less than nothing", wire.Point{}, -1, 0, ErrMany},
		{"at the pole", wire.Point{Lat: 90_000_000}, 100, 0, ErrPolar},
		{"at 85 degrees", wire.Point{Lat: -85_000_000, Lon: 1_000}, 1, 2, nil},
	} {
		cells, err := Around(c.at, c.metres)
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || len(cells) != c.cells {
			t.Errorf("%s: %d cells, want %d (%v)", c.what, len(cells), c.cells, err)
		}
		if err == nil && (!slices.Contains(cells, CellOf(c.at)) || !slices.Equal(cells, wire.SortCells(cells))) {
			t.Errorf("%s: %v", c.what, cells)
		}
		for _, cell := range cells {
			if again, err := ParseCell(CellText(cell)); again != cell || err != nil {
				t.Errorf("%s is read as %v (%v)", CellText(cell), again, err)
			}
		}
	}
}

// A cell is in a jurisdiction if all of it is.
func TestHolds(t *testing.T) {
	town, err := NewJurisdiction(square(0, 0, 10_000))
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for row := uint32(44_998); row < 45_008; row++ {
		for col := uint32(89_998); col < 90_008; col++ {
			if town.Holds(wire.Cell{Row: row, Col: col}) {
				held++
			}
		}
	}
	cut, err := NewJurisdiction(square(1, 0, 10_000))
	if err != nil {
		t.Fatal(err)
	}
	if (Jurisdiction{}).Holds(wire.Cell{}) || held != 25 || cut.Holds(wire.Cell{Row: 45_000, Col: 90_000}) || !cut.Holds(wire.Cell{Row: 45_001, Col: 90_000}) {
		t.Errorf("of a town of 25 cells it holds %d", held)
	}
	over, err := NewJurisdiction(square(0, 179_990_000, 20_000))
	if err != nil {
		t.Fatal(err)
	}
	if !over.Holds(CellOf(wire.Point{Lat: 3_000, Lon: -179_997_000})) || over.Holds(CellOf(wire.Point{Lat: 3_000, Lon: -179_989_000})) {
		t.Error("over the antimeridian it holds others")
	}
	if a, err := Check(square(0, 0, 10_000)); err != nil || a.SquareMetres() != town.SquareMetres() {
		t.Errorf("a town is %v m², as an area %v (%v)", town.SquareMetres(), a.SquareMetres(), err)
	}
}

// TestParseCell refuses what is no cell.
func TestParseCell(t *testing.T) {
	for _, text := range []string{"", ":", "1", "1:", ":1", "1:2:3", "-1:2", "90000:0", "0:180000", "1.5:2", "99999999999:1"} {
		if c, err := ParseCell(text); !errors.Is(err, ErrArea) {
			t.Errorf("%q is %v (%v)", text, c, err)
		}
	}
	for _, text := range []string{"", "1", "1,2,3", "91,0", "0,181", "north,2", "NaN,0", "1;2"} {
		if p, err := ParsePlace(text); !errors.Is(err, ErrArea) {
			t.Errorf("%q is %v (%v)", text, p, err)
		}
	}
	if p, err := ParsePlace(" 40.7, -73.99 "); err != nil || p != (wire.Point{Lat: 40_700_000, Lon: -73_990_000}) {
		t.Errorf("%v (%v)", p, err)
	}
}

// FuzzAround: whatever is typed is refused, or as many cells as may be said, each of
// which is read as it is written.
func FuzzAround(f *testing.F) {
	for _, at := range []string{"40.7,-73.99", "0,180", "-85,0", "84.99,179.9999", "NaN,0", "1e300,1", "x"} {
		f.Add(at, 300.0)
	}
	f.Fuzz(func(t *testing.T, text string, metres float64) {
		at, err := ParsePlace(text)
		if err != nil {
			return
		}
		cells, err := Around(at, metres)
		if (err == nil) != (len(cells) > 0) || len(cells) > wire.MaxCells {
			t.Fatalf("%s, %v m: %d cells (%v)", text, metres, len(cells), err)
		}
		for _, c := range cells {
			if again, err := ParseCell(CellText(c)); err != nil || again != c {
				t.Fatalf("%v is read as %v (%v)", c, again, err)
			}
		}
	})
}
