package rtsp

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"

	"nvrd/pkg/media"
)

// video puts pictures together from the packets of H.264 (RFC 6184: single NAL
// units, STAP-A, FU-A) and H.265 (RFC 7798 without DONL: single, AP, FU). A
// picture ends where the timestamp changes, or at the marker bit once the
// camera has shown that it sets it only there: one timestamp is never split.
//
// After a damaged or missing picture everything up to the next key frame is
// dropped, because a decoder would smear it.
type video struct {
	codec media.Codec
	emit  func(picture)
	slab  slab
	order sequence

	inForce sets // as of the last key frame
	next    sets // as last heard; in force from the next key frame on

	// The picture under construction.
	open     bool
	ts       uint32
	arrived  time.Time
	nals     int
	fragment int  // where in the slab's unit an unfinished NAL unit begins; -1 if there is none
	annexB   bool // the fragment holds start codes
	unsure   bool // packets were lost before its first: it may lack its beginning
	damaged  bool
	slices   bool
	key      bool
	marked   bool

	heard   time.Time // when the last packet with a part of a picture came
	gap     bool      // packets are missing before the next
	waiting bool      // for a key frame
	begun   bool      // a key frame was emitted
	dropped int       // pictures, since the last key frame that was emitted

	ended     bool // ts is that of a picture that was closed at its marker
	probation int  // pictures left to show that markers can be trusted
	misused   bool // the marker bit does not mean the end of a picture
}

// picture is an access unit; data is in the form of [media.Sample].
type picture struct {
	ts      uint32
	key     bool
	data    []byte
	arrived time.Time
	sets    *sets // of a key frame for which they changed; else nil
	dropped int   // pictures lost right before it
}

const (
	maxNALs        = 512 // of one picture; encoders make at most one slice per row of macroblocks
	markerPatience = 3
)

func newVideo(codec media.Codec, known sets, emit func(picture)) *video {
	return &video{codec: codec, emit: emit, slab: slab{least: 64 << 10}, next: known, fragment: -1, waiting: true, probation: markerPatience}
}

// push takes one packet. The payload may be reused afterwards.
func (v *video) push(p *rtp.Packet, now time.Time) {
	fresh, lost := v.order.next(p.SequenceNumber)
	if !fresh {
		return
	}
	if lost {
		v.lose()
	}
	switch {
	case v.open && p.Timestamp != v.ts:
		v.close()
	case v.open && v.marked:
		v.misused = true
	case !v.open && v.ended && p.Timestamp == v.ts && v.carriesSlice(p.Payload):
		// What was handed out as a picture was a part of one.
		v.misused = true
		v.lose()
	}
	if !v.open {
		v.begin(p.Timestamp)
	}
	v.gap = false
	v.arrived = now
	v.payload(p.Payload)
	if p.Marker && (v.slices || v.damaged) { // some cameras mark parameter sets, too
		v.marked = true
		if v.probation == 0 && !v.misused {
			v.close()
			v.ended = true
		}
	}
}

// lose notes that something is missing here.
func (v *video) lose() {
	v.damaged = true
	v.gap = true
	v.waiting = true
}

// discontinue drops everything up to the next key frame.
func (v *video) discontinue() { v.waiting = true }

// refuse takes back the parameter sets of the key frame just emitted, so that
// they count as new when they come again.
func (v *video) refuse() { v.inForce, v.waiting = sets{}, true }

func (v *video) begin(ts uint32) {
	v.slab.truncate(0)
	v.open, v.ts, v.ended = true, ts, false
	v.nals, v.fragment = 0, -1
	v.unsure, v.damaged, v.slices, v.key, v.marked = v.gap, false, false, false, false
}

func (v *video) close() {
	v.open = false
	if v.marked && !v.misused && v.probation > 0 {
		v.probation--
	}
	if v.fragment >= 0 {
		v.damaged = true
	}
	changed := !v.next.equal(v.inForce)
	switch {
	case v.damaged || v.slices && !v.key && (v.waiting || changed):
		v.waiting = true
		if v.begun {
			v.dropped++
		}
	case v.slices && v.key && !v.next.complete(v.codec):
	case v.slices:
		p := picture{ts: v.ts, key: v.key, data: v.slab.take(), arrived: v.arrived}
		if v.key {
			if changed {
				s := v.next
				v.inForce, p.sets = s, &s
			}
			p.dropped, v.dropped = v.dropped, 0
			v.waiting, v.begun = false, true
		}
		v.emit(p)
	}
}

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
		header := [2]byte{b[0]&0xe0 | flags&0x1f}
		if v.codec == media.H265 {
			header = [2]byte{b[0]&0x81 | flags&0x3f<<1, b[1]}
		}
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
		v.nals--
		if v.annexB {
			v.split(nal)
		} else {
			v.nal(nal)
		}
		return
	}
	binary.BigEndian.PutUint32(v.slab.at(at), uint32(len(nal)))
	v.note(k)
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
	if v.damaged || len(b) <= headerLen(v.codec) || !v.starts(b) {
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
	v.note(k)
}

// parameters keeps a parameter set for the next key frame. It reports false
// for one that belongs into the stream: an additional one under another id.
func (v *video) parameters(k kind, b []byte) bool {
	at := v.next.place(k)
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
	return true
}

// maxSet bounds a parameter set; its length has 16 bits in an init segment.
const maxSet = 4 << 10

// setID reads pps_pic_parameter_set_id, the Exp-Golomb number that follows the header.
func setID(codec media.Codec, pps []byte) int {
	n := headerLen(codec)
	if len(pps) <= n {
		return -1
	}
	b := pps[n]
	zeros := 0
	for ; zeros < 4 && b&(0x80>>zeros) == 0; zeros++ {
	}
	if zeros == 4 {
		return -1 // above 14: nobody numbers that high, and one answer for all is safe
	}
	return int(b>>(7-2*zeros)) - 1
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
	v.nals++
	if v.nals > maxNALs || !v.slab.room(n, v.arrived) {
		v.damaged = true
	}
	return !v.damaged
}

func (v *video) note(k kind) {
	if k == slice || k == keySlice {
		v.slices, v.heard = true, v.arrived
	}
	v.key = v.key || k == keySlice
}

// carriesSlice tells whether a payload holds a part of a picture.
func (v *video) carriesSlice(b []byte) bool {
	if len(b) <= headerLen(v.codec) {
		return false
	}
	k := kindOf(v.codec, b[0])
	if b[0]&0x1f == 28 && v.codec == media.H264 {
		k = kindOf(v.codec, b[1])
	} else if b[0]>>1&0x3f == 49 && v.codec == media.H265 {
		k = kindOf(v.codec, b[2]<<1)
	}
	return k == slice || k == keySlice
}
