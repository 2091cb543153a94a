package rtsp

import (
	"time"

	"nvrd/pkg/nvr"
)

const (
	// reorder is how far a timestamp may be behind the newest: pictures are
	// sent in the order in which they are decoded.
	reorder = time.Second
	// early is how much sooner than the promptest of the packets before it a
	// packet may come for its timestamp to be believed. Nothing is taken after
	// it arrived, but all that came before it may have been delayed.
	// Less than reorder would make the return of one that strays a jump.
	early = time.Second
	// longPause is how long sound has to be away to have paused, where its
	// timestamps do not tell.
	longPause = 3 * time.Second
)

// clock makes sense of the RTP timestamps of one track. It counts them without
// wrapping around, holds them against arrival, and knows the camera's wall
// clock from its sender reports (RFC 3550, 6.4.1).
//
// The count goes on whatever the timestamps do: one that cannot be is replaced
// by what passed since the packet before it, and only if the next agrees with
// it have the timestamps jumped.
type clock struct {
	rate    int64     // units per second
	epoch   time.Time // arrival is counted from here, whatever this machine's clock is set to; that of both tracks
	started bool
	reading         // of the newest packet that was believed
	stray   reading // of one that was not; zero if it was
	apart   int64   // the newest from the one before it
	leads   leads
	pace    pace    // of the pictures
	content content // of the sound

	report report
}

// reading is where a clock stood when a packet came.
type reading struct {
	ts      uint32
	count   int64 // ts, unwrapped
	arrived time.Time
}

// read unwraps the timestamp of a packet that holds a picture, or so many
// units of sound. It reports a jump, over which the count goes on by arrival.
func (c *clock) read(ts uint32, arrived time.Time, length int64) (count int64, jumped bool) {
	if !c.started {
		c.started = true
		c.report.begin(ts, c)
		return c.believe(ts, c.count, arrived, length), false
	}
	step := c.step(ts, arrived)
	if step == 0 {
		if step = c.usual(arrived); step <= c.rate { // the next may be as far away as this one came
			count = c.count + min(step, c.apart/2)
			c.leads.see(c.lead(count, arrived), arrived) // it may be the first of a run
			return count, false
		}
		c.pace.frozen = length == 0
	}
	if c.doubtful(c.count+step, arrived) {
		if c.stray.arrived.IsZero() || c.doubtfulAfter(c.stray, ts, arrived) {
			c.stray = reading{ts, c.count + c.usual(arrived), arrived}
			c.content.length = length
			return c.stray.count, false
		}
		c.reading, jumped = c.stray, true
		c.report.known = false
		step = c.step(ts, arrived)
	}
	count = c.count + step
	if c.pace.more != 0 && step > 0 {
		ahead := c.pace.ahead(arrived, time.Duration(c.nanos(count)))
		count = max(count-c.units(int64(ahead)), c.count+1)
	}
	return c.believe(ts, count, arrived, length), jumped
}

// believe makes a packet the newest.
func (c *clock) believe(ts uint32, count int64, arrived time.Time, length int64) int64 {
	c.apart = count - c.count
	c.reading, c.stray = reading{ts, count, arrived}, reading{}
	c.content.length = length
	c.leads.see(c.lead(count, arrived), arrived)
	return count
}

// step returns by how much a packet counts on from the one before it.
func (c *clock) step(ts uint32, arrived time.Time) int64 {
	said := int64(int32(ts - c.ts))
	if c.content.length == 0 {
		if c.pace.frozen {
			return c.units(int64(arrived.Sub(c.arrived)))
		}
		return c.pace.scale(said)
	}
	if c.content.see(said, arrived, c); c.content.byLength {
		return c.usual(arrived)
	}
	return said
}

// usual returns what passed since the newest packet, whatever this one says.
func (c *clock) usual(arrived time.Time) int64 {
	passed := c.units(int64(arrived.Sub(c.arrived)))
	if length := c.content.length; length > 0 && passed < length+c.units(int64(longPause)) {
		return length // a shorter pause may be the network's
	}
	return max(passed, 0)
}

// doubtful tells whether a packet that arrives now cannot have a count.
func (c *clock) doubtful(count int64, arrived time.Time) bool {
	step := time.Duration(c.nanos(count - c.count))
	return step < -reorder || step > reorder && c.lead(count, arrived) < c.leads.least()-int64(early)
}

// doubtfulAfter is doubtful as if p were the newest packet.
func (c *clock) doubtfulAfter(p reading, ts uint32, arrived time.Time) bool {
	step := time.Duration(c.nanos(int64(int32(ts - p.ts))))
	passed := arrived.Sub(p.arrived)
	return step < -reorder || step > max(reorder, passed+early)
}

// lead returns how long after its count, taken from the epoch on, a packet
// arrived, in ns.
func (c *clock) lead(count int64, arrived time.Time) int64 {
	return int64(arrived.Sub(c.epoch)) - c.nanos(count)
}

// late returns how much later than the promptest packet of the last seconds
// one came that was read.
func (c *clock) late(count int64, arrived time.Time) time.Duration {
	return time.Duration(max(c.lead(count, arrived)-c.leads.least(), 0))
}

// near unwraps a timestamp close to the newest.
func (c *clock) near(ts uint32) int64 { return c.count + c.pace.scale(int64(int32(ts-c.ts))) }

// forget drops what was learned about other clocks.
func (c *clock) forget() {
	c.report.known, c.leads, c.stray = false, leads{}, reading{}
	c.content.begin()
	c.pace.begin()
}

func (c *clock) nanos(units int64) int64 {
	return int64(nvr.Duration(units, uint32(c.rate)))
}

func (c *clock) units(ns int64) int64 {
	return nvr.Units(time.Duration(ns), uint32(c.rate))
}

// leads remembers the least lead of the last ten to twenty seconds: that of
// the packet that was delayed least.
type leads struct {
	from        time.Time // when the newest stretch began
	now, before int64
}

const leadsFor = 10 * time.Second

func (l *leads) see(lead int64, at time.Time) {
	switch {
	case l.from.IsZero():
		*l = leads{at, lead, lead}
	case at.Sub(l.from) >= leadsFor:
		*l = leads{at, lead, l.now}
	default:
		l.now = min(l.now, lead)
	}
}

func (l *leads) least() int64 { return min(l.now, l.before) }
