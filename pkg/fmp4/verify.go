package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"nvrd/pkg/nvr"
)

// Verify checks that every picture of the movie fragments that stand in
// [from, size) consists of whole NAL units. It finds media that was written
// over or is all zeros, which the headers do not show; it cannot find a changed
// byte within a NAL unit. What does not fit is nvr.ErrDamaged.
func Verify(r io.ReaderAt, from, size int64) error {
	scanner := NewScanner(r, from, size)
	var f MovieFragment
	var b []byte
	for {
		if err := scanner.Next(&f); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		at := f.Runs[0].Offset
		for _, s := range f.Runs[0].Samples {
			if cap(b) < int(s.Bytes) {
				b = make([]byte, s.Bytes)
			}
			b = b[:s.Bytes]
			if _, err := r.ReadAt(b, at); err != nil {
				return fmt.Errorf("read picture: %w", err)
			}
			if !wholeUnits(b) {
				return fmt.Errorf("picture at %d: %w", at, nvr.ErrDamaged)
			}
			at += int64(s.Bytes)
		}
	}
}

// wholeUnits tells whether b is NAL units behind four bytes of length each.
func wholeUnits(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 4 {
			return false
		}
		n := binary.BigEndian.Uint32(b)
		if n == 0 || uint64(n) > uint64(len(b)-4) {
			return false
		}
		b = b[4+n:]
	}
	return true
}
