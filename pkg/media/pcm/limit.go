package pcm

import "math"

const (
	// loudest is the highest peak that a Limiter lets through: 3 dB below full
	// scale, since small speakers rattle above.
	loudest = 0.7 * math.MaxInt16
	// release is by how much the gain grows back with each sample of 8 kHz: all
	// of it within half a second.
	release = 1.0 / 4000
)

// Limiter makes what is too loud quieter, at once and as a whole, and lets it
// come back slowly. It never makes anything louder. The zero value is ready; it
// is not safe for concurrent use.
type Limiter struct{ lost float64 } // of a gain of 1

// Apply changes samples in place.
func (l *Limiter) Apply(samples []int16) {
	peak := 0.0
	for _, s := range samples {
		peak = max(peak, math.Abs(float64(s)))
	}
	need := 0.0
	if peak > loudest {
		need = 1 - loudest/peak
	}
	l.lost = max(l.lost, need)
	if l.lost == 0 {
		return
	}
	for i, s := range samples {
		samples[i] = clip(float64(s) * (1 - l.lost))
		l.lost = max(need, l.lost-release)
	}
}
