package fmp4

import (
	"encoding/binary"
	"fmt"

	"nvrd/pkg/nvr"
)

// box is one box in memory: its type and its content without the header.
type box struct {
	kind string
	body []byte
}

// next splits the first box off b.
func next(b []byte) (first box, rest []byte, err error) {
	if len(b) < 8 {
		return box{}, nil, fmt.Errorf("box header of %d bytes: %w", len(b), nvr.ErrDamaged)
	}
	size := uint64(binary.BigEndian.Uint32(b))
	if size < 8 || size > uint64(len(b)) {
		return box{}, nil, fmt.Errorf("box %q of %d bytes in %d: %w", b[4:8], size, len(b), nvr.ErrDamaged)
	}
	return box{string(b[4:8]), b[8:size]}, b[size:], nil
}

// each calls f for every box in b.
func each(b []byte, f func(box) error) error {
	for len(b) > 0 {
		child, rest, err := next(b)
		if err != nil {
			return err
		}
		if err := f(child); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// find returns the content of the first box at path below b, or nil.
func find(b []byte, path ...string) []byte {
	for len(b) > 0 {
		child, rest, err := next(b)
		if err != nil {
			return nil
		}
		if child.kind == path[0] {
			if len(path) == 1 {
				return child.body
			}
			return find(child.body, path[1:]...)
		}
		b = rest
	}
	return nil
}

// fields reads big-endian fields off the front of a box's content. Reading
// past the end sets short and returns zeros, so that a box is read straight
// through and checked once.
type fields struct {
	b     []byte
	short bool
}

func (f *fields) take(n int) []byte {
	if n < 0 || n > len(f.b) {
		f.short = true
		f.b = nil
		return make([]byte, min(max(n, 0), 64)) // 64: more than any fixed field here
	}
	v := f.b[:n]
	f.b = f.b[n:]
	return v
}

func (f *fields) u8() uint8   { return f.take(1)[0] }
func (f *fields) u16() uint16 { return binary.BigEndian.Uint16(f.take(2)) }
func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.take(4)) }
func (f *fields) u64() uint64 { return binary.BigEndian.Uint64(f.take(8)) }

// full reads a version and flags.
func (f *fields) full() (version uint8, flags uint32) {
	v := f.u32()
	return uint8(v >> 24), v & 0xffffff
}
