package rtsp

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"nvrd/pkg/media"
)

// FuzzStream feeds a stream with what bytes say, ten for each event, and holds
// it to the rules of [media.Sink]: whatever timestamps, lengths, reports and
// losses there are.
func FuzzStream(f *testing.F) {
	event := func(all []byte, kind byte, wait uint16, ts uint32, more uint16) []byte {
		all = append(all, kind)
		all = binary.BigEndian.AppendUint16(all, wait)
		all = binary.BigEndian.AppendUint32(all, ts)
		all = binary.BigEndian.AppendUint16(all, more)
		return append(all, 0)
	}
	var plain, odd, stands []byte
	for i := range uint32(100) {
		kind := byte(0)
		if i%20 == 0 {
			kind = 1
		}
		plain = event(event(plain, kind, 40, i*3600, 100), 2, 0, i*320, 320)
		odd = event(event(odd, kind, 500, i*i*90000, 9), byte(3+i%3), 2000, i*0x1234567, uint16(i*777))
		stands = event(event(stands, kind, 900, 5, 9), 2, 900, 7, 9)
	}
	f.Add(plain)
	f.Add(odd)
	f.Add(stands)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 20_000 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			sink := &lawful{memory: newMemory(t)}
			s := newFeeder(sink)
			s.played(nil)
			for ; len(data) >= 10; data = data[10:] {
				time.Sleep(time.Duration(binary.BigEndian.Uint16(data[1:])) * time.Millisecond)
				s.watch(time.Now())
				ts, more := binary.BigEndian.Uint32(data[3:]), binary.BigEndian.Uint16(data[7:])
				s.seq[0] += uint16(data[9] >> 4) // lost
				switch data[0] % 8 {
				case 0, 6:
					s.send(0, ts, inter264(int(more%2000)+1))
				case 1, 7:
					s.send(0, ts, key264(int(more%2000)+1))
				case 2:
					s.send(1, ts, make([]byte, more))
				case 3, 4:
					ntp := uint64(more)<<48 | uint64(binary.BigEndian.Uint32(data[3:]))<<16
					s.report(int(data[0]%8-3), &rtcp.SenderReport{NTPTime: ntp, RTPTime: ts})
				case 5:
					s.packet(int(data[9]&1), &rtp.Packet{Header: rtp.Header{SequenceNumber: more, Timestamp: ts, Marker: data[9]&2 != 0}, Payload: data[:10:10]})
				}
				if n, b := len(s.hold.units), s.hold.bytes; n > maxHoldUnits || b > maxHoldBytes+maxUnit {
					t.Fatalf("%d units of %d bytes are held", n, b)
				}
			}
			s.end()
		})
	})
}

// lawful is a memory that knows more of the rules.
type lawful struct{ *memory }

func (l *lawful) Sample(s media.Sample) {
	l.memory.Sample(s)
	if s.Composition < 0 || s.Late < 0 || s.Arrived.After(time.Now()) || s.Captured < 0 {
		l.t.Errorf("no sample can be so: %+v", s)
	}
	if n := len(l.formats[len(l.formats)-1].Tracks); s.Track >= n {
		l.t.Errorf("a sample of track %d of %d", s.Track, n)
	}
	if s.DTS > 1<<52 {
		l.t.Errorf("a decode time of %d", s.DTS)
	}
}
