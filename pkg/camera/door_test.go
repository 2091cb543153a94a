package camera

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

// absence is a camera that goes away, comes back and boots.
type absence struct{ gone, back, ready time.Duration }

// play plays a camera that lives like that for an hour and a half.
func (a absence) play(t *testing.T) (s *script) {
	t.Helper()
	s = &script{open: func(at time.Duration) bool { return at < a.gone || at >= a.back }}
	s.behave = func(string, int) (time.Duration, nvr.Reason) {
		switch at := time.Since(s.began); {
		case at < a.gone:
			return a.gone - at, nvr.Unreachable
		case at < a.back:
			return 0, nvr.Unreachable
		case at < a.ready:
			return 0, nvr.Refused
		default:
			return 2 * time.Hour, ""
		}
	}
	s.play(t, 90*time.Minute)
	return s
}

// TestReturn measures how long after its return a camera is recorded.
func TestReturn(t *testing.T) {
	const minute = time.Minute
	for _, a := range []absence{
		{minute, minute + 5*time.Second, 0},
		{minute, minute + 30*time.Second, 0},
		{minute, 6 * minute, 0},
		{minute, 61 * minute, 0},
		{0, 30 * minute, 0}, // it was never there
		{minute, 2 * minute, 2*minute + 3*time.Second},
		{minute, 2 * minute, 2*minute + 10*time.Second},
		{minute, 2 * minute, 2*minute + 40*time.Second},
		{minute, 2*minute + 300*time.Millisecond, 5 * minute},
	} {
		t.Run(fmt.Sprintf("away %v, boots %v", a.back-a.gone, max(0, a.ready-a.back)), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := a.play(t)
				ready := max(a.back, a.ready)
				bound := 1100*time.Millisecond + (ready-a.back)/4
				for url, at := range s.attempts {
					if late := at[len(at)-1] - ready; late < 0 || late > bound {
						t.Errorf("%s: the last attempt is %v after the camera is ready, want at most %v", url, late, bound)
					}
					boots := slices.DeleteFunc(slices.Clone(at), func(at time.Duration) bool { return at < a.back })
					if len(boots) > 24 {
						t.Errorf("%s: a camera that boots for %v is asked %d times", url, ready-a.back, len(boots))
					}
				}
				for i := 1; i < len(s.knocks); i++ {
					if s.knocks[i]-s.knocks[i-1] < time.Second {
						t.Errorf("knocks at %v and %v, want one a second at most", s.knocks[i-1], s.knocks[i])
					}
				}
				if n, away := len(s.knocks), int((a.back-a.gone)/time.Second); n > away+60 || n < away*9/10 {
					t.Errorf("%d knocks in %d s", n, away)
				}
			})
		})
	}
}

// TestReturnFromSilence has a network drop every packet for a while. The kernel
// sends a second one after 1 s, and none to hear of it if that is dropped, too: a
// stream may go on waiting for an answer while the other one has it.
func TestReturnFromSilence(t *testing.T) {
	const gone = time.Minute
	for offset := time.Duration(0); offset < 6*time.Second; offset += 100 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			s, back := &script{}, gone+10*time.Second+offset
			s.open = func(at time.Duration) bool {
				switch {
				case at < gone || at >= back:
					return true
				case at+time.Second >= back:
					time.Sleep(time.Second)
					return true
				}
				time.Sleep(2 * time.Second)
				return false
			}
			live := map[string]time.Duration{}
			s.behave = func(url string, _ int) (time.Duration, nvr.Reason) {
				at := time.Since(s.began)
				if !s.open(at) {
					return 0, nvr.Unreachable
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				if live[url] = time.Since(s.began); at < gone {
					return gone - at, nvr.NoPicture
				}
				return 2 * time.Hour, ""
			}
			s.play(t, 2*time.Minute)
			for url, at := range live {
				if late := at - back; late < 0 || late > 1100*time.Millisecond {
					t.Errorf("back after %v, %s is live %v later", back-gone, url, late)
				}
			}
		})
	}
}

// TestNoStorm has cameras whose port says nothing about whether they work.
func TestNoStorm(t *testing.T) {
	always := func(time.Duration) bool { return true }
	for name, c := range map[string]struct {
		open             func(time.Duration) bool
		reason           nvr.Reason
		attempts, knocks int // at most, in an hour
	}{
		"hangs up":                 {always, nvr.Unreachable, 80, 450},
		"refuses":                  {always, nvr.Refused, 80, 450},
		"wrong password":           {always, nvr.WrongPassword, 13, 0},
		"port opens and closes":    {func(at time.Duration) bool { return at/(3*time.Second)%2 == 0 }, nvr.Unreachable, 450, 4000},
		"crashes when it is asked": {nil, nvr.Unreachable, 450, 4000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var crashed atomic.Int64
				s := &script{open: c.open}
				if c.open == nil {
					s.open = func(at time.Duration) bool { return at > time.Duration(crashed.Load())+4*time.Second }
				}
				s.behave = func(string, int) (time.Duration, nvr.Reason) {
					crashed.Store(int64(time.Since(s.began)))
					return 0, c.reason
				}
				s.play(t, time.Hour)
				t.Logf("%d attempts, %d knocks", len(s.attempts["main"]), len(s.knocks))
				if n := len(s.attempts["main"]); n > c.attempts {
					t.Errorf("%d attempts in an hour, want at most %d", n, c.attempts)
				}
				if n := len(s.knocks); n > c.knocks {
					t.Errorf("%d knocks in an hour, want at most %d", n, c.knocks)
				}
			})
		})
	}
}

// TestNotAllAtOnce has the cameras of a household fail in the same instant, as
// when its power comes back: they do not come back to it together.
func TestNotAllAtOnce(t *testing.T) {
	const cameras = 16
	for reason, c := range map[nvr.Reason]struct {
		attempt int           // from the second on
		spread  time.Duration // of its instants, at least
	}{
		nvr.Unreachable:   {1, 100 * time.Millisecond}, // of 0.8 to 1.2 s
		nvr.Refused:       {5, time.Second},
		nvr.WrongPassword: {1, 15 * time.Second}, // of 5 to 6 min
	} {
		t.Run(string(reason), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				scripts := make([]*script, cameras)
				var all sync.WaitGroup
				for i := range scripts {
					scripts[i] = &script{behave: func(string, int) (time.Duration, nvr.Reason) { return 0, reason }}
					all.Go(func() { scripts[i].play(t, 10*time.Minute) })
				}
				all.Wait()
				var at []time.Duration
				for _, s := range scripts {
					at = append(at, s.attempts["main"][c.attempt])
				}
				slices.Sort(at)
				if spread := at[cameras-1] - at[0]; spread < c.spread {
					t.Errorf("%d cameras are asked again within %v, want %v at least: %v", cameras, spread, c.spread, at)
				}
				for i := 1; i < cameras; i++ {
					if at[i] == at[i-1] {
						t.Errorf("two cameras are asked again in the same instant, after %v", at[i])
					}
				}
			})
		})
	}
}

// TestLiveLog says how many attempts failed only where some did.
func TestLiveLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, _, log := play(t, time.Minute, func(url string, attempt int) (time.Duration, nvr.Reason) {
			if url == "sub" && attempt < 2 {
				return 0, nvr.Unreachable
			}
			return time.Hour, ""
		})
		for _, line := range []string{`msg="stream is live" stream=3/main` + "\n", `msg="stream is live" stream=3/sub failures=1` + "\n"} {
			if !strings.Contains(log, line) {
				t.Errorf("the log lacks %q:\n%s", line, log)
			}
		}
	})
}
