package rtsp

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestFraction has cameras report each 10 s, of pictures and sound at instants of
// their own, over a network that delays by up to 60 ms. Whoever writes fractions
// as they should be is never read in another way.
func TestFraction(t *testing.T) {
	for seed := range uint64(2000) {
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
			delay := time.Duration(r.IntN(60e6)) + drift*time.Duration(n)
			got := f.read(sent, began.Add(at+delay))
			if !nanos && got != sent {
				t.Fatalf("seed %d: after %d reports %x is read as %x", seed, n, sent, got)
			}
			if apart := (phase[0] - phase[1]).Abs(); nanos && apart > 300*time.Millisecond && n > 20 && got != proper {
				t.Fatalf("seed %d: after %d reports %v apart %x is read as %x, want %x", seed, n, apart, sent, got, proper)
			}
		}
	}
}
