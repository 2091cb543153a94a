package motion

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"
)

// Films with known motion. People of real footage stand still, and walk at
// known times, in all of the picture or in a part of it; what is no motion
// (noise, a lamp, leaves, rain, shadows) is laid over all of it.

// picture planes are those of yuv420p.
type plane struct {
	w, h int
	b    []byte // Y, then U and V
}

func newPlane(w, h int) plane { return plane{w, h, make([]byte, w*h*3/2)} }

// take says what a film shows.
type take struct {
	scene  string
	source string // of the footage
	seed   uint64
	w, h   int
	fps    float64
	shots  int
}

const footage = "/usr/share/doc/opencv-doc/examples/data/"

// rates are how many pictures a second footage has.
var rates = map[string]float64{"vtest.avi": 10, "Megamind.avi": 24}

// times returns when something moves in a film, and how long that is.
func (m take) times() (all []span, length float64) {
	r := rand.New(rand.NewPCG(m.seed, 1))
	at := 40 + 5*r.Float64()
	for range m.shots {
		long := 3 + 6*r.Float64()
		all = append(all, span{at, at + long})
		at += long + 9 + 18*r.Float64()
	}
	return all, at
}

// render writes the pictures of a film, one after the other.
func (m take) render(t testing.TB, out io.Writer) {
	r := rand.New(rand.NewPCG(m.seed, 2))
	source := m.open(t)
	canvas, shown := newPlane(m.w, m.h), newPlane(m.w, m.h)
	copy(canvas.b, source.next().b)
	over := newOverlay(m, r)
	times, length := m.times()
	n, speed := 0, rates[m.source]/m.fps
	still := func(until float64) {
		for ; float64(n)/m.fps < until; n++ {
			m.show(t, out, canvas, shown, over, n)
		}
	}
	for _, s := range times {
		still(s.from)
		pictures := int(math.Ceil((s.to - s.from) * m.fps))
		frames := make([]plane, int(float64(pictures)*speed)+2)
		for i := range frames {
			frames[i] = source.next()
		}
		where := choose(r, frames)
		for i := range pictures {
			at := float64(i) * speed
			where.blend(canvas, frames[int(at)], frames[int(at)+1], at-math.Floor(at))
			m.show(t, out, canvas, shown, over, n)
			n++
		}
	}
	still(length)
}

func (m take) show(t testing.TB, out io.Writer, canvas, shown plane, over *overlay, n int) {
	copy(shown.b, canvas.b)
	over.lay(shown, n)
	if _, err := out.Write(shown.b); err != nil {
		t.Fatal(err)
	}
}

// reel is footage that is decoded, over and over.
type reel struct {
	t    testing.TB
	w, h int
	r    io.Reader
}

func (m take) open(t testing.TB) *reel {
	begin := fmt.Sprint(m.seed % 5)
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-stream_loop", "-1", "-ss", begin, "-i", footage+m.source, "-an",
		"-vf", fmt.Sprintf("scale=%d:%d:flags=area,format=yuv420p", m.w, m.h), "-f", "rawvideo", "-")
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return &reel{t, m.w, m.h, stdout}
}

func (r *reel) next() plane {
	p := newPlane(r.w, r.h)
	if _, err := io.ReadFull(r.r, p.b); err != nil {
		r.t.Fatal(err)
	}
	return p
}

// patch is a rectangle in pixels, even ones.
type patch struct{ x0, y0, x1, y1 int }

// choose returns in which part of the picture something moves: half of the
// time in all of it, else in a small part in which something does all the time.
func choose(r *rand.Rand, frames []plane) patch {
	w, h := frames[0].w, frames[0].h
	all := patch{0, 0, w, h}
	if r.IntN(2) == 0 {
		return all
	}
	best, most := all, 0.01
	for range 12 {
		pw, ph := int(float64(w)*(0.2+0.2*r.Float64()))&^1, int(float64(h)*(0.25+0.25*r.Float64()))&^1
		x, y := r.IntN(w-pw)&^1, r.IntN(h-ph)&^1
		p := patch{x, y, x + pw, y + ph}
		least := 1.0
		const step = 5 // pictures
		for i := step; i < len(frames); i += step {
			least = min(least, p.changed(frames[i-step], frames[i])/float64(w*h))
		}
		if least > most {
			best, most = p, least
		}
	}
	return best
}

// changed counts the pixels that differ.
func (p patch) changed(a, b plane) (n float64) {
	for y := p.y0; y < p.y1; y++ {
		for x := p.x0; x < p.x1; x++ {
			if d := int(a.b[y*a.w+x]) - int(b.b[y*a.w+x]); d > 16 || d < -16 {
				n++
			}
		}
	}
	return n
}

// blend lays a part of a picture between two over another one.
func (p patch) blend(to, a, b plane, f float64) {
	g := int(256 * f)
	mix := func(from, until int) {
		for i := from; i < until; i++ {
			to.b[i] = byte((int(a.b[i])*(256-g) + int(b.b[i])*g) / 256)
		}
	}
	for y := p.y0; y < p.y1; y++ {
		mix(y*a.w+p.x0, y*a.w+p.x1)
	}
	for c := range 2 {
		base := a.w*a.h + c*a.w*a.h/4
		for y := p.y0 / 2; y < p.y1/2; y++ {
			mix(base+y*a.w/2+p.x0/2, base+y*a.w/2+p.x1/2)
		}
	}
}

// overlay is what is no motion.
type overlay struct {
	take
	r      *rand.Rand
	noise  []int8
	lamps  []span
	length float64
	tmp    []byte
}

func newOverlay(m take, r *rand.Rand) *overlay {
	o := &overlay{take: m, r: r, noise: make([]int8, 1<<18)}
	sigma := 2.0
	if m.scene == "night" {
		sigma = 9
	}
	for i := range o.noise {
		o.noise[i] = int8(max(-60, min(60, sigma*r.NormFloat64())))
	}
	var times []span
	times, o.length = m.times()
	for i := 1; i < len(times); i += 2 { // a lamp is on between two motions
		from := times[i-1].to + 4.2
		o.lamps = append(o.lamps, span{from, from + 3 + r.Float64()})
	}
	return o
}

// lay changes a picture to what a sensor sees.
func (o *overlay) lay(p plane, n int) {
	at := float64(n) / o.fps
	y := p.b[:p.w*p.h]
	switch o.scene {
	case "night":
		for i, v := range y {
			y[i] = byte(int(v)*90/256 + 16)
		}
		for i := range p.b[len(y):] {
			p.b[len(y)+i] = 128
		}
	case "lamp":
		for _, l := range o.lamps {
			if at >= l.from && at < l.to {
				o.light(p)
			}
		}
	case "leaves":
		o.leaves(p, at)
	case "rain":
		o.rain(p)
	case "shadows":
		o.shadow(p, at)
	}
	for row := range p.h {
		noise := o.noise[o.r.IntN(len(o.noise)-p.w):]
		line := y[row*p.w : (row+1)*p.w]
		for i, v := range line {
			line[i] = byte(max(0, min(255, int(v)+int(noise[i]))))
		}
	}
}

// light lights up the left more than the right.
func (o *overlay) light(p plane) {
	for row := range p.h {
		line := p.b[row*p.w : (row+1)*p.w]
		for i, v := range line {
			line[i] = byte(min(255, int(v)+50-40*i/p.w))
		}
	}
}

// leaves sway in a corner: a tenth of the picture, by up to two pixels.
func (o *overlay) leaves(p plane, at float64) {
	gust := 0.5 + 0.5*math.Sin(at/7)
	o.tmp = append(o.tmp[:0], p.b...)
	for row := range p.h * 2 / 5 {
		shift := 2 * gust * math.Sin(2*math.Pi*at*0.9+float64(row)/9)
		whole := int(math.Floor(shift))
		f := int(256 * (shift - math.Floor(shift)))
		for x := 4; x < p.w/4; x++ {
			a, b := int(o.tmp[row*p.w+x+whole]), int(o.tmp[row*p.w+x+whole+1])
			p.b[row*p.w+x] = byte((a*(256-f) + b*f) / 256)
		}
	}
}

// rain is streaks that are elsewhere in each picture.
func (o *overlay) rain(p plane) {
	for range p.w * p.h / 3000 {
		x, y, long := o.r.IntN(p.w), o.r.IntN(p.h), 4+o.r.IntN(p.h/30)
		for i := range long {
			if row := y + i; row < p.h {
				at := row*p.w + x
				p.b[at] = byte(min(255, int(p.b[at])+35))
			}
		}
	}
}

// shadow passes over the picture in half a minute, as of a cloud.
func (o *overlay) shadow(p plane, at float64) {
	const takes = 33
	middle := (math.Mod(at, takes)/takes*2 - 0.5) * float64(p.w)
	for x := range p.w {
		d := math.Abs(float64(x)-middle) / (0.25 * float64(p.w))
		dark := int(256 * (1 - 0.3*max(0, min(1, 1.5-d))))
		for row := range p.h {
			p.b[row*p.w+x] = byte(int(p.b[row*p.w+x]) * dark / 256)
		}
	}
}

// encoding is how a film is encoded.
type encoding struct {
	name string
	fps  float64
	args []string
}

// encode makes a film: NAL units with start codes and access unit delimiters.
func (e encoding) encode(t testing.TB, m take, path string) {
	delimit := "h264_metadata=aud=insert"
	format := "h264"
	if bytes.Contains([]byte(fmt.Sprint(e.args)), []byte("libx265")) {
		delimit, format = "hevc_metadata=aud=insert", "hevc"
	}
	args := []string{"-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", m.w, m.h), "-r", fmt.Sprint(m.fps), "-i", "-", "-threads", "2"}
	args = append(append(args, e.args...), "-bsf:v", delimit, "-f", format, path)
	cmd := exec.CommandContext(t.Context(), "ffmpeg", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	m.render(t, stdin)
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, &stderr)
	}
}
