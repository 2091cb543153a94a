package fmp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

const serial = "SERIAL-0451-KITCHEN"

// unitsOf puts a length before each NAL unit.
func unitsOf(nals ...[]byte) (b []byte) {
	for _, nal := range nals {
		b = binary.BigEndian.AppendUint32(b, uint32(len(nal)))
		b = append(b, nal...)
	}
	return b
}

// A telling is a unit that no clip may hold, and what it is.
type telling struct {
	name string
	nal  []byte
}

func tellings(codec media.Codec) []telling {
	text := slices.Concat([]byte{5, byte(16 + len(serial))}, bytes.Repeat([]byte{7}, 16), []byte(serial), []byte{0x80})
	if codec == media.H265 {
		return []telling{
			{"user data before", append([]byte{39 << 1, 1}, text...)},
			{"user data after", append([]byte{40 << 1, 1}, text...)},
			{"a delimiter", append([]byte{35 << 1, 1}, text...)},
			{"filler", append([]byte{38 << 1, 1}, text...)},
			{"a unit of nobody's", append([]byte{48 << 1, 1}, text...)},
			{"a slice of another layer", append([]byte{1 << 1, 1<<3 | 1}, text...)},
		}
	}
	return []telling{
		{"user data", append([]byte{6}, text...)},
		{"a delimiter", append([]byte{9}, text...)},
		{"filler", append([]byte{12}, text...)},
		{"an extension of a parameter set", append([]byte{13}, text...)},
		{"a slice of another view", append([]byte{20}, text...)},
		{"a unit of nobody's", append([]byte{24}, text...)},
	}
}

func slice(codec media.Codec, key bool, n int) []byte {
	head := []byte{0x41, 0x9a}
	switch {
	case codec == media.H265 && key:
		head = []byte{19 << 1, 1, 0xaf}
	case codec == media.H265:
		head = []byte{1 << 1, 1, 0xd0}
	case key:
		head = []byte{0x65, 0x88}
	}
	return append(head, bytes.Repeat([]byte{0xa5, byte(n) | 1}, 20+n)...)
}

// movieOf makes 3 s of a track at 10 pictures/s, a key frame each second, whose
// pictures carry more than they show.
func movieOf(tracks []media.Track) (runs [2]Run) {
	video := tracks[0]
	for i := range 30 {
		var nals [][]byte
		for _, t := range tellings(video.Codec) {
			nals = append(nals, t.nal)
		}
		nals = append(nals, append(slice(video.Codec, i%10 == 0, i), 0, 0)) // with zeros of a byte stream behind
		runs[0].Samples = append(runs[0].Samples, media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: unitsOf(nals...)})
	}
	runs[0].End = 270000
	if len(tracks) > 1 {
		step := tracks[1].FrameDuration()
		for at := int64(0); at < 3*int64(tracks[1].Timescale); at += step {
			runs[1].Samples = append(runs[1].Samples, media.Sample{Track: 1, DTS: at, Key: true, Data: []byte{0x01, 0x40, 0x22, byte(at)}})
			runs[1].End = at + step
		}
	}
	return runs
}

// fragmented and progressive are files as footage and exports have them.
func fragmented(tracks []media.Track, runs [2]Run) []byte {
	return write(AppendInit(nil, media.Format{Tracks: tracks}), [][]Run{runs[:len(tracks)]}, 1795356202e6)
}

func progressive(tracks []media.Track, runs [2]Run, edit int64) []byte {
	c := clip{format: media.Format{Tracks: tracks}, runs: runs}
	b := c.append(nil)
	parts := c.parts()
	m, size := c.movie(parts, 0)
	m.Duration -= edit
	for t := range m.Tracks {
		m.Tracks[t].Edited, m.Tracks[t].EditStart = true, edit*int64(tracks[t].Timescale)/MovieTimescale
	}
	base := int64(len(AppendMovie(AppendFileType(nil), m))) + 16
	m, _ = c.movie(parts, base)
	m.Duration -= edit
	for t := range m.Tracks {
		m.Tracks[t].Edited, m.Tracks[t].EditStart = true, edit*int64(tracks[t].Timescale)/MovieTimescale
	}
	return append(AppendMovie(AppendFileType(nil), m), b[int64(len(b))-size-16:]...)
}

func TestStrip(t *testing.T) {
	for _, c := range cases {
		runs := movieOf(c.tracks)
		for form, b := range map[string][]byte{"fragmented": fragmented(c.tracks, runs), "progressive": progressive(c.tracks, runs, 45000)} {
			for _, sound := range []bool{false, true} {
				t.Run(fmt.Sprint(c.name, form, sound), func(t *testing.T) {
					whole := bytes.Clone(b)
					out, err := Strip(b, sound)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(b, whole) {
						t.Error("what it is made of was changed")
					}
					if bytes.Contains(out, []byte(serial)) {
						t.Error("the serial number is still in it")
					}
					if again, err := Strip(out, sound); err != nil || !bytes.Equal(again, out) {
						t.Errorf("stripped again it is another one: %v", err)
					}
					pictures := 30
					if form == "progressive" {
						pictures = 20 // it begins with the key frame after half a second
					}
					moov := decode(t, out).Moov
					if got := moov.Traks[0].Mdia.Minf.Stbl.Stsz.SampleNumber; int(got) != pictures {
						t.Errorf("%d pictures, want %d", got, pictures)
					}
					if want := sound && len(c.tracks) > 1; len(moov.Traks) > 1 != want {
						t.Errorf("%d tracks, sound %v", len(moov.Traks), sound)
					} else if want && moov.Traks[1].Mdia.Minf.Stbl.Stsz.SampleNumber < uint32(pictures)/2 {
						t.Error("sound is missing")
					}
					if got := moov.Mvhd.Duration; got != uint64(pictures)*9000 {
						t.Errorf("it lasts %d, want %d", got, pictures*9000)
					}
				})
			}
		}
	}
}

// Sound stays where it was beside the pictures, and none of it is of a time
// before the first one.
func TestStripKeepsSync(t *testing.T) {
	tracks := []media.Track{high, aac}
	runs := movieOf(tracks)
	out, err := Strip(progressive(tracks, runs, 45000), true)
	if err != nil {
		t.Fatal(err)
	}
	first := (48000 + 1023) / 1024 // whole frames from the key frame on, at one second
	edits := decode(t, out).Moov.Traks[1].Edts.Elst[0].Entries
	if want := uint64(first*1024-48000) * 90000 / 48000; edits[0].MediaTime != -1 || edits[0].SegmentDuration != want {
		t.Errorf("sound begins after %d, want %d", edits[0].SegmentDuration, want)
	}
	if c, err := readMovie(out); err != nil || c.runs[1].Samples[0].Data[3] != byte(first*1024) {
		t.Errorf("another frame of sound is the first: %v", err)
	}
}

// What an encoder says of itself in front of its sound is left out, and the
// sound stays bit for bit.
func TestStripLeavesOutTheEncodersName(t *testing.T) {
	for _, n := range []int{1, 14, 15, 16, 40, 269} {
		sound := []byte{0x01, 0x40, 0x22, 0x80, 0x77} // 1110111 is where it ends
		var bits []byte
		put := func(v, n int) {
			for i := n - 1; i >= 0; i-- {
				bits = append(bits, byte(v>>i&1))
			}
		}
		for range 2 {
			put(fill, 3)
			put(min(n, 15), 4)
			if n >= 15 {
				put(n-14, 8)
			}
			for i := range n {
				put(int(serial[i%len(serial)]), 8)
			}
		}
		for _, v := range sound {
			put(int(v), 8)
		}
		for len(bits)%8 != 0 {
			bits = append(bits, 0)
		}
		frame := make([]byte, len(bits)/8)
		for i, bit := range bits {
			frame[i/8] |= bit << (7 - i%8)
		}
		if got := withoutFill(frame); !bytes.Equal(got, sound) {
			t.Errorf("%d bytes of fill: %x, want %x", n, got, sound)
		}
		if got := withoutFill(frame[:2]); len(got) > 0 {
			t.Errorf("cut short: %x", got)
		}
	}
	tracks := []media.Track{high, aac}
	runs := movieOf(tracks)
	runs[1].Samples[0].Data = unhex("de02004c61766335392e33372e313030000230400e") // of libavcodec
	out, err := Strip(fragmented(tracks, runs), true)
	if c, _ := readMovie(out); err != nil || !bytes.Equal(c.runs[1].Samples[0].Data, unhex("01182007")) {
		t.Errorf("%x, %v", c.runs[1].Samples[0].Data, err)
	}
}

func TestStripRefuses(t *testing.T) {
	tracks := []media.Track{high, aac}
	edited := func(edit func(*[2]Run)) []byte {
		runs := movieOf(tracks)
		edit(&runs)
		return fragmented(tracks, runs)
	}
	two := AppendMovie(AppendFileType(nil), Movie{Tracks: []MovieTrack{{Entries: []media.Track{high, baseline}, Chunks: []Chunk{}}}})
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, nvr.ErrDamaged},
		{"text", []byte("#EXTM3U\n#EXTINF:1,\nhttp://198.51.100.1/1.ts\n"), nvr.ErrDamaged},
		{"two formats", two, nvr.ErrInvalid},
		{"no key frame", edited(func(r *[2]Run) {
			for i := range r[0].Samples {
				r[0].Samples[i].Key = false
			}
		}), nvr.ErrNotFound},
		{"a picture without a slice", edited(func(r *[2]Run) { r[0].Samples[3].Data = unitsOf(tellings(media.H264)[0].nal) }), nvr.ErrDamaged},
		{"half a unit", edited(func(r *[2]Run) { r[0].Samples[3].Data = []byte{0, 0, 1, 0, 0x65} }), nvr.ErrDamaged},
		{"a unit within a slice", edited(func(r *[2]Run) {
			r[0].Samples[3].Data = unitsOf(slices.Concat(slice(media.H264, false, 1), startCode, tellings(media.H264)[0].nal))
		}), nvr.ErrInvalid},
		{"too long", edited(func(r *[2]Run) {
			for i := range r[0].Samples {
				r[0].Samples[i].DTS *= 11
			}
			r[0].End *= 11
		}), nvr.ErrTooLarge},
		{"too large", edited(func(r *[2]Run) {
			r[0].Samples[0].Data = unitsOf(append(slice(media.H264, true, 1), bytes.Repeat([]byte{1}, MaxClipBytes)...))
		}), nvr.ErrTooLarge},
		{"sound with a comment", edited(func(r *[2]Run) { r[1].Samples[9].Data = append([]byte{0x80}, serial...) }), nvr.ErrInvalid},
		{"sound with nothing but comments", edited(func(r *[2]Run) {
			for i := range r[1].Samples {
				r[1].Samples[i].Data = append([]byte{0x80}, serial...)
			}
		}), nvr.ErrInvalid},
	} {
		out, err := Strip(c.b, true)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && CheckClip(out) == nil {
			t.Errorf("%s: there is a clip all the same", c.name)
		}
	}
}

// box returns a box with content.
func boxOf(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return slices.Concat(b, []byte(kind), body)
}

// Every way to put a word into a clip is seen.
func TestCheckClip(t *testing.T) {
	tracks := []media.Track{high, aac}
	good, err := Strip(fragmented(tracks, movieOf(tracks)), true)
	if err != nil {
		t.Fatal(err)
	}
	note := boxOf("udta", []byte(serial))
	made := func(tracks []media.Track, edit func(*[2]Run)) []byte {
		c, _ := readMovie(good)
		if edit(&c.runs); tracks == nil {
			tracks = c.format.Tracks
		}
		c.format.Tracks = tracks
		return c.append(nil)
	}
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"behind the end", append(bytes.Clone(good), note...)},
		{"a byte behind the end", append(bytes.Clone(good), 0)},
		{"free space at the front", append(boxOf("free", []byte(serial)), good...)},
		{"in the movie", insertBox(good, note)},
		{"another brand", bytes.Replace(good, []byte("iso6mp41"), []byte("iso6SN04"), 1)},
		{"a name", bytes.Replace(good, []byte("vide\x00\x00"), []byte("vide\x00S"), 1)},
		{"a date", flip(good, bytes.Index(good, []byte("mvhd"))+8+7)},
		{"a language", flip(good, bytes.Index(good, []byte{0x55, 0xc4}))},
		{"a compressor's name", flip(good, bytes.Index(good, []byte("avc1"))+4+8+16+4+14+5)},
		{"parameters with a tail", made([]media.Track{func() media.Track {
			t := high
			t.SPS = append(bytes.Clone(t.SPS), serial...)
			return t
		}(), aac}, func(*[2]Run) {})},
		{"long parameters", made([]media.Track{func() media.Track {
			t := high
			t.PPS = append(bytes.Clone(t.PPS), strings.Repeat(serial, 40)...)
			return t
		}(), aac}, func(*[2]Run) {})},
		{"sound that describes itself", made([]media.Track{high, func() media.Track {
			t := aac
			t.Config = append([]byte{0x11, 0x80}, serial...)
			return t
		}()}, func(*[2]Run) {})},
		{"a picture with zeros behind", made(nil, func(r *[2]Run) { r[0].Samples[2].Data = unitsOf(append(slice(media.H264, false, 1), 0)) })},
		{"a first picture that is not shown", made(nil, func(r *[2]Run) { r[0].Samples[0].Composition = -1 })},
		{"a first picture that is no key frame", made(nil, func(r *[2]Run) { r[0].Samples[0].Key = false })},
	} {
		if bytes.Equal(c.b, good) {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		if err := CheckClip(c.b); !errors.Is(err, nvr.ErrInvalid) && !errors.Is(err, nvr.ErrDamaged) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, codec := range []media.Track{high, hevc} {
		for _, u := range tellings(codec.Codec) {
			b := made([]media.Track{codec, aac}, func(r *[2]Run) {
				for i := range r[0].Samples {
					r[0].Samples[i].Data = unitsOf(slice(codec.Codec, i%10 == 0, i))
				}
				r[0].Samples[4].Data = unitsOf(slice(codec.Codec, false, 4), u.nal)
			})
			if err := CheckClip(b); !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), "picture 4") {
				t.Errorf("%s, %s: %v", codec.Codec, u.name, err)
			}
		}
	}
}

// insertBox puts a box at the end of the movie box, where offsets stay true.
func insertBox(b, extra []byte) []byte {
	at := bytes.Index(b, []byte("moov")) - 4
	size := int(binary.BigEndian.Uint32(b[at:]))
	out := slices.Concat(b[:at+size], extra, b[at+size:])
	binary.BigEndian.PutUint32(out[at:], uint32(size+len(extra)))
	for i := at; ; i++ { // offsets in co64
		n := bytes.Index(out[i:at+size], []byte("co64"))
		if n < 0 {
			return out
		}
		i += n
		for j := range int(binary.BigEndian.Uint32(out[i+8:])) {
			add(out[i+12+8*j:], int64(len(extra)))
		}
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// No change of a byte outside of slices and frames of sound goes unseen.
func TestCheckClipSeesEveryByte(t *testing.T) {
	tracks := []media.Track{baseline, opus}
	good, err := Strip(fragmented(tracks, movieOf(tracks)), true)
	if err != nil {
		t.Fatal(err)
	}
	header := bytes.Index(good, []byte("mdat")) + 12
	for at := range header {
		b := flip(good, at)
		if CheckClip(b) != nil {
			continue
		}
		c, err := readMovie(b)
		if err != nil || !bytes.Equal(c.append(nil), b) {
			t.Errorf("byte %d of %d may be anything", at, header)
		}
	}
}

func FuzzStrip(f *testing.F) {
	for _, c := range cases {
		runs := movieOf(c.tracks)
		f.Add(fragmented(c.tracks, runs))
		f.Add(progressive(c.tracks, runs, 45000))
		if out, err := Strip(fragmented(c.tracks, runs), true); err == nil {
			f.Add(out)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := Strip(b, true)
		if err == nil && CheckClip(out) != nil {
			t.Fatal("a clip that is none")
		}
		if err == nil {
			if _, err := mp4.DecodeFile(bytes.NewReader(out)); err != nil {
				t.Fatalf("nobody else can read it: %v", err)
			}
		}
		for _, err := range []error{err, CheckClip(b)} {
			if err != nil && !errors.Is(err, nvr.ErrDamaged) && !errors.Is(err, nvr.ErrInvalid) && !errors.Is(err, nvr.ErrTooLarge) && !errors.Is(err, nvr.ErrNotFound) {
				t.Fatalf("an error without a kind: %v", err)
			}
		}
	})
}

func BenchmarkCheckClip(b *testing.B) {
	tracks := []media.Track{high, aac}
	runs := movieOf(tracks)
	for i := range runs[0].Samples {
		runs[0].Samples[i].Data = unitsOf(append(slice(media.H264, i%10 == 0, i), bytes.Repeat([]byte{0x5a}, 250_000)...))
	}
	file, err := Strip(fragmented(tracks, runs), true)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if err := CheckClip(file); err != nil {
			b.Fatal(err)
		}
	}
}
