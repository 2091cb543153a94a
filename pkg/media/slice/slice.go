// Package slice reads how coarsely pictures are quantized, from the headers of
// their slices and without decoding anything. What of a picture's size is due
// to the scene, and what to the rate that a camera keeps, is told by it.
package slice

import (
	"encoding/binary"

	"nvrd/pkg/media"
)

// Picture is what a picture costs.
type Picture struct {
	// Bytes are those of its slices, without their lengths and what stands
	// around them, such as SEI messages and filler.
	Bytes int
	// QP is the quantization parameter with which its slices begin, weighted by
	// their bytes: -48 to 51, and the step doubles with each 6. Encoders may
	// change it within a slice, about this value. It means nothing unless Known.
	QP    float64
	Known bool
}

// Reader measures the pictures of one track. The zero Reader knows no QP. A
// Reader allocates nothing when it measures; it is not safe for concurrent use.
type Reader struct {
	codec media.Codec
	known bool // the parameter sets could be read
	h264  h264
	h265  h265
}

// NewReader returns a reader of a track's pictures. If its parameter sets can't
// be read, or it is no H.264 or H.265, no QP is known.
func NewReader(track media.Track) *Reader {
	r := &Reader{codec: track.Codec}
	switch track.Codec {
	case media.H264:
		r.known = r.h264.parse(track.SPS, track.PPS)
	case media.H265:
		r.known = r.h265.parse(track.SPS, track.PPS)
	}
	return r
}

// Measure returns what a picture costs: a video sample as [media.Sample] has it.
// Of data that is no such thing all bytes count. The QP is not known of a picture
// whose slices use other parameter sets than the track's, nor if a header is
// damaged.
func (r *Reader) Measure(data []byte) Picture {
	var p Picture
	var sum, weight, qp float64
	known := r.known
	for rest := data; len(rest) > 0; {
		if len(rest) < 4 {
			return Picture{Bytes: len(data)}
		}
		size := binary.BigEndian.Uint32(rest)
		if uint64(size) > uint64(len(rest)-4) || size == 0 {
			return Picture{Bytes: len(data)}
		}
		unit := rest[4 : 4+size]
		rest = rest[4+size:]
		is, begins, delta := r.read(unit)
		if !is {
			continue
		}
		p.Bytes += len(unit)
		if begins == unknown || begins == continued && weight == 0 {
			known = false
		}
		if begins == begun {
			qp = delta
		}
		sum, weight = sum+qp*float64(len(unit)), weight+float64(len(unit))
	}
	if p.Bytes == 0 {
		return Picture{Bytes: len(data)}
	}
	if known {
		p.QP, p.Known = sum/weight, true
	}
	return p
}

// start is what the header of a slice says of its QP.
type start uint8

const (
	unknown   start = iota // it can't be read
	begun                  // it is there
	continued              // it is that of the slice before
)

// read reads the header of a NAL unit, if it is a slice.
func (r *Reader) read(unit []byte) (is bool, s start, qp float64) {
	var n int32
	ok, dependent := false, false
	switch r.codec {
	case media.H264:
		if kind := unit[0] & 31; kind != 1 && kind != 2 && kind != 5 { // 2: the first of data partitions
			return false, 0, 0
		}
		if r.known {
			n, ok = r.h264.qp(unit)
		}
	case media.H265:
		if kind := unit[0] >> 1 & 63; kind > 21 || kind > 9 && kind < 16 || len(unit) < 2 {
			return false, 0, 0
		}
		if r.known {
			n, dependent, ok = r.h265.qp(unit)
		}
	default:
		return true, unknown, 0
	}
	switch {
	case !ok || n < -48 || n > 51:
		return true, unknown, 0
	case dependent:
		return true, continued, 0
	}
	return true, begun, float64(n)
}
