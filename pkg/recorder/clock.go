package recorder

import (
	"time"

	"nvrd/pkg/media"
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
	// maxEarly is how far the line may be ahead of what arrives before it is
	// moved instead of slewed: nothing is taken after it arrived.
	maxEarly = 250 * time.Millisecond
	// farEarly is how far before that does not wait for the end of a segment.
	farEarly = 500 * time.Millisecond
	// saneBehind bounds how old a picture can be when it arrives, by the
	// camera's own clock, for that clock to be believed.
	saneBehind = 2 * time.Second
	// saneAhead bounds how far a believed camera's clock may be ahead of ours.
	saneAhead = 100 * time.Millisecond
)

// clock is the wall clock of a run: a line through media time that bends a
// little at segment borders, and is moved back there if it was ahead of what
// arrived. See docs/design/time.md.
type clock struct {
	timescale uint32
	anchor    nvr.Time // wall clock of media
	media     int64
	slew      int64 // parts per million
	began     time.Time
	lead      int64 // least lead of the observed clock over the line since the last bend, in µs
	observed  bool
	room      int64 // the same of arrival; below zero, the line is ahead of what can be
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
func (c *clock) observe(s media.Sample) {
	if lead := int64(wall(s) - c.at(s.DTS)); !c.observed || lead < c.lead {
		c.lead, c.observed = lead, true
	}
}

// arrive takes note of when a sample came, for which every one counts, unless
// the system's clock was set since.
func (c *clock) arrive(s media.Sample) {
	if c.stepped(s.Arrived).Abs() > maxStep {
		return
	}
	c.room = min(c.room, int64(nvr.TimeOf(s.Arrived)-c.at(s.DTS)))
}

// hasty tells whether the line is so far ahead of what arrived that a segment
// that began at from should end with the newest key frame, and can.
func (c *clock) hasty(key media.Sample, from nvr.Time) bool {
	return c.room < -farEarly.Microseconds() && nvr.TimeOf(key.Arrived) > from.Add(time.Second)
}

// bend ends a stretch of the line at a decode time, which began at from, and
// returns when that is. It chooses the slew of the next so that the error is
// gone after a stretch of the given length. A line that was ahead of what
// arrived is moved back to that: the stretch took less time than was counted,
// but is given half of that at least, since people look for things in it.
func (c *clock) bend(media int64, from nvr.Time, over time.Duration) nvr.Time {
	end := c.at(media)
	c.slew = 0
	switch {
	case c.room < -maxEarly.Microseconds():
		end = max(end+nvr.Time(c.room), from+(end-from+1)/2)
	case c.observed:
		c.slew = min(max(c.lead*1_000_000/over.Microseconds(), -maxSlew), maxSlew)
	}
	c.anchor, c.media, c.observed, c.room = end, media, false, 0
	return end
}

// stepped returns how far the system's clock was set since the run began.
func (c *clock) stepped(arrived time.Time) time.Duration {
	return arrived.Round(0).Sub(c.began.Round(0)) - arrived.Sub(c.began)
}

// wall is the best idea of when a sample was taken: by the camera's clock if
// that is sane, else as long before it arrived as it was late.
func wall(s media.Sample) nvr.Time {
	prompt := nvr.TimeOf(s.Arrived).Add(-s.Late)
	if s.Captured != 0 && s.Captured > prompt.Add(-saneBehind) && s.Captured < prompt.Add(saneAhead) {
		return s.Captured
	}
	return prompt
}
