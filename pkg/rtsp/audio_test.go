package rtsp

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtp"
)

func hbr() *aac { return &aac{sizeBits: 13, indexBits: 3, deltaBits: 3, samples: 1024} }

// au makes a packet of AAC-hbr.
func au(frames ...[]byte) []byte {
	b := []byte{0, byte(16 * len(frames))}
	for _, f := range frames {
		b = append(b, byte(len(f)>>5), byte(len(f)<<3))
	}
	return append(b, bytes.Join(frames, nil)...)
}

type sound struct {
	TS   uint32
	Data string
}

var casesAAC = []struct {
	name  string
	steps []step
	want  []sound
}{
	{"one frame", []step{{0, true, au([]byte("abc")), 0}}, []sound{{0, "abc"}}},
	{"two frames", []step{{5, true, au([]byte("abc"), []byte("de")), 0}}, []sound{{5, "abc"}, {1029, "de"}}},
	{"pieces", []step{{0, false, au([]byte("ab")), 0}, {0, true, au([]byte("cd")), 0}}, []sound{{0, "abcd"}}},
	{"pieces that tell the whole size", []step{{0, false, append(au([]byte("abcd"))[:4], "ab"...), 0}, {0, true, append(au([]byte("abcd"))[:4], "cd"...), 0}}, []sound{{0, "abcd"}}},
	{"a piece is lost", []step{{0, false, au([]byte("ab")), 0}, {0, false, au([]byte("ef")), 1}, {0, true, au([]byte("gh")), 0}, {1024, true, au([]byte("i")), 0}}, []sound{{1024, "i"}}},
	{"too short", []step{{0, true, au([]byte("abc"))[:5], 0}, {0, true, nil, 0}, {0, true, []byte{0, 16}, 0}, {1, true, au([]byte("i")), 0}}, []sound{{1, "i"}}},
	{"interleaved", []step{{0, true, []byte{0, 16, 0, 1<<3 | 1, 'a'}, 0}}, nil},
	{"bare adts", []step{{0, true, []byte{0xff, 0xf1, 0x60, 0x40, 1, 0x1f, 0xfc, 'x', 0xff, 0xf1, 0x60, 0x40, 1, 0x3f, 0xfc, 'y', 'z'}, 0}}, []sound{{0, "x"}, {1024, "yz"}}},
	{"bare adts that is torn", []step{{0, true, []byte{0xff, 0xf1, 0x60, 0x40, 1, 0x1f, 0xfc, 'x', 0xff, 0xf1, 0x60, 0x40, 1, 0x3f, 0xfc, 'y'}, 0}}, []sound{{0, "x"}}},
	{"adts", []step{{0, true, au([]byte{0xff, 0xf1, 0x60, 0x40, 1, 0x1f, 0xfc, 'x'}), 0}}, []sound{{0, "x"}}},
}

func TestAAC(t *testing.T) {
	for _, tt := range casesAAC {
		var all []sound
		a := newAudio(hbr(), func(f frame) { all = append(all, sound{f.ts, string(f.data)}) })
		var seq uint16
		for _, s := range tt.steps {
			seq += uint16(1 + s.skip)
			_ = a.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: s.ts, Marker: s.marker}, Payload: s.payload}, time.Unix(1, 0))
		}
		if diff := cmp.Diff(tt.want, all); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// TestAACAgainstLibrary sends random frames by the library's encoder.
func TestAACAgainstLibrary(t *testing.T) {
	e, err := (&format.MPEG4Audio{PayloadTyp: 96, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		Config: &mpeg4audio.AudioSpecificConfig{Type: 2, SampleRate: 48000, ChannelCount: 2}}).CreateEncoder()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var want, have []sound
	a := newAudio(hbr(), func(f frame) { have = append(have, sound{f.ts, string(f.data)}) })
	for i := range 300 {
		frames := make([][]byte, 1+random.IntN(4))
		at := uint32(i * 8192)
		for j := range frames {
			frames[j] = bytes.Repeat([]byte{byte(i)}, 1+random.IntN(2500))
			want = append(want, sound{at + uint32(j)*1024, string(frames[j])})
		}
		ps, err := e.Encode(frames)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ps {
			p.Timestamp += at
			if err := a.push(p, time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestLATM(t *testing.T) {
	mux := &mpeg4audio.StreamMuxConfig{Programs: []*mpeg4audio.StreamMuxConfigProgram{{Layers: []*mpeg4audio.StreamMuxConfigLayer{{
		AudioSpecificConfig: &mpeg4audio.AudioSpecificConfig{Type: 2, SampleRate: 48000, ChannelCount: 2}, LatmBufferFullness: 255}}}}}
	element, err := mpeg4audio.AudioMuxElement{StreamMuxConfig: mux, Payloads: [][][][]byte{{{[]byte("frame")}}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	a := newAudio(&latm{subframes: 1, samples: 1024}, func(f frame) { all = append(all, string(f.data)) })
	send := func(seq uint16, marker bool, b []byte) {
		_ = a.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Marker: marker}, Payload: b}, time.Unix(1, 0))
	}
	send(1, true, element)
	send(2, false, element[:3])
	send(3, true, element[3:])
	send(4, false, element[:3])
	send(6, true, element[3:]) // its beginning is there, its middle was lost
	send(7, true, []byte{255, 1})
	send(8, true, element)
	if diff := cmp.Diff([]string{"frame", "frame", "frame"}, all); diff != "" {
		t.Error(diff)
	}
}

func TestWhole(t *testing.T) {
	var all []string
	a := newAudio(whole{align: 4}, func(f frame) { all = append(all, string(f.data)) })
	for i, b := range []string{"abcdefgh", "abcdefg", "", "ijkl"} {
		err := a.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i)}, Payload: []byte(b)}, time.Unix(1, 0))
		if (err != nil) != (len(b) == 7) {
			t.Errorf("%q: %v", b, err)
		}
	}
	if diff := cmp.Diff([]string{"abcdefgh", "ijkl"}, all); diff != "" {
		t.Error(diff)
	}
}

func FuzzLATM(f *testing.F) {
	f.Add(uint8(0), []byte{5, 'f', 'r', 'a', 'm', 'e'})
	f.Add(uint8(1), []byte{1, 'f', 1, 'r'})
	f.Add(uint8(63), bytes.Repeat([]byte{255}, 3000))
	f.Fuzz(func(t *testing.T, more uint8, b []byte) {
		total := 0
		a := newAudio(&latm{subframes: 1 + int(more)%64, samples: 1024}, func(f frame) { total += len(f.data) })
		for i := range uint16(3) {
			_ = a.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: i, Marker: i != 0}, Payload: b}, time.Unix(1, 0))
		}
		if total > 3*len(b) {
			t.Errorf("%d bytes of sound from %d", total, 3*len(b))
		}
	})
}

func FuzzAAC(f *testing.F) {
	for _, tt := range casesAAC {
		for _, s := range tt.steps {
			f.Add(uint8(13), uint8(3), uint8(3), s.marker, s.payload, s.payload)
		}
	}
	f.Fuzz(func(t *testing.T, size, index, delta uint8, marker bool, one, two []byte) {
		u := &aac{sizeBits: 6 + int(size)%11, indexBits: int(index) % 17, deltaBits: int(delta) % 17, samples: 1024}
		total := 0
		a := newAudio(u, func(f frame) {
			if total += len(f.data); len(f.data) == 0 {
				t.Error("an empty frame")
			}
		})
		for i, b := range [][]byte{one, two, one} {
			_ = a.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i), Marker: marker || i == 2}, Payload: b}, time.Unix(1, 0))
		}
		if total > 2*len(one)+len(two) {
			t.Errorf("%d bytes of sound", total)
		}
	})
}

func BenchmarkAAC(b *testing.B) {
	a := newAudio(hbr(), func(frame) {})
	now := time.Unix(1, 0)
	p := &rtp.Packet{Header: rtp.Header{Marker: true}, Payload: au(make([]byte, 170))}
	b.ReportAllocs()
	for b.Loop() {
		p.SequenceNumber++
		now = now.Add(21 * time.Millisecond)
		if err := a.push(p, now); err != nil {
			b.Fatal(err)
		}
	}
}
