package motion

import (
	"sync"

	"nvrd/pkg/nvr"
)

// Zones are the cells of small pictures that count. A nil Zones is all of them. It
// does not change, and may be shared.
type Zones struct {
	on   [cells]byte    // 255 for cells that count, else 0
	runs []stretch      // of those
	part [cells]float32 // one over how many around a cell count, it included
	n    int            // cells that count
}

// stretch is cells that follow each other in a row.
type stretch struct{ from, to int }

// whole is all of the picture.
var whole = sync.OnceValue(func() *Zones { return rasterize(nvr.Zones{}) })

// NewZones returns the cells whose middle lies in a zone, if there is any, and no
// part of which lies in a mask: what moves along the edge of a mask colors cells
// that it touches. It returns nil if that is all of the picture.
func NewZones(z nvr.Zones) *Zones {
	if z.Empty() {
		return nil
	}
	return rasterize(z)
}

func rasterize(drawn nvr.Zones) *Zones {
	z := &Zones{}
	const w, h = float64(nvr.WholeSide) / width, float64(nvr.WholeSide) / height
	for i := range z.on {
		x, y := w*float64(i%width), h*float64(i/width)
		if !drawn.Counts(x+w/2, y+h/2) || drawn.Masked(x, y) || drawn.Masked(x+w, y) || drawn.Masked(x, y+h) || drawn.Masked(x+w, y+h) {
			continue
		}
		z.on[i] = 255
		z.n++
		if last := len(z.runs) - 1; last >= 0 && z.runs[last].to == i && i%width > 0 {
			z.runs[last].to++
		} else {
			z.runs = append(z.runs, stretch{i, i + 1})
		}
	}
	for _, r := range z.runs {
		for i := r.from; i < r.to; i++ {
			z.part[i] = 1 / float32(z.around(i%width, i/width))
		}
	}
	return z
}

// around returns how many cells around one count.
func (z *Zones) around(x, y int) (n int) {
	for v := max(0, y-reach); v < min(height, y+reach+1); v++ {
		for u := max(0, x-reach); u < min(width, x+reach+1); u++ {
			n += int(z.on[v*width+u] & 1)
		}
	}
	return n
}

// least is how many cells have to change: fewer, in small zones.
func (z *Zones) least() float64 { return max(fewest, min(leastCells, float64(z.n)/4)) }
