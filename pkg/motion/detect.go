package motion

import "time"

// What counts as motion. Scores are 64 for a doubling of what a still picture
// costs. The numbers were chosen by vtest.avi, in which people walk, between
// still stretches with the noise of a sensor, as several encoders make it, and
// by the clips of porch.
const (
	// window is how much is scored at once: what a movie fragment holds.
	window = 500 * time.Millisecond
	// Two windows in a row have to say so, since a lamp that is switched on is
	// one window, and so is what an encoder spends behind a key frame.
	//
	// beginScore is 1.7 times a still picture. Noise and leaves come to 40 in a
	// window now and then, a person to 80 and more, a cat to 50.
	beginScore = 48
	// goOnScore is 1.4 times: who waits at a door moves little.
	goOnScore = 32
	// stillness is how long nothing may move before motion is over.
	stillness = 3 * time.Second
	// learning is how long pictures only teach what a still scene costs: some
	// groups of pictures, while cameras settle exposure and bit rate.
	learning = 10 * time.Second
	// longest bounds one motion; the catalog takes a day of it.
	longest = time.Hour
	// tiny is the part of a key frame that a dependent picture has to cost to
	// be more than nothing: where a still one is a few bytes, noise would be
	// its tenfold. People are a thirtieth and more, the cat a sixtieth.
	tiny = 128
)

// Detector finds motion in the sizes of one stream's pictures. The zero
// Detector is ready; it is not safe for concurrent use.
//
// It begins no motion while it learns, nor before it has seen stillness after
// that: what moves when a camera connects is not told from what always moves.
// What goes on for minutes becomes still, too. A camera that spends the same
// bytes whatever it sees (a constant bit rate that is always used up) shows no
// motion.
type Detector struct {
	scorer  Scorer
	started bool
	begun   time.Duration    // the first picture
	window  [2]time.Duration // when the last window and the one under way began
	last    uint8            // score of the last window
	key     int              // bytes of the last key frame
	ready   bool

	moving   bool
	from, to time.Duration
}

// Add takes one picture: its size, whether it is a key frame, and when it is
// decoded, counted from any zero that stays the same. It reports true when a
// window has ended, and with it what the other methods say may have changed.
func (d *Detector) Add(bytes int, key bool, at time.Duration) bool {
	if !d.started {
		d.started, d.begun, d.window = true, at, [2]time.Duration{at, at}
	}
	over := at-d.window[1] >= window
	if over {
		d.judge(d.scorer.Take(), at)
		d.window = [2]time.Duration{d.window[1], at}
	}
	if key {
		d.key = bytes
	} else {
		d.scorer.Add(max(bytes, d.key/tiny), false)
	}
	return over
}

// judge takes the score of the window that ended at a time.
func (d *Detector) judge(score uint8, at time.Duration) {
	both := min(d.last, score)
	d.last = score
	if at-d.begun < learning {
		return
	}
	d.ready = d.ready || both < goOnScore
	switch {
	case !d.moving && d.ready && both >= beginScore:
		d.moving, d.from, d.to = true, d.window[0], at
	case d.moving && at-d.from >= longest:
		d.moving, d.ready = false, false
	case d.moving && both >= goOnScore:
		d.to = at
	case d.moving && at-d.to >= stillness:
		d.moving = false
	}
}

// Ready tells whether the detector knows what a still scene looks like.
func (d *Detector) Ready() bool { return d.ready }

// Moving tells whether there is motion, or when there was last: from when on,
// and when something moved last so far.
func (d *Detector) Moving() (from, to time.Duration, moving bool) { return d.from, d.to, d.moving }

// Scorer returns a scorer that knows what the detector does of a still scene.
func (d *Detector) Scorer() Scorer { return Scorer{still: d.scorer.still} }
