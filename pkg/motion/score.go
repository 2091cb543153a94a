// Package motion finds activity in a stream. Its cheapest source is the size
// of compressed pictures: what moves costs bytes, and sizes are there without
// decoding anything.
package motion

import (
	"math"

	"nvrd/pkg/fmp4"
)

// Scorer turns the sizes of pictures into activity scores. The zero Scorer is
// ready; it serves one stream and is not safe for concurrent use.
type Scorer struct {
	still float64 // bytes of a dependent picture while nothing moves
	sum   float64 // of the dependent pictures since the last Take
	n     int
}

// How fast the idea of a still picture follows what is seen: at once when
// pictures get smaller, over some minutes when they stay larger (dusk, rain).
const (
	adaptDown = 0.3
	adaptUp   = 0.004
)

// Add takes the size of one picture in bytes. Key frames say nothing of motion
// and are passed over.
func (s *Scorer) Add(bytes int, key bool) {
	if !key {
		s.sum += float64(bytes)
		s.n++
	}
}

// Take returns the activity since the last call: 0 for a still picture, 255
// for dependent pictures 16 times as large as those of a still one or more.
func (s *Scorer) Take() uint8 {
	if s.n == 0 {
		return 0
	}
	mean := max(s.sum/float64(s.n), 1)
	s.sum, s.n = 0, 0
	if s.still == 0 {
		s.still = mean
	}
	score := math.Log2(mean/s.still) / 4 * 255
	rate := adaptUp
	if mean < s.still {
		rate = adaptDown
	}
	s.still += rate * (mean - s.still)
	return uint8(min(max(score, 0), 255))
}

// Scores returns a function that gives movie fragments read from a file, in
// their order, the activity they were given when they were recorded.
func Scores() func([]fmp4.SampleInfo) uint8 {
	var s Scorer
	return func(samples []fmp4.SampleInfo) uint8 {
		for _, sample := range samples {
			s.Add(int(sample.Bytes), sample.Key)
		}
		return s.Take()
	}
}
