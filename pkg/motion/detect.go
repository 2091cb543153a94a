package motion

import (
	"time"

	"nvrd/pkg/media"
)

// What counts as motion. The numbers were chosen by half of the films of
// docs/design/motion.md, and hold for the other half.
const (
	// window is how much is scored at once: what a movie fragment holds.
	window = 500 * time.Millisecond
	// Motion begins when the spreads by which windows are dearer than still ones
	// add up to enough, each less a drift: two strong windows do, or some weaker
	// ones, and a lamp that is switched on, which is one, does not.
	drift  = 1.0
	most   = 3.0 // of one window
	enough = 5.0
	// It goes on while two windows are as dear as most of it was, and clearly
	// dearer than still ones: what stands somewhere else now may cost a bit more.
	mostly  = 0.6
	clearly = 1.5
	// leastBits is what no window is dear without.
	leastBits = 0.08
	// fading is how fast it is forgotten how dear motion was.
	fading = 20 * time.Second
	// stillness is how long nothing may move before motion is over.
	stillness = 3 * time.Second
	// longest bounds one motion; the catalog takes a day of it.
	longest = time.Hour
)

// Where the score is worth nothing: noise costs so much that what moves adds
// nothing to it, or stillness itself varies that much (shadows, leaves). In the
// films day costs 0.2 to 4.4 bits a pixel and QP 0, rain up to 6.2, and a noisy
// night 6.7 to 9.5.
const (
	noisyCost    = 6.5
	unevenSpread = 0.2
)

// Trust says whether what a [Detector] sees can be believed.
type Trust uint8

// What may be wrong with it.
const (
	Trusted Trust = iota
	Noisy         // a still picture costs so much that motion adds nothing
	Uneven        // what still pictures cost varies as much as motion does
)

// String says it for the log.
func (t Trust) String() string {
	switch t {
	case Noisy:
		return "none: too much noise"
	case Uneven:
		return "little: stillness varies"
	}
	return "full"
}

// Detector finds motion in what one stream's pictures cost. The zero Detector is
// ready and goes by sizes alone; it is not safe for concurrent use.
//
// It begins no motion while it learns, nor before it has seen stillness after
// that: what moves when a camera connects is not told from what always moves.
// What goes on for minutes becomes still, too.
type Detector struct {
	scorer  Scorer
	started bool
	from    time.Duration // of the window under way
	ready   bool

	sum    float64       // by how many spreads windows were dearer, less the drift
	since  time.Duration // when the first of them began
	quiet  bool          // the window before was no dearer than the drift
	before float64       // bits of the window before
	level  float64       // bits of the motion
	rest   float64       // bits of windows since something moved last
	rests  int

	moving  bool
	movedAt [2]time.Duration
}

// NewDetector returns the detector of a track.
func NewDetector(track media.Track) Detector { return Detector{scorer: NewScorer(track)} }

// Add takes one picture, as [Scorer.Add]. It reports true when a window has
// ended, and with it what the other methods say may have changed. It allocates
// nothing.
func (d *Detector) Add(data []byte, key bool, at time.Duration) bool {
	if !d.started {
		d.started, d.from = true, at
	}
	over := at-d.from >= window
	if over {
		if bits, z, ok := d.scorer.window(at); ok && !d.scorer.learns(at) {
			d.judge(bits, z, at)
			d.scorer.busy = d.moving
		}
		d.from = at
	}
	d.scorer.Add(data, key, at)
	return over
}

// judge takes the window that ended at a time.
func (d *Detector) judge(bits, z float64, at time.Duration) {
	if bits < leastBits {
		z = min(z, 0)
	}
	if d.sum == 0 || d.quiet {
		d.since = d.from
	}
	d.quiet = z < drift
	d.sum = max(0, d.sum+max(-most, min(z, most))-drift)
	two := (d.before + bits) / 2
	d.before = bits
	d.ready = d.ready || z < 1
	switch {
	case d.moving && at-d.movedAt[0] >= longest:
		d.moving, d.ready, d.sum = false, false, 0
	case d.moving:
		d.goOn(bits, two, at)
	case d.ready && d.sum >= enough:
		d.moving, d.movedAt = true, [2]time.Duration{d.since, at}
		d.level, d.rest, d.rests = two, 0, 0
	}
}

// goOn decides whether motion goes on.
func (d *Detector) goOn(bits, two float64, at time.Duration) {
	s := &d.scorer
	d.level = max(d.level*(1-part(at-d.from, fading, 1)), two)
	least := max(clearly*max(s.spread, leastSpread), mostly*d.level)
	if two >= least && bits >= least/2 {
		d.movedAt[1], d.rest, d.rests = at, 0, 0
		return
	}
	if at-d.movedAt[1] >= stillness/3 {
		d.rest, d.rests = d.rest+bits, d.rests+1
	}
	if at-d.movedAt[1] >= stillness {
		d.moving, d.sum = false, 0
		s.usual += d.rest / float64(max(d.rests, 1)) // this is what stillness costs now
	}
}

// Ready tells whether the detector knows what a still scene looks like.
func (d *Detector) Ready() bool { return d.ready }

// Moving tells whether there is motion, or when there was last: from when on,
// and when something moved last so far.
func (d *Detector) Moving() (from, to time.Duration, moving bool) {
	return d.movedAt[0], d.movedAt[1], d.moving
}

// Trust tells whether that can be believed: of a detector that is not ready it
// says nothing.
func (d *Detector) Trust() Trust {
	s := &d.scorer
	still := 0.0
	for i := range 4 { // more are not in every group of pictures
		still = max(still, s.positions[i].cost)
	}
	switch {
	case s.pixels > 0 && still+3-s.pixels > noisyCost: // 3: bits of a byte
		return Noisy
	case s.spread > unevenSpread:
		return Uneven
	}
	return Trusted
}

// Scorer returns a scorer that knows what the detector does of a still scene.
func (d *Detector) Scorer() Scorer {
	s := d.scorer
	s.sum, s.n, s.busy = 0, 0, false
	return s
}
