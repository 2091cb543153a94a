//go:build sim

package virtual_test

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"nvrd/federation/fedtest/virtual"
)

var (
	homes = flag.Int("homes", 200, "how many homes TestSim compares in")
	large = flag.Int("large", 1000, "how many homes TestSim has at last, with links only")
)

// How entries are passed on.
const (
	bare   = "GossipSub, bare"
	opened = "GossipSub, opened and kept"
	links  = "links, then fingerprints"
)

// settle makes a street, and returns how one of its homes says something.
func settle(t *testing.T, way string, homes int, w virtual.Wires) (*street, func(home int)) {
	if way == links {
		s := found(t, homes, w)
		return s, func(home int) { s.homes[home].say() }
	}
	g := gossiping(t, homes, w, way == opened)
	return g.street, g.say
}

// TestSim measures how entries are passed on, by real hosts, and prints a table.
func TestSim(t *testing.T) {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\thomes\tloss\tlinks\tp50\tp99\tmax\treach\tan entry\tidle\tidle\tback\tout\tmemory\tthe whole\t")
	fmt.Fprintln(table, "\t\t%\ta home\tms\tms\tms\t%\tB, µs a home\tB/s a home\t% of a core\ts\tms\tKiB a home\ts\t")
	for _, run := range []struct {
		way   string
		homes int
		loss  float64
	}{
		{bare, *homes, 0}, {bare, *homes, 0.01},
		{opened, *homes, 0}, {opened, *homes, 0.01},
		{links, *homes, 0}, {links, *homes, 0.01},
		{links, *large, 0.01},
	} {
		t.Run(fmt.Sprint(run.way, run.homes, run.loss), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := virtual.Wires{Seed: 1, Latency: 40 * time.Millisecond, Spread: 20 * time.Millisecond, Loss: run.loss}
				row := measure(t, run.way, run.homes, w)
				t.Log(row)
				fmt.Fprintf(table, "%s\t%d\t%g\t%s\t\n", run.way, run.homes, 100*run.loss, row)
			})
			runtime.GC()
		})
	}
	table.Flush()
	t.Log("\n" + b.String())
}

// measure lets a street be idle for a quarter of an hour, say fifty things, one
// each second, while one home is away, and put one home out. It returns a row.
func measure(t *testing.T, way string, homes int, w virtual.Wires) string {
	began := wall()
	s, say := settle(t, way, homes, w)
	time.Sleep(time.Minute)
	peers := 0
	for _, b := range s.homes {
		peers += len(b.host.Network().Peers())
	}
	const quiet, said = 15 * time.Minute, 50
	was := s.read()
	time.Sleep(quiet)
	idle := s.read().since(was)

	was = s.read()
	for n := range said {
		say(n * (homes - 1) / said)
		time.Sleep(time.Second)
	}
	time.Sleep(time.Minute)
	busy := s.read().since(was)
	slices.Sort(s.tally.took)
	took := s.tally.took
	if s.homes[0].core != nil && len(took) != said*(homes-1) {
		t.Errorf("what was said came %d times, of %d", len(took), said*(homes-1))
	}
	at := func(share float64) int64 { return took[min(int(share*float64(len(took))), len(took)-1)].Milliseconds() }

	perHome := 1 / float64(homes)
	share := float64(said*time.Second+time.Minute) / float64(quiet)
	cpu := (busy.cpu.Seconds() - share*idle.cpu.Seconds()) * perHome / said
	bytes := (float64(busy.bytes) - share*float64(idle.bytes)) * perHome / said
	back, out := "", ""
	if s.homes[0].core != nil {
		again, longest := s.back(say), s.out()
		if time.Duration(at(.99))*time.Millisecond > 400*time.Millisecond || again > 90*time.Second || longest > 2*time.Second {
			t.Errorf("p99 %d ms, back after %v, out after %v; want 400 ms, 90 s, 2 s", at(.99), again, longest)
		}
		back, out = fmt.Sprintf("%.1f", again.Seconds()), fmt.Sprint(longest.Milliseconds())
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("%.1f\t%d\t%d\t%d\t%.3f\t%.0f, %.0f\t%.1f\t%.4f\t%s\t%s\t%.0f\t%.0f",
		float64(peers)*perHome, at(.5), at(.99), at(1), 100*float64(len(took))*perHome/said*float64(homes)/float64(homes-1),
		bytes, 1e6*cpu, float64(idle.bytes)*perHome/quiet.Seconds(), 100*idle.cpu.Seconds()*perHome/quiet.Seconds(),
		back, out, float64(m.HeapAlloc+m.StackInuse)*perHome/1024, (wall() - began).Seconds())
}

// back has a home miss a quarter of an hour and ten entries, and returns how long it
// takes until it holds them once it is on the network again.
func (s *street) back(say func(home int)) time.Duration {
	away := s.homes[len(s.homes)-1]
	away.host.Off()
	for n := range 10 {
		say(3 * n)
		time.Sleep(90 * time.Second)
	}
	away.host.On()
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		_, all := s.homes[0].holds()
		_, held := away.holds()
		if len(all) == len(held) || time.Since(began) > time.Hour {
			return time.Since(began)
		}
	}
}

// out puts five homes out and returns how long somebody is still connected to one
// of them, at most.
func (s *street) out() (longest time.Duration) {
	for _, b := range s.homes[10:15] {
		s.homes[1].revoke(b)
		longest = max(longest, s.apart(b))
	}
	return longest
}

// TestCatchUp: a home that was away for a month, of 6,000 entries, is on the
// network again.
func TestCatchUp(t *testing.T) {
	const month = 6000
	synctest.Test(t, func(t *testing.T) {
		s := found(t, 30, virtual.Wires{Seed: 1, Latency: 40 * time.Millisecond, Spread: 20 * time.Millisecond})
		of := s.world.Streets[0]
		past := of.Remember(month, of.Homes...)
		away := s.homes[20]
		away.host.Off()
		for _, b := range s.homes {
			if b != away {
				b.mu.Lock()
				for _, i := range past {
					b.core.Feed().Add(i, now())
				}
				b.mu.Unlock()
			}
		}
		time.Sleep(30 * time.Minute)
		_, had := away.host.Traffic()
		was := s.read()
		away.host.On()
		began, linked := time.Now(), time.Time{}
		for held := 0; held < month && time.Since(began) < 10*time.Minute; time.Sleep(10 * time.Millisecond) {
			if linked.IsZero() && len(away.node.Linked()) > 0 {
				linked = time.Now()
			}
			away.mu.Lock()
			held = away.core.Feed().Len()
			away.mu.Unlock()
		}
		once := 0
		for _, i := range past {
			once += len(i.Raw) + len(i.Payload)
		}
		took := time.Since(linked)
		_, has := away.host.Traffic()
		t.Logf("%d entries: first link after %v, all of them %v later; %d bytes came, entries are %d; %v of CPU in all",
			month, linked.Sub(began), took, has.Bytes-had.Bytes, once, s.read().since(was).cpu)
		if took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// reading is what a street has cost so far.
type reading struct {
	bytes int
	cpu   time.Duration
}

func (s *street) read() (r reading) {
	for _, b := range s.homes {
		sent, _ := b.host.Traffic()
		r.bytes += sent.Bytes
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		s.t.Fatal(err)
	}
	r.cpu = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	return r
}

func (r reading) since(was reading) reading { return reading{r.bytes - was.bytes, r.cpu - was.cpu} }

// wall is the time outside of the bubble.
func wall() time.Duration {
	var v syscall.Timeval
	_ = syscall.Gettimeofday(&v)
	return time.Duration(v.Nano())
}
