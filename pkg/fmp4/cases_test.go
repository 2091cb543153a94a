package fmp4

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/media"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// Parameter sets made by x264 and x265, as named.
var (
	baseline = media.Track{
		Codec: media.H264, Timescale: 90000, Width: 640, Height: 360,
		SPS: unhex("6742c016d900a02ff97011000003000100000300140f162e48"), PPS: unhex("68cb83cb20"),
	}
	high = media.Track{
		Codec: media.H264, Timescale: 90000, Width: 1920, Height: 1080,
		SPS: unhex("67640028acd940780227e5c044000003000400000300503c60c658"), PPS: unhex("68ebe3cb22c0"),
	}
	hevc = media.Track{
		Codec: media.H265, Timescale: 90000, Width: 640, Height: 360,
		VPS: unhex("40010c01ffff01600000030090000003000003003f959809"),
		SPS: unhex("42010101600000030090000003000003003fa00502016965959a4932bc05a02000000300200000030141"), PPS: unhex("4401c172b46240"),
	}
	hevc10 = media.Track{ // Main 10, high tier
		Codec: media.H265, Timescale: 90000, Width: 1280, Height: 720,
		VPS: unhex("40010c01ffff222000000300900000030000030099959809"),
		SPS: unhex("420101222000000300900000030000030099a00280802d1365959a4932bc05a02000000300200000030141"), PPS: unhex("4401c172b46240"),
	}
	aac  = media.Track{Codec: media.AAC, Timescale: 48000, SampleRate: 48000, Channels: 1, Config: []byte{0x11, 0x88}}
	aac8 = media.Track{Codec: media.AAC, Timescale: 8000, SampleRate: 8000, Channels: 2, Config: []byte{0x15, 0x90}}
	opus = media.Track{Codec: media.Opus, Timescale: 48000, SampleRate: 48000, Channels: 2}
	flac = pcm.Stored(media.Format{Tracks: []media.Track{
		baseline, {Codec: media.PCMA, Timescale: 8000, SampleRate: 8000, Channels: 1},
	}}).Tracks[1]
)

// cases are the formats that cameras send, with the media type of each.
var cases = []struct {
	name   string
	mime   string
	tracks []media.Track
}{
	{"baseline", `video/mp4; codecs="avc1.42c016"`, []media.Track{baseline}},
	{"high with AAC", `video/mp4; codecs="avc1.640028,mp4a.40.2"`, []media.Track{high, aac}},
	{"baseline with stereo AAC of 8 kHz", `video/mp4; codecs="avc1.42c016,mp4a.40.2"`, []media.Track{baseline, aac8}},
	{"H.265", `video/mp4; codecs="hvc1.1.6.L63.90"`, []media.Track{hevc}},
	{"H.265 Main 10 with Opus", `video/mp4; codecs="hvc1.2.4.H153.90,opus"`, []media.Track{hevc10, opus}},
	{"high with FLAC", `video/mp4; codecs="avc1.640028,flac"`, []media.Track{high, flac}},
}

// random makes the movie fragments of a file: any number of samples, at any
// distance, with any pattern of key frames and reordering, with and without
// sound.
func random(r *rand.Rand, tracks, fragments int) [][]Run {
	var all [][]Run
	next := []int64{r.Int64N(1 << 40), r.Int64N(1 << 40)}
	for range fragments {
		runs := make([]Run, tracks)
		steady, reorder, keys := r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(3)
		for t := range runs {
			n := 1 + r.IntN(12)
			if t == 1 {
				n = r.IntN(12)
			}
			for i := range n {
				s := media.Sample{Track: t, DTS: next[t], Key: t == 1 || keys == 0 || keys == 1 && i == 0, Data: make([]byte, r.IntN(60))}
				if reorder && t == 0 {
					s.Composition = int32(r.IntN(20000) - 5000)
				}
				for j := range s.Data {
					s.Data[j] = byte(r.Uint32())
				}
				runs[t].Samples = append(runs[t].Samples, s)
				if next[t] += 3000; !steady {
					next[t] += r.Int64N(9000)
				}
			}
			runs[t].End = next[t]
		}
		all = append(all, runs)
	}
	return all
}

// write appends fragments with their media, as the recorder does.
func write(b []byte, fragments [][]Run, clock nvr.Time) []byte {
	for i, runs := range fragments {
		b = AppendFragment(b, uint32(i+1), clock+nvr.Time(i), runs)
		for _, r := range runs {
			for _, s := range r.Samples {
				b = append(b, s.Data...)
			}
		}
	}
	return b
}

// decode reads a file with a library that is not ours, and makes sure that it
// understood every byte: encoding what it read gives the same file.
func decode(t *testing.T, b []byte) *mp4.File {
	t.Helper()
	file, err := mp4.DecodeFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	file.FragEncMode = mp4.EncModeBoxTree
	var out bytes.Buffer
	if err := file.Encode(&out); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, out.Bytes()) {
		t.Fatalf("encoding what mp4ff read gives another file:\n%x\nwant\n%x", out.Bytes(), b)
	}
	return file
}
