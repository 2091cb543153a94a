package recorder

import (
	"time"

	"nvrd/pkg/nvr"
)

const (
	// maxSlew is how much faster or slower than the camera's own count the
	// wall clock of a run may go, in parts per million: what NTP uses, and far
	// below what an ear or an eye notices.
	maxSlew = 500
	// maxStep is how far this machine's clock may be set before a new run is
	// begun instead of slewing.
	maxStep = time.Second
	// saneBehind bounds how old a picture can be when it arrives, by the
	// camera's own clock, for that clock to be believed.
	saneBehind = 2 * time.Second
	// saneAhead bounds how far a believed camera's clock may be ahead of ours.
	saneAhead = 100 * time.Millisecond
)

// clock is the wall clock of a run: a line through media time that bends a
// little at segment borders, never back. See docs/design/time.md.
type clock struct {
	timescale uint32
	anchor    nvr.Time // wall clock of media
	media     int64
	slew      int64 // parts per million
	began     time.Time
	ahead     int64 // least lead of the observed clock over the line since the last bend, in µs
	observed  bool
}

// newClock begins a run at start, with a sample of decode time media.
func newClock(timescale uint32, media int64, arrived time.Time, start nvr.Time) clock {
	return clock{timescale: timescale, media: media, began: arrived, anchor: start}
}

// at returns the wall clock of a decode time.
func (c *clock) at(media int64) nvr.Time {
	us := nvr.Duration(media-c.media, c.timescale).Microseconds()
	return c.anchor + nvr.Time(us+us*c.slew/1_000_000)
}

// observe compares the line with the clock. A sample may arrive late, never
// early, so the least lead is the one nearest to the truth.
func (c *clock) observe(media int64, arrived time.Time, captured nvr.Time) {
	lead := int64(wall(arrived, captured) - c.at(media))
	if !c.observed || lead < c.ahead {
		c.ahead, c.observed = lead, true
	}
}

// bend ends a stretch of the line at a decode time and chooses the slew of the
// next so that the error is gone after a stretch of the given length.
func (c *clock) bend(media int64, over time.Duration) {
	c.anchor, c.media = c.at(media), media
	c.slew = 0
	if c.observed {
		c.slew = min(max(c.ahead*1_000_000/over.Microseconds(), -maxSlew), maxSlew)
	}
	c.observed = false
}

// stepped returns how far the system's clock was set since the run began.
func (c *clock) stepped(arrived time.Time) time.Duration {
	return arrived.Round(0).Sub(c.began.Round(0)) - arrived.Sub(c.began)
}

// wall is the best idea of when a sample was taken: by the camera's clock if
// that is sane, else when it arrived.
func wall(arrived time.Time, captured nvr.Time) nvr.Time {
	now := nvr.TimeOf(arrived)
	if captured != 0 && captured > now.Add(-saneBehind) && captured < now.Add(saneAhead) {
		return captured
	}
	return now
}
