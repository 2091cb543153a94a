package rtsp

import "time"

// fraction knows how a camera writes the lower half of NTP timestamps, which
// counts 1/2^32 s (RFC 3550, 4). Servers are known that write nanoseconds there:
// their clock seems to go at a quarter of its pace and to leap each second, which
// takes sound up to 0.77 s away from the pictures, as their reports come at other
// instants. Held against arrival, one reading is steadier than the other.
type fraction struct {
	proper   bool // there was one that nanoseconds do not reach
	nanos    bool // it is nanoseconds
	first    time.Time
	readings [2]swing // as it should be; of nanoseconds
}

const (
	// enoughReports is how many have to agree that a fraction is nanoseconds.
	enoughReports = 12
	// maxSwing is how unsteady reports may be that are read as they should be:
	// delays by the network, and up to 40 ms until what came is read.
	maxSwing = 80 * time.Millisecond
)

// read returns the timestamp of a report as it should be.
func (f *fraction) read(ntp uint64, arrived time.Time) uint64 {
	low := ntp & 0xffffffff
	if f.proper = f.proper || low >= uint64(time.Second); f.proper || ntp == 0 {
		return ntp
	}
	if f.first.IsZero() {
		f.first = arrived
	}
	seconds, since := time.Duration(ntp>>32)*time.Second, arrived.Sub(f.first)
	f.readings[0].see(seconds + time.Duration(low*uint64(time.Second)>>32) - since)
	f.readings[1].see(seconds + time.Duration(low) - since)
	if proper := f.readings[0]; proper.n >= enoughReports && proper.width() > maxSwing {
		f.nanos = f.nanos || f.readings[1].width() < proper.width()/3
	}
	if f.nanos {
		return ntp&^0xffffffff | low<<32/uint64(time.Second)
	}
	return ntp
}

// swing is between which bounds something was.
type swing struct {
	n           int
	least, most time.Duration
}

func (s *swing) see(d time.Duration) {
	if s.n++; s.n == 1 {
		s.least, s.most = d, d
	}
	s.least, s.most = min(s.least, d), max(s.most, d)
}

func (s *swing) width() time.Duration { return s.most - s.least }
