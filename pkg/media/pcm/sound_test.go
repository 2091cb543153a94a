package pcm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// tone is a sine of a frequency and a peak.
func tone(rate int, hertz, peak float64, d time.Duration) Sound {
	s := Sound{Rate: rate, Samples: make([]int16, int(d.Seconds()*float64(rate)))}
	for i := range s.Samples {
		s.Samples[i] = clip(peak * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)))
	}
	return s
}

// level is the root mean square of the middle of s.
func level(s []int16) float64 {
	s = s[len(s)/4 : len(s)*3/4]
	sum := 0.0
	for _, v := range s {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(s)))
}

func decibels(a, b float64) float64 { return 20 * math.Log10(max(a, 1e-3)/b) }

func TestResampler(t *testing.T) {
	for _, from := range rates {
		for _, to := range rates {
			edge := float64(min(from, to)) / 2
			for _, part := range []float64{0.05, 0.25, 0.5, 0.85, 1.15, 1.5, 1.9} {
				hertz := part * edge
				if hertz >= float64(from)/2 {
					continue
				}
				in := tone(from, hertz, 10000, 500*time.Millisecond)
				out, err := in.At(to)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := len(out.Samples), len(in.Samples)*to/from; got != want || out.Rate != to {
					t.Errorf("%d to %d Hz: %d samples, want %d", from, to, got, want)
				}
				off := decibels(level(out.Samples), level(in.Samples))
				if part < 1 && math.Abs(off) > 1 {
					t.Errorf("%d to %d Hz: %.0f Hz is %.1f dB off", from, to, hertz, off)
				}
				if part > 1 && from > to && off > -60 {
					t.Errorf("%d to %d Hz: of %.0f Hz remains %.1f dB", from, to, hertz, off)
				}
			}
		}
	}
	if _, err := NewResampler(44100, 8000); err == nil {
		t.Error("44,100 Hz was taken")
	}
}

// TestResamplerImages looks for tones that were not there: mirrors of one below
// the half of the lower rate.
func TestResamplerImages(t *testing.T) {
	in := tone(8000, 1000, 10000, 500*time.Millisecond)
	out, err := in.At(48000)
	if err != nil {
		t.Fatal(err)
	}
	want := tone(48000, 1000, 10000, 500*time.Millisecond)
	var rest []int16
	for i := range out.Samples {
		rest = append(rest, out.Samples[i]-want.Samples[i])
	}
	if off := decibels(level(rest), level(want.Samples)); off > -50 {
		t.Errorf("what is no tone of 1 kHz has %.1f dB", off)
	}
}

func TestResamplerInPieces(t *testing.T) {
	in := tone(48000, 700, 8000, 200*time.Millisecond).Samples
	whole, _ := NewResampler(48000, 8000)
	want := whole.Append(nil, in)
	parts, _ := NewResampler(48000, 8000)
	var got []int16
	for i, n := 0, 1; i < len(in); i, n = i+n, n*3%997+1 {
		got = parts.Append(got, in[i:min(i+n, len(in))])
	}
	if !slices.Equal(got, want) {
		t.Error("sound that comes in pieces becomes another")
	}
	if held := 1600 - len(want); held > 16 {
		t.Errorf("%d samples are held back", held)
	}
	if len(parts.past) > 400 {
		t.Errorf("%d samples of input are kept", len(parts.past))
	}
}

func TestG711(t *testing.T) {
	in := tone(8000, 440, 20000, 100*time.Millisecond).Samples
	for name, out := range map[string][]int16{"mu-law": DecodeMuLaw(EncodeMuLaw(in)), "A-law": DecodeALaw(EncodeALaw(in))} {
		var rest []int16
		for i := range in {
			rest = append(rest, out[i]-in[i])
		}
		if off := decibels(level(rest), level(in)); off > -30 || len(out) != len(in) {
			t.Errorf("%s: noise of %.1f dB", name, off)
		}
	}
	if b := EncodeMuLaw([]int16{0}); b[0] != 0xff {
		t.Errorf("silence in mu-law is %x", b)
	}
}

func TestLimiter(t *testing.T) {
	var l Limiter
	loud := tone(8000, 500, 32000, time.Second).Samples
	for frame := range slices.Chunk(loud, 160) {
		l.Apply(frame)
	}
	if peak := slices.Max(loud); float64(peak) > loudest+1 || float64(peak) < 0.95*loudest {
		t.Errorf("what is too loud peaks at %d", peak)
	}
	quiet := tone(8000, 500, 5000, time.Second).Samples
	for frame := range slices.Chunk(quiet, 160) {
		l.Apply(frame)
	}
	if first := level(quiet[:1600]); first > 0.99*5000/math.Sqrt2 {
		t.Error("it is as loud as before at once")
	}
	if off := decibels(level(quiet[4000:]), 5000/math.Sqrt2); math.Abs(off) > 0.1 {
		t.Errorf("after half a second it is %.2f dB off", off)
	}
	var fresh Limiter
	soft := tone(8000, 500, 5000, 100*time.Millisecond).Samples
	want := slices.Clone(soft)
	fresh.Apply(soft)
	if !slices.Equal(soft, want) {
		t.Error("what is not loud was changed")
	}
}

// wavCases are files that are refused, each made of a good one.
var wavCases = []struct {
	name   string
	change func([]byte) []byte
}{
	{"empty", func([]byte) []byte { return nil }},
	{"cut", func(b []byte) []byte { return b[:len(b)-2] }},
	{"longer", func(b []byte) []byte { return append(b, 0, 0) }},
	{"no samples", func(b []byte) []byte { return b[:44] }},
	{"half a sample", func(b []byte) []byte {
		binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-9))
		binary.LittleEndian.PutUint32(b[40:], uint32(len(b)-45))
		return b[:len(b)-1]
	}},
	{"stereo", func(b []byte) []byte { b[22] = 2; return b }},
	{"mu-law", func(b []byte) []byte { b[20] = 7; return b }},
	{"8 bits", func(b []byte) []byte { b[34] = 8; return b }},
	{"44.1 kHz", func(b []byte) []byte { binary.LittleEndian.PutUint32(b[24:], 44100); return b }},
	{"another pace", func(b []byte) []byte { b[28]++; return b }},
	{"big endian", func(b []byte) []byte { b[3] = 'X'; return b }},
	{"a chunk before", func(b []byte) []byte { copy(b[36:], "LIST"); return b }},
	{"a size beyond", func(b []byte) []byte { b[43] = 0xff; return b }},
}

func TestParseWAV(t *testing.T) {
	in := tone(16000, 440, 9000, 20*time.Millisecond)
	got, err := ParseWAV(in.WAV())
	if err != nil || got.Rate != in.Rate || !slices.Equal(got.Samples, in.Samples) || got.Duration() != 20*time.Millisecond {
		t.Errorf("%d Hz, %d samples, %v", got.Rate, len(got.Samples), err)
	}
	for _, tt := range wavCases {
		if _, err := ParseWAV(tt.change(in.WAV())); !errors.Is(err, ErrNotWAV) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func FuzzParseWAV(f *testing.F) {
	in := tone(8000, 440, 9000, 5*time.Millisecond)
	f.Add(in.WAV())
	for _, tt := range wavCases {
		f.Add(tt.change(in.WAV()))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := ParseWAV(file)
		if err != nil {
			return
		}
		if again := s.WAV(); !slices.Equal(again, file) {
			t.Errorf("%s", fmt.Sprintf("%x became %x", file, again))
		}
	})
}
