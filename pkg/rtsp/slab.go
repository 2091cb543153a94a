package rtsp

import "time"

// slab is where the access units of one track are put together, one behind
// the other, so that the payload of a packet is copied once and neither
// packets nor pictures cost an allocation. A full slab is replaced, never
// reused: samples point into it, and the collector frees it after the last.
type slab struct {
	buf    []byte // its length is what is written
	start  int    // where the unit under construction begins
	least  int    // bytes; no slab is smaller
	opened time.Time
}

const (
	maxSlab = 1 << 20 // bytes; a quarter of a second of the fastest cameras
	maxUnit = 8 << 20 // bytes; the largest picture of H.264 level 5.2 stays below
)

// room makes space for n more bytes of the unit; it reports false if the
// unit would become too large.
func (s *slab) room(n int, now time.Time) bool {
	if cap(s.buf)-len(s.buf) >= n && len(s.buf)-s.start+n <= maxUnit {
		return true
	}
	unit := s.buf[s.start:]
	if len(unit)+n > maxUnit {
		return false
	}
	// A slab lives until its last sample is let go, so one that lasts about
	// a second wastes little and still is rarely made.
	size := max(cap(s.buf), s.least)
	switch lasted := now.Sub(s.opened); {
	case lasted < time.Second/2:
		size = min(2*size, maxSlab)
	case lasted > 2*time.Second:
		size = max(size/2, s.least)
	}
	next := make([]byte, len(unit), max(size, 2*(len(unit)+n)))
	copy(next, unit)
	s.buf, s.start, s.opened = next, 0, now
	return true
}

// add appends to the unit; room must have been made.
func (s *slab) add(b ...byte)   { s.buf = append(s.buf, b...) }
func (s *slab) write(b []byte)  { s.buf = append(s.buf, b...) }
func (s *slab) size() int       { return len(s.buf) - s.start }
func (s *slab) truncate(n int)  { s.buf = s.buf[:s.start+n] }
func (s *slab) at(i int) []byte { return s.buf[s.start+i:] }

// take returns the unit and begins the next.
func (s *slab) take() []byte {
	unit := s.buf[s.start:len(s.buf):len(s.buf)]
	s.start = len(s.buf)
	return unit
}
