package rtsp

import (
	"time"

	"nvrd/pkg/nvr"
)

// report is the newest sender report of a track (RFC 3550, 6.4.1): where its
// timestamps stood at an instant of the camera's wall clock.
type report struct {
	known   bool // and fits to the present count
	early   bool // it came before any packet, which has to show whether it fits
	ts      uint32
	at      int64 // ts, unwrapped
	ntp     int64 // ns since 1970, camera's clock
	arrived time.Time
	strange bool // that clock knows whole seconds only, or went otherwise than ours since the report before
}

// strayReport is how far the timestamp of a report may be from those of the
// packets around it: cameras are known that delay pictures by 3 s.
const strayReport = 10 * time.Second

// hear takes a sender report. ntp is its 64-bit timestamp since 1900.
func (c *clock) hear(ntp uint64, ts uint32, arrived time.Time) {
	if ntp == 0 || c.pace.more != 0 || c.pace.frozen || c.content.byLength {
		return // RFC 3550: a sender without a clock says zero; and one whose count is no time has none
	}
	const from1900to1970 = 2208988800
	seconds := int64(ntp >> 32)
	if seconds < 1<<31 { // they begin again in 2036 (RFC 4330, 3)
		seconds += 1 << 32
	}
	r := report{ts: ts, arrived: arrived, strange: uint32(ntp) == 0, ntp: (seconds-from1900to1970)*int64(time.Second) + int64((ntp&0xffffffff)*uint64(time.Second)>>32)}
	if !c.started {
		r.early = true
		c.report = r
		return
	}
	r.at = c.near(ts)
	since := time.Duration(c.nanos(r.at-c.count)) - arrived.Sub(c.arrived)
	if r.known = since.Abs() <= strayReport; r.known {
		went := time.Duration(r.ntp-c.report.ntp) - arrived.Sub(c.report.arrived)
		r.strange = r.strange || c.report.known && went.Abs() > sameClock
		c.report = r
	}
}

// begin looks at the report that came before the first packet.
func (r *report) begin(ts uint32, c *clock) {
	if !r.early {
		return
	}
	before := int64(int32(r.ts - ts))
	r.early, r.at = false, c.count+before
	r.known = time.Duration(c.nanos(before)).Abs() <= strayReport
}

// skew is how far the camera's wall clock was ahead of arrival, in ns.
func (c *clock) skew() int64 { return c.report.ntp - int64(c.report.arrived.Sub(c.epoch)) }

// wall converts a count to the camera's wall clock in ns; ok is false while
// there was no report.
func (c *clock) wall(count int64) (ns int64, ok bool) {
	return c.report.ntp + c.nanos(count-c.report.at), c.report.known
}

// captured is wall for [media.Sample]: zero while not known.
func (c *clock) captured(count int64) nvr.Time {
	ns, ok := c.wall(count)
	if !ok || ns < 0 {
		return 0
	}
	return nvr.Time(ns / 1000)
}
