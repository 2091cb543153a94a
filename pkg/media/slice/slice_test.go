package slice

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/Eyevinn/mp4ff/avc"
	"github.com/Eyevinn/mp4ff/hevc"

	"nvrd/pkg/media"
)

// streams are encoded in as many ways as change what stands in the header of a
// slice before its QP.
var streams = []struct{ name, args string }{
	{"baseline", "libx264 -profile:v baseline -bf 0"},
	{"slices", "libx264 -bf 0 -slices 4"},
	{"zero latency", "libx264 -tune zerolatency -b:v 100k -maxrate 100k -bufsize 20k"},
	{"weights", "libx264 -bf 0 -x264-params weightp=2:ref=4"},
	{"B", "libx264 -bf 3 -x264-params ref=5:weightb=1:b-pyramid=normal"},
	{"CAVLC", "libx264 -bf 2 -coder 0"},
	{"interlaced", "libx264 -flags +ildct+ilme -x264-params tff=1"},
	{"scaling lists", "libx264 -x264-params cqm=jvt"},
	{"gray", "libx264 -pix_fmt gray"},
	{"4:4:4", "libx264 -pix_fmt yuv444p"},
	{"ten bits", "libx264 -pix_fmt yuv420p10le -qp 5"},
	{"filler", "libx264 -bf 0 -b:v 400k -minrate 400k -maxrate 400k -bufsize 100k -x264-params nal-hrd=cbr"},
	{"H.265", "libx265 -x265-params log-level=error:bframes=0"},
	{"H.265 B", "libx265 -x265-params log-level=error:bframes=4:ref=5:b-pyramid=1:weightb=1:weightp=1"},
	{"H.265 slices", "libx265 -x265-params log-level=error:slices=2:bframes=0"},
	{"H.265 layers", "libx265 -x265-params log-level=error:temporal-layers=3:bframes=3"},
	{"H.265 scaling lists", "libx265 -x265-params log-level=error:scaling-list=default:no-sao=1:amp=1:rect=1"},
	{"H.265 bounded", "libx265 -b:v 100k -maxrate 100k -bufsize 50k -x265-params log-level=error:strict-cbr=1:no-open-gop=1:bframes=0"},
	{"H.265 open", "libx265 -x265-params log-level=error:open-gop=1:bframes=3"},
}

// encode returns what an encoder makes of a moving picture: its track, and
// pictures as media.Sample has them.
func encode(t testing.TB, args string) (track media.Track, pictures [][]byte) {
	t.Helper()
	format, delimit := "h264", "h264_metadata=aud=insert"
	track.Codec = media.H264
	if strings.Contains(args, "libx265") {
		format, delimit = "hevc", "hevc_metadata=aud=insert"
		track.Codec = media.H265
	}
	all := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x96:r=10:d=1.2,fade=in:d=1", "-pix_fmt", "yuv420p", "-g", "6", "-c:v"}
	all = append(append(all, strings.Fields(args)...), "-bsf:v", delimit, "-f", format, "-")
	cmd := exec.CommandContext(t.Context(), "ffmpeg", all...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("ffmpeg %v: %v\n%s", all, err, &stderr)
	}
	for _, unit := range units(out) {
		switch kind(track.Codec, unit) {
		case "AUD":
			pictures = append(pictures, nil)
		case "SPS":
			track.SPS = unit
		case "PPS":
			track.PPS = unit
		case "filler":
		default:
			p := &pictures[len(pictures)-1]
			*p = append(binary.BigEndian.AppendUint32(*p, uint32(len(unit))), unit...)
		}
	}
	return track, pictures
}

func units(b []byte) (all [][]byte) {
	for _, unit := range bytes.Split(b, []byte{0, 0, 1}) {
		if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 {
			all = append(all, unit)
		}
	}
	return all
}

func kind(codec media.Codec, unit []byte) string {
	if codec == media.H264 {
		return map[byte]string{9: "AUD", 7: "SPS", 8: "PPS", 12: "filler", 1: "slice", 5: "slice"}[unit[0]&31]
	}
	n := unit[0] >> 1 & 63
	if n <= 9 || n >= 16 && n <= 21 {
		return "slice"
	}
	return map[byte]string{35: "AUD", 33: "SPS", 34: "PPS", 38: "filler"}[n]
}

// second is what mp4ff reads.
func second(t testing.TB, track media.Track, picture []byte) (p Picture) {
	t.Helper()
	var qp func(unit []byte) int
	if track.Codec == media.H264 {
		sps, err := avc.ParseSPSNALUnit(track.SPS, false)
		if err != nil {
			t.Fatal(err)
		}
		spss := map[uint32]*avc.SPS{sps.ParameterID: sps}
		pps, err := avc.ParsePPSNALUnit(track.PPS, spss)
		if err != nil {
			t.Fatal(err)
		}
		qp = func(unit []byte) int {
			h, err := avc.ParseSliceHeader(unit, spss, map[uint32]*avc.PPS{pps.PicParameterSetID: pps})
			if err != nil {
				t.Fatal(err)
			}
			return 26 + pps.PicInitQpMinus26 + int(h.SliceQPDelta)
		}
	} else {
		sps, err := hevc.ParseSPSNALUnit(track.SPS)
		if err != nil {
			t.Fatal(err)
		}
		spss := map[uint32]*hevc.SPS{uint32(sps.SpsID): sps}
		pps, err := hevc.ParsePPSNALUnit(track.PPS, spss)
		if err != nil {
			t.Fatal(err)
		}
		qp = func(unit []byte) int {
			h, err := hevc.ParseSliceHeader(unit, spss, map[uint32]*hevc.PPS{pps.PicParameterSetID: pps})
			if err != nil {
				t.Fatal(err)
			}
			return 26 + int(pps.InitQpMinus26) + h.QpDelta
		}
	}
	sum := 0
	for rest := picture; len(rest) > 0; {
		n := binary.BigEndian.Uint32(rest)
		unit := rest[4 : 4+n]
		rest = rest[4+n:]
		if kind(track.Codec, unit) == "slice" {
			p.Bytes += len(unit)
			sum += qp(unit) * len(unit)
		}
	}
	p.QP, p.Known = float64(sum)/float64(p.Bytes), true
	return p
}

// What encoders make is read as another reader reads it.
func TestMeasure(t *testing.T) {
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			track, pictures := encode(t, s.args)
			r := NewReader(track)
			different := map[string]bool{}
			for i, p := range pictures {
				got, want := r.Measure(p), second(t, track, p)
				if got != want {
					t.Errorf("picture %d: %+v, want %+v", i, got, want)
				}
				different[fmt.Sprintf("%.1f", got.QP)] = true
			}
			if len(pictures) < 11 {
				t.Errorf("%d pictures", len(pictures))
			}
			t.Logf("%d pictures, %d different QPs", len(pictures), len(different))
		})
	}
}

// A picture that can't be read counts with all its bytes, and no QP.
func TestMeasureWhatIsNoPicture(t *testing.T) {
	track, pictures := encode(t, "libx264 -bf 0 -slices 2")
	whole := pictures[5]
	first := binary.BigEndian.Uint32(whole)
	other := track
	other.PPS = append(bytes.Clone(track.PPS[:1]), 0x40|track.PPS[1]>>3) // another id
	for _, c := range []struct {
		name    string
		track   media.Track
		data    []byte
		bytes   int
		unknown bool
	}{
		{"whole", track, whole, len(whole) - 8, false},
		{"nothing", track, nil, 0, true},
		{"no length", track, []byte{1, 2, 3}, 3, true},
		{"cut short", track, whole[:len(whole)-1], len(whole) - 1, true},
		{"a unit of nothing", track, make([]byte, 4), 4, true},
		{"only SEI", track, []byte{0, 0, 0, 2, 6, 1}, 6, true},
		{"a header that ends", track, []byte{0, 0, 0, 2, 0x41, 0x9a}, 2, true},
		{"SEI beside it", track, append([]byte{0, 0, 0, 2, 6, 1}, whole...), len(whole) - 8, false},
		{"other parameter sets", other, whole, len(whole) - 8, true},
		{"no parameter sets", media.Track{Codec: media.H264}, whole, len(whole) - 8, true},
		{"no track", media.Track{}, whole, len(whole) - 8, true},
		{"half of it", track, whole[:4+first], int(first), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := NewReader(c.track).Measure(c.data); got.Bytes != c.bytes || got.Known == c.unknown {
				t.Errorf("it is %+v, want %d bytes, known %v", got, c.bytes, !c.unknown)
			}
		})
	}
	if got := new(Reader).Measure(whole); got.Bytes != len(whole)-8 || got.Known {
		t.Errorf("to a reader of nothing it is %+v", got)
	}
}

func TestMeasureAllocatesNothing(t *testing.T) {
	for _, args := range []string{"libx264 -bf 0 -slices 4", "libx265 -x265-params log-level=error:bframes=3"} {
		track, pictures := encode(t, args)
		r := NewReader(track)
		if n := testing.AllocsPerRun(10, func() {
			for _, p := range pictures {
				r.Measure(p)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", args, n)
		}
	}
}

// Whatever parameter sets and slices say, a reader neither fails nor hangs, and
// returns no QP that can't be.
func FuzzMeasure(f *testing.F) {
	for _, s := range streams {
		track, pictures := encode(f, s.args)
		for _, p := range pictures[:3] {
			f.Add(track.Codec == media.H265, track.SPS, track.PPS, p[:min(len(p), 300)])
			for rest := p; len(rest) > 0; rest = rest[4+binary.BigEndian.Uint32(rest):] {
				f.Add(track.Codec == media.H265, track.SPS, track.PPS, rest[:min(4+int(binary.BigEndian.Uint32(rest)), 300)])
			}
		}
	}
	f.Fuzz(func(t *testing.T, is265 bool, sps, pps, unit []byte) {
		track := media.Track{Codec: media.H264, SPS: sps, PPS: pps}
		if is265 {
			track.Codec = media.H265
		}
		r := NewReader(track)
		for _, data := range [][]byte{unit, append(binary.BigEndian.AppendUint32(nil, uint32(len(unit))), unit...)} {
			p := r.Measure(data)
			if p.Bytes < 0 || p.Bytes > len(data) || p.Known && (p.QP < -48 || p.QP > 51) {
				t.Fatalf("it is %+v", p)
			}
		}
	})
}

func BenchmarkMeasure(b *testing.B) {
	for _, c := range []struct{ name, args string }{
		{"H264", "libx264 -bf 0 -coder 1"},
		{"H264-4slices", "libx264 -bf 0 -slices 4"},
		{"H265", "libx265 -x265-params log-level=error:bframes=0"},
	} {
		b.Run(c.name, func(b *testing.B) {
			track, pictures := encode(b, c.args)
			r, i := NewReader(track), 0
			b.ReportAllocs()
			for b.Loop() {
				r.Measure(pictures[i%len(pictures)])
				i++
			}
		})
	}
}
