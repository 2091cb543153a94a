package virtual_test

import (
	"flag"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/fedtest/virtual"
	"nvrd/federation/home"
	"nvrd/federation/request"
	"nvrd/federation/wire"
)

var asked = flag.Int("asked", 14, "how many homes an agency asks; `make sim` has 200")

// TestAgencyAsks: from when a sponsor takes a request until homes have it, seen by three,
// goes no time that a person notices: where one packet of a hundred is lost, too.
func TestAgencyAsks(t *testing.T) {
	sparesTheDetector(t)
	synctest.Test(t, func(t *testing.T) {
		s := sponsored(t, *asked, 2, virtual.Wires{Seed: 3, Latency: 40 * time.Millisecond, Spread: 20 * time.Millisecond, Loss: 0.01})
		agency := s.world.Streets[0].Agency
		var took []time.Duration
		for _, number := range []string{"26-1", "26-2", "26-3"} {
			_, note := agency.Publish(number, wire.IncidentFire)
			began, all := time.Now(), agency.Entries()
			sponsor := s.homes[0]
			sponsor.locked(func() home.Actions {
				from := sponsor.core.Logs().Log(agency.Key()).Size()
				is, a, err := sponsor.core.Publish(agency.Key(), note, from, all[from:], now())
				if is != request.Extended || err != nil {
					t.Errorf("the sponsor says %v, %v", is, err)
				}
				return a
			})
			waiting := slices.Clone(s.homes)
			for len(waiting) > 0 && time.Since(began) < time.Minute {
				time.Sleep(10 * time.Millisecond)
				waiting = slices.DeleteFunc(waiting, func(b *box) bool {
					b.mu.Lock()
					defer b.mu.Unlock()
					l := b.core.Logs().Log(agency.Key())
					shown := l.Size() == len(all) && len(l.Cosigners()) >= request.Enough && l.Entries(0)[len(all)-1].Verdict.OK()
					if shown {
						took = append(took, time.Since(began))
					}
					return shown
				})
			}
			if len(waiting) > 0 {
				t.Errorf("%d homes have not seen it, verified, within a minute", len(waiting))
			}
			time.Sleep(10 * time.Second)
		}
		slices.Sort(took)
		p99 := took[len(took)*99/100]
		t.Logf("%d homes: p50 %v, p99 %v, max %v until it is there and seen by three", *asked, took[len(took)/2], p99, took[len(took)-1])
		if p99 > 5*time.Second {
			t.Errorf("p99 is %v", p99)
		}
	})
}
