package catalog

import (
	"encoding/binary"
	"fmt"

	"nvrd/pkg/nvr"
)

// The fragments of a segment lie side by side from the end of its header on,
// so only their sizes and durations are kept. Each is
//
//	varint   bytes minus those of the fragment before, zig-zag
//	varint   (duration minus that of the fragment before, zig-zag) * 2 + 1 if it begins with a key frame
//	byte     activity score
//
// which is 5 to 6 bytes for a second of video. The differences of the first
// fragment are to zero.

// encodeFragments returns the blob of a sealed segment; nothing for an open one.
func encodeFragments(s nvr.Segment) []byte {
	if !s.Sealed {
		return []byte{}
	}
	b := make([]byte, 0, 6*len(s.Fragments))
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

// decodeFragments is the inverse; it fills s.Fragments from the blob and the
// segment's header size and media start.
func decodeFragments(s *nvr.Segment, b []byte) error {
	offset, start := s.HeaderBytes, s.MediaStart
	var bytes, duration int64
	for len(b) > 0 {
		db, n := binary.Varint(b)
		if n <= 0 {
			return damaged(s)
		}
		b = b[n:]
		v, n := binary.Uvarint(b)
		if n <= 0 || n >= len(b) {
			return damaged(s)
		}
		bytes += db
		d := v >> 1
		duration += int64(d>>1) ^ -int64(d&1)
		if bytes <= 0 || bytes > s.Bytes-offset || duration < 0 || duration > s.MediaStart+s.MediaDuration-start {
			return damaged(s)
		}
		s.Fragments = append(s.Fragments, nvr.Fragment{
			Offset: offset, Bytes: bytes, MediaStart: start, MediaDuration: duration, Key: v&1 == 1, Score: b[n],
		})
		offset += bytes
		start += duration
		b = b[n+1:]
	}
	return nil
}

func damaged(s *nvr.Segment) error {
	return fmt.Errorf("fragments of segment %d: %w", s.ID, nvr.ErrDamaged)
}
