package motion

import (
	"time"

	"nvrd/pkg/ffmpeg"
)

// What counts as motion in small pictures. The numbers were chosen by half of
// the films of docs/design/motion.md, and hold for the other half.
const (
	width, height = ffmpeg.SmallWidth, ffmpeg.SmallHeight
	cells         = width * height
	// reach is how many cells around one make what its brightness is compared
	// with, so that a lamp or the shadow of a cloud changes nothing.
	reach = 4
	// A cell has changed if it did so by clearly more than it usually does.
	leastChange  = 8 // of 255
	usualChanges = 6
	// Something moves where this many cells changed, and so many times the
	// number that usually do (leaves, rain).
	leastCells = 25
	fewest     = 4 // in the smallest of zones
	timesUsual = 2.5
	// learned is how many pictures it takes to know what usually changes.
	learned = 12
	// How fast that is followed: a cell's change up and down, their number, and
	// that in motion.
	cellUp, cellDown      = 60 * time.Second, 10 * time.Second
	usually, usuallyMoved = 20 * time.Second, 160 * time.Second
	learningCells         = 3 * time.Second
	// between is how far pictures are apart at least: what changes sooner is noise.
	between = 480 * time.Millisecond
)

// grid has a number for each cell of a small picture, in rows.
type grid [cells]float32

// Area finds motion in small pictures ([ffmpeg.Tool.Shrink]), one or two a
// second. The zero Area is ready; it is not safe for concurrent use. It
// allocates nothing.
type Area struct {
	zones  *Zones // nil for all of the picture
	n      int    // pictures, no more than are needed
	at     time.Duration
	before time.Duration // the picture before that
	last   grid
	change grid    // how much each cell usually changes
	usual  float64 // how many usually change

	was     bool // the last picture had motion, one alone counts for nothing
	moving  bool
	movedAt [2]time.Duration
}

// Add takes a small picture, which may be used again then. Pictures that are
// not later than the one before by half a second are ignored.
func (a *Area) Add(small []byte, at time.Duration) {
	if len(small) != cells || a.n > 0 && at-a.at < between {
		return
	}
	z := a.zones
	if z == nil {
		z = whole()
	}
	var now grid
	z.flatten(small, &now)
	if a.n > 0 {
		a.judge(float64(a.changed(z, &now, at-a.at)), z.least(), at)
	}
	a.last = now
	a.before, a.at = a.at, at
	a.n = min(a.n+1, learned+1)
}

// Ready tells whether it knows what usually changes.
func (a *Area) Ready() bool { return a.n > learned }

// Moving tells what [Detector.Moving] does.
func (a *Area) Moving() (from, to time.Duration, moving bool) {
	return a.movedAt[0], a.movedAt[1], a.moving
}

// flatten subtracts from each cell that counts the mean of those around it that
// count: what moves beside them changes nothing.
func (z *Zones) flatten(small []byte, out *grid) {
	const w, h = width, height
	var sum [(w + 1) * (h + 1)]int32 // of all cells above and to the left
	for y := range h {
		line, on := small[y*w:(y+1)*w], z.on[y*w:(y+1)*w]
		above, to := sum[y*(w+1)+1:(y+1)*(w+1)], sum[(y+1)*(w+1)+1:(y+2)*(w+1)]
		row := int32(0)
		for x := range line {
			row += int32(line[x] & on[x])
			to[x] = above[x] + row
		}
	}
	for _, r := range z.runs {
		y := r.from / w
		y0, y1 := max(0, y-reach), min(h, y+reach+1)
		above, below := sum[y0*(w+1):(y0+1)*(w+1)], sum[y1*(w+1):(y1+1)*(w+1)]
		for i := r.from; i < r.to; i++ {
			x := i - y*w
			x0, x1 := max(0, x-reach), min(w, x+reach+1)
			out[i] = float32(small[i]) - float32(below[x1]-above[x1]-below[x0]+above[x0])*z.part[i]
		}
	}
}

// changed counts the cells that changed, and learns how much each does.
func (a *Area) changed(z *Zones, now *grid, passed time.Duration) (n int) {
	up, down := float32(part(passed, cellUp, 1)), float32(part(passed, cellDown, 1))
	if a.n < learned {
		up, down = 0.3, 0.3
	}
	for _, r := range z.runs {
		now, last, change := now[r.from:r.to], a.last[r.from:r.to], a.change[r.from:r.to]
		for i := range now {
			d := max(now[i]-last[i], last[i]-now[i])
			if d > max(leastChange, usualChanges*change[i]) {
				n++
			}
			if d > change[i] {
				change[i] += up * (d - change[i])
			} else {
				change[i] += down * (d - change[i])
			}
		}
	}
	return n
}

// judge takes how many cells changed up to a picture, and how many have to at least.
func (a *Area) judge(changed, least float64, at time.Duration) {
	is := a.Ready() && changed >= least+timesUsual*a.usual
	if !is || a.moving {
		follow := usually
		switch {
		case !a.Ready():
			follow = learningCells
		case a.moving && is:
			follow = usuallyMoved
		}
		a.usual += part(at-a.at, follow, 1) * (changed - a.usual)
	}
	switch {
	case a.moving && at-a.movedAt[0] >= longest:
		a.moving = false
	case is && a.was && a.moving:
		a.movedAt[1] = at
	case is && a.was:
		// It began between the two before, which key frames have far apart.
		a.moving, a.movedAt = true, [2]time.Duration{a.before + (a.at-a.before)/2, at}
	case a.moving && at-a.movedAt[1] >= stillness:
		a.moving = false
	}
	a.was = is
}
