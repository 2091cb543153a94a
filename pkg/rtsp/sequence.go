package rtsp

// sequence follows the sequence numbers of one track (RFC 3550, 5.1).
type sequence struct {
	started bool
	last    uint16
	stale   int // packets in a row that came from the past
}

// maxStale is how many packets in a row may be late or doubled before the
// camera is taken to have begun to count anew.
const maxStale = 64

// next tells whether a packet is to be used, and whether some are missing
// before it.
func (s *sequence) next(n uint16) (fresh, lost bool) {
	step := int16(n - s.last)
	switch {
	case !s.started:
		s.started = true
	case step > 0:
		lost = step != 1
	default:
		if s.stale++; s.stale <= maxStale {
			return false, false
		}
		lost = true
	}
	s.last, s.stale = n, 0
	return true, lost
}
