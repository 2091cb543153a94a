package rtsp

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"nvrd/pkg/media"
)

// kind is what matters about a NAL unit here.
type kind uint8

const (
	other   kind = iota // kept as it is, such as SEI
	useless             // delimiters, filler and what must not occur in a stream
	slice               // part of a picture
	keySlice
	vps
	sps
	pps
)

// kindOf needs the first byte of a NAL unit: ITU-T H.264 table 7-1, H.265 table 7-1.
func kindOf(codec media.Codec, first byte) kind {
	if codec == media.H264 {
		switch t := unitType(codec, first); {
		case t == 5:
			return keySlice
		case t >= 1 && t <= 4:
			return slice
		case t == 7:
			return sps
		case t == 8:
			return pps
		case t == 0 || t == 9 || t == 12 || t >= 24:
			return useless
		}
		return other
	}
	switch t := unitType(codec, first); {
	case t >= 16 && t <= 21:
		return keySlice
	case t < 32:
		return slice
	case t == 32:
		return vps
	case t == 33:
		return sps
	case t == 34:
		return pps
	case t == 35 || t == 38 || t >= 48:
		return useless
	}
	return other
}

// unitType is the type of a NAL unit, or of what RTP has in its place.
func unitType(codec media.Codec, first byte) byte {
	if codec == media.H264 {
		return first & 0x1f
	}
	return first >> 1 & 0x3f
}

// headerLen is the length of a NAL unit's header.
func headerLen(codec media.Codec) int {
	if codec == media.H265 {
		return 2
	}
	return 1
}

// startsPicture tells whether no part of a picture can have come before this
// NAL unit: it stands before slices, or it is the first of them.
func startsPicture(codec media.Codec, nal []byte) bool {
	switch kindOf(codec, nal[0]) {
	case slice, keySlice:
		return firstSlice(codec, nal)
	case vps, sps:
		return true
	case useless: // the access unit delimiter
		t := unitType(codec, nal[0])
		return codec == media.H264 && t == 9 || codec == media.H265 && t == 35
	}
	return false
}

// firstSlice tells whether a NAL unit is the slice at a picture's upper left
// (first_mb_in_slice = 0, first_slice_segment_in_pic_flag = 1).
func firstSlice(codec media.Codec, nal []byte) bool {
	k, n := kindOf(codec, nal[0]), headerLen(codec)
	return (k == slice || k == keySlice) && len(nal) > n && nal[n]&0x80 != 0
}

// fields says how the slices of a stream tell fields from frames (ITU-T H.264,
// 7.3.3). The zero value is for streams without fields; those of H.265 are
// pictures of their own.
type fields struct {
	interlaced bool // two fields may make a picture
	planes     int  // bits of colour_plane_id
	number     int  // bits of frame_num
}

// fieldsOf reads a sequence parameter set.
func fieldsOf(codec media.Codec, sps []byte) (f fields) {
	var s h264.SPS
	if codec != media.H264 || len(sps) == 0 || s.Unmarshal(sps) != nil || s.FrameMbsOnlyFlag {
		return f
	}
	f = fields{interlaced: true, number: int(s.Log2MaxFrameNumMinus4) + 4}
	if s.SeparateColourPlaneFlag {
		f.planes = 2
	}
	return f
}

// field is what a slice belongs to.
type field struct {
	single, bottom bool // it is a field
	number         uint64
}

// read returns what a slice belongs to by what is behind its header: a frame, if
// that cannot be read.
func (f fields) read(b []byte) (is field) {
	if !f.interlaced {
		return field{}
	}
	at := 0
	for range 3 { // first_mb_in_slice, slice_type, pic_parameter_set_id
		if _, err := bits.ReadGolombUnsigned(b, &at); err != nil {
			return field{}
		}
	}
	at += f.planes
	if bits.HasSpace(b, at, f.number+2) != nil {
		return field{}
	}
	is.number = bits.ReadBitsUnsafe(b, &at, f.number)
	if is.single = bits.ReadFlagUnsafe(b, &at); is.single {
		is.bottom = bits.ReadFlagUnsafe(b, &at)
	}
	return is
}

// pairs tells whether two fields make a picture.
func (a field) pairs(b field) bool {
	return a.single && b.single && a.bottom != b.bottom && a.number == b.number
}

// recoveryPoint tells whether an SEI (ITU-T H.264, 7.3.2.3.1, H.265, 7.3.5)
// holds a recovery point, whose payload type is 6.
func recoveryPoint(codec media.Codec, nal []byte) bool {
	if t := unitType(codec, nal[0]); codec == media.H264 && t != 6 || codec == media.H265 && t != 39 {
		return false
	}
	number := func(b []byte) (n int, rest []byte) {
		more := true
		for more && len(b) > 0 {
			more = b[0] == 255
			n, b = n+int(b[0]), b[1:]
		}
		return n, b
	}
	for b := nal[headerLen(codec):]; len(b) > 2; {
		var kind, size int
		kind, b = number(b)
		size, b = number(b)
		if kind == 6 && size > 0 {
			return true
		}
		b = b[min(size, len(b)):]
	}
	return false
}

// sliceType reads that of a slice of H.264 (7.3.3, table 7-6), which stands
// behind the number of its first macroblock; -1 if it cannot be read.
func sliceType(nal []byte) int {
	at := 0
	if _, err := bits.ReadGolombUnsigned(nal[1:], &at); err != nil {
		return -1
	}
	t, err := bits.ReadGolombUnsigned(nal[1:], &at)
	if err != nil || t > 9 {
		return -1
	}
	return int(t % 5)
}

// What a slice may be predicted from: other pictures for B and P, none for I.
const (
	sliceB = 1
	sliceI = 2
)

// sets are the parameter sets of a stream.
type sets struct{ vps, sps, pps []byte }

func (s sets) complete(codec media.Codec) bool {
	return s.sps != nil && s.pps != nil && (codec == media.H264 || s.vps != nil)
}

func (s sets) equal(o sets) bool {
	return bytes.Equal(s.vps, o.vps) && bytes.Equal(s.sps, o.sps) && bytes.Equal(s.pps, o.pps)
}

// same tells whether two differ at most in what may change from one picture to
// the next.
func (s sets) same(o sets) bool { return bytes.Equal(s.vps, o.vps) && bytes.Equal(s.sps, o.sps) }

// of returns where the parameter set of a kind is kept.
func (s *sets) of(k kind) *[]byte {
	switch k {
	case vps:
		return &s.vps
	case sps:
		return &s.sps
	}
	return &s.pps
}
