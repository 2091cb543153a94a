package rtsp

import (
	"errors"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/pion/rtp"
)

// audio takes frames of sound out of packets.
type audio struct {
	unpack unpacker
	slab   slab
	order  sequence
	emit   func(frame)

	each func(after uint32, data []byte) // a.frame, bound once
	ts   uint32                          // of the packet in hand
	now  time.Time
}

// frame is one frame of sound.
type frame struct {
	ts      uint32
	length  int64 // in units of the RTP clock, by what is in it
	data    []byte
	arrived time.Time
}

// unpacker knows how a codec's frames lie in packets.
type unpacker interface {
	// frames calls each with every frame that ends in p, and with how long,
	// in units of the RTP clock, after p's timestamp it begins.
	frames(p *rtp.Packet, each func(after uint32, data []byte)) error
	// lose is called when packets are missing before the next.
	lose()
	// length returns how long a frame lasts, in units of the RTP clock.
	length(frame []byte) int64
}

func newAudio(u unpacker, emit func(frame)) *audio {
	a := &audio{unpack: u, slab: slab{least: 8 << 10}, emit: emit}
	a.each = a.frame
	return a
}

// push takes one packet; its payload may be reused afterwards.
func (a *audio) push(p *rtp.Packet, now time.Time) error {
	fresh, lost := a.order.next(p.SequenceNumber, p.Timestamp, now)
	if !fresh {
		return nil
	}
	if lost {
		a.unpack.lose()
	}
	a.ts, a.now = p.Timestamp, now
	return a.unpack.frames(p, a.each)
}

func (a *audio) frame(after uint32, data []byte) {
	length := a.unpack.length(data)
	if len(data) > 0 && length > 0 && a.slab.room(len(data), a.now) {
		a.slab.write(data)
		a.emit(frame{a.ts + after, length, a.slab.take(), a.now})
	}
}

// whole unpacks codecs of which each packet is one frame: Opus, G.711 and L16.
type whole struct {
	align int  // bytes; a frame is a multiple of it
	opus  bool // else align bytes are one sample of all channels
}

func (w whole) frames(p *rtp.Packet, each func(uint32, []byte)) error {
	if n := len(p.Payload); n%w.align == 0 {
		each(0, p.Payload)
		return nil
	}
	return errors.New("a packet of sound holds half a sample")
}

func (whole) lose() {}

func (w whole) length(frame []byte) int64 {
	if w.opus {
		return opus.PacketDuration2(frame)
	}
	return int64(len(frame) / w.align)
}

// aac unpacks RFC 3640 in mode AAC-hbr, without interleaving: 16 bits that
// tell the length of the headers in bits, a header for each frame (its size,
// and an index that is always 0), then the frames. A frame larger than a
// packet comes in pieces, the last of which has the marker.
type aac struct {
	sizeBits, indexBits, deltaBits int
	samples                        uint32 // in a frame
	partial                        []byte
	skip                           bool // the rest of a frame whose beginning was lost
	adts                           bool
	seen                           bool
}

var errAAC = errors.New("a packet of AAC does not follow RFC 3640")

func (a *aac) lose() {
	a.skip = a.skip || len(a.partial) > 0
	a.partial = a.partial[:0]
}

func (a *aac) frames(p *rtp.Packet, each func(uint32, []byte)) error {
	if a.skip {
		a.skip = !p.Marker
		return nil
	}
	b := p.Payload
	if len(b) < 2 {
		return errAAC
	}
	if len(a.partial) == 0 && frameADTS(b) > 0 {
		return a.bareADTS(b, each)
	}
	bits := int(b[0])<<8 | int(b[1])
	b = b[2:]
	if bits == 0 || (bits+7)/8 > len(b) {
		return errAAC
	}
	headers, data := b, b[(bits+7)/8:]
	var after uint32
	index := a.indexBits
	for pos := 0; pos+a.sizeBits+index <= bits; {
		size := bitsAt(headers, pos, a.sizeBits)
		if bitsAt(headers, pos+a.sizeBits, index) != 0 {
			return errAAC
		}
		pos += a.sizeBits + index
		index = a.deltaBits
		last := pos+a.sizeBits+index > bits
		if size > len(data) {
			// Some cameras write the size of the whole frame into each
			// piece, as the standard indeed has it.
			if p.Marker && len(a.partial) == 0 || !last || after != 0 {
				a.lose()
				return errAAC
			}
			size = len(data)
		}
		piece := data[:size]
		data = data[size:]
		switch {
		case !p.Marker || len(a.partial) > 0:
			if len(a.partial)+size > mpeg4audio.MaxAccessUnitSize || !last || after != 0 {
				a.lose()
				return errAAC
			}
			a.partial = append(a.partial, piece...)
			if !p.Marker {
				return nil
			}
			each(0, a.bare(a.partial))
			a.partial = a.partial[:0]
		default:
			each(after, a.bare(piece))
		}
		after += a.samples
	}
	return nil
}

func (a *aac) length([]byte) int64 { return int64(a.samples) }

// bareADTS takes frames that lie one behind the other in a packet, each with
// an ADTS header and nothing else: some cameras know no other packing, whatever
// they describe. The headers' length of RFC 3640 never looks like that.
func (a *aac) bareADTS(b []byte, each func(uint32, []byte)) error {
	var after uint32
	for len(b) > 0 {
		n := frameADTS(b)
		if n == 0 {
			return errAAC
		}
		each(after, bodyADTS(b[:n]))
		after += a.samples
		b = b[n:]
	}
	return nil
}

// bare takes off an ADTS header, which some cameras put before each frame. The
// first frame tells.
func (a *aac) bare(b []byte) []byte {
	isADTS := len(b) > 0 && frameADTS(b) == len(b)
	if !a.seen {
		a.seen, a.adts = true, isADTS
	}
	if !a.adts || !isADTS {
		return b
	}
	return bodyADTS(b)
}

// frameADTS returns how long the frame is that begins with an ADTS header
// (ISO/IEC 14496-3, 1.A.2), or 0 if there is none that is whole.
func frameADTS(b []byte) int {
	if len(b) <= 7 || b[0] != 0xff || b[1]&0xf6 != 0xf0 {
		return 0
	}
	n := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
	if n <= 7 || n > len(b) {
		return 0
	}
	return n
}

// bodyADTS returns a frame without its header.
func bodyADTS(b []byte) []byte {
	if b[1]&1 == 0 {
		return b[min(9, len(b)):] // with a checksum
	}
	return b[7:]
}

// bitsAt reads n bits, at most 32, beginning at bit pos; what lies behind the end is 0.
func bitsAt(b []byte, pos, n int) int {
	v := 0
	for i := pos; i < pos+n; i++ {
		v <<= 1
		if i/8 < len(b) {
			v |= int(b[i/8]>>(7-i%8)) & 1
		}
	}
	return v
}

// latm unpacks RFC 6416 with the configuration out of band, one program and
// one layer: a packet, or several up to the marker, is one audioMuxElement
// (ISO/IEC 14496-3, 1.7.3). It holds frames, each behind its length: bytes that
// are added up, of which all but the last are 255.
type latm struct {
	subframes int
	samples   uint32 // in a frame
	partial   []byte
	skip      bool // up to the marker
}

var errLATM = errors.New("a packet of AAC does not follow RFC 6416")

func (l *latm) length([]byte) int64 { return int64(l.samples) }

func (l *latm) lose() { l.partial, l.skip = l.partial[:0], true }

func (l *latm) frames(p *rtp.Packet, each func(uint32, []byte)) error {
	if len(l.partial)+len(p.Payload) > mpeg4audio.MaxAccessUnitSize {
		l.lose()
	}
	if l.skip {
		l.skip = !p.Marker
		return nil
	}
	l.partial = append(l.partial, p.Payload...)
	if !p.Marker {
		return nil
	}
	b := l.partial
	l.partial = l.partial[:0]
	for i := range l.subframes {
		size := 0
		for more := true; more; {
			if len(b) == 0 {
				return errLATM
			}
			size += int(b[0])
			more = b[0] == 255
			b = b[1:]
		}
		if size > len(b) {
			return errLATM
		}
		each(uint32(i)*l.samples, b[:size])
		b = b[size:]
	}
	return nil
}
