// Package motion finds activity in a stream. Its cheapest source is what
// compressed pictures cost: what moves costs bytes, or a coarser quantizer where
// the bytes are bounded, and both are there without decoding anything. Where that
// tells nothing, it looks at small pictures that were decoded.
package motion

import (
	"math"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/media/slice"
)

// The cost of a dependent picture is log2 of its bytes, and perStep for each
// doubling of the quantizer's step, which is 6 of QP. A picture of noise loses
// more than half of its bytes when the step doubles: 1.5 to 2.5 does as well.
const perStep = 2.0

// How fast the idea of a still picture follows what is seen, as time constants:
// it is exact soon when pictures get cheaper, takes half a minute to become dearer
// (dusk, rain), and minutes while something moves.
const (
	soonest  = 4 * time.Second // a window was cheap: what was learned was no stillness
	sooner   = 16 * time.Second
	later    = 30 * time.Second
	slowest  = 150 * time.Second
	starting = 3 * time.Second // while it learns
)

// The same of windows: of what they are usually dearer, and by how much that varies.
const (
	usualDown = 12 * time.Second
	usualUp   = 30 * time.Second
	beginning = 4 * time.Second // while it learns
	patience  = 8               // times as slow while something moves
	settling  = 1.5             // times as fast when it varies less
)

const (
	// learning is how long pictures only teach what a still scene costs: some
	// groups of pictures, while cameras settle exposure and bit rate.
	learning = 10 * time.Second
	// young is how long what it learned is doubted, if it varied by more than
	// startled bits.
	young    = time.Minute
	startled = 0.4
	// positions are how many positions behind a key frame are told apart: encoders
	// spend less on what follows it, and more again later. Those behind are one.
	positions = 64
	// tiny is the part of a key frame that counts with each dependent picture:
	// where a still one is a few bytes, noise would be its tenfold.
	tiny = 256
	// leastSpread bounds how exact a window can be, in bits; leastUsual by how much
	// positions may be too dear.
	leastSpread = 0.05
	leastUsual  = -0.15
	// What is more than odd spreads is probably no stillness, and spreads learn of
	// it oddly slower.
	odd   = 2.5
	cheap = -0.4
	oddly = 10
)

// Scorer turns what pictures cost into activity scores. The zero Scorer is
// ready and goes by sizes alone; one of [NewScorer] knows the quantizer, too. It
// serves one stream and is not safe for concurrent use. A copy goes on by itself.
// No method allocates.
type Scorer struct {
	slices *slice.Reader

	started   bool
	begun     time.Duration
	positions [positions]position // since the key frame
	next      int
	key       int // bytes of the last key frame

	sum float64 // of what the pictures of this window are dearer than still ones
	n   int
	at  time.Duration // of the last window's end

	last          float64 // bits of the last window
	usual, spread float64 // of still windows, in bits
	pixels        float64 // log2 of how many a picture has; zero if unknown
	busy          bool    // something moves
}

// position is what a still picture costs at one position behind the key frame.
type position struct {
	cost  float64
	at    time.Duration
	known bool
}

// NewScorer returns the scorer of a track.
func NewScorer(track media.Track) Scorer {
	s := Scorer{slices: slice.NewReader(track)}
	if pixels := track.Width * track.Height; pixels > 0 {
		s.pixels = math.Log2(float64(pixels))
	}
	return s
}

// Add takes one picture: a video sample as [media.Sample] has it, whether it is a
// key frame, and when it is decoded, counted from any zero that stays the same.
// Of key frames only the size counts, as a measure for the others.
func (s *Scorer) Add(data []byte, key bool, at time.Duration) {
	p := slice.Picture{Bytes: len(data)}
	if s.slices != nil {
		p = s.slices.Measure(data)
	}
	s.add(p, key, at)
}

func (s *Scorer) add(p slice.Picture, key bool, at time.Duration) {
	if !s.started {
		s.started, s.begun, s.at = true, at, at
	}
	if key {
		s.next, s.key = 0, p.Bytes
		return
	}
	cost := math.Log2(float64(p.Bytes+s.key/tiny) + 1)
	if p.Known {
		cost += perStep * p.QP / 6
	}
	b := &s.positions[s.next]
	s.next = min(s.next+1, positions-1)
	if !b.known {
		*b = position{cost, at, true}
	}
	above := cost - b.cost
	b.cost += above * part(at-b.at, s.pace(above), 0.5)
	b.at = at
	s.sum += above
	s.n++
}

// pace is the time constant with which a position follows.
func (s *Scorer) pace(above float64) time.Duration {
	switch {
	case s.learns(s.at) && above < 0:
		return starting
	case s.learns(s.at):
		return starting * 2
	case above < 0 && s.last < cheap:
		return soonest
	case above < 0:
		return sooner
	case s.busy:
		return slowest
	}
	return later
}

// part is how much of a difference is taken over after a time.
func part(after, constant time.Duration, most float64) float64 {
	return max(0, min(after.Seconds()/constant.Seconds(), most))
}

func (s *Scorer) learns(at time.Duration) bool { return at-s.begun < learning }

// window ends a window and returns by how many bits its pictures were dearer than
// those of a still one, and how many spreads that is. It is false if there were
// none.
func (s *Scorer) window(at time.Duration) (bits, z float64, ok bool) {
	if s.n == 0 {
		return 0, 0, false
	}
	mean := s.sum / float64(s.n)
	s.sum, s.n = 0, 0
	after := at - s.at
	s.at = at
	bits = mean - s.usual
	s.last = bits
	z = bits / max(s.spread, leastSpread)
	bound := 3 * max(s.spread, leastSpread)
	follow, vary := usualUp, usualUp
	switch {
	case s.learns(at):
		follow, vary, bound = beginning, beginning, 10
	case s.busy:
		follow, vary = usualUp*patience, usualUp*patience
	case bits < 0:
		follow = usualDown
	}
	kept := max(-bound, min(bits, bound))
	switch {
	case s.learns(at) || s.busy:
	case z > odd, bits < cheap:
		vary *= oddly
	}
	if 1.25*math.Abs(kept) < s.spread && !s.busy {
		vary = time.Duration(float64(vary) / settling)
		if at-s.begun < young && s.spread > startled { // what moved while it learned is forgotten
			vary /= 4
		}
	}
	s.usual = max(leastUsual, s.usual+part(after, follow, 1)*kept)
	s.spread += part(after, vary, 1) * (1.25*math.Abs(kept) - s.spread)
	return bits, z, true
}

// Take returns the activity since the last call: 0 for a still picture, and 64
// for each doubling of what its dependent pictures cost, up to 255.
func (s *Scorer) Take(at time.Duration) uint8 {
	bits, _, _ := s.window(at)
	s.busy = bits >= 0.5
	return uint8(min(max(64*bits, 0), 255))
}

// Scores returns a function that gives movie fragments read from a file, in
// their order, an activity as when they were recorded. It is a guess, since it
// goes by sizes alone and knows only what stands in the file: at a constant bit
// rate it tells nothing. Times are taken to be in units of 90 kHz.
func Scores() func([]fmp4.SampleInfo) uint8 {
	var s Scorer
	var at time.Duration
	return func(samples []fmp4.SampleInfo) uint8 {
		for _, sample := range samples {
			s.add(slice.Picture{Bytes: int(sample.Bytes)}, sample.Key, at)
			at += time.Duration(sample.Duration) * time.Second / 90_000
		}
		return s.Take(at)
	}
}
