package rtsp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph265"
	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// nal makes a NAL unit of a type, with n bytes after the header. A slice is
// the first of its picture if first is true.
func nal(codec media.Codec, typ byte, n int, first bool) []byte {
	header := []byte{0x60 | typ}
	if codec == media.H265 {
		header = []byte{typ << 1, 1}
	}
	body := bytes.Repeat([]byte{0x5a}, n)
	if n > 0 && first {
		body[0] = 0xda
	}
	return append(header, body...)
}

var (
	sps264, pps264         = nal(media.H264, 7, 9, false), nal(media.H264, 8, 4, true)
	vps265, sps265, pps265 = nal(media.H265, 32, 9, false), nal(media.H265, 33, 9, false), nal(media.H265, 34, 9, true)
)

var (
	recovery264 = []byte{6, 5, 1, 0xff, 6, 1, 0x84, 0x80} // behind user data
	bipred264   = []byte{1, 0xaa, 0x5a, 0x5a}             // a B slice
	intra264    = []byte{0x61, 0xb6, 0x5a, 0x5a}          // an I slice
)

// fields264 is a sequence parameter set of interlaced pictures.
var fields264 = []byte{0x67, 0x64, 0x00, 0x15, 0xac, 0xd9, 0x41, 0x41, 0x0f, 0xcb, 0x80, 0x88, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03, 0x01, 0x90, 0xf8, 0xa1, 0x4c, 0xb0}

// half264 makes a field of pictures by fields264.
func half264(typ byte, bottom bool, number uint64) []byte {
	bits := fmt.Sprintf("111%0*b1", fieldsOf(media.H264, fields264).number, number)
	if bottom {
		bits += "1"
	}
	b := []byte{0x60 | typ}
	for bits += strings.Repeat("0", 31); len(bits) >= 8; bits = bits[8:] {
		octet, _ := strconv.ParseUint(bits[:8], 2, 8)
		b = append(b, byte(octet))
	}
	return append(b, 0x5a)
}

func key264(n int) []byte   { return nal(media.H264, 5, n, true) }
func inter264(n int) []byte { return nal(media.H264, 1, n, true) }

// unit joins NAL units as samples have them.
func unit(nals ...[]byte) (b []byte) {
	for _, n := range nals {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
	}
	return b
}

// stap makes the payload of a STAP-A.
func stap(nals ...[]byte) []byte {
	b := []byte{0x78}
	for _, n := range nals {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(n))), n...)
	}
	return b
}

// fu makes the payloads of FU-As of at most size bytes of n each.
func fu(n []byte, size int) (out [][]byte) {
	flags := byte(0x80)
	for body := n[1:]; len(body) > 0; {
		k := min(size, len(body))
		if k == len(body) {
			flags |= 0x40
		}
		out = append(out, append([]byte{n[0]&0xe0 | 28, flags | n[0]&0x1f}, body[:k]...))
		body, flags = body[k:], 0
	}
	return out
}

// fragmented is a picture of one NAL unit in fragments of ten bytes.
func fragmented(ts uint32, n []byte) (steps []step) {
	for _, f := range fu(n, 10) {
		steps = append(steps, step{ts, f[1]&0x40 != 0, f, 0})
	}
	return steps
}

// step is one packet of a case; seq 0 means the next in order.
type step struct {
	ts      uint32
	marker  bool
	payload []byte
	skip    int // packets lost before it
}

type got struct {
	TS   uint32
	Key  bool
	Data []byte
	Sets bool
	Lost int
}

// depacketize runs the packets of a case through a video.
func depacketize(codec media.Codec, known sets, trust bool, steps []step) (all []got) {
	v := newVideo(codec, known, func(p picture) {
		all = append(all, got{p.ts, p.key, bytes.Clone(p.data), p.sets != nil, p.dropped})
	})
	if trust {
		v.probation = 0
	}
	seq := uint16(65530)
	now := time.Unix(1, 0)
	for _, s := range steps {
		seq += uint16(1 + s.skip)
		now = now.Add(time.Millisecond)
		v.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: s.ts, Marker: s.marker}, Payload: s.payload}, now)
	}
	return all
}

var cases264 = []struct {
	name  string
	known bool // parameter sets are known beforehand
	steps []step
	want  []got
}{
	{"single units", true, []step{{0, true, key264(5), 0}, {9, true, inter264(3), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {9, false, unit(inter264(3)), false, 0}}},
	{"sets in band", false, []step{{0, false, sps264, 0}, {0, false, pps264, 0}, {0, true, key264(5), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"no sets", false, []step{{0, true, key264(5), 0}}, nil},
	{"aggregate", false, []step{{0, true, stap(sps264, pps264, key264(5)), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"padded aggregate", true, []step{{0, true, append(stap(key264(5)), 0, 0, 0), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"torn aggregate", true, []step{{0, true, key264(5), 0}, {1, true, stap(inter264(9))[:8], 0}, {2, true, inter264(3), 0}, {3, true, key264(1), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {3, true, unit(key264(1)), false, 2}}},
	{"fragments", true, []step{{0, false, fu(key264(9), 4)[0], 0}, {0, false, fu(key264(9), 4)[1], 0}, {0, true, fu(key264(9), 4)[2], 0}},
		[]got{{0, true, unit(key264(9)), true, 0}}},
	{"one fragment that is the whole", true, []step{{0, true, fu(key264(9), 99)[0], 0}},
		[]got{{0, true, unit(key264(9)), true, 0}}},
	{"fragmented set", true, []step{{0, false, fu(sps264, 5)[0], 0}, {0, false, fu(sps264, 5)[1], 0}, {0, true, key264(2), 0}},
		[]got{{0, true, unit(key264(2)), true, 0}}},
	{"useless units", true, []step{{0, false, nal(media.H264, 9, 1, false), 0}, {0, false, key264(5), 0}, {0, true, nal(media.H264, 12, 40, false), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"sei is kept", true, []step{{0, false, nal(media.H264, 6, 4, false), 0}, {0, true, key264(5), 0}},
		[]got{{0, true, unit(nal(media.H264, 6, 4, false), key264(5)), true, 0}}},
	{"begins between key frames", true, []step{{0, true, inter264(5), 0}, {1, true, key264(5), 0}},
		[]got{{1, true, unit(key264(5)), true, 0}}},
	{"no markers", true, []step{{0, false, key264(5), 0}, {1, false, inter264(5), 0}, {2, false, inter264(6), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {1, false, unit(inter264(5)), false, 0}}},
	{"sets with a marker of their own", false, []step{{0, true, sps264, 0}, {0, true, pps264, 0}, {0, true, key264(5), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"sets with a timestamp of their own", false, []step{{0, true, sps264, 0}, {1, true, pps264, 0}, {2, true, key264(5), 0}},
		[]got{{2, true, unit(key264(5)), true, 0}}},
	{"annex b in a packet", false, []step{{0, true, bytes.Join([][]byte{sps264, pps264, key264(5)}, startCode), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"annex b with more zeros, in fragments", true, fragmented(0, slices.Concat(sps264, []byte{0}, startCode, pps264, []byte{0, 0}, startCode, key264(5))),
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"annex b behind a long unit, of a camera that does so", true, append([]step{{0, true, bytes.Join([][]byte{sps264, pps264, key264(5)}, startCode), 0}},
		fragmented(1, slices.Concat(inter264(9), startCode, nal(media.H264, 1, 5, false)))...),
		[]got{{0, true, unit(key264(5)), true, 0}, {1, false, unit(inter264(9), nal(media.H264, 1, 5, false)), false, 0}}},
	{"a picture is lost", true, []step{{0, true, key264(5), 0}, {1, true, inter264(3), 1}, {2, true, inter264(3), 0}, {3, true, key264(3), 0}, {4, true, inter264(1), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {3, true, unit(key264(3)), false, 2}, {4, false, unit(inter264(1)), false, 0}}},
	{"a key frame lost its beginning", true, []step{{0, true, key264(5), 0}, {1, true, nal(media.H264, 5, 3, false), 1}, {2, true, key264(3), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {2, true, unit(key264(3)), false, 1}}},
	{"a fragment lost its middle", true, []step{{0, false, fu(key264(9), 3)[0], 0}, {0, true, fu(key264(9), 3)[2], 1}, {1, true, key264(2), 0}},
		[]got{{1, true, unit(key264(2)), true, 0}}},
	{"the end was lost with the marker", true, []step{{0, false, fu(key264(9), 3)[0], 0}, {1, true, key264(2), 2}},
		[]got{{1, true, unit(key264(2)), true, 0}}},
	{"sets change", true, []step{{0, true, key264(5), 0}, {1, false, nal(media.H264, 7, 5, false), 0}, {1, true, key264(4), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {1, true, unit(key264(4)), true, 0}}},
	{"sets change between key frames", true, []step{{0, true, key264(5), 0}, {1, false, nal(media.H264, 7, 5, false), 0}, {1, true, inter264(4), 0}, {2, true, key264(4), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {2, true, unit(key264(4)), true, 1}}},
	{"another set under another id", true, []step{{0, false, []byte{0x68, 0x40, 1}, 0}, {0, true, key264(4), 0}},
		[]got{{0, true, unit([]byte{0x68, 0x40, 1}, key264(4)), true, 0}}},
	{"interleaved packets", true, []step{{0, false, key264(5), 0}, {0, true, []byte{0x7a, 1, 2, 3}, 0}, {1, true, key264(1), 0}},
		[]got{{1, true, unit(key264(1)), true, 0}}},
	{"two pictures with one timestamp", true, []step{{0, true, key264(5), 0}, {0, true, inter264(3), 0}, {9, true, inter264(4), 0}, {9, true, inter264(5), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {0, false, unit(inter264(3)), false, 0}, {9, false, unit(inter264(4)), false, 0}, {9, false, unit(inter264(5)), false, 0}}},
	{"two pictures with one timestamp and no markers", true, []step{{0, false, key264(5), 0}, {0, false, inter264(3), 0}, {9, false, fu(inter264(9), 4)[0], 0}, {9, false, fu(inter264(9), 4)[1], 0}, {9, false, fu(inter264(9), 4)[2], 0}, {9, false, fu(inter264(9), 9)[0], 0}, {10, false, inter264(5), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {0, false, unit(inter264(3)), false, 0}, {9, false, unit(inter264(9)), false, 0}, {9, false, unit(inter264(9)), false, 0}}},
	{"two fields make a picture", false, []step{{0, false, fields264, 0}, {0, false, pps264, 0}, {0, false, half264(5, false, 0), 0}, {0, true, half264(1, true, 0), 0}, {9, false, half264(1, false, 1), 0}, {9, true, half264(1, true, 1), 0}},
		[]got{{0, true, unit(half264(5, false, 0), half264(1, true, 0)), true, 0}, {9, false, unit(half264(1, false, 1), half264(1, true, 1)), false, 0}}},
	{"two pictures of two fields have one timestamp", false, []step{{0, false, fields264, 0}, {0, false, pps264, 0}, {0, false, half264(5, false, 0), 0}, {0, false, half264(1, true, 0), 0}, {0, false, half264(1, false, 1), 0}, {0, false, half264(1, true, 1), 0}, {9, false, inter264(5), 0}},
		[]got{{0, true, unit(half264(5, false, 0), half264(1, true, 0)), true, 0}, {0, false, unit(half264(1, false, 1), half264(1, true, 1)), false, 0}}},
	{"two frames have one timestamp where there could be fields", false, []step{{0, false, fields264, 0}, {0, false, pps264, 0}, {0, true, key264(25), 0}, {0, true, inter264(24), 0}, {9, false, inter264(5), 0}, {9, false, inter264(6), 0}, {10, true, inter264(6), 0}},
		[]got{{0, true, unit(key264(25)), true, 0}, {0, false, unit(inter264(24)), false, 0}, {9, false, unit(inter264(5)), false, 0}, {9, false, unit(inter264(6)), false, 0}, {10, false, unit(inter264(6)), false, 0}}},
	{"each slice has its timestamp", true, []step{{0, false, key264(5), 0}, {1, false, nal(media.H264, 5, 4, false), 0}, {2, true, nal(media.H264, 5, 3, false), 0}, {9, false, inter264(4), 0}, {10, false, fu(nal(media.H264, 1, 9, false), 5)[0], 0}, {11, true, fu(nal(media.H264, 1, 9, false), 5)[1], 0}},
		[]got{{0, true, unit(key264(5), nal(media.H264, 5, 4, false), nal(media.H264, 5, 3, false)), true, 0}, {9, false, unit(inter264(4), nal(media.H264, 1, 9, false)), false, 0}}},
	{"each slice has its timestamp, in aggregates", true, []step{{0, false, stap(key264(5)), 0}, {1, true, stap(nal(media.H264, 5, 4, false), nal(media.H264, 5, 3, false)), 0}},
		[]got{{0, true, unit(key264(5), nal(media.H264, 5, 4, false), nal(media.H264, 5, 3, false)), true, 0}}},
	{"an aggregate of empty units", false, []step{{0, true, stap(sps264, nil, pps264, nil, nil, key264(5)), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"fragments without an end", true, []step{{0, false, fu(key264(9), 5)[0], 0}, {0, false, fu(nal(media.H264, 5, 9, false), 5)[0], 0}, {0, true, nal(media.H264, 5, 3, false), 0}, {9, true, fu(inter264(9), 5)[0], 0}, {10, true, inter264(3), 0}},
		[]got{{0, true, unit(key264(5), nal(media.H264, 5, 5, false), nal(media.H264, 5, 3, false)), true, 0}, {9, false, unit(inter264(5)), false, 0}, {10, false, unit(inter264(3)), false, 0}}},
	{"a fragment lost its end", true, []step{{0, true, key264(5), 0}, {9, false, fu(inter264(9), 5)[0], 0}, {10, true, inter264(3), 1}},
		[]got{{0, true, unit(key264(5)), true, 0}}},
	{"a picture set changes between key frames", true, []step{{0, true, key264(5), 0}, {1, false, nal(media.H264, 8, 6, true), 0}, {1, true, inter264(4), 0}, {2, true, inter264(3), 0}, {3, true, key264(4), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {1, false, unit(nal(media.H264, 8, 6, true), inter264(4)), false, 0}, {2, false, unit(inter264(3)), false, 0}, {3, true, unit(key264(4)), true, 0}}},
	{"zeros behind a set are no change", true, []step{{0, true, key264(5), 0}, {1, false, append(bytes.Clone(sps264), 0), 0}, {1, false, append(bytes.Clone(pps264), 0, 0), 0}, {1, true, inter264(4), 0}, {2, true, key264(4), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {1, false, unit(inter264(4)), false, 0}, {2, true, unit(key264(4)), false, 0}}},
	{"a picture of its own where there is no key frame", true, []step{{0, true, inter264(5), 0}, {1, true, intra264, 0}, {2, true, bipred264, 0}, {3, true, inter264(3), 0}, {4, false, intra264, 0}, {4, true, nal(media.H264, 1, 3, false), 0}},
		[]got{{1, true, unit(intra264), true, 0}, {3, false, unit(inter264(3)), false, 0}, {4, false, unit(intra264, nal(media.H264, 1, 3, false)), false, 0}}},
	{"and where there are", true, []step{{0, true, key264(5), 0}, {1, true, intra264, 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {1, false, unit(intra264), false, 0}}},
	{"sets before every slice", true, []step{{0, false, sps264, 0}, {0, false, pps264, 0}, {0, false, key264(5), 0}, {0, false, sps264, 0}, {0, true, nal(media.H264, 5, 4, false), 0}},
		[]got{{0, true, unit(key264(5), nal(media.H264, 5, 4, false)), true, 0}}},
	{"more comes with the timestamp of a picture, and its marker", true, []step{{0, true, key264(5), 0}, {0, true, nal(media.H264, 6, 4, false), 0}, {9, true, inter264(3), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {9, false, unit(inter264(3)), false, 0}}},
	{"a recovery point where there is no key frame", true, []step{{0, true, inter264(5), 0}, {1, false, recovery264, 0}, {1, true, inter264(4), 0}, {2, true, inter264(3), 0}},
		[]got{{1, true, unit(recovery264, inter264(4)), true, 0}, {2, false, unit(inter264(3)), false, 0}}},
	{"what leads a recovery point needs what came before", true, []step{{1, false, recovery264, 0}, {1, true, inter264(4), 0}, {2, true, bipred264, 0}, {3, true, bipred264, 0}, {4, true, inter264(3), 0}, {5, true, bipred264, 0}},
		[]got{{1, true, unit(recovery264, inter264(4)), true, 0}, {4, false, unit(inter264(3)), false, 0}, {5, false, unit(bipred264), false, 0}}},
	{"a recovery point among key frames", true, []step{{0, true, key264(5), 0}, {1, false, recovery264, 0}, {1, true, inter264(4), 0}},
		[]got{{0, true, unit(key264(5)), true, 0}, {1, false, unit(recovery264, inter264(4)), false, 0}}},
	{"empty packets", true, []step{{0, false, nil, 0}, {0, false, []byte{0x65}, 0}, {0, true, key264(1), 0}},
		[]got{{0, true, unit(key264(1)), true, 0}}},
}

// Cameras of H.265 without key frames have recovery points, too.
func TestRecoveryPointsOf265(t *testing.T) {
	recovery := []byte{39 << 1, 1, 5, 1, 0xff, 6, 1, 0x84, 0x80}
	inter := nal(media.H265, 1, 5, true)
	have := depacketize(media.H265, sets{vps265, sps265, pps265}, true, []step{{0, true, inter, 0}, {1, false, recovery, 0}, {1, true, inter, 0}, {2, true, inter, 0}})
	want := []got{{1, true, unit(recovery, inter), true, 0}, {2, false, unit(inter), false, 0}}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestVideo(t *testing.T) {
	for _, tt := range cases264 {
		var known sets
		if tt.known {
			known = sets{sps: sps264, pps: pps264}
		}
		if diff := cmp.Diff(tt.want, depacketize(media.H264, known, true, tt.steps)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// A key frame may have as many slices as it has macroblocks.
func TestManySlices(t *testing.T) {
	var steps []step
	var nals [][]byte
	for i := range 8000 {
		n := nal(media.H264, 5, 3, i == 0)
		nals = append(nals, n)
		steps = append(steps, step{0, i == 7999, n, 0})
	}
	known := sets{sps: sps264, pps: pps264}
	if diff := cmp.Diff([]got{{0, true, unit(nals...), true, 0}}, depacketize(media.H264, known, true, steps)); diff != "" {
		t.Error(diff[:min(len(diff), 500)])
	}
}

// TestMarkers has cameras set the marker on every packet: no timestamp may
// come out as two pictures.
func TestMarkers(t *testing.T) {
	var steps []step
	want := []got{}
	for i := range uint32(20) {
		first, second := nal(media.H264, 5, 3, true), nal(media.H264, 5, 4, false)
		steps = append(steps, step{i, true, first, 0}, step{i, true, second, 0})
		want = append(want, got{i, true, unit(first, second), i == 0, 0})
	}
	known := sets{sps: sps264, pps: pps264}
	if diff := cmp.Diff(want[:19], depacketize(media.H264, known, false, steps)); diff != "" {
		t.Error(diff)
	}
}

// Numbers tell what is missing, late or doubled, but a camera may begin to
// count anew at any of them, and then nothing is.
func TestSequence(t *testing.T) {
	type packet struct {
		n           uint16
		ts          uint32
		after       time.Duration
		fresh, lost bool
	}
	const ms = time.Millisecond
	for _, tt := range []struct {
		name    string
		packets []packet // behind number 1000 with timestamp 500000
	}{
		{"in order", []packet{{1001, 500000, 0, true, false}, {1002, 506000, 66 * ms, true, false}}},
		{"one is missing", []packet{{1002, 506000, 66 * ms, true, true}}},
		{"doubled, late", []packet{{1000, 500000, 0, false, false}, {990, 494000, 0, false, false}, {1001, 500000, 0, true, false}}},
		{"late, with a timestamp of long ago", []packet{{990, 4_000_000_000, 0, false, false}}},
		{"a network was away for 20 s", []packet{{1000 + 6000, 500000 + 20*90000, 0, true, true}}},
		{"and no time is stamped", []packet{{1000 + 2500, 500000, 0, true, true}}},
		{"begins anew at 0", []packet{{0, 506000, 66 * ms, true, false}, {1, 506000, 0, true, false}}},
		{"within a picture", []packet{{0, 500000, 0, true, false}, {1, 500000, 0, true, false}}},
		{"a little back", []packet{{980, 506000, 66 * ms, true, false}, {981, 506000, 0, true, false}}},
		{"far ahead", []packet{{20000, 506000, 66 * ms, true, false}, {20001, 506000, 0, true, false}}},
		{"with new timestamps", []packet{{20000, 1 << 31, 66 * ms, true, false}, {20001, 1 << 31, 0, true, false}}},
		{"a little back, within a picture", []packet{{980, 500000, 0, false, false}, {981, 500000, 0, false, false}, {982, 506000, 66 * ms, true, true}}},
	} {
		now := time.Unix(1, 0)
		var s sequence
		s.next(1000, 500000, now)
		for i, p := range tt.packets {
			now = now.Add(p.after)
			if f, l := s.next(p.n, p.ts, now); f != p.fresh || l != p.lost {
				t.Errorf("%s, %d: fresh %v, lost %v", tt.name, i, f, l)
			}
		}
	}
	var s sequence // all that comes is from the past
	s.next(1000, 500000, time.Time{})
	for range maxStale {
		if fresh, _ := s.next(990, 500000, time.Time{}); fresh {
			t.Fatal("a late packet is used")
		}
	}
	if fresh, lost := s.next(990, 500000, time.Time{}); !fresh || !lost {
		t.Errorf("after %d late packets: fresh %v, lost %v", maxStale, fresh, lost)
	}
}

// Packets count by their numbers: what is late makes up for what was missing, and a
// camera that numbers anew has lost nothing.
func TestPacketsAreCounted(t *testing.T) {
	for _, tt := range []struct {
		name    string
		numbers []uint16
		alien   int // packets of no track before the last
		want    nvr.Packets
	}{
		{"none", nil, 0, nvr.Packets{}},
		{"all", []uint16{7, 8, 9}, 0, nvr.Packets{Sent: 3}},
		{"around the end of numbers", []uint16{65534, 65535, 0, 2}, 0, nvr.Packets{Sent: 5, Lost: 1}},
		{"three are missing", []uint16{1, 2, 6}, 0, nvr.Packets{Sent: 6, Lost: 3}},
		{"one of them is late", []uint16{1, 2, 6, 4}, 0, nvr.Packets{Sent: 6, Lost: 2}},
		{"one is doubled", []uint16{1, 1, 2}, 0, nvr.Packets{Sent: 2}},
		{"one is doubled, another is missing", []uint16{1, 1, 3}, 0, nvr.Packets{Sent: 3}},
		{"numbers of no track", []uint16{1, 2, 6}, 2, nvr.Packets{Sent: 4, Lost: 1}},
		{"numbers begin anew", []uint16{40000, 40001, 3, 4}, 0, nvr.Packets{Sent: 4}},
	} {
		var s sequence
		now := time.Unix(1, 0)
		for i, n := range tt.numbers {
			if i == len(tt.numbers)-1 {
				for range tt.alien {
					s.skip()
				}
			}
			s.next(n, 1000, now)
		}
		if got := s.packets(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// packets encodes pictures with the encoder of the client library.
func packets(t testing.TB, codec media.Codec, pictures [][][]byte) (out []*rtp.Packet) {
	t.Helper()
	var encode func([][]byte) ([]*rtp.Packet, error)
	if codec == media.H264 {
		e, err := (&format.H264{PayloadTyp: 96, PacketizationMode: 1}).CreateEncoder()
		if err != nil {
			t.Fatal(err)
		}
		encode = e.Encode
	} else {
		e, err := (&format.H265{PayloadTyp: 96}).CreateEncoder()
		if err != nil {
			t.Fatal(err)
		}
		encode = e.Encode
	}
	for i, p := range pictures {
		ps, err := encode(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, packet := range ps {
			packet.Timestamp = uint32(i * 3000)
		}
		out = append(out, ps...)
	}
	return out
}

// TestVideoAgainstLibrary compares with the decoders of the client library,
// over random pictures.
func TestVideoAgainstLibrary(t *testing.T) {
	for _, codec := range []media.Codec{media.H264, media.H265} {
		random := rand.New(rand.NewPCG(1, 2))
		var pictures [][][]byte
		for i := range 300 {
			key, inter, sei := byte(5), byte(1), byte(6)
			p := [][]byte{}
			if codec == media.H265 {
				key, inter, sei = 19, 1, 39
			}
			switch {
			case i%30 == 0 && codec == media.H264:
				p = append(p, sps264, pps264)
			case i%30 == 0:
				p = append(p, vps265, sps265, pps265)
			}
			typ := inter
			if i%30 == 0 {
				typ = key
			}
			if random.IntN(3) == 0 {
				p = append(p, nal(codec, sei, 1+random.IntN(30), false))
			}
			for s := range 1 + random.IntN(4) {
				p = append(p, nal(codec, typ, 1+random.IntN(6000), s == 0))
			}
			pictures = append(pictures, p)
		}
		ps := packets(t, codec, pictures)
		var ours [][]byte
		v := newVideo(codec, sets{}, func(p picture) { ours = append(ours, bytes.Clone(p.data)) })
		for _, p := range ps {
			v.push(p, time.Unix(1, 0))
		}
		theirs := library(t, codec, ps)
		if len(ours) != len(theirs) || len(ours) != len(pictures) {
			t.Fatalf("%s: %d pictures, of the library %d, sent %d", codec, len(ours), len(theirs), len(pictures))
		}
		for i := range ours {
			if !bytes.Equal(ours[i], theirs[i]) {
				t.Fatalf("%s: picture %d differs", codec, i)
			}
		}
	}
}

// library decodes packets with the client library and leaves out what we do.
func library(t testing.TB, codec media.Codec, ps []*rtp.Packet) (out [][]byte) {
	t.Helper()
	var decode func(*rtp.Packet) ([][]byte, error)
	if codec == media.H264 {
		d := &rtph264.Decoder{PacketizationMode: 1}
		if err := d.Init(); err != nil {
			t.Fatal(err)
		}
		decode = d.Decode
	} else {
		d := &rtph265.Decoder{}
		if err := d.Init(); err != nil {
			t.Fatal(err)
		}
		decode = d.Decode
	}
	for _, p := range ps {
		nals, err := decode(p)
		if err != nil {
			continue
		}
		var kept [][]byte
		for _, n := range nals {
			if k := kindOf(codec, n[0]); k < vps && k != useless {
				kept = append(kept, n)
			}
		}
		out = append(out, unit(kept...))
	}
	return out
}

// FuzzVideo reads packets from bytes: two of length, the flags marker, lost
// and new timestamp in one, then the payload.
func FuzzVideo(f *testing.F) {
	for _, tt := range cases264 {
		var b []byte
		for i, s := range tt.steps {
			var flags byte
			if s.marker {
				flags |= 1
			}
			if s.skip > 0 {
				flags |= 2
			}
			if i > 0 && s.ts != tt.steps[i-1].ts {
				flags |= 4
			}
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(s.payload))), flags)
			b = append(b, s.payload...)
		}
		f.Add(false, b)
	}
	for _, p := range packets(f, media.H265, [][][]byte{{vps265, sps265, pps265, nal(media.H265, 19, 3000, true)}, {nal(media.H265, 1, 9, true)}}) {
		f.Add(true, append([]byte{byte(len(p.Payload) >> 8), byte(len(p.Payload)), 1}, p.Payload...))
	}
	f.Fuzz(func(t *testing.T, h265 bool, b []byte) {
		codec := media.H264
		if h265 {
			codec = media.H265
		}
		begun := false
		s := newStream(nowhere{}, Config{Log: quiet})
		s.expect(&offer{format: media.Format{Tracks: []media.Track{{Codec: codec, Timescale: 90000}}}})
		v := newVideo(codec, sets{}, func(p picture) {
			if !begun && !p.key {
				t.Error("the first picture is no key frame")
			}
			begun = true
			key := false
			for d := p.data; len(d) > 0; {
				n := int(binary.BigEndian.Uint32(d))
				if n <= headerLen(codec) || n > len(d)-4 {
					t.Fatalf("a NAL unit of %d bytes in %d", n, len(d))
				}
				k := kindOf(codec, d[4])
				if k == useless {
					t.Fatal("a useless NAL unit")
				}
				key = key || k == keySlice
				d = d[4+n:]
			}
			if key && !p.key || cap(p.data) != len(p.data) {
				t.Fatalf("key %v, data of %d in %d", p.key, len(p.data), cap(p.data))
			}
			s.picture(p)
		})
		s.video = v
		var seq uint16
		var ts uint32
		for len(b) >= 3 {
			n := min(int(binary.BigEndian.Uint16(b)), len(b)-3)
			seq++
			if b[2]&2 != 0 {
				seq++
			}
			if b[2]&4 != 0 {
				ts += uint32(b[2]) << 10
			}
			v.push(&rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: ts, Marker: b[2]&1 != 0}, Payload: b[3 : 3+n]}, time.Unix(1, 0))
			b = b[3+n:]
		}
		s.end()
	})
}

func BenchmarkVideo(b *testing.B) {
	// 4 Mb/s at 15 pictures a second: 33 KB each.
	var pictures [][][]byte
	for i := range 30 {
		p := [][]byte{inter264(33000)}
		if i == 0 {
			p = [][]byte{sps264, pps264, key264(100_000)}
		}
		pictures = append(pictures, p)
	}
	ps := packets(b, media.H264, pictures)
	var bytes int64
	for _, p := range ps {
		bytes += int64(len(p.Payload))
	}
	now := time.Unix(1, 0)
	v := newVideo(media.H264, sets{}, func(picture) {})
	b.SetBytes(bytes / int64(len(ps)))
	b.ReportAllocs()
	var seq uint16
	var i int
	for b.Loop() {
		p := ps[i%len(ps)]
		if i++; i%25 == 0 {
			now = now.Add(66 * time.Millisecond)
		}
		seq++
		p.SequenceNumber, p.Timestamp = seq, p.Timestamp+uint32(i/len(ps))*90000
		v.push(p, now)
	}
}

// Some cameras mark each field.
func TestMarkedFields(t *testing.T) {
	steps := []step{{0, false, fields264, 0}, {0, false, pps264, 0}, {0, true, half264(5, false, 0), 0}, {0, true, half264(1, true, 0), 0}}
	for ts := range uint32(10) {
		steps = append(steps, step{ts + 1, true, half264(1, false, uint64(ts)+1), 0}, step{ts + 1, true, half264(1, true, uint64(ts)+1), 0})
	}
	all := depacketize(media.H264, sets{}, false, steps)
	if len(all) != 10 { // the last is not over
		t.Errorf("%d pictures", len(all))
	}
	for i, p := range all {
		if p.TS != uint32(i) || p.Lost != 0 {
			t.Errorf("picture %d is %+v", i, p)
		}
	}
}
