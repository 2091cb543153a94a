package recorder

import (
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// bounds keep a stream that floods from filling the disk faster than retention
// makes room.
type bounds struct {
	segment int64 // bytes after which a segment ends with the next key frame; twice as many end it in any case
	rate    int64 // bytes a second that are taken for long
	burst   int64 // bytes that are taken at once
}

// usual is what a 4K camera at its best needs seven times over. A segment that is
// open cannot be removed.
var usual = bounds{segment: 256 << 20, rate: 2 * nvr.MaxRate, burst: 256 << 20}

// meter measures what a stream sends.
type meter struct {
	bounds
	spare int64     // bytes that are taken at once, now
	calm  int64     // bytes that may come at once, now, before the stream floods; less than none if it does
	at    time.Time // when that was so
	over  bool      // too much came, and what follows is not taken
}

// admits tells whether a picture is taken. After too much came, that begins
// again with a key frame, once there is room for a while.
func (m *meter) admits(s media.Sample) bool {
	if m.at.IsZero() {
		m.spare, m.calm, m.at = m.burst, m.surge(), s.Arrived
	}
	if gone := s.Arrived.Sub(m.at); gone > 0 {
		more := int64(gone.Seconds() * float64(m.rate))
		m.spare, m.calm, m.at = min(m.spare+more, m.burst), min(m.calm+more/2, m.surge()), s.Arrived
	}
	m.calm = max(m.calm-int64(len(s.Data)), -m.burst)
	if m.over && (!s.Key || m.spare < m.burst/2) {
		return false
	}
	m.spare -= int64(len(s.Data))
	m.over = m.spare < 0
	return !m.over
}

// surge is how much more than half the rate, which is [nvr.MaxRate], may come at
// once, such as what a camera held back while the network was down.
func (m *meter) surge() int64 { return m.burst / 16 }

// floods tells whether more comes than from any camera, whether it is taken or not.
func (m *meter) floods() bool { return m.calm < 0 }
