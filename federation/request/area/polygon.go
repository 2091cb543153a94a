package area

import (
	"cmp"
	"slices"

	"nvrd/federation/wire"
)

// point is a place in millionths of a degree, whose longitude goes on beyond 180
// degrees where an outline does.
type point struct{ lat, lon int64 }

func (p point) north() int64 { return p.lat }
func (p point) east() int64  { return p.lon }

// polygon is an outline that does not touch itself.
type polygon struct{ corners []point }

// turn is once round the globe.
const turn = 360 * degree

// newPolygon joins corners that are span apart at most. Two outlines anywhere on the
// globe are then less than 200 degrees apart, twice that where holdsLine doubles all:
// sums of two products stay below 4e17, and an int64 takes twenty times as much.
func newPolygon(corners []wire.Point, span int64) (polygon, error) {
	p := polygon{make([]point, len(corners))}
	if len(corners) < 3 {
		return polygon{}, ErrCrosses
	}
	lon := int64(corners[0].Lon)
	for i, c := range corners {
		lon += short(int64(c.Lon) - lon)
		p.corners[i] = point{int64(c.Lat), lon}
		if c.Lat > MaxLat || c.Lat < -MaxLat {
			return polygon{}, ErrPolar
		}
	}
	if first := p.corners[0].lon; lon+short(first-lon) != first {
		return polygon{}, ErrPolar
	}
	for _, of := range []func(point) int64{point.north, point.east} {
		if least, most := p.span(of); most-least > span {
			return polygon{}, ErrWide
		}
	}
	if p.touchesItself() {
		return polygon{}, ErrCrosses
	}
	return p, nil
}

// short returns the same way round the globe, in [-180, 180) degrees.
func short(lon int64) int64 { return (lon%turn+turn+turn/2)%turn - turn/2 }

func (p polygon) next(i int) point { return p.corners[(i+1)%len(p.corners)] }

// near returns the polygon with its longitudes counted as those of another one.
func (p polygon) near(o polygon) polygon {
	from := o.corners[0].lon
	by := from + short(p.corners[0].lon-from) - p.corners[0].lon
	if by == 0 {
		return p
	}
	moved := polygon{make([]point, len(p.corners))}
	for i, c := range p.corners {
		moved.corners[i] = point{c.lat, c.lon + by}
	}
	return moved
}

// touchesItself tells whether two sides have more in common than the corner between
// them.
func (p polygon) touchesItself() bool {
	n := len(p.corners)
	for i, a := range p.corners {
		b, c := p.next(i), p.next(i+1)
		if a == b || cross(a, b, c) == 0 && dot(b, a, c) > 0 { // the outline runs back on itself
			return true
		}
		for k := i + 2; k < n; k++ {
			if (k+1)%n != i && meet(a, b, p.corners[k], p.next(k)) {
				return true
			}
		}
	}
	return false
}

// holds tells whether a place is in the polygon, or on its outline.
func (p polygon) holds(at point) bool {
	in := false
	for i, a := range p.corners {
		b := p.next(i)
		if on(a, b, at) {
			return true
		}
		if (a.lat > at.lat) == (b.lat > at.lat) {
			continue
		}
		// A line to the east crosses this side if the place is to its west.
		if west := cross(a, b, at) > 0; west == (b.lat > a.lat) {
			in = !in
		}
	}
	return in
}

// holdsLine tells whether all of a line is in the polygon, or on its outline.
func (p polygon) holdsLine(a, b point) bool {
	stops := []point{a, b}
	for i, c := range p.corners {
		d := p.next(i)
		if sign(cross(a, b, c))*sign(cross(a, b, d)) < 0 && sign(cross(c, d, a))*sign(cross(c, d, b)) < 0 {
			return false // it goes through a side
		}
		if on(a, b, c) {
			stops = append(stops, c)
		}
	}
	slices.SortFunc(stops, func(x, y point) int { return cmp.Compare(dot(a, x, b), dot(a, y, b)) })
	// Between two stops the line touches no corner: it is in there wholly or not.
	twice := polygon{make([]point, len(p.corners))}
	for i, c := range p.corners {
		twice.corners[i] = point{2 * c.lat, 2 * c.lon}
	}
	for i, from := range stops[1:] {
		if to := stops[i]; !twice.holds(point{from.lat + to.lat, from.lon + to.lon}) {
			return false
		}
	}
	return true
}

// within tells whether no part of the polygon lies outside of another one, whose
// longitudes are counted alike.
func (p polygon) within(o polygon) bool {
	for i, from := range p.corners {
		if !o.holdsLine(from, p.next(i)) {
			return false
		}
	}
	return true
}

// cross is twice the area of a triangle, positive if it turns to the north from the
// east.
func cross(a, b, c point) int64 {
	return (b.lon-a.lon)*(c.lat-a.lat) - (b.lat-a.lat)*(c.lon-a.lon)
}

// dot is the product of two ways from a.
func dot(a, b, c point) int64 {
	return (b.lon-a.lon)*(c.lon-a.lon) + (b.lat-a.lat)*(c.lat-a.lat)
}

// on tells whether a place is on the line from a to b.
func on(a, b, at point) bool { return cross(a, b, at) == 0 && dot(at, a, b) <= 0 }

// meet tells whether two lines have a point in common. Most have not, and lie apart
// at a glance: a stranger's log can ask this a hundred million times.
func meet(a, b, c, d point) bool {
	if max(a.lat, b.lat) < min(c.lat, d.lat) || max(c.lat, d.lat) < min(a.lat, b.lat) ||
		max(a.lon, b.lon) < min(c.lon, d.lon) || max(c.lon, d.lon) < min(a.lon, b.lon) {
		return false
	}
	return sign(cross(a, b, c))*sign(cross(a, b, d)) < 0 && sign(cross(c, d, a))*sign(cross(c, d, b)) < 0 ||
		on(a, b, c) || on(a, b, d) || on(c, d, a) || on(c, d, b)
}

func sign(n int64) int { return cmp.Compare(n, 0) }
