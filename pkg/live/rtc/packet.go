package rtc

import (
	"encoding/binary"

	"nvrd/pkg/media"
)

// maxPayload keeps a packet below 1,280 bytes, which every link of IPv6 passes
// on whole, with all headers: UDP/IP 48, RTP 20 with its extension, SRTP 16.
const maxPayload = 1180

// Types of NAL units that stand only in packets (RFC 6184, 5.2).
const (
	typeMask       = 0x1f
	aggregation    = 24 // STAP-A
	fragmentation  = 28 // FU-A
	firstFragment  = 0x80
	lastFragment   = 0x40
	fragmentHeader = 2
)

// packetizer cuts pictures into payloads of RTP (RFC 6184, mode 1). A payload is
// valid until the next one is made.
type packetizer struct{ buf [maxPayload]byte }

// picture calls emit for each payload of an H.264 sample; last marks the
// picture's last. Parameter sets go before a key frame, since browsers are told
// none in the answer. What is no chain of NAL units ends where it breaks.
func (p *packetizer) picture(x media.Sample, track media.Track, emit func(payload []byte, last bool) error) error {
	if x.Key {
		if err := p.sets(track, emit); err != nil {
			return err
		}
	}
	for nal, rest := next(x.Data); nal != nil; {
		following, more := next(rest)
		if err := p.nal(nal, following == nil, emit); err != nil {
			return err
		}
		nal, rest = following, more
	}
	return nil
}

// next splits off the first NAL unit; nil if there is none.
func next(data []byte) (nal, rest []byte) {
	for len(data) > 4 {
		n := binary.BigEndian.Uint32(data)
		data = data[4:]
		if int64(n) > int64(len(data)) {
			return nil, nil
		}
		if n > 0 {
			return data[:n], data[n:]
		}
	}
	return nil, nil
}

// sets sends the parameter sets in one payload if they fit.
func (p *packetizer) sets(track media.Track, emit func([]byte, bool) error) error {
	if len(track.SPS) == 0 || len(track.PPS) == 0 {
		return nil
	}
	if 1+2+len(track.SPS)+2+len(track.PPS) > maxPayload {
		if err := p.nal(track.SPS, false, emit); err != nil {
			return err
		}
		return p.nal(track.PPS, false, emit)
	}
	b := append(p.buf[:0], track.SPS[0]&^typeMask|aggregation)
	for _, set := range [][]byte{track.SPS, track.PPS} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(set)))
		b = append(b, set...)
	}
	return emit(b, false)
}

// nal sends one NAL unit, in fragments if it is long.
func (p *packetizer) nal(nal []byte, last bool, emit func([]byte, bool) error) error {
	if len(nal) <= maxPayload {
		return emit(nal, last)
	}
	head, kind := nal[0]&^typeMask|fragmentation, nal[0]&typeMask
	position := byte(firstFragment)
	for rest := nal[1:]; len(rest) > 0; position = 0 {
		n := min(len(rest), maxPayload-fragmentHeader)
		if n == len(rest) {
			position |= lastFragment
		}
		b := append(p.buf[:0], head, position|kind)
		b = append(b, rest[:n]...)
		rest = rest[n:]
		if err := emit(b, last && len(rest) == 0); err != nil {
			return err
		}
	}
	return nil
}
