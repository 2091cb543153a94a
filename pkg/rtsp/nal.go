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
		switch t := first & 0x1f; {
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
	switch t := first >> 1 & 0x3f; {
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
		return codec == media.H264 && nal[0]&0x1f == 9 || codec == media.H265 && nal[0]>>1&0x3f == 35
	}
	return false
}

// firstSlice tells whether a NAL unit is the slice at a picture's upper left
// (first_mb_in_slice = 0, first_slice_segment_in_pic_flag = 1).
func firstSlice(codec media.Codec, nal []byte) bool {
	k, n := kindOf(codec, nal[0]), headerLen(codec)
	return (k == slice || k == keySlice) && len(nal) > n && nal[n]&0x80 != 0
}

// interlaced tells whether two fields may make a picture, by its sequence
// parameter set (frame_mbs_only_flag). Those of H.265 are pictures of their own.
func interlaced(codec media.Codec, sps []byte) bool {
	var s h264.SPS
	return codec == media.H264 && len(sps) > 0 && s.Unmarshal(sps) == nil && !s.FrameMbsOnlyFlag
}

// recoveryPoint tells whether an SEI of H.264 (7.3.2.3.1) holds a recovery
// point, whose payload type is 6.
func recoveryPoint(nal []byte) bool {
	if nal[0]&0x1f != 6 {
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
	for b := nal[1:]; len(b) > 2; {
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

// bidirectional tells whether a slice of H.264 is a B slice (7.3.3,
// table 7-6): behind the number of its first macroblock stands its type.
func bidirectional(nal []byte) bool {
	at := 0
	if _, err := bits.ReadGolombUnsigned(nal[1:], &at); err != nil {
		return false
	}
	t, err := bits.ReadGolombUnsigned(nal[1:], &at)
	return err == nil && (t == 1 || t == 6)
}

// sets are the parameter sets of a stream.
type sets struct{ vps, sps, pps []byte }

func (s sets) complete(codec media.Codec) bool {
	return s.sps != nil && s.pps != nil && (codec == media.H264 || s.vps != nil)
}

func (s sets) equal(o sets) bool {
	return bytes.Equal(s.vps, o.vps) && bytes.Equal(s.sps, o.sps) && bytes.Equal(s.pps, o.pps)
}

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
