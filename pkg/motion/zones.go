package motion

// Zones are the cells of small pictures that count. A nil Zones is all of them.
type Zones struct {
	off [cells]bool
	n   int // cells that count
}

// NewZones returns zones in which the cells count of which in, called with the
// middle of each as parts of the picture's width and height, says so.
func NewZones(in func(x, y float64) bool) *Zones {
	z := &Zones{}
	for i := range z.off {
		z.off[i] = !in((float64(i%width)+0.5)/width, (float64(i/width)+0.5)/height)
		if !z.off[i] {
			z.n++
		}
	}
	return z
}

// counts tells whether a cell does.
func (z *Zones) counts(i int) bool { return z == nil || !z.off[i] }

// least is how many cells have to change: fewer, in small zones.
func (z *Zones) least() float64 {
	if z == nil {
		return leastCells
	}
	return max(fewest, min(leastCells, float64(z.n)/4))
}
