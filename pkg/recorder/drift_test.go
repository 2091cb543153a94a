package recorder_test

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

const late = 200 * time.Millisecond

func unknown(time.Time) nvr.Time { return 0 }

func right(taken time.Time) nvr.Time { return nvr.TimeOf(taken) }

func off(by time.Duration) func(time.Time) nvr.Time {
	return func(taken time.Time) nvr.Time { return nvr.TimeOf(taken.Add(by)) }
}

// A crystal that is off by 200 ppm, far more than any in use, is off by 17 s
// after a day. What is recorded is not.
func TestDriftOfADay(t *testing.T) {
	prompt := func(int64) time.Duration { return 0 }
	jitter := func(i int64) time.Duration { // never early; at times delivered at once
		if i%7 == 0 {
			return 0
		}
		return time.Duration(i*7919%300) * time.Millisecond
	}
	for _, ppm := range []int64{-200, 0, 200} {
		for _, c := range []struct {
			name     string
			delay    func(int64) time.Duration
			captured func(time.Time) nvr.Time
		}{{"reports", jitter, right}, {"no reports", prompt, unknown}, {"no reports, late", jitter, unknown}} {
			// What a minute brings is known after it and gone after the next: twice 12 ms.
			if worst := recorder.WorstOfClock(24*time.Hour, ppm, c.delay, c.captured); worst > 25*time.Millisecond {
				t.Errorf("%d ppm, %s: dated up to %s wrong", ppm, c.name, worst)
			}
		}
	}
}

// A camera's clock that is wrong, jumps or is not there costs what its pictures
// are late: 0.2 s here.
func TestClocksOfCameras(t *testing.T) {
	const year = 365 * 24 * time.Hour
	after := func(first, then func(time.Time) nvr.Time) func(time.Time) nvr.Time {
		n := 0
		return func(taken time.Time) nvr.Time {
			if n++; n < 1000 {
				return first(taken)
			}
			return then(taken)
		}
	}
	const saneAhead = 100 * time.Millisecond
	for _, c := range []struct {
		name     string
		captured func(time.Time) nvr.Time
		worst    time.Duration
	}{
		{"none", unknown, late},
		{"right", right, 0},
		{"a tenth of a second ahead, with the delay", off(late + saneAhead - time.Millisecond), late + saneAhead},
		{"too far ahead", off(late + saneAhead + time.Millisecond), late},
		{"a second behind", off(-time.Second), time.Second},
		{"too far behind", off(-2 * time.Second), late},
		{"years behind", off(-20 * year), late},
		{"before 1970", func(time.Time) nvr.Time { return 1 }, late},
		{"years ahead", off(100 * year), late},
		{"loses its clock", after(right, unknown), late},
		{"finds its clock", after(unknown, right), late},
		{"jumps ahead by an hour", after(right, off(time.Hour)), late},
		{"jumps back by years", after(right, off(-20*year)), late},
		{"nonsense now and then", func(taken time.Time) nvr.Time {
			if taken.Second()%10 == 0 {
				return nvr.Time(taken.UnixNano())
			}
			return nvr.TimeOf(taken)
		}, late},
	} {
		worst := recorder.WorstOfClock(3*time.Hour, 0, func(int64) time.Duration { return late }, c.captured)
		if worst > c.worst+time.Millisecond {
			t.Errorf("%s: dated up to %s wrong, want %s at most", c.name, worst, c.worst)
		}
	}
}

// Neither drift nor a camera's clock that jumps ends a run or makes a gap.
func TestDriftIsOneRun(t *testing.T) {
	for _, ppm := range []int64{-200, 200} {
		t.Run(fmt.Sprint(ppm), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				s := h.stream(camera)
				s.Begin(format(), true)
				began := time.Now()
				for i := range int64(300) { // ten minutes
					taken := began.Add(time.Duration(i) * (2*time.Second + time.Duration(2*ppm)*time.Microsecond))
					time.Sleep(time.Until(taken.Add(late)))
					captured := right(taken)
					if i > 150 {
						captured = off(time.Hour)(taken)
					}
					s.Sample(media.Sample{DTS: i * 180000, Key: true, Data: []byte{1, 2, 3, 4}, Arrived: time.Now(), Captured: captured})
				}
				s.End(nvr.Unreachable, nil)
				time.Sleep(3 * time.Second)
				timeline := h.tiled(camera, nvr.TimeOf(began), nvr.Now())
				all := h.segments(camera)
				if len(timeline.Footage) != 1 || all[0].Run != all[len(all)-1].Run {
					t.Errorf("footage is %v in %d segments, want one run", timeline.Footage, len(all))
				}
			})
		})
	}
}

// What the clock was wrong by goes away by 500 parts per million, 30 ms a
// minute, which nobody hears.
func TestSlewIsGentle(t *testing.T) {
	for _, by := range []time.Duration{-1500 * time.Millisecond, 90 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			defer h.close()
			s := h.stream(camera)
			s.Begin(format(), true)
			for i := range int64(600) { // ten minutes
				m := media.Sample{DTS: i * 90000, Key: true, Data: []byte{1, 2, 3, 4}, Arrived: time.Now()}
				if i > 30 { // the camera finds its clock
					m.Captured = off(by)(time.Now())
				}
				s.Sample(m)
				time.Sleep(time.Second)
			}
			s.End(nvr.Unreachable, nil)
			time.Sleep(3 * time.Second)
			var most float64 // parts per million
			for _, seg := range h.segments(camera) {
				media := nvr.Duration(seg.MediaDuration, seg.Timescale)
				most = max(most, 1e6*math.Abs(seg.Span.To.Sub(seg.Span.From).Seconds()/media.Seconds()-1))
			}
			if most > 501 || most < 400 {
				t.Errorf("a clock that is %v off is slewed by %.0f ppm, want 500", by, most)
			}
		})
	}
}
