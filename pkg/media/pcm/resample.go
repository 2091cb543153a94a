package pcm

import (
	"fmt"
	"math"
	"slices"
)

// rates are those that Resampler knows: telephones, wide-band telephones,
// and browsers. One divides the next, so no ratio is odd.
var rates = []int{8000, 16000, 48000}

// Resamples tells whether sound of so many samples a second can be made from
// others, and others from it.
func Resamples(rate int) bool { return slices.Contains(rates, rate) }

const (
	// lobes is how many zero crossings of the sinc lie to each side: with 16 and
	// the window below, tones beyond the half of the lower rate come through 60 dB
	// weaker, and those up to 0.85 of it lose less than a decibel.
	lobes = 16
	// cutoff is where the filter has half its height, of the half of the lower rate.
	cutoff = 0.92
	// beta shapes the Kaiser window: 70 dB.
	beta = 7.0
)

// Resampler turns sound of one rate into another with a low-pass filter before
// the lower rate. It holds sound back by 2 ms at 8 kHz. It is not safe for
// concurrent use.
type Resampler struct {
	up, down int
	taps     []float64 // at the rate of both multiplied
	past     []float64 // input that later output needs; before it was silence
	at       int       // of the next output, in steps of 1/up from the first of past
	half     int       // of the taps
}

// NewResampler fails unless both rates are known; see [Resamples].
func NewResampler(from, to int) (*Resampler, error) {
	if !Resamples(from) || !Resamples(to) {
		return nil, fmt.Errorf("sound of %d Hz is not turned into %d Hz", from, to)
	}
	r := &Resampler{up: max(1, to/from), down: max(1, from/to)}
	if r.up == r.down {
		return r, nil
	}
	if to%from != 0 && from%to != 0 {
		return nil, fmt.Errorf("sound of %d Hz is not turned into %d Hz", from, to)
	}
	wide := float64(max(r.up, r.down)) // samples at the high rate for one of the low
	r.half = lobes * int(wide)
	r.taps = make([]float64, 2*r.half+1)
	sum := 0.0
	for i := range r.taps {
		x := float64(i - r.half)
		r.taps[i] = sinc(cutoff*x/wide) * kaiser(x/float64(r.half+1))
		sum += r.taps[i]
	}
	for i := range r.taps {
		r.taps[i] *= float64(r.up) / sum
	}
	return r, nil
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the Kaiser window from -1 to 1.
func kaiser(x float64) float64 { return bessel(beta*math.Sqrt(1-x*x)) / bessel(beta) }

// bessel is the modified Bessel function of the first kind, of order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

// Append appends to out what samples become, with what was held back of
// earlier ones.
func (r *Resampler) Append(out, samples []int16) []int16 {
	if r.taps == nil {
		return append(out, samples...)
	}
	for _, s := range samples {
		r.past = append(r.past, float64(s))
	}
	for ; r.at+r.half < len(r.past)*r.up; r.at += r.down {
		// Input sample i lies at i*up; those within half of at count.
		first := max(0, (r.at-r.half+r.up-1)/r.up)
		sum := 0.0
		for i := first; i < len(r.past) && i*r.up <= r.at+r.half; i++ {
			sum += r.past[i] * r.taps[i*r.up-r.at+r.half]
		}
		out = append(out, clip(sum))
	}
	if gone := max(0, (r.at-r.half)/r.up); gone > 0 {
		r.past = append(r.past[:0], r.past[gone:]...)
		r.at -= gone * r.up
	}
	return out
}

// clip bounds a value to what 16 bits hold.
func clip(v float64) int16 {
	return int16(math.Round(max(math.MinInt16, min(math.MaxInt16, v))))
}
