package pcm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mewkiz/flac"

	"nvrd/pkg/media"
)

// cases are the tracks that are stored as FLAC.
var cases = []media.Track{
	{Codec: media.PCMU, Timescale: 8000, SampleRate: 8000, Channels: 1},
	{Codec: media.PCMA, Timescale: 8000, SampleRate: 8000, Channels: 1},
	{Codec: media.PCMA, Timescale: 16000, SampleRate: 16000, Channels: 2},
	{Codec: media.L16, Timescale: 44100, SampleRate: 44100, Channels: 2},
	{Codec: media.L16, Timescale: 48000, SampleRate: 48000, Channels: 1},
	{Codec: media.L16, Timescale: 11025, SampleRate: 11025, Channels: 1},
}

// sound makes packets of some bytes in the codec of a track: a tone, silence or noise.
func sound(r *rand.Rand, t media.Track, packets, bytes int) (all []media.Sample) {
	width := t.Channels
	if t.Codec == media.L16 {
		width *= 2
	}
	dts := r.Int64N(1 << 40)
	for p := range packets {
		data := make([]byte, bytes)
		for i := range data {
			switch p / 5 % 3 {
			case 0:
				data[i] = byte(128 + 120*math.Sin(float64(p*bytes+i)/9))
			case 1:
				data[i] = 0xd5
			case 2:
				data[i] = byte(r.Uint32())
			}
		}
		all = append(all, media.Sample{Track: 1, DTS: dts, Key: true, Data: data})
		dts += int64(bytes / width)
	}
	return all
}

// encode returns the frames of samples.
func encode(t testing.TB, track media.Track, samples []media.Sample) (frames []media.Sample) {
	t.Helper()
	e, err := NewEncoder(track)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if err := e.Append(s, func(f media.Sample) { frames = append(frames, f) }); err != nil {
			t.Fatal(err)
		}
	}
	return frames
}

// stream returns a FLAC file of frames.
func stream(track media.Track, frames []media.Sample) []byte {
	b := append([]byte("fLaC\x80\x00\x00\x22"), Stored(media.Format{Tracks: []media.Track{{Codec: media.H264}, track}}).Tracks[1].Config...)
	for _, f := range frames {
		b = append(b, f.Data...)
	}
	return b
}

// decode returns the little-endian PCM of a FLAC file.
func decode(t testing.TB, b []byte) (pcm []byte) {
	t.Helper()
	s, err := flac.New(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for {
		f, err := s.ParseNext()
		if errors.Is(err, io.EOF) {
			return pcm
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.Subframes[0].Samples {
			for _, sub := range f.Subframes {
				pcm = binary.LittleEndian.AppendUint16(pcm, uint16(sub.Samples[i]))
			}
		}
	}
}

// ffmpeg decodes data, and fails the test on any complaint.
func ffmpeg(t *testing.T, data []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append(append([]string{"-v", "error"}, args...), "-")...)
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("ffmpeg: %v\n%s", err, complaints.Bytes())
	}
	return out.Bytes()
}

// Not a bit is lost: what decoders that nobody here wrote make of the FLAC is
// what they make of the sound that was put in.
func TestLossless(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	formats := map[media.Codec]string{media.PCMU: "mulaw", media.PCMA: "alaw", media.L16: "s16be"}
	for _, track := range cases {
		t.Run(fmt.Sprint(track.Codec, track.SampleRate, track.Channels), func(t *testing.T) {
			samples := sound(r, track, 60, 320)
			var received []byte
			for _, s := range samples {
				received = append(received, s.Data...)
			}
			want := ffmpeg(t, received, "-f", formats[track.Codec], "-ar", fmt.Sprint(track.SampleRate), "-ac", fmt.Sprint(track.Channels), "-i", "-", "-f", "s16le")
			frames := encode(t, track, samples)
			want = want[:len(frames)*blockSamples*2*track.Channels] // the last block is not full yet
			if left := len(received) - len(frames)*blockSamples; len(frames) == 0 || left < 0 {
				t.Fatalf("%d frames of %d bytes", len(frames), len(received))
			}
			file := stream(track, frames)
			if got := decode(t, file); !bytes.Equal(got, want) {
				t.Error("mewkiz/flac decodes other sound")
			}
			if got := ffmpeg(t, file, "-f", "flac", "-i", "-", "-f", "s16le"); !bytes.Equal(got, want) {
				t.Error("ffmpeg decodes other sound")
			}
			for i, f := range frames {
				if f.DTS != samples[0].DTS+int64(i)*blockSamples || !f.Key || f.Track != 1 || f.Composition != 0 {
					t.Fatalf("frame %d is %+v", i, f)
				}
			}
		})
	}
}

// Sound stays where it was taken: a hole ends the frame before it.
func TestHoles(t *testing.T) {
	track := cases[0]
	packet := func(dts int64, n int) media.Sample { return media.Sample{Track: 1, DTS: dts, Data: make([]byte, n)} }
	for name, c := range map[string]struct {
		in   []media.Sample
		want [][2]int64 // when frames begin, and how long they are
	}{
		"none":                   {[]media.Sample{packet(0, 160), packet(160, 160), packet(320, 704)}, [][2]int64{{0, 512}, {512, 512}}},
		"rounding":               {[]media.Sample{packet(0, 160), packet(161, 160), packet(319, 704)}, [][2]int64{{0, 512}, {511, 512}}},
		"a hole":                 {[]media.Sample{packet(0, 160), packet(1000, 512)}, [][2]int64{{0, 160}, {1000, 512}}},
		"a step back":            {[]media.Sample{packet(1000, 160), packet(0, 512)}, [][2]int64{{1000, 160}, {0, 512}}},
		"too short for a frame":  {[]media.Sample{packet(0, 10), packet(1000, 512)}, [][2]int64{{1000, 512}}},
		"several frames at once": {[]media.Sample{packet(7, 1536)}, [][2]int64{{7, 512}, {519, 512}, {1031, 512}}},
		"empty packets":          {[]media.Sample{packet(0, 0), packet(0, 512), packet(512, 0)}, [][2]int64{{0, 512}}},
	} {
		var got [][2]int64
		for _, f := range encode(t, track, c.in) {
			got = append(got, [2]int64{f.DTS, int64(len(decode(t, stream(track, []media.Sample{f}))) / 2)})
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: frames (-want +got):\n%s", name, diff)
		}
	}
}

// A camera is not switched off: frames are still good after weeks.
func TestNumbersBeginAnew(t *testing.T) {
	track := cases[0]
	e, err := NewEncoder(track)
	if err != nil {
		t.Fatal(err)
	}
	e.numbered = maxNumbered - 2*blockSamples
	var frames []media.Sample
	samples := sound(rand.New(rand.NewPCG(3, 4)), track, 8, blockSamples)
	for _, s := range samples {
		if err := e.Append(s, func(f media.Sample) { frames = append(frames, f) }); err != nil {
			t.Fatal(err)
		}
	}
	var numbers []uint64
	for _, f := range frames {
		s, err := flac.New(bytes.NewReader(stream(track, []media.Sample{f})))
		if err != nil {
			t.Fatal(err)
		}
		header, err := s.ParseNext()
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, header.Num)
	}
	if diff := cmp.Diff([]uint64{0, 512, 0, 512, 1024, 1536, 2048, 2560}, numbers); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

func TestNewEncoderRefuses(t *testing.T) {
	for _, track := range []media.Track{
		{Codec: media.AAC, SampleRate: 48000, Channels: 1}, {Codec: media.L16, SampleRate: 48000, Channels: 6},
		{Codec: media.L16, SampleRate: 48000}, {Codec: media.PCMU, Channels: 1}, {Codec: media.L16, SampleRate: 1 << 20, Channels: 1},
	} {
		if _, err := NewEncoder(track); err == nil {
			t.Errorf("%+v has an encoder", track)
		}
	}
	format := media.Format{Tracks: []media.Track{{Codec: media.H264}, {Codec: media.AAC}}}
	if got := Stored(format); !got.Equal(format) {
		t.Errorf("%+v is stored as %+v", format, got)
	}
}

// Packets of any length, at any time, become frames that decode.
func FuzzEncoder(f *testing.F) {
	f.Add(uint8(0), []byte{1, 2, 3}, []byte{4, 5, 6}, int64(3), uint8(160))
	f.Add(uint8(3), bytes.Repeat([]byte{7, 8}, 700), []byte{9}, int64(1), uint8(1))
	f.Fuzz(func(t *testing.T, kind uint8, a, b []byte, dts int64, repeat uint8) {
		track := cases[int(kind)%len(cases)]
		var samples []media.Sample
		for range repeat {
			samples = append(samples, media.Sample{Data: a}, media.Sample{DTS: dts, Data: b})
		}
		if frames := encode(t, track, samples); len(frames) > 0 {
			if pcm := decode(t, stream(track, frames)); len(pcm) > int(repeat)*(len(a)+len(b))*2 {
				t.Errorf("%d bytes of sound from %d packets of %d and %d", len(pcm), repeat, len(a), len(b))
			}
		}
	})
}

func BenchmarkEncoder(b *testing.B) {
	track := cases[0]
	samples := sound(rand.New(rand.NewPCG(5, 6)), track, 50, 160) // a second
	e, err := NewEncoder(track)
	if err != nil {
		b.Fatal(err)
	}
	var out int64
	b.ReportAllocs()
	for b.Loop() {
		for i := range samples {
			samples[i].DTS += 8000
			if err := e.Append(samples[i], func(f media.Sample) { out += int64(len(f.Data)) }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(out)/float64(b.N), "B/s-of-sound")
}
