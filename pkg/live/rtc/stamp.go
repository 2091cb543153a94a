package rtc

import (
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// adrift is how far a track's own count of time and that of arrivals may be
// apart before it is another run's.
const adrift = 2 * time.Second

// stamp turns a track's count of time into that of RTP, which goes on when a
// camera begins to count anew.
type stamp struct {
	rate, timescale uint32
	zero            int64 // DTS of the sample that has the time stamp at
	at              uint32
	arrived         time.Time // when that sample did
}

// of returns the time stamp of x. Fresh says that x may be of another run.
func (s *stamp) of(x media.Sample, fresh bool) uint32 {
	went := x.Arrived.Sub(s.arrived)
	if s.arrived.IsZero() {
		s.zero, s.arrived = x.DTS, x.Arrived
	} else if off := nvr.Duration(x.DTS-s.zero, s.timescale) - went; fresh && (off > adrift || off < -adrift) {
		s.at += uint32(nvr.Units(max(went, 0), s.rate))
		s.zero, s.arrived = x.DTS, x.Arrived
	}
	return s.at + uint32(nvr.Units(nvr.Duration(x.DTS-s.zero, s.timescale), s.rate))
}
