package slice

import "math/bits"

// bitReader reads the bits of a NAL unit, without the bytes that keep start
// codes out of it (ISO/IEC 14496-10, 7.3.1). Past the end it reads zeros and is
// short, so that a header is read straight through and checked once.
type bitReader struct {
	b     []byte
	next  int    // of b
	zeros int    // zero bytes just read
	word  uint64 // its lowest n bits are read next
	n     uint
	pad   uint // how many of them are behind the end
	short bool
}

// fill makes at least 32 bits ready.
func (r *bitReader) fill() {
	for r.n <= 32 {
		var v byte
		switch {
		case r.next < len(r.b):
			v = r.b[r.next]
			r.next++
			if r.zeros >= 2 && v == 3 {
				r.zeros = 0
				continue
			}
			if v == 0 {
				r.zeros++
			} else {
				r.zeros = 0
			}
		default:
			r.pad += 8
		}
		r.word, r.n = r.word<<8|uint64(v), r.n+8
	}
}

// u reads up to 32 bits.
func (r *bitReader) u(n uint) uint32 {
	r.fill()
	r.take(n)
	return uint32(r.word >> r.n & (1<<n - 1))
}

// take takes bits that are ready.
func (r *bitReader) take(n uint) {
	r.n -= n
	if r.pad > r.n {
		r.pad, r.short = r.n, true
	}
}

func (r *bitReader) flag() bool { return r.u(1) == 1 }

func (r *bitReader) skip(n uint) {
	for ; n > 32; n -= 32 {
		r.u(32)
	}
	r.u(n)
}

// ue reads an unsigned number of Exp-Golomb (9.1). One that is larger than any
// in a header makes the reader short.
func (r *bitReader) ue() uint32 {
	r.fill()
	zeros := uint(bits.LeadingZeros32(uint32(r.word >> (r.n - 32))))
	if zeros > 31 {
		r.short = true
		return 0
	}
	r.take(zeros)
	return r.u(zeros+1) - 1
}

// below reads an unsigned number that has to be less than a limit.
func (r *bitReader) below(limit uint32) uint32 {
	v := r.ue()
	if v >= limit {
		r.short = true
		return 0
	}
	return v
}

// se reads a signed number (9.1.1).
func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v/2) + 1
	}
	return -int32(v / 2)
}

// width is how many bits count to n: ceil(log2(n)).
func width(n uint32) uint {
	if n <= 1 {
		return 0
	}
	return uint(bits.Len32(n - 1))
}
