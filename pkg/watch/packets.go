package watch

import (
	"time"

	"nvrd/pkg/nvr"
)

// counts are the packets of a camera by the hour, for a day and a bit.
type counts [25]struct {
	hour int64 // since 1970
	nvr.Packets
}

func hourOf(t nvr.Time) int64 { return t.Std().Unix() / int64(time.Hour/time.Second) }

func (c *counts) add(at nvr.Time, p nvr.Packets) {
	hour := hourOf(at)
	slot := &c[hour%int64(len(c))]
	if slot.hour != hour {
		slot.hour, slot.Packets = hour, nvr.Packets{}
	}
	slot.Packets = slot.Plus(p)
}

// in sums up the hours that lie in a span in part or in full.
func (c *counts) in(span nvr.Span) (all nvr.Packets) {
	for _, slot := range c {
		if hourOf(span.From) <= slot.hour && slot.hour <= hourOf(span.To) {
			all = all.Plus(slot.Packets)
		}
	}
	return all
}

// Packets returns what a camera sent in the hours of a span, by all of its streams, as
// far as it was counted: for a day, and since this program began.
func (c *Cameras) Packets(camera nvr.CameraID, span nvr.Span) nvr.Packets {
	c.mu.Lock()
	defer c.mu.Unlock()
	if counted := c.counted[camera]; counted != nil {
		return counted.in(span)
	}
	return nvr.Packets{}
}

// count takes note of what a camera sent since it was called last.
func (c *Cameras) count(camera nvr.CameraID, p nvr.Packets) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counted[camera] == nil {
		c.counted[camera] = &counts{}
	}
	c.counted[camera].add(nvr.Now(), p)
}
