package storage

import (
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// lately is of what time the connection is told.
const lately = 24 * time.Hour

// nearly is of how much of it enough is known to speak of all of it.
const nearly = lately - time.Hour

// A connection that is lost more often, or for a larger part of the time, is worth a
// walk with the ladder.
const (
	oftenLost = 5
	longLost  = 100 // one part in
)

// Packets that are lost leave pictures out. One in a thousand is told of; one in a
// hundred is worth the walk.
const (
	someLost = 1000
	manyLost = 100
)

// connection is how steadily a camera is connected, and what to do.
type connection struct{ said, advice string }

// connection is empty if nothing is known.
func (v viewer) connection(c nvr.Connected) connection {
	if c.Known <= 0 {
		return connection{}
	}
	out := connection{said: v.t.Storage.Steady}
	if c.Losses > 0 {
		out.said = text.Fill(v.t.Storage.Lost.N(c.Losses), "duration", v.t.Calendar.Length(c.Lost),
			"percent", component.Percent(c.Known-c.Lost, c.Known, v.t.Numbers))
	}
	if c.Known < nearly {
		out.said += " " + text.Fill(v.t.Storage.Known, "duration", v.t.Calendar.Length(c.Known))
	}
	sent, lost := c.Packets.Sent, c.Packets.Lost
	if lost*someLost >= sent && lost > 0 {
		out.said += " " + text.Fill(v.t.Storage.Packets, "percent", component.Percent(lost, sent, v.t.Numbers))
	}
	if c.Losses >= oftenLost || c.Lost > c.Known/longLost || lost*manyLost > sent {
		out.advice = v.t.Storage.Weak
	}
	return out
}
