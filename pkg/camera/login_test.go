package camera

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// party is something that talks to a device whenever it may.
type party struct {
	name  string
	right func(time.Duration) bool // whether its password is, after a time
	tries []time.Duration
}

// talk has a party try up to a time, and when it was let in again every 20 s.
func (p *party) talk(l *LogIns, began time.Time, long time.Duration) {
	for time.Since(began) < long {
		ok, in, changed := l.May(p.name)
		if !ok {
			select {
			case <-time.After(min(in, long-time.Since(began))):
			case <-changed:
			}
			continue
		}
		p.tries = append(p.tries, time.Since(began))
		time.Sleep(time.Second)
		if p.right(time.Since(began)) {
			l.Accepted(p.name)
			time.Sleep(20 * time.Second)
		} else {
			l.Refused(p.name)
			time.Sleep(lockout + time.Second)
		}
	}
}

// TestLogIns has several parties talk to one device for an hour: of those whose
// password is wrong one tries in 5 minutes, and the others go on.
func TestLogIns(t *testing.T) {
	never := func(time.Duration) bool { return false }
	always := func(time.Duration) bool { return true }
	later := func(at time.Duration) bool { return at > 20*time.Minute }
	for name, c := range map[string]struct {
		right [3]func(time.Duration) bool // of main, sub, onvif
		let   [3]bool                     // whether they are let in, in the end
		news  int                         // passwords that were right before
	}{
		"all wrong":        {[3]func(time.Duration) bool{never, never, never}, [3]bool{}, 0},
		"the first right":  {[3]func(time.Duration) bool{always, never, never}, [3]bool{true, false, false}, 0},
		"another right":    {[3]func(time.Duration) bool{always, never, always}, [3]bool{true, false, true}, 0},
		"all put right":    {[3]func(time.Duration) bool{later, later, later}, [3]bool{true, true, true}, 0},
		"changed behind":   {[3]func(time.Duration) bool{func(at time.Duration) bool { return at < 20*time.Minute }, never, never}, [3]bool{}, 1},
		"others put right": {[3]func(time.Duration) bool{always, later, later}, [3]bool{true, true, true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l LogIns
				parties := [3]*party{{name: "main"}, {name: "sub"}, {name: "onvif"}}
				var all sync.WaitGroup
				began := time.Now()
				for i, p := range parties {
					p.right = c.right[i]
					all.Go(func() {
						time.Sleep(time.Duration(i) * 2 * time.Second) // one after the other at first
						p.talk(&l, began, time.Hour)
					})
				}
				all.Wait()
				var wrong []time.Duration
				for i, p := range parties {
					for _, at := range p.tries {
						if !p.right(at + time.Second) {
							wrong = append(wrong, at)
						}
					}
					if in := len(p.tries) > 30 && p.right(time.Hour); in != c.let[i] {
						t.Errorf("%s tried %d times, want it let in: %t", p.name, len(p.tries), c.let[i])
					}
				}
				slices.Sort(wrong)
				close := 0
				for i := 1; i < len(wrong); i++ {
					if wrong[i]-wrong[i-1] < lockout {
						close++
					}
				}
				if close > c.news {
					t.Errorf("wrong passwords within %v of each other: %v", lockout, wrong)
				}
			})
		})
	}
}

// TestLogInsOutliveConnections pauses a camera whose password is wrong, and has
// a person try another wrong one: neither gives it more log-ins.
func TestLogInsOutliveConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l LogIns
		tries := 0
		run := func(long time.Duration) {
			h := Start(t.Context(), Config{
				Streams: []Stream{{Sink: &ends{}}}, LogIns: &l,
				knock: func(context.Context, rtsp.Config) error { return nil },
				connect: func(context.Context, rtsp.Config, media.Sink) error {
					tries++
					return &rtsp.Fault{Reason: nvr.WrongPassword}
				},
			})
			time.Sleep(long)
			if s := h.State(); s.Phase != nvr.Waiting || s.Reason != nvr.WrongPassword || h.LogIns() != &l {
				t.Errorf("the camera is %+v", s)
			}
			h.Stop(&rtsp.Fault{Reason: nvr.PausedByUser})
			h.Wait()
			if s := h.State(); s.Phase != nvr.Off {
				t.Errorf("stopped, the camera is %+v", s)
			}
		}
		for range 4 {
			run(time.Minute)
		}
		if tries != 1 {
			t.Errorf("%d log-ins in 4 minutes, want one", tries)
		}
		l.Refused("a person")
		run(4 * time.Minute)
		if tries != 1 {
			t.Errorf("%d log-ins within 5 minutes of a person's, want none more", tries)
		}
		run(2 * time.Minute)
		if tries != 2 {
			t.Errorf("%d log-ins in all, want one after 5 minutes", tries)
		}
	})
}

// TestRightPasswordIsNotRightForEver asks once more after a password was changed.
func TestRightPasswordIsNotRightForEver(t *testing.T) {
	var l LogIns
	l.May("main")
	l.Accepted("main")
	l.Refused("onvif")
	if ok, _, _ := l.May("main"); !ok {
		t.Error("a party whose password is right waits for another one's")
	}
	l.Refused("main")
	if ok, in, _ := l.May("main"); ok || in < lockout-time.Minute {
		t.Errorf("a party whose password is not right any more may log in: %t, in %v", ok, in)
	}
}
