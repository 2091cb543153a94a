package motion

import (
	"math/rand/v2"
	"testing"
	"time"

	"nvrd/pkg/media"
)

// scenePicture draws a small picture: texture and noise, and what a case adds.
func scenePicture(r *rand.Rand, noise float64, draw func(x, y int) int) []byte {
	b := make([]byte, cells)
	for i := range b {
		x, y := i%width, i/width
		b[i] = byte(max(0, min(255, 90+(x*7+y*13)%40+int(noise*r.NormFloat64())+draw(x, y))))
	}
	return b
}

// box is a square, brighter than what is behind it.
func box(x0, y0 int) func(x, y int) int {
	return func(x, y int) int {
		if x >= x0 && x < x0+10 && y >= y0 && y < y0+10 {
			return 80
		}
		return 0
	}
}

func none(int, int) int { return 0 }

// In forty pictures, one each two seconds, something happens from the twentieth
// to the twenty-fourth.
func TestArea(t *testing.T) {
	left := NewZones(func(x, _ float64) bool { return x < 0.5 })
	right := NewZones(func(x, _ float64) bool { return x >= 0.5 })
	nowhere := NewZones(func(_, _ float64) bool { return false })
	walks := func(i int) func(x, y int) int { return box(1+(i-20)*7, 30) } // in the left half
	for name, c := range map[string]struct {
		zones *Zones
		noise float64
		draw  func(i int) func(x, y int) int
		want  bool
	}{
		"nothing":                {nil, 2, func(int) func(x, y int) int { return none }, false},
		"somebody walks":         {nil, 2, walks, true},
		"at night":               {nil, 6, walks, true},
		"in the zone":            {left, 2, walks, true},
		"outside of the zone":    {right, 2, walks, false},
		"where nothing counts":   {nowhere, 2, walks, false},
		"a lamp":                 {nil, 2, func(int) func(x, y int) int { return func(int, int) int { return 50 } }, false},
		"something is put there": {nil, 2, func(int) func(x, y int) int { return box(40, 30) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			a := &Area{zones: c.zones}
			moved := false
			for i := range 40 {
				draw := none
				if i >= 20 && i < 25 {
					draw = c.draw(i)
				}
				a.Add(scenePicture(r, c.noise, draw), time.Duration(i)*2*time.Second)
				_, _, moving := a.Moving()
				moved = moved || moving
				if moving && (i < 21 || i > 28) {
					t.Errorf("motion in picture %d", i)
				}
			}
			from, to, moving := a.Moving()
			if moved != c.want || moving || c.want && (from < 38*time.Second || from > 40*time.Second || to < 48*time.Second || to > 50*time.Second) {
				t.Errorf("moved %v from %s to %s, want %v from 39 s to 48 s or 50 s", moved, from, to, c.want)
			}
		})
	}
}

// Whatever comes, it does not fail, and allocates nothing.
func TestAreaOfAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var a Area
	at := time.Duration(0)
	small := make([]byte, cells)
	for range 300 {
		for i := range small {
			small[i] = byte(r.Uint32())
		}
		at += time.Duration(r.Int64N(int64(time.Minute))) - 20*time.Second
		a.Add(small[:cells-r.IntN(2)], at)
		if from, to, _ := a.Moving(); from > to {
			t.Fatalf("motion from %s to %s", from, to)
		}
	}
	if n := testing.AllocsPerRun(10, func() { at += time.Second; a.Add(small, at) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What is asked of a decoder begins with a key frame, and is key frames alone
// where they are close.
func TestSightWants(t *testing.T) {
	for name, c := range map[string]struct {
		zones *Zones
		group int // pictures, ten a second
		want  func(i int) bool
	}{
		"close":      {nil, 10, func(i int) bool { return i < 10 || i < 600 && i%10 == 0 }},
		"rare":       {nil, 50, func(i int) bool { return i < 600 }},
		"with zones": {NewZones(func(_, _ float64) bool { return true }), 20, func(i int) bool { return i < 20 || i%20 == 0 }},
	} {
		s := NewSight(media.Track{}, c.zones)
		for i := range 1000 {
			s.Add(make([]byte, 500), i%c.group == 0, time.Duration(i)*time.Second/10)
			if s.Wants() != c.want(i) {
				t.Errorf("%s: wants picture %d: %v", name, i, s.Wants())
				break
			}
		}
		if by := s.By(); by != ByScore {
			t.Errorf("%s: by %s without a picture", name, by)
		}
	}
}
