package rtsp

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// pair hands what it is given to two sinks.
type pair struct {
	*memory
	*seen
}

func (b pair) Begin(f media.Format, fresh bool) { b.memory.Begin(f, fresh); b.seen.Begin(f, fresh) }
func (b pair) Sample(s media.Sample)            { b.memory.Sample(s); b.seen.Sample(s) }
func (b pair) End(r nvr.Reason, err error)      { b.memory.End(r, err); b.seen.End(r, err) }

// network is when what is sent arrives: in order, with jitter, and after
// standing still once in a while.
type network struct {
	random *rand.Rand
	jitter time.Duration
	stalls []stall
	newest [2]time.Duration // arrival, by track
}

// stall is when a network stands still, for how long, and by how much faster
// than it was sent it hands on afterwards what came meanwhile.
type stall struct {
	from, length time.Duration
	times        float64
}

func (n *network) arrival(track int, at time.Duration) time.Duration {
	arrives := at + min(time.Duration(n.random.ExpFloat64()*float64(n.jitter)/5), n.jitter)
	for _, s := range n.stalls {
		if at >= s.from {
			arrives = max(arrives, s.from+s.length+time.Duration(float64(at-s.from)/s.times))
		}
	}
	n.newest[track] = max(n.newest[track], arrives)
	return n.newest[track]
}

// anyCamera makes up a camera that is lawful but for timestamps that stray or
// jump and reports of a clock that is set, and a network. All is calm after a
// time. It returns what it made up, too.
func anyCamera(seed uint64, calm time.Duration) (c odd, story string) {
	const s, ms = time.Second, time.Millisecond
	random := rand.New(rand.NewPCG(seed, 1))
	chance := func(p float64) bool { return random.Float64() < p }
	between := func(a, b time.Duration) time.Duration { return a + time.Duration(random.Int64N(int64(b-a))) }
	pick := func(of ...float64) float64 { return of[random.IntN(len(of))] }
	tell := func(format string, args ...any) { story += fmt.Sprintf(format+"; ", args...) }

	c = odd{fps: pick(1, 2, 5, 10, 12.5, 15, 25, 30), first: [2]uint32{random.Uint32(), random.Uint32()}}
	tell("%v pictures a second", c.fps)
	net := &network{random: random, jitter: between(1*ms, 100*ms)}
	for range random.IntN(3) {
		net.stalls = append(net.stalls, stall{between(5*s, calm-40*s), between(s/2, 20*s), pick(2, 5, 1000)})
	}
	slices.SortFunc(net.stalls, func(a, b stall) int { return cmp.Compare(a.from, b.from) })
	tell("network %v %v", net.jitter, net.stalls)
	if chance(.6) {
		c.reportsEvery = [2]time.Duration{between(s, 10*s), between(s, 10*s)}
		step, when := time.Duration(0), between(0, calm)
		if chance(.3) {
			step = between(-time.Hour, time.Hour)
		}
		c.clock = func(_ int, at time.Duration) time.Duration {
			if at > when {
				return step
			}
			return 0
		}
		tell("reports %v, set by %v after %v", c.reportsEvery, step, when)
	}
	strays, strayBy := 0., time.Duration(0)
	if chance(.3) {
		strays, strayBy = pick(.01, .1), between(-time.Hour, time.Hour)
		tell("of %v pictures timestamps stray by about %v", strays, strayBy)
	}
	var jumps []time.Duration
	var jumpBy int64
	if chance(.2) {
		jumps, jumpBy = []time.Duration{between(3*s, calm), between(3*s, calm)}, int64(random.Uint32())
		tell("timestamps of pictures jump by %d after %v", jumpBy, jumps)
	}
	c.picture = func(i int, at time.Duration, ts *int64, arrives *time.Duration) bool {
		*arrives = net.arrival(0, at)
		for _, j := range jumps {
			if at > j {
				*ts += jumpBy
			}
		}
		if i > 0 && at < calm && chance(strays) {
			*ts += int64(float64(strayBy.Seconds()) * 90000 * (.5 + random.Float64()))
		}
		return true
	}
	c.reported = func(track int, at time.Duration, ts *int64) {
		for _, j := range jumps {
			if at > j && track == 0 {
				*ts += jumpBy
			}
		}
	}
	burst := 1
	if chance(.5) {
		burst = 1 + random.IntN(25)
		tell("%d frames of sound at once", burst)
	}
	quiet := 0.
	if chance(.3) {
		quiet = pick(.3, .8)
		tell("%v of the sound is not sent", quiet)
	}
	silent := false
	c.sound = func(k int, at time.Duration, _ *int64, arrives *time.Duration) bool {
		sent := time.Duration(k/burst*burst+burst-1) * 20 * ms
		*arrives = net.arrival(1, sent)
		if k%20 == 0 {
			silent = chance(quiet)
		}
		return !silent
	}
	return c, story
}

// anySeeds is how many cameras are made up.
const anySeeds = 40

// Whatever comes together of what is odd about cameras and networks, every
// picture is handed on, and soon after all is well again so is what it is
// dated, and its sound.
func TestAnyClock(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	const calm, length = 90 * s, 130 * s
	for seed := range uint64(anySeeds) {
		c, story := anyCamera(seed, calm)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := pair{newMemory(t), &seen{start: time.Now(), taken: func(track, n int) time.Duration {
					if track == 1 {
						return time.Duration(n) * 20 * ms
					}
					return time.Duration(float64(n) / c.fps * float64(s))
				}}}
				f := newFeeder(sink)
				c.sendFor(f, length)
				if got := sink.count(0); got != f.sent[0] {
					t.Errorf("%d pictures of %d", got, f.sent[0])
				}
				var late time.Duration // of the pictures since it was calm
				for _, m := range sink.samples {
					if m.Track == 0 && m.Arrived.Sub(sink.start) > calm+25*s {
						late = max(late, m.Late)
					}
				}
				if off := sink.off.Abs(); late > 300*ms || sink.end > 250*ms || off > 4*s || f.clocks[1].rate != 8000 {
					t.Errorf("at last pictures are %v late and %v off, sound is off by %v, of %d Hz", late, sink.off, sink.end, f.clocks[1].rate)
				}
				if sink.ahead > 1200*ms {
					t.Errorf("a picture is dated %v after it arrived", sink.ahead)
				}
				if lost := f.sent[1] - sink.sounds; lost > 250 {
					t.Errorf("%d frames of sound of %d are lost", lost, f.sent[1])
				}
				if f.clocks[0].pace.more != 0 || f.clocks[0].pace.frozen || f.clocks[1].content.byLength {
					t.Errorf("timestamps are not believed: %+v", f.clocks)
				}
				if t.Failed() {
					t.Logf("%s%d runs, %d of %d sounds, dated %v ahead, %v behind", story, sink.runs, sink.sounds, f.sent[1], sink.ahead, sink.behind)
				}
			})
		})
	}
}
