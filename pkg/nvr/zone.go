package nvr

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits of zones and masks.
const (
	MaxPolygons = 16   // zones and masks together: more than a person draws
	MaxCorners  = 32   // of one polygon: a tree with its twigs
	WholeSide   = 1000 // what corners count a side of the picture by: finer than what is looked at
)

// Zones say where in the picture of a camera motion counts. The zero Zones is all
// of it. They are stored as text (see [ParseZones]).
type Zones struct {
	Zones []Polygon `json:"zones"` // if there are any, motion counts in them alone
	Masks []Polygon `json:"masks"` // in them it never counts, also within a zone
}

// Polygon is a part of a picture: its corners one after the other, of which the
// last is joined with the first. Where edges cross, what is enclosed twice does
// not belong to it.
type Polygon []Corner

// Corner is a place in a picture, in thousandths of its width from the left and of
// its height from the top. In JSON it is an array of both.
type Corner struct{ X, Y int }

// MarshalJSON implements [json.Marshaler].
func (c Corner) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "[%d,%d]", c.X, c.Y), nil }

// UnmarshalJSON implements [json.Unmarshaler]. It fails unless there are two whole
// numbers; whether they lie in the picture is for [Zones.Check].
func (c *Corner) UnmarshalJSON(b []byte) error { // of JSON that is known to be some
	text, isArray := strings.CutPrefix(strings.TrimSuffix(string(b), "]"), "[")
	x, y, two := strings.Cut(text, ",")
	var wrongX, wrongY error
	c.X, wrongX = strconv.Atoi(strings.TrimSpace(x))
	c.Y, wrongY = strconv.Atoi(strings.TrimSpace(y))
	if !isArray || !two || wrongX != nil || wrongY != nil {
		return fmt.Errorf("a corner is [x,y], whole thousandths of the picture, and not %.40s: %w", b, ErrInvalid)
	}
	return nil
}

// Empty tells whether motion counts in all of the picture.
func (z Zones) Empty() bool { return len(z.Zones) == 0 && len(z.Masks) == 0 }

// Kinds of polygons, as text has them.
const (
	zoneWord = "zone"
	maskWord = "mask"
)

// each calls f for each polygon with its kind and its number among those.
func (z Zones) each(f func(kind string, n int, p Polygon) error) error {
	for n, p := range z.Zones {
		if err := f(zoneWord, n+1, p); err != nil {
			return err
		}
	}
	for n, p := range z.Masks {
		if err := f(maskWord, n+1, p); err != nil {
			return err
		}
	}
	return nil
}

// String returns zones as [ParseZones] reads them: a line for each polygon, zones
// first.
func (z Zones) String() string {
	var b strings.Builder
	_ = z.each(func(kind string, _ int, p Polygon) error { // never fails
		b.WriteString(kind + " " + p.String() + "\n")
		return nil
	})
	return b.String()
}

// String returns the corners as SVG has them: "100,200 300,200 300,400".
func (p Polygon) String() string {
	all := make([]string, len(p))
	for i, c := range p {
		all[i] = strconv.Itoa(c.X) + "," + strconv.Itoa(c.Y)
	}
	return strings.Join(all, " ")
}

// ParseZones reads what [Zones.String] writes, such as
//
//	zone 0,300 1000,300 1000,1000 0,1000
//	mask 700,300 900,300 900,500
//
// It skips empty lines and fails with ErrInvalid, saying what is wrong in which
// line. Whether it makes sense is for [Zones.Check].
func ParseZones(text string) (z Zones, err error) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		p := make(Polygon, len(words)-1)
		for i, word := range words[1:] {
			if p[i], err = parseCorner(word); err != nil {
				return Zones{}, fmt.Errorf("line %d: %w", n, err)
			}
		}
		switch words[0] {
		case zoneWord:
			z.Zones = append(z.Zones, p)
		case maskWord:
			z.Masks = append(z.Masks, p)
		default:
			return Zones{}, fmt.Errorf("line %d begins with %.20q: begin it with zone or mask: %w", n, words[0], ErrInvalid)
		}
	}
	return z, nil
}

func parseCorner(word string) (c Corner, err error) {
	x, y, ok := strings.Cut(word, ",")
	if ok {
		c.X, err = strconv.Atoi(x)
	}
	if ok && err == nil {
		c.Y, err = strconv.Atoi(y)
	}
	if !ok || err != nil {
		return Corner{}, fmt.Errorf("%.20q is no corner: write it like 250,500, thousandths from left and top: %w", word, ErrInvalid)
	}
	return c, nil
}

// Check fails with ErrInvalid, saying what to do.
func (z Zones) Check() error {
	if n := len(z.Zones) + len(z.Masks); n > MaxPolygons {
		return fmt.Errorf("there are %d zones and masks: leave at most %d: %w", n, MaxPolygons, ErrInvalid)
	}
	if err := z.each(checkPolygon); err != nil {
		return err
	}
	if !z.leaveEnough() {
		return fmt.Errorf("zones and masks leave less than a hundredth of the picture: make zones larger or masks smaller: %w", ErrInvalid)
	}
	return nil
}

func checkPolygon(kind string, n int, p Polygon) error {
	if len(p) < 3 || len(p) > MaxCorners {
		return fmt.Errorf("%s %d has %d corners: give it 3 to %d: %w", kind, n, len(p), MaxCorners, ErrInvalid)
	}
	for i, c := range p {
		if c.X < 0 || c.Y < 0 || c.X > WholeSide || c.Y > WholeSide {
			return fmt.Errorf("corner %d of %s %d is at %d,%d: give numbers from 0 to %d: %w", i+1, kind, n, c.X, c.Y, WholeSide, ErrInvalid)
		}
	}
	if p.flat() {
		return fmt.Errorf("%s %d covers nothing: move its corners apart: %w", kind, n, ErrInvalid)
	}
	return nil
}

// flat tells whether all corners lie on one line.
func (p Polygon) flat() bool {
	var way Corner // to the first other corner
	for _, c := range p {
		to := Corner{c.X - p[0].X, c.Y - p[0].Y}
		if way == (Corner{}) {
			way = to
		}
		if way.X*to.Y != way.Y*to.X {
			return false
		}
	}
	return true
}

// leaveEnough tells whether motion counts in a hundredth of the picture at least:
// less are a few of the cells that are looked at, or none.
func (z Zones) leaveEnough() bool {
	const step = WholeSide / 100
	n := 0
	for y := step / 2; y < WholeSide; y += step {
		for x := step / 2; x < WholeSide; x += step {
			if z.Counts(float64(x), float64(y)) {
				n++
			}
		}
		if n >= 100 { // of 10,000
			return true
		}
	}
	return false
}

// Counts tells whether motion counts at a place, in thousandths as of a [Corner].
func (z Zones) Counts(x, y float64) bool {
	in := len(z.Zones) == 0
	for _, p := range z.Zones {
		in = in || p.Holds(x, y)
	}
	return in && !z.Masked(x, y)
}

// Masked tells whether a place lies in a mask.
func (z Zones) Masked(x, y float64) bool {
	for _, p := range z.Masks {
		if p.Holds(x, y) {
			return true
		}
	}
	return false
}

// Holds tells whether a place lies in the polygon: whether a line from there to
// the right crosses its edges an odd number of times.
func (p Polygon) Holds(x, y float64) (in bool) {
	for i, to := range p {
		from := p[(i+len(p)-1)%len(p)]
		x0, y0, x1, y1 := float64(from.X), float64(from.Y), float64(to.X), float64(to.Y)
		if (y0 > y) != (y1 > y) && x < x0+(y-y0)/(y1-y0)*(x1-x0) {
			in = !in
		}
	}
	return in
}
