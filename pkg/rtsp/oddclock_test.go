package rtsp

import (
	"cmp"
	"encoding/binary"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// odd is a camera with a key frame each two seconds and G.711, of which a
// case says what is odd. Times count from when it began to play.
type odd struct {
	fps   float64 // 15
	rate  int     // of the sound, as described; 8000
	sends int     // samples of sound in a second; 8000
	// picture and sound change what is sent at an instant: when it arrives, and
	// its timestamp. They return false for what is not sent.
	picture func(i int, at time.Duration, ts *int64, arrives *time.Duration) bool
	shown   func(i int) int // the place of a picture in the order of showing; nil if it is sent by that
	sound   func(k int, at time.Duration, ts *int64, arrives *time.Duration) bool
	// clock is the camera's wall clock less ours, as its reports have it. They
	// come each reportsEvery; 0 means none.
	clock        func(track int, at time.Duration) time.Duration
	reportsEvery [2]time.Duration
	// wall is what reports make of that clock; nil if nothing.
	wall func(since1900 time.Duration) time.Duration
	// reported changes the timestamp in a report.
	reported func(track int, at time.Duration, ts *int64)
	info     *[2]uint32
	first    [2]uint32 // timestamps
}

// numbered is added to the numbers of pictures, so that none is a start code.
const numbered = 1<<30 | 1<<22

type event struct {
	arrives time.Duration
	do      func()
}

// sendFor has the camera send for a time. It must be called in a bubble.
func (c odd) sendFor(f *feeder, length time.Duration) {
	var all []event
	fps := cmp.Or(c.fps, 15)
	for i, at := 0, time.Duration(0); at < length; i, at = i+1, time.Duration(float64(i+1)/fps*float64(time.Second)) {
		ts, arrives := int64(c.first[0])+int64(at.Seconds()*90000+0.5), at
		if c.picture == nil || c.picture(i, at, &ts, &arrives) {
			number := i
			if c.shown != nil {
				number = c.shown(i)
			}
			payload := inter264(300)
			if i%max(int(2*fps), 2) == 0 {
				payload = key264(2000)
			}
			binary.BigEndian.PutUint32(payload[2:], numbered|uint32(number))
			all = append(all, event{arrives, func() { f.send(0, uint32(ts), payload) }})
		}
	}
	sends := cmp.Or(c.sends, 8000)
	for k := 0; ; k++ {
		at := time.Duration(float64(k) * 160 / float64(sends) * float64(time.Second))
		if at >= length {
			break
		}
		ts, arrives := int64(c.first[1])+int64(k)*160, at
		if c.sound == nil || c.sound(k, at, &ts, &arrives) {
			payload := make([]byte, 160)
			binary.BigEndian.PutUint32(payload, uint32(k))
			all = append(all, event{arrives, func() { f.send(1, uint32(ts), payload) }})
		}
	}
	for track, every := range c.reportsEvery {
		for at := 50 * time.Millisecond; every > 0 && at < length; at += every {
			rate := []float64{90000, float64(sends)}[track]
			ts := int64(c.first[track]) + int64(at.Seconds()*rate)
			if c.reported != nil {
				c.reported(track, at, &ts)
			}
			ntp := time.Duration(2208988800)*time.Second + at
			if c.clock != nil {
				ntp += c.clock(track, at)
			}
			all = append(all, event{at, func() {
				wall := time.Duration(time.Now().UnixNano()) - at + ntp
				if c.wall != nil {
					wall = c.wall(wall)
				}
				f.report(track, &rtcp.SenderReport{NTPTime: uint64(wall/time.Second)<<32 | uint64(wall%time.Second)<<32/uint64(time.Second), RTPTime: uint32(ts)})
			}})
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.arrives, b.arrives) })
	start := time.Now()
	f.played(c.info)
	for _, e := range all {
		time.Sleep(time.Until(start.Add(e.arrives)))
		if fault := f.watch(time.Now()); fault != nil {
			f.faults = append(f.faults, fault)
		}
		e.do()
	}
	f.end()
}

// seen is a sink that compares when pictures and sound were taken, which they
// hold a number for, with when they are said to be.
type seen struct {
	taken            func(track, number int) time.Duration
	start            time.Time
	formats          []media.Format
	runs             int
	pictures, sounds int
	zero             time.Duration // when the run began, by what is known at its beginning
	begun            bool
	off              time.Duration // of the newest picture, by how much it is dated late
	newest           time.Duration // the newest picture
	strewn           time.Duration // the most that sound came behind pictures of its time
	ahead            time.Duration // the most that a picture was dated after it arrived
	behind           time.Duration // or before it was taken
	apart, late, end time.Duration // the most that sound was off, against pictures; the same after 10 s; at last
}

func (s *seen) Begin(f media.Format, fresh bool) {
	s.formats = append(s.formats, f)
	if fresh {
		s.runs++
		s.begun = false
	}
}

func (s *seen) Sample(m media.Sample) {
	if silent(s.formats[len(s.formats)-1], m) {
		return
	}
	arrived := m.Arrived.Sub(s.start)
	at := nvr.Duration(m.PTS(), s.formats[len(s.formats)-1].Tracks[m.Track].Timescale)
	if m.Track == 1 {
		s.sounds++
		s.strewn = max(s.strewn, s.newest-at)
		off := at + s.zero - s.taken(1, int(binary.BigEndian.Uint32(m.Data))) - s.off
		s.apart, s.end = max(s.apart, off.Abs()), off.Abs()
		if arrived > 10*time.Second {
			s.late = max(s.late, off.Abs())
		}
		return
	}
	s.pictures++
	s.newest = at
	if !s.begun {
		s.begun, s.zero = true, arrived-m.Late-at
	}
	s.off = at + s.zero - s.taken(0, int(binary.BigEndian.Uint32(m.Data[6:])&^numbered))
	s.ahead = max(s.ahead, at+s.zero-arrived)
	s.behind = max(s.behind, -s.off)
}

func (s *seen) End(nvr.Reason, error) {}

// reordered has pictures shown in another order than they are sent in: of four
// that follow a key frame or others, the first is shown last. An encoder sends
// what it has when that is taken; who sends a file does so in steady order, two
// pictures before it would be their turn to be shown.
func reordered(file bool) odd {
	shown := func(i int) int {
		if in := i % 30; in > 0 && in <= 28 {
			return i - in + (in-1)/4*4 + [4]int{4, 2, 1, 3}[(in-1)%4]
		}
		return i
	}
	return odd{shown: shown, picture: func(i int, at time.Duration, ts *int64, arrives *time.Duration) bool {
		*ts += int64(shown(i)-i) * 6000
		last := i // of the four
		for (last%30-1)%4 > 0 && last%30 <= 28 {
			last--
		}
		*arrives = time.Duration(shown(last)) * time.Second / 15
		if file {
			*arrives = at - 2*time.Second/15
		}
		return true
	}}
}

// What is odd about time or sound costs no picture, dates none in the future,
// and keeps sound with the pictures.
func TestOddClocks(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	const length = 94 * s
	reports := [2]time.Duration{5 * s, 5 * s}
	stray := func(by time.Duration) odd {
		return odd{reportsEvery: reports, picture: func(i int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			if i%30 == 17 {
				*ts += int64(by.Seconds() * 90000)
			}
			return true
		}}
	}
	first := func(by time.Duration) odd {
		return odd{picture: func(i int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			if i == 0 {
				*ts += int64(by.Seconds() * 90000)
			}
			return true
		}}
	}
	steps := func(by time.Duration) odd {
		return odd{reportsEvery: [2]time.Duration{7 * s, 2 * s}, clock: func(_ int, at time.Duration) time.Duration {
			if at > 22*s {
				return by
			}
			return 0
		}}
	}
	drifts := func(by float64, reports [2]time.Duration) odd {
		return odd{sends: int(8000 * (1 - by)), reportsEvery: reports}
	}
	stands := func(length time.Duration, times float64) odd { // the network, after 20 s
		held := func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
			if at > 20*s {
				*arrives = max(at, 20*s+length+time.Duration(float64(at-20*s)/times))
			}
			return true
		}
		return odd{picture: held, sound: held, reportsEvery: reports}
	}
	for _, tt := range []struct {
		name   string
		camera odd
		lost   int           // pictures that may be missing
		quiet  float64       // part of the sound that may be missing, less what is not sent
		ahead  time.Duration // 50 ms
		behind time.Duration // 50 ms
		late   time.Duration // 100 ms
		// believed says that timestamps are to be, since nothing is wrong with them.
		believed bool
		runs     int // 1
	}{
		{name: "plain", camera: odd{reportsEvery: reports}},
		{name: "no reports"},
		{name: "a picture each 2 s is stamped hours back", camera: stray(-9800 * s)},
		{name: "or hours ahead", camera: stray(9800 * s)},
		{name: "or 3 s back", camera: stray(-3 * s)},
		{name: "or 3 s ahead", camera: stray(3 * s), ahead: 100 * ms},
		{name: "or 1.5 s ahead", camera: stray(1500 * ms), ahead: 100 * ms},
		{name: "or 1.5 s back", camera: stray(-1500 * ms)},
		{name: "or 0.9 s ahead", camera: stray(900 * ms), ahead: s, late: s},
		{name: "the first picture is stamped 12 s ahead", camera: first(12 * s), believed: true},
		{name: "or 20 s back", camera: first(-20 * s), believed: true},
		{name: "or hours ahead", camera: first(9800 * s), believed: true},
		{name: "a picture in two is stamped at random", camera: odd{picture: func(i int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			if i%2 == 1 {
				*ts = int64(uint32(i) * 2654435761)
			}
			return true
		}}, ahead: 200 * ms, behind: 200 * ms, late: 200 * ms},
		{name: "timestamps of pictures go back by 3 s each 10 s", camera: odd{reportsEvery: reports, picture: func(i int, at time.Duration, ts *int64, _ *time.Duration) bool {
			*ts -= int64(i/150) * 270000
			return true
		}, reported: func(track int, at time.Duration, ts *int64) {
			if track == 0 {
				*ts -= int64(at/(10*s)) * 270000
			}
		}}},
		// I0 P4 B2 B1 B3, of an encoder that sends what it has, and of a file
		// that is sent by the order of decoding.
		{name: "pictures are sent out of order, without reports", camera: reordered(false)},
		{name: "pictures are sent by the order of decoding, without reports", camera: reordered(true), late: 150 * ms, behind: 350 * ms},
		{name: "sound pauses", camera: odd{reportsEvery: reports, sound: func(_ int, at time.Duration, _ *int64, _ *time.Duration) bool {
			return at%(30*s) < 14*s || at%(30*s) >= 28*s
		}}},
		{name: "sound pauses and does not count it", camera: odd{sound: func(_ int, at time.Duration, ts *int64, _ *time.Duration) bool {
			*ts -= int64((at+2*s)/(30*s)) * 14 * 8000
			return at%(30*s) < 14*s || at%(30*s) >= 28*s
		}}, late: 200 * ms, quiet: .01},
		{name: "sound pauses, and the network", camera: odd{reportsEvery: reports, picture: stands(6*s, 1000).picture, sound: func(k int, at time.Duration, ts *int64, arrives *time.Duration) bool {
			return stands(6*s, 1000).sound(k, at, ts, arrives) && at%(5*s) < 2*s
		}}, believed: true},
		{name: "sound comes in bursts of 0.4 s", camera: odd{sound: func(k int, _ time.Duration, _ *int64, arrives *time.Duration) bool {
			*arrives = time.Duration(k/20+1)*400*ms + time.Duration(k%20)*ms
			return true
		}}, believed: true},
		{name: "a quarter of the sound comes, at 16 kHz", camera: odd{rate: 16000, sends: 16000, sound: func(k int, _ time.Duration, _ *int64, _ *time.Duration) bool {
			return k%4 == 0
		}}, believed: true},
		{name: "the network stands for 30 s and catches up at once", camera: stands(30*s, 1000), believed: true},
		{name: "or in 15 s", camera: stands(30*s, 3), believed: true},
		{name: "old pictures come at three times their pace for 6 s", camera: odd{picture: func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
			*arrives = max(at, 12*s+at/3)
			return true
		}, sound: func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
			*arrives = max(at, 12*s+at/3)
			return true
		}}, ahead: 2100 * ms, believed: true},
		{name: "sound begins late", camera: odd{reportsEvery: reports, sound: func(_ int, at time.Duration, _ *int64, _ *time.Duration) bool {
			return at > 40*s
		}}, quiet: .04}, // up to the next key frame
		{name: "a picture in 4 s", camera: odd{fps: .25, reportsEvery: reports}},
		{name: "pictures pause", camera: odd{reportsEvery: reports, picture: func(_ int, at time.Duration, _ *int64, _ *time.Duration) bool {
			return at%(30*s) < 14*s || at%(30*s) > 19*s
		}}},
		{name: "the camera sets its clock back", camera: steps(-30 * s)},
		{name: "or ahead, by an hour", camera: steps(time.Hour)},
		{name: "or back by 1.5 s", camera: steps(-1500 * ms)},
		{name: "or back by 0.4 s", camera: steps(-400 * ms)},
		{name: "reports are of whole seconds", camera: odd{reportsEvery: [2]time.Duration{5 * s, 3300 * ms}, wall: func(wall time.Duration) time.Duration {
			return wall.Truncate(s)
		}}},
		{name: "reports are of tenths of seconds", camera: odd{reportsEvery: [2]time.Duration{5 * s, 3300 * ms}, wall: func(wall time.Duration) time.Duration {
			return wall.Truncate(s / 10)
		}}, late: 110 * ms},
		{name: "the clock in reports stands still", camera: odd{reportsEvery: [2]time.Duration{5 * s, 3300 * ms}, wall: func(time.Duration) time.Duration {
			return 3900000000 * s
		}}},
		{name: "or goes half as fast", camera: odd{reportsEvery: [2]time.Duration{5 * s, 3300 * ms}, wall: func(wall time.Duration) time.Duration {
			return 3900000000*s + wall%(1000*s)/2
		}}},
		{name: "reports have nanoseconds for a fraction", camera: odd{
			reportsEvery: [2]time.Duration{10 * s, 10*s + 50*ms},
			wall:         func(wall time.Duration) time.Duration { return wall - wall%s + time.Duration(int64(wall%s)*1e9>>32) },
		}, late: 160 * ms},
		{name: "reports of sound are 4 s off", camera: odd{reportsEvery: reports, clock: func(track int, _ time.Duration) time.Duration {
			return time.Duration(4*track) * s
		}}},
		{name: "sound is slow by 2 %", camera: drifts(.02, [2]time.Duration{}), late: 210 * ms, quiet: .01},
		{name: "sound is slow by 0.3 %", camera: drifts(.003, [2]time.Duration{}), quiet: .01},
		{name: "sound is fast by 0.3 %", camera: drifts(-.003, [2]time.Duration{}), quiet: .02},
		{name: "sound is slow by 2 % and reports say so", camera: func() odd {
			c := drifts(.02, reports)
			c.reported = func(track int, at time.Duration, ts *int64) {}
			return c
		}(), late: 250 * ms, quiet: .01},
		{name: "sound is stamped in units of 1/90000 s", camera: odd{sound: func(_ int, at time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = int64(at.Seconds() * 90000)
			return true
		}}},
		{name: "sound is stamped always the same", camera: odd{sound: func(_ int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = 5
			return true
		}}},
		{name: "sound is stamped by a clock of milliseconds", camera: odd{sound: func(k int, at time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = (at.Milliseconds() + int64(k*7919%11) - 5) * 8
			return true
		}}},
		{name: "sound has half the rate it says", camera: odd{rate: 16000, sends: 8000}},
		{name: "sound has twice the rate it says, as reports say", camera: odd{rate: 8000, sends: 16000, reportsEvery: reports}},
		{name: "sound has twice the rate it says", camera: odd{rate: 8000, sends: 16000}},
		{name: "old pictures come in one burst", camera: odd{picture: func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
			*arrives = max(at, 10*s)
			return true
		}, sound: func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
			*arrives = max(at, 10*s)
			return true
		}}},
		{name: "old pictures come at three times their pace", camera: odd{picture: func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
			*arrives = max(at, 6*s+at/3)
			return true
		}, sound: func(_ int, at time.Duration, _ *int64, arrives *time.Duration) bool {
			*arrives = max(at, 6*s+at/3)
			return true
		}}, ahead: 100 * ms},
		{name: "pictures are stamped ten times too fast", camera: odd{picture: func(i int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = int64(i) * 63000
			return true
		}}, ahead: 100 * ms, behind: 200 * ms},
		{name: "pictures are stamped in milliseconds", camera: odd{picture: func(_ int, at time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = at.Milliseconds()
			return true
		}}, ahead: 500 * ms, behind: 500 * ms},
		{name: "pictures are stamped always the same", camera: odd{picture: func(_ int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = 5
			return true
		}}},
		{name: "two pictures have one timestamp", camera: odd{reportsEvery: reports, picture: func(i int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = int64(i/2) * 12000
			return true
		}}, behind: 100 * ms},
		{name: "timestamps of pictures stop", camera: odd{picture: func(i int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = min(*ts, 30*90000)
			return true
		}}, behind: 1100 * ms, late: 1200 * ms, quiet: .02},
		{name: "timestamps of pictures go backward", camera: odd{picture: func(_ int, at time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = min(*ts, 60*90000-*ts)
			return true
		}}, behind: 17 * s, late: 8 * s, quiet: .3, runs: 2},
		{name: "timestamps of sound stop", camera: odd{sound: func(_ int, _ time.Duration, ts *int64, _ *time.Duration) bool {
			*ts = min(*ts, 30*8000)
			return true
		}}, late: 2200 * ms, quiet: .04},
		{name: "RTP-Info is of zeros", camera: odd{info: &[2]uint32{}, first: [2]uint32{500000, 8000}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := tt.camera
				sink := &seen{start: time.Now(), taken: func(track, n int) time.Duration {
					if track == 1 {
						return time.Duration(float64(n) * 160 / float64(cmp.Or(c.sends, 8000)) * float64(time.Second))
					}
					return time.Duration(float64(n) / cmp.Or(c.fps, 15) * float64(time.Second))
				}}
				f := newFeeder(sink)
				f.patience = 35 * s
				rate := cmp.Or(c.rate, 8000)
				f.format.Tracks[1].SampleRate, f.format.Tracks[1].Timescale, f.clocks[1].rate, f.said = rate, uint32(rate), int64(rate), int64(rate)
				f.quiet = newSilence(f.format.Tracks[1])
				c.sendFor(f, length)
				wantPictures, wantSounds := f.sent[0], float64(f.sent[1])
				t.Logf("%d of %d pictures, %d of %.0f sounds, %d runs; dated %v ahead, %v behind; sound off by %v, later %v",
					sink.pictures, wantPictures, sink.sounds, wantSounds, sink.runs, sink.ahead, sink.behind, sink.apart, sink.late)
				if wantPictures-sink.pictures > tt.lost || sink.runs != cmp.Or(tt.runs, 1) {
					t.Errorf("%d pictures of %d in %d runs", sink.pictures, wantPictures, sink.runs)
				}
				if float64(sink.sounds) < wantSounds*(1-tt.quiet-.005) {
					t.Errorf("%d frames of sound of %.0f", sink.sounds, wantSounds)
				}
				if sink.ahead > cmp.Or(tt.ahead, 50*ms) || sink.behind > cmp.Or(tt.behind, 50*ms) {
					t.Errorf("pictures are dated %v after they arrived, %v before they were taken", sink.ahead, sink.behind)
				}
				if late := cmp.Or(tt.late, 100*ms); sink.late > late || sink.end > min(late, 250*ms) {
					t.Errorf("sound is off by %v, at last %v", sink.late, sink.end)
				}
				if v, a := &f.clocks[0].pace, &f.clocks[1]; tt.believed && (v.more != 0 || v.frozen || a.content.byLength || a.rate != int64(rate)) {
					t.Errorf("timestamps are not believed: %+v", f.clocks)
				}
				if len(f.faults) > 0 {
					t.Errorf("hung up: %v", f.faults[0])
				}
			})
		})
	}
}
