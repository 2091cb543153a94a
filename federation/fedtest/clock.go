package fedtest

import "time"

// clock is the time of a world, and what is to happen in it.
type clock struct {
	now    time.Duration // since the world began
	events []event       // a heap, the earliest first
	made   uint64
}

type event struct {
	at     time.Duration
	number uint64 // of events at one time the one that was planned first comes first
	do     func()
}

func (c *clock) before(i, j int) bool {
	a, b := &c.events[i], &c.events[j]
	return a.at < b.at || a.at == b.at && a.number < b.number
}

// at plans something.
func (c *clock) at(when time.Duration, do func()) {
	c.made++
	c.events = append(c.events, event{max(when, c.now), c.made, do})
	for i := len(c.events) - 1; i > 0 && c.before(i, (i-1)/2); i = (i - 1) / 2 {
		c.events[i], c.events[(i-1)/2] = c.events[(i-1)/2], c.events[i]
	}
}

// run has all happen that is planned until then.
func (c *clock) run(until time.Duration) {
	for len(c.events) > 0 && c.events[0].at <= until {
		first := c.events[0]
		c.pop()
		c.now = first.at
		first.do()
	}
	c.now = until
}

func (c *clock) pop() {
	last := len(c.events) - 1
	c.events[0] = c.events[last]
	c.events[last] = event{}
	c.events = c.events[:last]
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < last && c.before(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		c.events[i], c.events[least] = c.events[least], c.events[i]
		i = least
	}
}
