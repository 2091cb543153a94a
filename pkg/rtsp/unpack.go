package rtsp

import (
	"bytes"
	"encoding/binary"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"nvrd/pkg/media"
)

// payload takes a packet's payload apart.
func (v *video) payload(b []byte) {
	n := headerLen(v.codec)
	if v.damaged || len(b) <= n {
		return // an empty packet carries nothing, so nothing is missing
	}
	aggregation, fragmentation := byte(24), byte(28)
	t := b[0] & 0x1f
	if v.codec == media.H265 {
		aggregation, fragmentation = 48, 49
		t = b[0] >> 1 & 0x3f
	}
	switch {
	case t == fragmentation:
		v.fragmentOf(b)
	case v.fragment >= 0:
		v.damaged = true
	case t == aggregation:
		v.aggregate(b[n:])
	case t > aggregation:
		v.damaged = true // interleaved or unheard-of: part of the picture is in there
	case bytes.Contains(b, startCode):
		v.split(b)
	default:
		v.nal(b)
	}
}

// aggregate takes NAL units behind two bytes of length each.
func (v *video) aggregate(b []byte) {
	for len(b) > 2 {
		size := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; size > len(b) {
			v.damaged = true
			return
		}
		if size == 0 {
			return // padding
		}
		v.nal(b[:size])
		b = b[size:]
	}
}

// fragmentOf takes an FU-A (RFC 6184, 5.8) or FU (RFC 7798, 4.4.3). Some
// cameras set both the start and the end bit.
func (v *video) fragmentOf(b []byte) {
	n := headerLen(v.codec)
	flags, body := b[n], b[n+1:]
	if flags&0x80 != 0 {
		if v.fragment >= 0 {
			v.damaged = true
			return
		}
		header := [3]byte{b[0]&0xe0 | flags&0x1f}
		if v.codec == media.H265 {
			header = [3]byte{b[0]&0x81 | flags&0x3f<<1, b[1]}
		}
		copy(header[n:], body[:min(len(body), 1)])
		v.turn(header[:n+min(len(body), 1)])
		if !v.reserve(4 + n + len(body)) {
			return
		}
		v.fragment = v.slab.size()
		v.slab.add(0, 0, 0, 0)
		v.slab.write(header[:n])
		v.slab.write(body)
		if !v.starts(v.slab.at(v.fragment + 4)) {
			return
		}
		v.annexB = bytes.Contains(body, startCode)
	} else {
		if v.fragment < 0 {
			v.damaged = true
			return
		}
		if !v.slab.room(len(body), v.arrived) {
			v.damaged = true
			return
		}
		v.slab.write(body)
	}
	if flags&0x40 != 0 {
		v.finish()
	}
}

// finish closes the fragmented NAL unit.
func (v *video) finish() {
	at := v.fragment
	v.fragment = -1
	nal := v.slab.at(at + 4)
	k := kindOf(v.codec, nal[0])
	if v.annexB || k >= vps || k == useless {
		nal = bytes.Clone(nal)
		v.slab.truncate(at)
		if v.annexB {
			v.split(nal)
		} else {
			v.nal(nal)
		}
		return
	}
	binary.BigEndian.PutUint32(v.slab.at(at), uint32(len(nal)))
	v.observe(k, nal)
}

var startCode = []byte{0, 0, 0, 1}

// split takes NAL units with start codes between them: some cameras pack a
// piece of an Annex B stream where one NAL unit belongs.
func (v *video) split(b []byte) {
	if !bytes.HasPrefix(b, startCode) {
		b = append(bytes.Clone(startCode), b...)
	}
	var nals h264.AnnexB
	if nals.Unmarshal(b) != nil {
		v.damaged = true
		return
	}
	for _, nal := range nals {
		v.nal(nal)
	}
}

// nal takes one whole NAL unit.
func (v *video) nal(b []byte) {
	if len(b) <= headerLen(v.codec) {
		return
	}
	v.turn(b)
	if v.damaged || !v.starts(b) {
		return
	}
	k := kindOf(v.codec, b[0])
	switch {
	case k == useless:
		return
	case k >= vps && v.parameters(k, b):
		return
	}
	if !v.reserve(4 + len(b)) {
		return
	}
	v.slab.buf = binary.BigEndian.AppendUint32(v.slab.buf, uint32(len(b)))
	v.slab.write(b)
	v.observe(k, b)
}

// parameters keeps a parameter set for the next key frame. It reports false
// for one that belongs into the stream: an additional one under another id.
func (v *video) parameters(k kind, b []byte) bool {
	at := v.next.of(k)
	if bytes.Equal(*at, b) {
		return true
	}
	if len(b) > maxSet {
		v.damaged = true
		return true
	}
	if *at != nil && k == pps && setID(v.codec, b) != setID(v.codec, *at) {
		return false
	}
	*at = bytes.Clone(b)
	if k == sps {
		v.fields = interlaced(v.codec, b)
	}
	return true
}

// maxSet bounds a parameter set; its length has 16 bits in an init segment.
const maxSet = 4 << 10

// setID reads pps_pic_parameter_set_id, the Exp-Golomb number that follows the
// header, or returns -1 if it is above 14, which does not fit in a byte: nobody
// numbers that high, and one answer for all is safe.
func setID(codec media.Codec, pps []byte) int {
	n, at := headerLen(codec), 0
	if len(pps) <= n {
		return -1
	}
	id, err := bits.ReadGolombUnsigned(pps[n:n+1], &at)
	if err != nil {
		return -1
	}
	return int(id)
}

// starts settles whether a picture that follows a loss has its beginning.
func (v *video) starts(nal []byte) bool {
	if v.unsure {
		v.unsure = false
		v.damaged = !startsPicture(v.codec, nal)
	}
	return !v.damaged
}

// reserve makes room for one more NAL unit of n bytes.
func (v *video) reserve(n int) bool {
	if !v.slab.room(n, v.arrived) {
		v.damaged = true
	}
	return !v.damaged
}

// observe learns from a NAL unit what the picture is.
func (v *video) observe(k kind, nal []byte) {
	switch k {
	case slice, keySlice:
		v.slices, v.heard = true, v.arrived
		v.topped = v.topped || firstSlice(v.codec, nal)
		v.key = v.key || k == keySlice
		if v.leading {
			v.leading = bidirectional(nal)
			v.skip = v.leading
		}
	case other:
		v.recovers = v.recovers || v.codec == media.H264 && recoveryPoint(nal)
	}
}

// continues tells whether a payload holds a part of a picture that cannot be
// the first of another.
func (v *video) continues(b []byte) bool {
	part, first := v.carries(b)
	return part && (!first || v.fields)
}

// carries tells whether a payload holds a part of a picture, and whether that
// is its first.
func (v *video) carries(b []byte) (part, first bool) {
	n := headerLen(v.codec)
	if len(b) <= n {
		return false, false
	}
	k, body := kindOf(v.codec, b[0]), b[n:]
	if b[0]&0x1f == 28 && v.codec == media.H264 {
		k, body = kindOf(v.codec, b[1]&0x1f), b[2:]
		first = b[1]&0x80 != 0
	} else if b[0]>>1&0x3f == 49 && v.codec == media.H265 {
		k, body = kindOf(v.codec, b[2]&0x3f<<1), b[3:]
		first = b[2]&0x80 != 0
	} else {
		first = true
	}
	return k == slice || k == keySlice, first && len(body) > 0 && body[0]&0x80 != 0
}
