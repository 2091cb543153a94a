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
	t := unitType(v.codec, b[0])
	aggregation, fragmentation := packings(v.codec)
	switch {
	case t == fragmentation:
		v.fragmentOf(b)
		return
	case v.fragment >= 0:
		v.finish() // nothing is missing, so it ended without saying so
	}
	switch {
	case v.damaged:
	case t == aggregation:
		v.aggregate(b[n:])
	case t > aggregation:
		v.damaged = true // interleaved or unheard-of: part of the picture is in there
	case v.joined(b):
		v.split(b)
	default:
		v.nal(b)
	}
}

// packings are the types of payloads that hold several NAL units or a part of one.
func packings(codec media.Codec) (aggregation, fragmentation byte) {
	if codec == media.H264 {
		return 24, 28
	}
	return 48, 49
}

// aggregate takes NAL units behind two bytes of length each.
func (v *video) aggregate(b []byte) {
	for len(b) > 2 {
		size := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; size > len(b) {
			v.damaged = true
			return
		}
		v.nal(b[:size]) // an empty one carries nothing, or is padding
		b = b[size:]
	}
}

// fragmentOf takes an FU-A (RFC 6184, 5.8) or FU (RFC 7798, 4.4.3). Some
// cameras set both the start and the end bit, or never the end bit.
func (v *video) fragmentOf(b []byte) {
	n := headerLen(v.codec)
	flags, body := b[n], b[n+1:]
	if flags&0x80 != 0 {
		if v.fragment >= 0 {
			v.finish()
		}
		var header [16]byte // and so much of a slice as tells what it belongs to
		header[0] = b[0]&0xe0 | flags&0x1f
		if v.codec == media.H265 {
			header[0], header[1] = b[0]&0x81|flags&0x3f<<1, b[1]
		}
		v.turn(header[:n+copy(header[n:], body)])
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
		v.annexB = v.joined(body)
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
	v.annexB = v.annexB || (v.joins || k >= vps) && v.joined(nal)
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

// startCode stands between NAL units in a file (ITU-T H.264, B.1), sometimes
// with one more zero before it. It cannot be within one.
var startCode = []byte{0, 0, 1}

// joined tells whether b holds several NAL units.
func (v *video) joined(b []byte) bool {
	is := bytes.Contains(b, startCode)
	v.joins = v.joins || is
	return is
}

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
// for one that belongs into the stream, too: an additional one under another
// id, or one for pictures that changes before any of them (ITU-T H.264, 7.4.1.2.1).
func (v *video) parameters(k kind, b []byte) bool {
	b = bytes.TrimRight(b, "\x00") // that is between NAL units in a file (B.2)
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
	also := k == pps && *at != nil && v.begun
	*at = bytes.Clone(b)
	if k == sps {
		v.fields = fieldsOf(v.codec, b)
	}
	return !also
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
		if !v.slices {
			v.intra = v.codec == media.H264 && v.rare()
		}
		v.intra = v.intra && sliceType(nal) == sliceI
		v.slices, v.heard = true, v.arrived
		if firstSlice(v.codec, nal) {
			v.topped, v.half = true, v.fields.read(nal[headerLen(v.codec):])
		}
		v.key = v.key || k == keySlice
		if v.leading {
			v.leading = sliceType(nal) == sliceB
			v.skip = v.leading
		}
	case other:
		v.recovers = v.recovers || recoveryPoint(v.codec, nal)
	}
}

// rare tells whether the camera sends key frames proper so seldom, if at all,
// that a picture predicted from no other is taken for one.
func (v *video) rare() bool { return v.idr.IsZero() || v.arrived.Sub(v.idr) > idrSeldom }

// continues tells whether a payload holds a part of the picture that was put
// together last.
func (v *video) continues(payload []byte) bool {
	first, slice := v.carries(payload)
	return slice != nil && (!first || v.half.pairs(v.fields.read(slice)))
}

// inside tells whether a payload holds a part of a picture that cannot be the
// first of any.
func (v *video) inside(payload []byte) bool {
	first, slice := v.carries(payload)
	return slice != nil && !first
}

// carries returns what is behind the header of a slice, or nil if a payload
// does not begin with any part of one, and whether that is a picture's first.
func (v *video) carries(b []byte) (first bool, body []byte) {
	n := headerLen(v.codec)
	if len(b) <= n {
		return false, nil
	}
	t := unitType(v.codec, b[0])
	k, start := kindOf(v.codec, b[0]), true
	switch aggregation, fragmentation := packings(v.codec); {
	case t == aggregation && len(b) > 2*n+2:
		k, b = kindOf(v.codec, b[n+2]), b[n+2:]
	case t == fragmentation && v.codec == media.H264:
		k, start, b = kindOf(v.codec, b[1]), b[1]&0x80 != 0, b[1:]
	case t == fragmentation:
		k, start, b = kindOf(v.codec, b[2]&0x3f<<1), b[2]&0x80 != 0, b[1:]
	}
	if k != slice && k != keySlice {
		return false, nil
	}
	return start && len(b) > n && b[n]&0x80 != 0, b[n:]
}
