package rtsp

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestFraction has cameras report each 10 s, of pictures and sound at instants of
// their own, over a network that delays by up to 150 ms. Whoever writes fractions
// as they should be is never read in another way; who writes nanoseconds is read
// so where delays are not too uneven.
func TestFraction(t *testing.T) {
	for seed := range uint64(10_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		nanos := seed%2 == 1
		phase := [2]time.Duration{time.Duration(r.IntN(1e9)), time.Duration(r.IntN(1e9))}
		if !nanos { // no fraction tells them apart
			phase = [2]time.Duration{phase[0] * 23 / 100, phase[1] * 23 / 100}
		}
		drift := time.Duration(r.IntN(2001) - 1000)
		var f fraction
		began := time.Unix(1e9, 0)
		for n := range 200 {
			at := time.Duration(n/2)*10*time.Second + phase[n%2]
			low := uint64(at%time.Second) << 32 / uint64(time.Second)
			proper := uint64(3e9+at/time.Second)<<32 | low
			sent := proper
			if nanos {
				sent = proper&^0xffffffff | uint64(at%time.Second)
			}
			jitter := 150
			if nanos {
				jitter = 60
			}
			delay := time.Duration(r.IntN(jitter*1e6)) + drift*time.Duration(n)
			got := f.read(sent, began.Add(at+delay))
			if !nanos && got != sent {
				t.Fatalf("seed %d: after %d reports %x is read as %x", seed, n, sent, got)
			}
			if apart := (phase[0] - phase[1]).Abs(); nanos && apart > 350*time.Millisecond && n > 20 && got != proper {
				t.Fatalf("seed %d: after %d reports %v apart %x is read as %x, want %x", seed, n, apart, sent, got, proper)
			}
		}
		if beyond := uint64(3e9)<<32 | 4e9; f.read(beyond, began) != beyond || f.read(5e8, began) != 5e8 {
			t.Fatalf("seed %d: a fraction that nanoseconds do not reach settles nothing", seed)
		}
	}
}
