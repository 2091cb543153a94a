package rtsp

// sequence follows the sequence numbers of one track (RFC 3550, 5.1).
type sequence struct {
	started bool
	last    uint16
	stale   int // packets in a row that came from the past
	alien   int // packets since the last that are of no track: some cameras number them in its order
}

// maxStale is how many packets in a row may be late or doubled before the
// camera is taken to have begun to count anew.
const maxStale = 64

// maxAlien bounds how many packets of no track explain what is missing.
const maxAlien = 16

// skip takes note of a packet that is of no track.
func (s *sequence) skip() { s.alien = min(s.alien+1, maxAlien) }

// next tells whether a packet is to be used, and whether some are missing
// before it.
func (s *sequence) next(n uint16) (fresh, lost bool) {
	step := int16(n - s.last)
	switch {
	case !s.started:
		s.started = true
	case step > 0:
		lost = int(step) > 1+s.alien
	default:
		if s.stale++; s.stale <= maxStale {
			return false, false
		}
		lost = true
	}
	s.last, s.stale, s.alien = n, 0, 0
	return true, lost
}
