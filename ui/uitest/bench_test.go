//go:build bench

// What live pictures cost, and how old they are when they are seen: of what
// ships, and of what others wrote, by the same film in the same run. `make live`
// prints it.
package uitest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/rtsp/rtspsim"
)

var (
	benchViewers = flag.Int("bench.viewers", 50, "browsers that watch one camera at once")
	benchTime    = flag.Duration("bench.length", 20*time.Second, "how long they are measured")
)

// settled is how long viewers watch before they are measured: connected, and
// past the group of pictures that they began with.
const settled = 4 * time.Second

// TestCostOfWatching measures what one camera costs that many watch. Viewers are
// of this process, the server has its own.
func TestCostOfWatching(t *testing.T) {
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	if err := sim.Play("door", clip(t, film(t))); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\n%d browsers watch one camera by WebRTC, 720p15 H.264 4 Mb/s, %s\n", *benchViewers, *benchTime)
	var first float64 // cores a bit, of this program
	for i, start := range servers {
		t.Run(strconv.Itoa(i), func(t *testing.T) { // each ends before the next begins
			s, ok := start(t, sim.URL("door"))
			if !ok {
				return
			}
			asked := sim.Describes()
			c, err := s.cost(t)
			if i == 0 {
				first = c.cores / c.rate
				c.check(t, sim.Describes()-asked)
			}
			if err != nil {
				fmt.Printf("%-10s %v\n", s.name, err)
				return
			}
			fmt.Printf("%-10s %5.2f cores  %6.1f MB RSS  %5.2f Mb/s to each  %5.2f x CPU a bit\n", s.name, c.cores, c.resident/1e6, c.rate/1e6, c.cores/c.rate/first)
		})
	}
}

// cost is what viewers cost.
type cost struct {
	cores    float64
	resident float64 // bytes
	rate     float64 // bits a second, to each
}

// check is of this program.
func (c cost) check(t *testing.T, asked int) {
	t.Helper()
	if asked > 1 {
		t.Errorf("the camera was asked %d times", asked)
	}
	if c.rate < 3.9e6 {
		t.Errorf("viewers got %.2f Mb/s: this machine is too slow, or too busy", c.rate/1e6)
	}
	if c.cores > 1 {
		t.Errorf("it takes %.2f cores; the goal is 1", c.cores)
	}
}

func (s server) cost(t *testing.T) (c cost, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var crowd rtctest.Crowd
	for range *benchViewers {
		if err := s.watch(ctx, t, &crowd); err != nil {
			return c, err
		}
	}
	time.Sleep(settled)
	began, before := time.Now(), cpu(t, s.pid)
	_, sofar := crowd.Counted()
	time.Sleep(*benchTime)
	took := time.Since(began).Seconds()
	_, all := crowd.Counted()
	c.cores = (cpu(t, s.pid) - before).Seconds() / took
	c.rate = 8 * float64(all-sofar) / took / float64(*benchViewers)
	c.resident = resident(t, s.pid)
	return c, nil
}

// cpu is what a process has used, proc(5).
func cpu(t *testing.T, pid int) (sum time.Duration) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, ticks := range strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))[11:13] { // utime, stime
		n, err := strconv.Atoi(ticks)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum
}

func resident(t *testing.T, pid int) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return float64(pages * os.Getpagesize())
}
