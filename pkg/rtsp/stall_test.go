package rtsp

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// A network, or the machine, that stalls as a connection begins makes sound
// look as if there was half as much of it as there is time. That is no reason
// to play it at half its pace, and whatever was concluded from it is mended.
func TestStallAtTheBeginning(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name   string
		stalls [2]bool       // of pictures, of sound
		wrong  time.Duration // for how long the rate may be taken for another one
	}{
		{"all", [2]bool{true, true}, 0},
		{"sound", [2]bool{false, true}, 12 * time.Second},
		{"pictures", [2]bool{true, false}, 0},
	} {
		for begin := 50 * ms; begin <= 1000*ms; begin += 50 * ms {
			for _, length := range []time.Duration{200 * ms, 500 * ms, 900 * ms, 1500 * ms, 4 * time.Second} {
				t.Run(fmt.Sprintf("%s stalls at %v for %v", tt.name, begin, length), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { stallOnce(t, tt.stalls, begin, length, tt.wrong) })
				})
			}
		}
	}
}

func stallOnce(t *testing.T, stalls [2]bool, begin, length, wrong time.Duration) {
	stall := func(track int) func(int, time.Duration, *int64, *time.Duration) bool {
		return func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
			if stalls[track] && at > begin {
				*arrives = max(at, begin+length)
			}
			return true
		}
	}
	c := odd{sends: 16000, rate: 16000, picture: stall(0), sound: stall(1)}
	sink := &seen{start: time.Now(), taken: func(track, n int) time.Duration {
		if track == 1 {
			return time.Duration(n) * 10 * time.Millisecond
		}
		return time.Duration(n) * time.Second / 15
	}}
	f := newFeeder(sink)
	f.format.Tracks[1].SampleRate, f.format.Tracks[1].Timescale, f.clocks[1].rate, f.said = 16000, 16000, 16000, 16000
	c.sendFor(f, 30*time.Second)
	if sink.pictures != f.sent[0] {
		t.Errorf("%d pictures of %d", sink.pictures, f.sent[0])
	}
	if rate := f.clocks[1].rate; rate != 16000 {
		t.Errorf("sound is taken to have %d samples a second, at last", rate)
	}
	if others := len(sink.formats); wrong == 0 && others > 1 {
		t.Errorf("it is described %d times", others)
	}
	if sink.end > 100*time.Millisecond {
		t.Errorf("sound is off by %v, at last", sink.end)
	}
	if missing := time.Duration(f.sent[1]-sink.sounds) * 10 * time.Millisecond; missing > 100*time.Millisecond+wrong {
		t.Errorf("%v of sound is missing", missing)
	}
}

// Of a past that comes in one burst, all pictures first, sound is written
// beside the pictures of its time: who takes a part of the recording, or plays
// it, finds both there.
func TestBurstIsInterleaved(t *testing.T) {
	const burst = 10 * time.Second
	for _, behind := range []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond} {
		t.Run(behind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := odd{picture: func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
					*arrives = max(at, burst)
					return true
				}, sound: func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
					*arrives = max(at, burst+behind)
					return true
				}}
				sink := &seen{start: time.Now(), taken: func(track, n int) time.Duration {
					if track == 1 {
						return time.Duration(n) * 20 * time.Millisecond
					}
					return time.Duration(n) * time.Second / 15
				}}
				f := newFeeder(sink)
				c.sendFor(f, 30*time.Second)
				if sink.pictures != f.sent[0] || sink.sounds < f.sent[1]-10 {
					t.Errorf("%d pictures of %d, %d sounds of %d", sink.pictures, f.sent[0], sink.sounds, f.sent[1])
				}
				if sink.strewn > 300*time.Millisecond {
					t.Errorf("sound lies up to %v behind its pictures", sink.strewn)
				}
			})
		})
	}
}
