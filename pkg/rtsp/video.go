package rtsp

import (
	"time"

	"github.com/pion/rtp"

	"nvrd/pkg/media"
)

// video puts pictures together from the packets of H.264 (RFC 6184: single NAL
// units, STAP-A, FU-A) and H.265 (RFC 7798 without DONL: single, AP, FU). A
// picture ends where the timestamp changes, where another begins that has the
// same timestamp, or at the marker bit once the camera has shown that it sets
// it only there. A part that begins no picture belongs to the one before it.
//
// After a damaged or missing picture everything up to the next key frame is
// dropped, because a decoder would smear it. Where a camera sends none, a
// recovery point (ITU-T H.264, D.2.8, H.265, D.3.8) counts as one; and of H.264,
// where there are none of these either, a picture that is predicted from no other.
type video struct {
	codec media.Codec
	emit  func(picture)
	slab  slab
	order sequence

	inForce sets // as of the last key frame
	next    sets // as last heard; in force from the next key frame on
	fields  fields

	// The picture under construction.
	open     bool
	ts       uint32
	arrived  time.Time
	fragment int  // where in the slab's unit an unfinished NAL unit begins; -1 if there is none
	annexB   bool // the fragment holds start codes
	unsure   bool // packets were lost before its first: it may lack its beginning
	damaged  bool
	slices   bool
	topped   bool // one of them is the picture's first
	half     field
	key      bool
	recovers bool // it is a recovery point
	intra    bool // it is predicted from no other, which matters where key frames are rare
	skip     bool // it is nothing without what came before the key frame
	marked   bool

	heard   time.Time // when the last packet with a part of a picture came
	idr     time.Time // when the last picture came that needs none before it
	gap     bool      // packets are missing before the next
	waiting bool      // for a key frame
	leading bool      // what comes may need pictures from before the key frame
	begun   bool      // a key frame was emitted
	dropped int       // pictures, since the last key frame that was emitted

	joins     bool // several NAL units came with start codes between them
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
	markerPatience = 3
	// idrEvery is how long a camera may go without a key frame proper before
	// its recovery points are taken for key frames: they serve as well, but few
	// browsers begin there.
	idrEvery = 8 * time.Second
	// idrSeldom is the same for pictures that nobody promises to be recovery
	// points: what follows may still need what came before them.
	idrSeldom = time.Minute
)

func newVideo(codec media.Codec, known sets, emit func(picture)) *video {
	return &video{
		codec: codec, emit: emit, slab: slab{least: 64 << 10}, next: known, fields: fieldsOf(codec, known.sps),
		fragment: -1, waiting: true, probation: markerPatience,
	}
}

// push takes one packet. The payload may be reused afterwards.
func (v *video) push(p *rtp.Packet, now time.Time) {
	fresh, lost := v.order.next(p.SequenceNumber, p.Timestamp, now)
	if !fresh {
		return
	}
	if lost {
		v.lose()
	}
	switch {
	case v.open && p.Timestamp != v.ts:
		if v.topped && !v.damaged && v.inside(p.Payload) {
			v.misused = v.misused || v.marked
			break // some cameras stamp each slice
		}
		v.close()
	case v.open && v.marked:
		if v.continues(p.Payload) {
			v.misused = true
		}
	case !v.open && v.ended && !lost:
		if v.inside(p.Payload) || p.Timestamp == v.ts && v.continues(p.Payload) {
			// What was handed out as a picture was a part of one.
			v.misused = true
			v.lose()
		}
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
	v.fragment = -1
	v.unsure, v.damaged, v.slices, v.topped = v.gap, false, false, false
	v.key, v.recovers, v.intra, v.skip, v.marked = false, false, false, false, false
}

// turn ends the picture under construction if a NAL unit is the first slice of
// the next, whatever the timestamp says. Parameter sets tell nothing: GStreamer
// repeats them before every slice of a key frame.
func (v *video) turn(nal []byte) {
	if v.topped && v.fragment < 0 && firstSlice(v.codec, nal) && !v.half.pairs(v.fields.read(nal[headerLen(v.codec):])) {
		v.close()
		v.begin(v.ts)
	}
}

func (v *video) close() {
	if v.fragment >= 0 && !v.damaged {
		v.finish()
	}
	v.open = false
	if v.marked && !v.misused && v.probation > 0 {
		v.probation--
	}
	if v.key {
		v.idr = v.arrived
	} else if v.slices && (v.intra || v.recovers && (v.idr.IsZero() || v.arrived.Sub(v.idr) > idrEvery)) {
		v.key, v.leading = true, v.waiting && v.codec == media.H264
	}
	changed := !v.next.equal(v.inForce)
	switch {
	case v.damaged || v.slices && !v.key && (v.waiting || changed && !v.next.same(v.inForce)):
		v.waiting = true
		if v.begun {
			v.dropped++
		}
	case v.skip, v.slices && v.key && !v.next.complete(v.codec):
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
