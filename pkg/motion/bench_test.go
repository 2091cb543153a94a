package motion

import (
	"math/rand/v2"
	"testing"
	"time"
)

func benchArea(b *testing.B, zones *Zones) {
	r := rand.New(rand.NewPCG(1, 2))
	var pictures [16][]byte
	for i := range pictures {
		pictures[i] = scenePicture(r, 2, box(i*5, 30))
	}
	a := &Area{zones: zones}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		a.Add(pictures[n%16], time.Duration(n)*time.Second)
		n++
	}
}

// What it costs to look at a small picture, whatever of it counts.
func BenchmarkArea(b *testing.B) {
	b.Run("whole", func(b *testing.B) { benchArea(b, nil) })
	b.Run("zone", func(b *testing.B) { benchArea(b, drawn(b, "zone 0,0 500,0 500,1000 0,1000")) })
}
