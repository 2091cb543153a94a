package nvr

import "time"

// Connected is how steadily a camera was connected in a span. While the recorder did not
// run, or the camera was off or only began, nothing is known.
type Connected struct {
	Known  time.Duration
	Lost   time.Duration // of Known, in which there was no connection, or no picture by it
	Losses int           // how often it was lost

	Packets Packets // that the camera sent, as far as they were counted
}

// Packets counts the RTP packets of a camera by their numbers.
type Packets struct {
	Sent int64
	Lost int64 // of Sent, which did not come
}

// Plus returns both together.
func (p Packets) Plus(o Packets) Packets { return Packets{p.Sent + o.Sent, p.Lost + o.Lost} }

// Connect tells it of a stream that is accounted for in the span account and has these
// gaps, the oldest first. Why there is a gap is the camera's matter if it was away, so
// what was not recorded for another reason counts as connected.
func Connect(span, account Span, gaps []Gap) (c Connected) {
	of := span.Intersect(account)
	if of.Empty() {
		return c
	}
	c.Known = of.Duration()
	var lost Time // the end of the last loss: one that goes on for another reason is the same
	for _, g := range Within(gaps, of) {
		switch g.Reason {
		case NotRunning, PausedByUser, Starting:
			c.Known -= g.Span.Duration()
		case Unreachable, WrongPassword, Refused, BadStream, NoPicture:
			c.Lost += g.Span.Duration()
			if g.Span.From != lost {
				c.Losses++
			}
			lost = g.Span.To
		}
	}
	return c
}
