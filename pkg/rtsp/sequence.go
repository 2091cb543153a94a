package rtsp

import (
	"time"

	"nvrd/pkg/nvr"
)

// sequence follows the sequence numbers of one track (RFC 3550, 5.1).
type sequence struct {
	started bool
	last    uint16
	ts      uint32 // of the packet that was used last
	at      time.Time
	stale   int // packets in a row that came from the past
	alien   int // packets since the last that are of no track: some cameras number them in its order

	sent, came int64 // packets of the track: by their numbers, and those that were seen
}

// maxStale is how many packets in a row may be late or doubled before the
// camera is taken to have begun to count anew.
const maxStale = 64

// maxAlien bounds how many packets of no track explain what is missing.
const maxAlien = 16

// Steps of numbers that are no loss and no delay (RFC 3550, A.1): a camera that
// begins to count anew, at any number, has sent all that it had to.
const (
	maxDropout  = 3000
	maxMisorder = 100
	// maxHole is how much of the stream, in units of the clock of pictures, may
	// be missing at most where so many packets are said to be: 1 s.
	maxHole = 90000
)

// packets counts those of the track as RFC 3550, A.3, does: what is late makes up for
// what was missing, and so does what is doubled.
func (s *sequence) packets() nvr.Packets {
	return nvr.Packets{Sent: s.sent, Lost: max(s.sent-s.came, 0)}
}

// skip takes note of a packet that is of no track.
func (s *sequence) skip() { s.alien = min(s.alien+1, maxAlien) }

// next tells whether a packet is to be used, and whether some are missing
// before it.
func (s *sequence) next(n uint16, ts uint32, now time.Time) (fresh, lost bool) {
	s.came++
	step := int(int16(n - s.last))
	passed := int64(int32(ts - s.ts))
	switch {
	case !s.started:
		s.started = true
	case step > maxDropout && (passed > -maxHole && passed < maxHole || now.Sub(s.at) < time.Second && apart(passed, 0) > 60*maxHole):
		lost = s.stale > 0
	case step > 0:
		lost = step > 1+s.alien
		s.sent += int64(max(step-1-s.alien, 0))
	case step < -maxMisorder || passed > 0: // what is late or doubled is not newer
		lost = s.stale > 0
	default:
		if s.stale++; s.stale <= maxStale {
			return false, false
		}
		lost = true
	}
	s.sent++
	s.last, s.ts, s.at, s.stale, s.alien = n, ts, now, 0, 0
	return true, lost
}
