package nvr

import (
	"encoding/binary"
	"fmt"
)

// The fragments of a segment lie side by side from the end of its header on,
// so only their sizes and durations are kept, in the catalog and at the end of
// a footage file. Each is
//
//	varint   bytes minus those of the fragment before, zig-zag
//	varint   (duration minus that of the fragment before, zig-zag) * 2 + 1 if it begins with a key frame
//	byte     activity score
//
// which is 5 to 6 bytes for a second of video. The differences of the first
// fragment are to zero.

// AppendFragments appends the segment's fragments to b.
func (s *Segment) AppendFragments(b []byte) []byte {
	var bytes, duration int64
	for _, f := range s.Fragments {
		b = binary.AppendVarint(b, f.Bytes-bytes)
		d := f.MediaDuration - duration
		v := (uint64(d)<<1 ^ uint64(d>>63)) << 1
		if f.Key {
			v |= 1
		}
		b = binary.AppendUvarint(b, v)
		b = append(b, f.Score)
		bytes, duration = f.Bytes, f.MediaDuration
	}
	return b
}

// ParseFragments is the inverse of [Segment.AppendFragments]: it appends to s.Fragments
// what lies between the segment's header and its size, and within its media
// time. What does not fit in there is ErrDamaged.
func (s *Segment) ParseFragments(b []byte) error {
	offset, start := s.HeaderBytes, s.MediaStart
	var bytes, duration int64
	for len(b) > 0 {
		db, n := binary.Varint(b)
		if n <= 0 {
			return s.damaged()
		}
		b = b[n:]
		v, n := binary.Uvarint(b)
		if n <= 0 || n >= len(b) {
			return s.damaged()
		}
		bytes += db
		d := v >> 1
		duration += int64(d>>1) ^ -int64(d&1)
		if bytes <= 0 || bytes > s.Bytes-offset || duration < 0 || duration > s.MediaStart+s.MediaDuration-start {
			return s.damaged()
		}
		s.Fragments = append(s.Fragments, Fragment{
			Offset: offset, Bytes: bytes, MediaStart: start, MediaDuration: duration, Key: v&1 == 1, Score: b[n],
		})
		offset += bytes
		start += duration
		b = b[n+1:]
	}
	return nil
}

func (s *Segment) damaged() error { return fmt.Errorf("fragments of segment %d: %w", s.ID, ErrDamaged) }
