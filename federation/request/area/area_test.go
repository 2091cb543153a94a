package area

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"nvrd/federation/wire"
)

var update = flag.Bool("update", false, "write testdata anew")

// at makes corners of pairs, north and east.
func at(pairs ...int32) (corners []wire.Point) {
	for i := 0; i < len(pairs); i += 2 {
		corners = append(corners, wire.Point{Lat: pairs[i], Lon: pairs[i+1]})
	}
	return corners
}

// square is one of so many millionths of a degree a side.
func square(lat, lon, side int32) []wire.Point {
	wrap := func(lon int32) int32 { return int32(short(int64(lon))) }
	return at(lat, wrap(lon), lat, wrap(lon+side), lat+side, wrap(lon+side), lat+side, wrap(lon))
}

// ring is a polygon of n corners around a place.
func ring(n int, lat, lon, radius float64) (corners []wire.Point) {
	for i := range n {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		corners = append(corners, wire.Point{Lat: int32(lat + radius*s), Lon: int32(short(int64(lon + radius*c)))})
	}
	return corners
}

// TestCheck has each rule kept and broken by the least there is.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		what    string
		corners []wire.Point
		want    error
	}{
		{"a square at the equator", square(-2_500, 0, 5_000), nil},
		{"nothing", nil, ErrCrosses},
		{"a corner", at(0, 0), ErrCrosses},
		{"two corners", at(0, 0, 0, 5_000), ErrCrosses},
		{"one place three times", at(7, 7, 7, 7, 7, 7), ErrCrosses},
		{"the smallest square at the equator", square(0, 0, 2_289), nil},
		{"a millionth less", square(0, 0, 2_288), ErrSmall},
		{"the largest", square(0, 0, 10_234), nil},
		{"a millionth more", square(0, 0, 10_235), ErrLarge},
		{"the smallest at 60 degrees", square(60_000_000, 0, 3_237), nil},
		{"a millionth less there", square(60_000_000, 0, 3_236), ErrSmall},
		{"a line", at(0, 0, 0, 5_000, 0, 10_000), ErrCrosses},
		{"a line there and back", at(0, 0, 0, 5_000, 0, 2_000), ErrCrosses},
		{"a bow tie", at(0, 0, 5_000, 5_000, 5_000, 0, 0, 5_000), ErrCrosses},
		{"a corner twice", at(0, 0, 0, 0, 0, 5_000, 5_000, 5_000), ErrCrosses},
		{"a corner visited twice", at(0, 0, 0, 5_000, 5_000, 5_000, 2_500, 2_500, 5_000, 0, 2_500, 2_500), ErrCrosses},
		{"a spike outwards", at(0, 0, 0, 5_000, 0, 9_000, 0, 5_000, 5_000, 5_000, 5_000, 0), ErrCrosses},
		{"a spike inwards", at(0, 0, 0, 5_000, 5_000, 5_000, 2_000, 2_000, 5_000, 5_000, 5_000, 0), ErrCrosses},
		{"a corner on another side", at(0, 0, 0, 6_000, 6_000, 6_000, 0, 3_000, 6_000, 0), ErrCrosses},
		{"a corner a millionth from it", at(0, 0, 0, 6_000, 6_000, 6_000, 1, 3_000, 6_000, 0), nil},
		{"sides that lie on each other", at(0, 0, 0, 6_000, 3_000, 6_000, 3_000, 2_000, 3_000, 5_000, 6_000, 6_000, 6_000, 0), ErrCrosses},
		{"a corner in the middle of a side", at(0, 0, 0, 2_500, 0, 5_000, 5_000, 5_000, 5_000, 0), nil},
		{"over the antimeridian", square(0, 179_998_000, 5_000), nil},
		{"a bow tie over it", at(0, 179_998_000, 5_000, -179_997_000, 5_000, 179_998_000, 0, -179_997_000), ErrCrosses},
		{"at 85 degrees", square(84_990_000, 0, 10_000), nil},
		{"beyond", square(84_990_001, 0, 10_000), ErrPolar},
		{"at -85 degrees", square(-85_000_000, 0, 10_000), nil},
		{"beyond that", square(-85_000_001, 0, 10_000), ErrPolar},
		{"around the pole", at(84_999_999, 0, 84_999_999, 120_000_000, 84_999_999, -120_000_000), ErrPolar},
		{"around the globe", at(0, 0, 1, 120_000_000, 0, -120_000_000), ErrPolar},
		{"a sliver of a degree", at(0, 0, 0, 1_000_000, 100, 1_000_000, 100, 0), nil},
		{"a millionth longer", at(0, 0, 0, 1_000_001, 100, 1_000_001, 100, 0), ErrWide},
		{"a degree from south to north", at(0, 0, 1_000_000, 0, 1_000_000, 100, 0, 100), nil},
		{"a millionth more from south to north", at(0, 0, 1_000_001, 0, 1_000_001, 100, 0, 100), ErrWide},
		{"32 corners", ring(32, 40e6, -74e6, 4_000), nil},
		{"half the globe and back the same way", at(0, 0, 10, -180_000_000, 20, 0), ErrPolar},
	} {
		t.Run(c.what, func(t *testing.T) {
			for turned := range max(1, len(c.corners)) {
				corners := slices.Concat(c.corners[turned:], c.corners[:turned])
				for _, back := range []bool{false, true} {
					if back {
						slices.Reverse(corners)
					}
					a, err := Check(corners)
					if !errors.Is(err, c.want) || err != nil && !errors.Is(err, ErrArea) || (err == nil) != (c.want == nil) {
						t.Fatalf("begun at corner %d, backwards %v: %v (%.0f m²), not %v", turned, back, err, a.SquareMetres(), c.want)
					}
				}
			}
		})
	}
}

// Wherever it begins and in whichever direction, an area has one size; and it is one
// size at Greenwich and over the antimeridian.
func TestSize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		lat, n := r.Float64()*168e6-84e6, 3+r.IntN(30)
		corners := ring(n, lat, 0, 1_500+r.Float64()*4_000/math.Cos(lat/1e6*math.Pi/180))
		a, err := Check(corners)
		if err != nil {
			continue
		}
		other := slices.Clone(corners)
		by := r.Int32N(n32(len(other)))
		other = slices.Concat(other[by:], other[:by])
		if r.IntN(2) == 0 {
			slices.Reverse(other)
		}
		for i := range other {
			other[i].Lon = int32(short(int64(other[i].Lon) + 180_000_000))
		}
		if b, err := Check(other); err != nil || a.SquareMetres() != b.SquareMetres() {
			t.Fatalf("%v: %v m² and %v m² (%v)", corners, a.SquareMetres(), b.SquareMetres(), err)
		}
		// The area of a regular polygon in degrees, on a globe.
		radius := 6_371_008.8 * math.Pi / 180e6
		if want := shoelace(corners) * radius * radius * math.Cos(middle(corners)*math.Pi/180e6); math.Abs(a.SquareMetres()-want) > want*1e-9 {
			t.Fatalf("%v: %v m², want %v", corners, a.SquareMetres(), want)
		}
	}
}

func n32(n int) int32 { return int32(n) }

func middle(corners []wire.Point) float64 {
	lats := func(a, b wire.Point) int { return int(a.Lat) - int(b.Lat) }
	return float64(slices.MinFunc(corners, lats).Lat+slices.MaxFunc(corners, lats).Lat) / 2
}

func shoelace(corners []wire.Point) float64 {
	sum := 0.0
	for i, a := range corners {
		b := corners[(i+1)%len(corners)]
		sum += float64(a.Lon)*float64(b.Lat-corners[0].Lat) - float64(b.Lon)*float64(a.Lat-corners[0].Lat)
	}
	return math.Abs(sum) / 2
}

// TestBits holds sizes to the last bit to those of a file: a platform that computes
// otherwise would judge otherwise.
func TestBits(t *testing.T) {
	var b strings.Builder
	for lat := int32(-84_000_000); lat < 85_000_000; lat += 1_234_567 {
		a := polygon{}
		for _, c := range square(lat, 7, 5_003) {
			a.corners = append(a.corners, point{int64(c.Lat), int64(c.Lon)})
		}
		fmt.Fprintf(&b, "%d %016x\n", lat, math.Float64bits(a.squareMetres()))
	}
	const file = "testdata/sizes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != b.String() {
		t.Errorf("sizes differ (%v):\n%s", err, b.String())
	}
}

// TestWithin: an area may touch the border of a jurisdiction, and not leave it.
func TestWithin(t *testing.T) {
	box := square(0, 0, 50_000)
	bay := at(0, 0, 0, 50_000, 50_000, 50_000, 50_000, 30_000, 20_000, 30_000, 20_000, 20_000, 50_000, 20_000, 50_000, 0) // open to the north
	inlet := at(0, 0, 0, 10_000, 10_000, 10_000, 10_000, 6_000, 5_000, 6_000, 5_000, 5_000, 10_000, 5_000, 10_000, 0)
	for _, c := range []struct {
		what       string
		area, town []wire.Point
		want       bool
	}{
		{"in the middle", square(20_000, 20_000, 5_000), box, true},
		{"in a corner", square(0, 0, 5_000), box, true},
		{"a millionth over the border", square(-1, 0, 5_000), box, false},
		{"far away", square(40_000_000, 100_000_000, 5_000), box, false},
		{"around it", square(-100, -100, 10_000), square(0, 0, 5_000), false},
		{"the same", square(0, 0, 5_000), square(0, 0, 5_000), true},
		{"beside the bay", square(20_000, 5_000, 5_000), bay, true},
		{"below it", square(15_000, 22_000, 5_000), bay, true},
		{"in the bay", square(25_000, 22_000, 5_000), bay, false},
		{"over the bay", at(30_000, 15_000, 30_000, 35_000, 32_000, 35_000, 32_000, 15_000), bay, false},
		{"over the bay, with its middle in the town", at(30_000, 18_000, 30_000, 45_000, 32_000, 45_000, 32_000, 18_000), bay, false},
		{"along a border that a bay breaks", at(500, 2_000, 500, 9_000, 6_000, 9_000, 6_000, 2_000), at(0, 0, 0, 50_000, 6_000, 50_000, 6_000, 5_000, 3_000, 5_000, 3_000, 3_000, 6_000, 3_000, 6_000, 0), false},
		{"over its mouth, from border to border", at(50_000, 20_000, 50_000, 30_000, 44_000, 30_000, 44_000, 20_000), bay, false},
		{"with only its ends in the town", at(50_000, 18_000, 50_000, 32_000, 49_000, 32_000, 49_000, 18_000), bay, false},
		{"over the bay, mostly to its west", at(30_000, 5_000, 30_000, 32_000, 32_000, 32_000, 32_000, 5_000), bay, false},
		{"along the bottom of the bay", at(17_000, 15_000, 17_000, 35_000, 20_000, 35_000, 20_000, 15_000), bay, true},
		{"with a bay in it, whose mouth it closes", square(0, 0, 10_000), inlet, false},
		{"over the antimeridian", square(10_000, 179_998_000, 5_000), square(0, 179_980_000, 50_000), true},
		{"beyond it, in a town that begins before it", square(10_000, -179_998_000, 5_000), square(0, 179_980_000, 50_000), true},
		{"on the other side of the globe", square(84_990_000, 0, 10_000), square(-85_000_000, -180_000_000, 9_999_999), false},
		{"over it and out", square(10_000, 179_978_000, 5_000), square(0, 179_980_000, 50_000), false},
		{"in a town that was never drawn", square(0, 0, 5_000), nil, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			for turned := range c.area { // from wherever its longitudes are counted
				a, err := Check(slices.Concat(c.area[turned:], c.area[:turned]))
				if err != nil {
					t.Fatal(err)
				}
				var town Jurisdiction
				if c.town != nil {
					if town, err = NewJurisdiction(c.town); err != nil {
						t.Fatal(err)
					}
				}
				if got := a.Within(town); got != c.want {
					t.Errorf("begun at corner %d it is within: %v", turned, got)
				}
			}
		})
	}
	if _, err := NewJurisdiction(at(0, 0, 0, 10_000_000, 10_000_000, 10_000_000, 10_000_000, 0)); err != nil {
		t.Error("a county of 10 degrees:", err)
	}
	if _, err := NewJurisdiction(at(0, 0, 0, 10_000_001, 10_000_000, 10_000_001, 10_000_000, 0)); !errors.Is(err, ErrWide) {
		t.Error("a millionth more:", err)
	}
}

// TestCells: each place lies in the cell that is told, and an area meets the cells
// that it touches.
func TestCells(t *testing.T) {
	for _, c := range []struct {
		at   wire.Point
		want wire.Cell
	}{
		{wire.Point{Lat: -90_000_000, Lon: -180_000_000}, wire.Cell{}},
		{wire.Point{Lat: 90_000_000, Lon: 179_999_999}, wire.Cell{Row: 89_999, Col: 179_999}},
		{wire.Point{}, wire.Cell{Row: 45_000, Col: 90_000}},
		{wire.Point{Lat: -1, Lon: -1}, wire.Cell{Row: 44_999, Col: 89_999}},
	} {
		if got := CellOf(c.at); got != c.want {
			t.Errorf("%v lies in %v, not %v", c.at, got, c.want)
		}
	}
	a, err := Check(at(2_000, 2_000, 2_000, 9_000, 9_000, 9_000, 9_000, 2_000))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lat, lon int32
		want     bool
	}{{2_000, 2_000, true}, {4_000, 4_000, true}, {0, 0, true}, {0, 4_000, true}, {0, 8_000, true}, {8_000, 0, true}, {8_000, 8_000, true}, {10_000, 4_000, false}, {4_000, 10_000, false}, {-2_000, 0, false}} {
		if got := a.Meets(CellOf(wire.Point{Lat: c.lat, Lon: c.lon})); got != c.want {
			t.Errorf("it meets the cell at %d, %d: %v", c.lat, c.lon, got)
		}
	}
	over, err := Check(square(100, 179_998_000, 5_000))
	if err != nil {
		t.Fatal(err)
	}
	if !over.Meets(CellOf(wire.Point{Lat: 100, Lon: 179_999_000})) || !over.Meets(CellOf(wire.Point{Lat: 100, Lon: -179_999_000})) || over.Meets(CellOf(wire.Point{Lat: 100, Lon: 0})) {
		t.Error("cells on both sides of the antimeridian")
	}
}

func TestParse(t *testing.T) {
	got, err := Parse(" 40.7,-73.99  40.7,-73.985\n-0.0000004,180 ")
	if want := at(40_700_000, -73_990_000, 40_700_000, -73_985_000, 0, -180_000_000); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Parse(strings.Repeat("0.0000006,-0.0000006 ", 32)); err != nil || len(got) != 32 || got[0] != (wire.Point{Lat: 1, Lon: -1}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "1,2 3,4", "1,2 3,4 5", "1,2 3,4 1e999,0", "1 2 3", "1,2 3,4 5,6,7", "91,0 1,1 2,2", "0,181 1,1 2,2", "NaN,0 1,1 2,2", "Inf,0 1,1 2,2", "a,b c,d e,f", strings.Repeat("1,1 ", 33)} {
		if got, err := Parse(bad); !errors.Is(err, ErrArea) {
			t.Errorf("%q is %v (%v)", bad, got, err)
		}
	}
}

// TestAllCells: an area meets the cells that are told, also over the antimeridian, and
// no others of those around.
func TestAllCells(t *testing.T) {
	for _, corners := range [][]wire.Point{
		square(2_000, 2_000, 4_000), square(100, 179_998_000, 5_000), square(-84_990_000, -180_000_000, 9_000), ring(7, 40e6, -74e6, 4_000), at(0, 0, 0, 900_000, 100, 900_000, 100, 0),
	} {
		a, err := Check(corners)
		if err != nil {
			t.Fatal(err)
		}
		told := a.Cells()
		for i, c := range told {
			if !a.Meets(c) || slices.Contains(told[:i], c) {
				t.Errorf("%v: the cell %v is told", corners, c)
			}
			for _, row := range []uint32{c.Row - 1, c.Row, c.Row + 1} {
				for _, col := range []uint32{(c.Col + 179_999) % 180_000, c.Col, (c.Col + 1) % 180_000} {
					if near := (wire.Cell{Row: row, Col: col}); a.Meets(near) && !slices.Contains(told, near) {
						t.Fatalf("%v: the cell %v is not told", corners, near)
					}
				}
			}
		}
		if len(told) == 0 {
			t.Errorf("%v meets no cell", corners)
		}
	}
}

// TestMeet: two lines meet also where only an end of one is on the other.
func TestMeet(t *testing.T) {
	p := func(lat, lon int64) point { return point{lat, lon} }
	for _, c := range []struct {
		what       string
		a, b, c, d point
		want       bool
	}{
		{"crossed", p(0, 0), p(4, 4), p(0, 4), p(4, 0), true},
		{"the second begins on the first", p(0, 0), p(0, 4), p(0, 2), p(4, 2), true},
		{"it ends there", p(0, 0), p(0, 4), p(4, 2), p(0, 2), true},
		{"the first begins on the second", p(2, 0), p(2, 4), p(0, 0), p(4, 0), true},
		{"it ends there", p(2, 4), p(2, 0), p(0, 0), p(4, 0), true},
		{"end to end", p(0, 0), p(2, 2), p(2, 2), p(4, 0), true},
		{"over each other", p(0, 0), p(0, 4), p(0, 2), p(0, 6), true},
		{"one behind the other", p(0, 0), p(0, 2), p(0, 3), p(0, 6), false},
		{"side by side", p(0, 0), p(4, 4), p(1, 0), p(5, 4), false},
		{"near the end of one", p(0, 0), p(4, 4), p(1, 2), p(0, 9), false},
	} {
		if meet(c.a, c.b, c.c, c.d) != c.want || meet(c.c, c.d, c.a, c.b) != c.want {
			t.Errorf("%s: they meet: %v", c.what, !c.want)
		}
	}
}

// TestAgainstFractions holds the questions to answers that are found another way:
// with fractions, of points that lie closely.
func TestAgainstFractions(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var corners []wire.Point
		for range 3 + r.IntN(5) {
			corners = append(corners, wire.Point{Lat: r.Int32N(12) * 1_000, Lon: r.Int32N(12) * 1_000})
		}
		if p, err := newPolygon(corners, MaxSpan); (err == nil) != simple(corners) {
			t.Fatalf("%v: %v", corners, err)
		} else if err == nil {
			for range 20 {
				at := point{r.Int64N(13) * 1_000, r.Int64N(13) * 1_000}
				if got, want := p.holds(at), winding(p, at); got != want {
					t.Fatalf("%v holds %v: %v", corners, at, got)
				}
			}
		}
	}
}

// winding tells whether an outline goes round a place, or over it, by the angles
// under which its sides are seen.
func winding(p polygon, at point) bool {
	sum := 0.0
	for i, a := range p.corners {
		b := p.next(i)
		c, d := float64(cross(at, a, b)), float64(dot(at, a, b))
		if c == 0 && d <= 0 {
			return true
		}
		sum += math.Atan2(c, d)
	}
	return math.Abs(sum) > 1
}

// simple tells whether no two sides have a point in common but neighbors their
// corner, by solving for where their lines cross.
func simple(corners []wire.Point) bool {
	n := len(corners)
	for i := range n {
		for k := i + 1; k < n; k++ {
			a, b, c, d := corners[i], corners[(i+1)%n], corners[k], corners[(k+1)%n]
			switch common := k == i+1 || i == 0 && k == n-1; {
			case n == 3 && common, common && k == i+1:
				if i == 0 && k == n-1 && k != i+1 {
					a, b, c, d = c, d, a, b
				}
				if a == b || c == d || touches(a, b, d) || touches(c, d, a) {
					return false
				}
			case common:
				if a == b || c == d || touches(c, d, b) || touches(a, b, c) {
					return false
				}
			case crosses(a, b, c, d):
				return false
			}
		}
	}
	return true
}

func touches(a, b, c wire.Point) bool { return crosses(a, b, c, c) }

// crosses tells whether two lines have a point in common, by fractions.
func crosses(a, b, c, d wire.Point) bool {
	x := func(p, q, s wire.Point) *big.Rat {
		return new(big.Rat).SetInt64((int64(q.Lon)-int64(p.Lon))*(int64(s.Lat)-int64(p.Lat)) - (int64(q.Lat)-int64(p.Lat))*(int64(s.Lon)-int64(p.Lon)))
	}
	boxed := func(p, q, s wire.Point) bool {
		return min(p.Lat, q.Lat) <= s.Lat && s.Lat <= max(p.Lat, q.Lat) && min(p.Lon, q.Lon) <= s.Lon && s.Lon <= max(p.Lon, q.Lon)
	}
	for _, s := range []struct{ p, q, s wire.Point }{{a, b, c}, {a, b, d}, {c, d, a}, {c, d, b}} {
		if x(s.p, s.q, s.s).Sign() == 0 && boxed(s.p, s.q, s.s) {
			return true
		}
	}
	return x(a, b, c).Sign()*x(a, b, d).Sign() < 0 && x(c, d, a).Sign()*x(c, d, b).Sign() < 0
}

// Whatever the corners, an area that can be asked for keeps all bounds.
func FuzzCheck(f *testing.F) {
	for _, corners := range [][]wire.Point{square(0, 0, 5_000), square(0, 179_998_000, 5_000), ring(32, 40e6, -74e6, 4_000), at(0, 0, 5_000, 5_000, 5_000, 0, 0, 5_000)} {
		var b []byte
		for _, c := range corners {
			b = fmt.Appendf(b, "%d %d ", c.Lat, c.Lon)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, text string) {
		var corners []wire.Point
		for r := strings.NewReader(text); len(corners) < wire.MaxCorners; {
			var c wire.Point
			if _, err := fmt.Fscan(r, &c.Lat, &c.Lon); err != nil || c.Lat < -90*degree || c.Lat > 90*degree || c.Lon < -180*degree || c.Lon >= 180*degree {
				break
			}
			corners = append(corners, c)
		}
		a, err := Check(corners)
		if err != nil {
			return
		}
		if m := a.SquareMetres(); m < Min || m > Max {
			t.Errorf("%v m²", m)
		}
		if town, err := NewJurisdiction(corners); err != nil || !a.Within(town) {
			t.Errorf("it is not within itself (%v)", err)
		}
		for _, c := range corners {
			if !a.Meets(CellOf(c)) {
				t.Errorf("the cell of its corner %v is not met", c)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	corners := ring(32, 40e6, -74e6, 4_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Check(corners); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMeets(b *testing.B) {
	a, err := Check(ring(32, 40e6, -74e6, 4_000))
	if err != nil {
		b.Fatal(err)
	}
	cell := CellOf(wire.Point{Lat: 40e6, Lon: -74e6})
	b.ReportAllocs()
	for b.Loop() {
		if !a.Meets(cell) {
			b.Fatal("it does not meet its middle")
		}
	}
}
