package rtsp

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// dated is a sink that compares when pictures were counted to be with when
// they came.
type dated struct {
	runs, pictures int
	zero           time.Time     // of the run
	worst          time.Duration // that a picture was off
	later          time.Duration // the same of those after a minute of the newest run
	sound          time.Duration // the same of its sound
}

const soundBytes = 80 // in a frame

func (d *dated) Begin(_ media.Format, fresh bool) {
	if fresh {
		d.runs++
		d.zero = time.Time{}
	}
}

func (d *dated) Sample(s media.Sample) {
	if s.Track == 1 {
		if len(s.Data) != soundBytes {
			return // silence between
		}
		if at := nvr.Duration(s.DTS, 8000); at > time.Minute {
			d.sound = max(d.sound, (s.Arrived.Sub(d.zero) - at).Abs())
		}
		return
	}
	at := nvr.Duration(s.DTS+int64(s.Composition), 90000)
	if d.zero.IsZero() {
		d.zero, d.later, d.sound = s.Arrived.Add(-at), 0, 0
	}
	off := (s.Arrived.Sub(d.zero) - at).Abs()
	d.pictures++
	d.worst = max(d.worst, off)
	if at > time.Minute {
		d.later = max(d.later, off)
	}
}

func (d *dated) End(nvr.Reason, error) {}

// A count that keeps to time does so for years.
func TestPaceOfYears(t *testing.T) {
	var p pace
	start := time.Unix(1e9, 0)
	for at := time.Duration(0); at < 3*365*24*time.Hour; at += time.Hour {
		if p.see(start.Add(at), at); p.far || p.more != 0 {
			t.Fatalf("after %v it is no time: %+v", at, p)
		}
	}
}

// Pictures are dated by the time that passes, whatever a camera makes of it,
// and none is lost by that.
func TestPace(t *testing.T) {
	const length = 30 * time.Minute
	always := func(fps float64) func(time.Duration) float64 {
		return func(time.Duration) float64 { return fps }
	}
	switching := func(fps ...float64) func(time.Duration) float64 { // every five minutes
		return func(at time.Duration) float64 { return fps[int(at/(5*time.Minute))%len(fps)] }
	}
	const s, ms = time.Second, time.Millisecond
	for _, tt := range []struct {
		name  string
		fps   func(time.Duration) float64 // what is sent
		said  float64
		pause time.Duration // once in a while nothing is sent, and nothing counted
		slow  time.Duration // by which all is later from the second minute on
		runs  int
		worst time.Duration
		later time.Duration
	}{
		{"right", always(25), 25, 0, 0, 1, 200 * ms, 200 * ms},
		{"right, with few pictures", always(2), 2, 0, 0, 1, 200 * ms, 200 * ms},
		{"right, but for pauses", always(25), 25, 6 * s, 0, 3, 13 * s, 200 * ms}, // two are 12 s
		{"right, by a network that becomes slower", always(25), 25, 0, 8 * s, 1, 9 * s, 9 * s},
		{"right, by one that becomes far slower", always(25), 25, 0, 11 * s, 2, 12 * s, 200 * ms},
		{"a crystal off by 400 ppm", always(25), 25 * 1.0004, 0, 0, 1, s, s}, // the recorder allows for it
		{"30 for 29.97", always(29.97), 30, 0, 0, 1, 2 * s, 2 * s},           // 10 s after some hours
		{"off by a hundredth", always(24.75), 25, 0, 0, 2, 11 * s, 200 * ms},
		{"sends less than it says", always(15), 25, 0, 0, 2, 13 * s, 200 * ms},
		{"sends less, with pauses", always(15), 25, 9 * s, 0, 2, 13 * s, 10 * s},
		{"sends far less than it says", always(5), 25, 0, 0, 2, 19 * s, 600 * ms},
		{"sends more than it says", always(30), 25, 0, 0, 2, 6 * s, 200 * ms},
		{"less when it gets dark", switching(25, 15, 25, 12), 25, 0, 0, 2, 14 * s, 12 * s},
		{"as many as there is to see", switching(25, 8, 20, 3, 12), 25, 0, 0, 3, 19 * s, 19 * s},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var sink dated
				f := newFeeder(&sink)
				random := rand.New(rand.NewPCG(1, 2))
				sent, ts := 0, 0.
				pauses := []time.Duration{180 * s, 424 * s, 700 * s, 1099 * s}
				for at := time.Duration(0); at < length; at += time.Duration(float64(time.Second) / tt.fps(at)) {
					if len(pauses) > 0 && at > pauses[0] {
						at, pauses = at+tt.pause, pauses[1:]
					}
					late := min(time.Duration(random.ExpFloat64()*float64(20*ms)), 200*ms)
					if at > 2*time.Minute {
						late += tt.slow
					}
					if arrives := start.Add(at + late); time.Now().Before(arrives) {
						time.Sleep(time.Until(arrives))
					}
					picture := inter264(20)
					if sent%50 == 0 {
						picture = key264(50)
					}
					f.send(0, uint32(ts), picture)
					f.send(1, uint32(8000*at.Seconds()), bytes.Repeat([]byte{0xff}, soundBytes))
					ts += 90000 / tt.said
					sent++
				}
				f.end()
				t.Logf("%d runs; pictures up to %v off, later %v; sound %v", sink.runs, sink.worst, sink.later, sink.sound)
				if sink.runs != tt.runs || sink.worst > tt.worst || sink.later > tt.later || tt.later < s && sink.sound > tt.later+200*ms {
					t.Errorf("want %d runs, %v, %v", tt.runs, tt.worst, tt.later)
				}
				if sink.pictures != sent {
					t.Errorf("%d pictures of %d", sink.pictures, sent)
				}
			})
		})
	}
}
