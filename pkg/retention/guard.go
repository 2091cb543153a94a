package retention

import (
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

const (
	// tolerance is how far the wall clock may go from the machine's uptime
	// between two rounds: NTP slews, and a step of minutes does no harm.
	tolerance = 10 * time.Minute
	// away is how long the machine may have been off before its clock is
	// doubted: nobody can tell whether it is right then.
	away = 24 * time.Hour
	// steadyFor is how long a clock that jumped has to run steadily to be
	// believed: time for its owner to notice.
	steadyFor = 24 * time.Hour
)

// guard tells whether the wall clock can be believed. It trusts a clock that
// runs with the machine's uptime from a moment at which it was believed.
type guard struct {
	trusted catalog.Clock // the newest moment at which it was believed
	steady  catalog.Clock // while it is not: since when it has run without a jump
}

// believe tells whether the clock is believed at a moment.
func (g *guard) believe(now catalog.Clock) bool {
	if g.trusted == (catalog.Clock{}) || g.consistent(now) {
		g.trusted, g.steady = now, catalog.Clock{}
		return true
	}
	if g.steady.Boot != now.Boot || step(g.steady, now).Abs() > tolerance {
		g.steady = now
	}
	if now.Uptime-g.steady.Uptime < steadyFor {
		return false
	}
	g.trusted, g.steady = now, catalog.Clock{}
	return true
}

// consistent tells whether the clock reads what it should, counted from the
// trusted moment.
func (g *guard) consistent(now catalog.Clock) bool {
	if g.trusted.Boot == now.Boot {
		return step(g.trusted, now).Abs() <= tolerance
	}
	since := now.Wall.Sub(g.trusted.Wall)
	return since >= -tolerance && since <= away+now.Uptime
}

// step returns by how much the wall clock went further than the uptime.
func step(from, to catalog.Clock) time.Duration {
	return to.Wall.Sub(from.Wall) - (to.Uptime - from.Uptime)
}

const (
	// maxOverdue is how far footage may be beyond its maximum age when the
	// clock is not believed; rounds follow each other in seconds, so only a
	// jump makes it overdue.
	maxOverdue = 6 * time.Hour
	// maxExpiry is the percentage of all footage that may go by age then.
	maxExpiry = 5
)

// Excessive tells whether more footage would go by age than a clock may decide
// that is not believed.
func Excessive(s State) bool {
	for _, place := range s.Places {
		var all, expired int64
		for _, b := range bytesOf(s.Stocks, place.ID) {
			all += b
		}
		for class := range nvr.Locked {
			age := s.Policy.Rules[class].MaxAge
			if age == 0 {
				continue
			}
			ended := s.Now.Add(-age)
			for k := range s.Oldest(place.ID, class) {
				if k.Span.To > ended {
					break
				}
				if expired += k.Bytes; ended.Sub(k.Span.To) > maxOverdue || expired > all/100*maxExpiry {
					return true
				}
			}
		}
	}
	return false
}
