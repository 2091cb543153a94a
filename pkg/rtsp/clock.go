package rtsp

import (
	"time"

	"nvrd/pkg/nvr"
)

// clock makes sense of the RTP timestamps of one track. It counts them
// without wrapping around, and knows the camera's wall clock from its sender
// reports (RFC 3550, 6.4.1).
type clock struct {
	rate    int64 // units per second
	started bool
	last    uint32
	count   int64 // last, unwrapped
	pace    pace  // of the pictures

	report    bool // a report arrived that fits to the present count
	early     bool // a report arrived before any packet
	reportRTP uint32
	reportAt  int64 // reportRTP, unwrapped
	reportNTP int64 // ns since 1970, camera's clock

	// lead is the smallest difference between the arrival of a packet and its
	// timestamp, in ns: that of the packet that was delayed least.
	lead int64
}

// read unwraps a timestamp. It reports a jump when the camera went back by
// more than a second, which no reordering explains, or ahead by more than
// ten; the count then goes on as if nothing was.
func (c *clock) read(ts uint32, arrived time.Time) (count int64, jumped bool) {
	step := int64(int32(ts - c.last))
	if !c.started {
		c.started, step = true, 0
		if c.early {
			c.early, c.report = false, true
			c.reportAt = c.count + int64(int32(c.reportRTP-ts))
		}
	} else if jumped = step < -c.rate || step > 10*c.rate; jumped {
		c.report, step = false, c.rate
	}
	c.last = ts
	before := c.count
	c.count += c.pace.scale(step)
	if c.pace.more != 0 && step > 0 {
		ahead := c.pace.ahead(arrived, time.Duration(c.nanos(c.count)))
		c.count = max(c.count-c.units(int64(ahead)), before+1)
	}
	lead := arrived.UnixNano() - c.nanos(c.count)
	if c.lead == 0 || jumped || lead < c.lead {
		c.lead = lead
	}
	return c.count, jumped
}

// hear takes a sender report. ntp is its 64-bit timestamp since 1900.
func (c *clock) hear(ntp uint64, ts uint32) {
	if ntp == 0 || c.pace.more != 0 {
		return // RFC 3550: a sender without a clock says zero; and one whose count is no time has none
	}
	const from1900to1970 = 2208988800
	seconds := int64(ntp >> 32)
	if seconds < 1<<31 { // they begin again in 2036 (RFC 4330, 3)
		seconds += 1 << 32
	}
	c.reportRTP = ts
	c.reportNTP = (seconds-from1900to1970)*int64(time.Second) + int64((ntp&0xffffffff)*uint64(time.Second)>>32)
	c.early = !c.started
	c.report = c.started
	c.reportAt = c.near(ts)
}

// wall converts a count to the camera's wall clock in ns; ok is false while
// there was no report.
func (c *clock) wall(count int64) (ns int64, ok bool) {
	return c.reportNTP + c.nanos(count-c.reportAt), c.report
}

// near unwraps a timestamp close to the last one.
func (c *clock) near(ts uint32) int64 { return c.count + c.pace.scale(int64(int32(ts-c.last))) }

// forget drops what was learned about other clocks.
func (c *clock) forget() {
	c.report, c.lead = false, 0
	c.pace.begin()
}

// captured is wall for [media.Sample]: zero while not known.
func (c *clock) captured(count int64) nvr.Time {
	ns, ok := c.wall(count)
	if !ok || ns < 0 {
		return 0
	}
	return nvr.Time(ns / 1000)
}

func (c *clock) nanos(units int64) int64 {
	return int64(nvr.Duration(units, uint32(c.rate)))
}

func (c *clock) units(ns int64) int64 {
	return nvr.Units(time.Duration(ns), uint32(c.rate))
}
