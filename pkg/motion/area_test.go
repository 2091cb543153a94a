package motion

import (
	"math/rand/v2"
	"testing"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
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

func drawn(t testing.TB, text string) *Zones {
	t.Helper()
	z, err := nvr.ParseZones(text)
	if err != nil {
		t.Fatal(err)
	}
	return NewZones(z)
}

// In forty pictures, one each two seconds, something happens from the twentieth
// to the twenty-fourth.
func TestArea(t *testing.T) {
	const left, right = "0,0 500,0 500,1000 0,1000", "500,0 1000,0 1000,1000 500,1000"
	const tree = "0,410 415,410 415,560 0,560"                             // just where somebody walks
	walks := func(i int) func(x, y int) int { return box(1+(i-20)*7, 30) } // in the left half
	for name, c := range map[string]struct {
		zones string
		noise float64
		draw  func(i int) func(x, y int) int
		want  bool
	}{
		"nothing":                {"", 2, func(int) func(x, y int) int { return none }, false},
		"somebody walks":         {"", 2, walks, true},
		"at night":               {"", 6, walks, true},
		"in the zone":            {"zone " + left, 2, walks, true},
		"outside of the zone":    {"zone " + right, 2, walks, false},
		"in the mask":            {"mask " + left, 2, walks, false},
		"beside the mask":        {"mask " + right, 2, walks, true},
		"in a mask in the zone":  {"zone " + left + "\nmask " + tree, 2, walks, false},
		"just in the mask":       {"mask " + tree, 2, walks, false},
		"a lamp":                 {"", 2, func(int) func(x, y int) int { return func(int, int) int { return 50 } }, false},
		"something is put there": {"", 2, func(int) func(x, y int) int { return box(40, 30) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			a := &Area{zones: drawn(t, c.zones)}
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

// What is asked of a decoder begins with a key frame, is key frames alone where they
// are close, and else ends where the next key frame is close.
func TestSightWants(t *testing.T) {
	for name, c := range map[string]struct {
		zones string
		group int // pictures, ten a second
		want  func(i int) bool
	}{
		"close":            {"", 10, func(i int) bool { return i < 10 || i < 600 && i%10 == 0 }},
		"rare":             {"", 50, func(i int) bool { return i < 600 && (i < 50 || i%50 < 29) }},
		"with zones":       {"zone 0,0 500,0 500,500", 20, func(i int) bool { return i < 200 || i%20 == 0 }},
		"rare, with zones": {"zone 0,0 500,0 500,500", 100, func(i int) bool { return i < 200 || i%100 < 79 }},
	} {
		s := NewSight(media.Track{}, drawn(t, c.zones))
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

// With zones, what pictures cost decides only where they are not looked at: while
// that is learned, and where none come.
func TestSightInZones(t *testing.T) {
	for name, c := range map[string]struct {
		zones  string
		seen   func(at time.Duration) bool // whether small pictures come
		change bool                        // the zones were others at first
		want   bool
		by     Way
	}{
		"no zones":            {"", always, false, true, ByScore},
		"elsewhere":           {"mask 0,0 500,0 500,1000 0,1000", always, false, false, ByPictures},
		"in the zone":         {"zone 0,0 500,0 500,1000 0,1000", always, false, true, ByPictures},
		"nothing is decoded":  {"mask 0,0 500,0 500,1000 0,1000", never, false, true, ByScore},
		"no more are decoded": {"mask 0,0 500,0 500,1000 0,1000", func(at time.Duration) bool { return at < 60*time.Second }, false, true, ByScore},
		"masked later":        {"mask 0,0 500,0 500,1000 0,1000", always, true, false, ByPictures},
	} {
		r := rand.New(rand.NewPCG(5, 6))
		s := NewSight(media.Track{}, drawn(t, c.zones))
		if c.change {
			s = NewSight(media.Track{}, nil)
		}
		moved := false
		for i := range 1200 { // two minutes, of which something moves in the left half for eight seconds
			at := time.Duration(i) * time.Second / 10
			if c.change && i == 500 {
				s.SetZones(drawn(t, c.zones))
			}
			moves := i >= 900 && i < 980
			size := 500 + r.IntN(20)
			draw := none
			if moves {
				size, draw = 4000, box(1+(i-900)/10*4, 30)
			}
			s.Add(make([]byte, size), i%10 == 0, at)
			if i%10 == 0 && c.seen(at) {
				s.See(scenePicture(r, 2, draw), at)
			}
			from, _, moving := s.Moving()
			moved = moved || moving
			if moving && from < 85*time.Second {
				t.Errorf("%s: motion from %s", name, from)
				break
			}
		}
		if moved != c.want || s.By() != c.by || !s.Ready() {
			t.Errorf("%s: moved %v, found by %s, ready %v", name, moved, s.By(), s.Ready())
		}
	}
}

func always(time.Duration) bool { return true }
func never(time.Duration) bool  { return false }

// Cells that a mask touches do not count, those whose middle a zone holds do.
func TestZonesOfCells(t *testing.T) {
	for text, want := range map[string]int{
		"zone 0,0 500,0 500,1000 0,1000":                                         cells / 2,
		"mask 0,0 500,0 500,1000 0,1000":                                         cells / 2,
		"mask 0,0 501,0 501,1000 0,1000":                                         cells/2 - height, // a column more is touched
		"zone 0,0 501,0 501,1000 0,1000":                                         cells / 2,        // and none is held
		"zone 0,0 500,0 500,1000 0,1000\nmask 0,0 1000,0 1000,500 0,500":         cells / 4,
		"zone 0,0 500,0 500,500 0,500\nzone 500,500 1000,500 1000,1000 500,1000": cells / 2,
	} {
		z := drawn(t, text)
		n := 0
		for _, r := range z.runs {
			if n += r.to - r.from; r.from/width != (r.to-1)/width || r.to <= r.from {
				t.Errorf("%q: cells %d to %d are no row", text, r.from, r.to)
			}
		}
		if n != want || z.n != want {
			t.Errorf("%q: %d and %d cells count, not %d", text, n, z.n, want)
		}
	}
	if NewZones(nvr.Zones{}) != nil {
		t.Error("no zones are some")
	}
}

// A camera of key frames alone has no score, and its pictures tell.
func TestSightIsReadyByPictures(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	s := NewSight(media.Track{}, drawn(t, "zone 0,0 500,0 500,1000 0,1000"))
	for i := range 40 {
		at := time.Duration(i) * time.Second
		s.Add(make([]byte, 500), true, at)
		s.See(scenePicture(r, 2, none), at)
		if want := i >= learned; s.Ready() != want {
			t.Errorf("ready after %d pictures: %v", i+1, !want)
		}
	}
}
