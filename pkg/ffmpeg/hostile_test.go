package ffmpeg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// What inputs say of a home, and programs of themselves. No output has any of it.
var telling = []string{
	"SERIAL-0451", "Kitchen Door", "front-door-cam", "DoorMaker X2", "+52.5200", "shot by Ann", "Chapter One", "192.168.1.77",
	"x264", "Lavf", "Lavc", "libx", "core 16", "cabac", "Exif", "GPS", "JFIF", "Adobe", "http", "VideoHandler", "SoundHandler", "und\x00",
}

func saysNothing(t *testing.T, b []byte) {
	t.Helper()
	for _, s := range telling {
		if i := bytes.Index(bytes.ToLower(b), bytes.ToLower([]byte(s))); i >= 0 {
			t.Errorf("%q stands at %d of %d", s, i, len(b))
		}
	}
}

// kinds are all errors that a hostile input may end with.
func hasKind(err error) bool {
	return slices.ContainsFunc([]error{nvr.ErrDamaged, nvr.ErrInvalid, nvr.ErrTooLarge, nvr.ErrNotFound}, func(kind error) bool { return errors.Is(err, kind) })
}

const plain = "testsrc2=s=320x176:r=15:d=2"

// withSerial puts user data with a serial number before each picture.
const withSerial = "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+SERIAL-0451"

var tellingTags = []string{
	"-metadata", "title=Kitchen Door", "-metadata", "comment=SERIAL-0451", "-metadata", "artist=shot by Ann", "-metadata", "location=+52.5200+013.4050/",
	"-metadata", "creation_time=2026-01-02T03:04:05Z", "-metadata:s:v", "handler_name=front-door-cam", "-metadata:s:v", "encoder=DoorMaker X2",
	"-map_metadata:g", "0", "-movflags", "+use_metadata_tags",
}

// tellingFilms are films that tell more than they show.
func tellingFilms(t *testing.T) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	base := []string{"-f", "lavfi", "-i", plain, "-f", "lavfi", "-i", "sine=d=2"}
	encoded := []string{"-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-c:a", "aac"}
	with := func(parts ...[]string) []string { return slices.Concat(parts...) }
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	chapters := write("chapters", ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=Chapter One\n")
	subtitles := write("words.srt", "1\n00:00:00,000 --> 00:00:01,000\nSERIAL-0451 http://192.168.1.77/\n")
	cover := filepath.Join(dir, "cover.jpg")
	run(t, nil, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:d=0.1", "-frames:v", "1", "-metadata", "comment=SERIAL-0451", cover)
	front := []string{"-movflags", "+faststart"}
	return map[string][]byte{
		"SEI user data":  file(t, "a.mp4", with(base, encoded, []string{"-bsf:v", withSerial}, front)...),
		"tags":           file(t, "a.mp4", with(base, encoded, tellingTags, front)...),
		"tags in MOV":    file(t, "a.mov", with(base, encoded, tellingTags, front)...),
		"chapters":       file(t, "a.mp4", with(base, []string{"-i", chapters, "-map", "0:v", "-map", "1:a", "-map_chapters", "2"}, encoded, front)...),
		"timed text":     file(t, "a.mp4", with(base, []string{"-i", subtitles, "-map", "0:v", "-map", "1:a", "-map", "2:s", "-c:s", "mov_text"}, encoded, front)...),
		"a cover":        file(t, "a.mp4", with(base, []string{"-i", cover, "-map", "0:v", "-map", "1:a", "-map", "2:v", "-disposition:v:1", "attached_pic"}, encoded, []string{"-c:v:1", "copy"}, front)...),
		"a time code":    file(t, "a.mov", with(base, encoded, []string{"-timecode", "03:04:05:06"}, front)...),
		"in fragments":   file(t, "a.mp4", with(base, encoded, tellingTags[:8], []string{"-bsf:v", withSerial, "-movflags", "+frag_keyframe+delay_moov+default_base_moof"})...),
		"H.265":          file(t, "a.mp4", with(base, []string{"-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1", "-c:a", "aac"}, front)...),
		"Opus":           file(t, "a.mp4", with(base, encoded, []string{"-c:a", "libopus"}, front)...),
		"turned":         turned(file(t, "a.mp4", with(base, encoded, front)...)),
		"boxes of words": append(boxed(file(t, "a.mp4", with(base, encoded, front)...)), boxOf("free", "SERIAL-0451")...),
	}
}

func boxOf(kind, text string) []byte {
	return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(8+len(text))), []byte(kind), []byte(text))
}

// boxed puts a uuid box with words between ftyp and moov; offsets in the tables
// are moved.
func boxed(b []byte) []byte {
	extra := boxOf("uuid", "0123456789abcdefSERIAL-0451")
	at := int(binary.BigEndian.Uint32(b))
	out := slices.Concat(b[:at], extra, b[at:])
	for rest := out; ; {
		i := bytes.Index(rest, []byte("stco"))
		if i < 0 {
			return out
		}
		rest = rest[i+12:]
		n := int(binary.BigEndian.Uint32(out[len(out)-len(rest)-4:]))
		for j := range n {
			v := rest[4*j:]
			binary.BigEndian.PutUint32(v, binary.BigEndian.Uint32(v)+uint32(len(extra)))
		}
	}
}

// turned says that the pictures of a film are to be shown turned by 90 degrees.
func turned(b []byte) []byte {
	b = bytes.Clone(b)
	matrix := b[bytes.Index(b, []byte("tkhd"))+4+40:]
	for i, v := range []uint32{0, 0x00010000, 0, 0xffff0000, 0, 0, 0, 0, 0x40000000} {
		binary.BigEndian.PutUint32(matrix[4*i:], v)
	}
	return b
}

// Whatever a film tells beside its pictures, a clip and a picture of it do not.
func TestNothingTellingLeaves(t *testing.T) {
	tool := find(t)
	for name, source := range tellingFilms(t) {
		t.Run(name, func(t *testing.T) {
			clip, err := tool.Clip(t.Context(), bytes.NewReader(source), ffmpeg.Edit{From: 100 * time.Millisecond, To: 2 * time.Second, Sound: true,
				Regions: []ffmpeg.Region{{From: ffmpeg.Key{Rect: ffmpeg.Rect{W: 0.5, H: 0.5}}, To: ffmpeg.Key{Rect: ffmpeg.Rect{W: 0.5, H: 0.5}}}}})
			if err != nil {
				t.Fatal(err)
			}
			saysNothing(t, clip)
			if err := fmp4.CheckClip(clip); err != nil {
				t.Error(err)
			}
			got := string(run(t, clip, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,codec_type,start_time:stream_tags:format_tags:chapter", "-of", "compact=nk=1:p=0", "-"))
			if !strings.HasPrefix(got, "h264|video|0.000000") || !strings.Contains(got, "aac|audio|") || strings.Contains(got, "handler") {
				t.Errorf("it has\n%s", got)
			}
			thumbnail, err := tool.Thumbnail(t.Context(), bytes.NewReader(source), time.Second, nil)
			if err != nil {
				t.Fatal(err)
			}
			saysNothing(t, thumbnail)
			if err := ffmpeg.CheckJPEG(thumbnail); err != nil {
				t.Error(err)
			}
		})
	}
}

// Pictures come out as they are seen: turned as the film says, and with pixels
// as wide as high.
func TestPicturesAreUpright(t *testing.T) {
	tool := find(t)
	small := []string{"-f", "lavfi", "-i", plain, "-c:v", "libx264", "-preset", "ultrafast", "-movflags", "+faststart"}
	for name, c := range map[string]struct {
		b    []byte
		w, h int
	}{
		"as it is":    {file(t, "a.mp4", small...), 320, 176},
		"turned":      {turned(file(t, "a.mp4", small...)), 176, 320},
		"wide pixels": {file(t, "a.mp4", append(small, "-vf", "setsar=2")...), 640, 176},
	} {
		clip, err := tool.Clip(t.Context(), bytes.NewReader(c.b), ffmpeg.Edit{To: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		photo, err := tool.Photo(t.Context(), bytes.NewReader(c.b), 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{clip, photo} {
			got := string(run(t, b, "ffprobe", "-v", "error", "-show_entries", "stream=width,height,sample_aspect_ratio", "-of", "csv=p=0", "-"))
			if size := fmt.Sprintf("%d,%d,", c.w, c.h); !strings.HasPrefix(got, size) || !strings.Contains(got, ",1:1") && !strings.Contains(got, ",N/A") {
				t.Errorf("%s: %q, want %s", name, got, size)
			}
		}
	}
}

// exif makes the application segment of a camera: how it was held, who made it,
// where it was, and a small picture of the same.
func exif(orientation uint16) []byte {
	var tiff []byte
	u16 := func(v uint16) { tiff = binary.LittleEndian.AppendUint16(tiff, v) }
	u32 := func(v uint32) { tiff = binary.LittleEndian.AppendUint32(tiff, v) }
	tiff = append(tiff, "II*\x00"...)
	u32(8)
	u16(3)
	for _, e := range [][4]uint32{{0x010f, 2, 12, 50}, {0x0112, 3, 1, uint32(orientation)}, {0x8825, 4, 1, 62}} {
		u16(uint16(e[0]))
		u16(uint16(e[1]))
		u32(e[2])
		u32(e[3])
	}
	u32(0)
	tiff = append(tiff, "DoorMaker X2"...)
	u16(0)
	tiff = append(tiff, "GPS +52.5200 SERIAL-0451"...)
	var small bytes.Buffer
	jpeg.Encode(&small, image.NewGray(image.Rect(0, 0, 16, 16)), nil)
	tiff = append(tiff, small.Bytes()...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	return slices.Concat([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2)), body)
}

// photoOf makes a photo 240 by 160, light in its upper left corner, as it is stored.
func photoOf(t *testing.T) []byte {
	return file(t, "a.jpg", "-f", "lavfi", "-i", "color=black:s=240x160:d=0.1,drawbox=w=120:h=80:c=white:t=fill", "-frames:v", "1", "-metadata", "comment=SERIAL-0451")
}

// A photo keeps how it was held, and loses all else that it tells.
func TestPhotoOfAPhoto(t *testing.T) {
	tool := find(t)
	source := photoOf(t)
	// Where the light corner is when the photo is seen upright: EXIF 2.32, 4.6.4.
	corners := []string{1: "upper left", 2: "upper right", 3: "lower right", 4: "lower left", 5: "upper left", 6: "upper right", 7: "lower right", 8: "lower left"}
	for held := 1; held <= 8; held++ {
		comment := "\xff\xfe\x00\x0dSERIAL-0451"
		b := slices.Concat(source[:2], exif(uint16(held)), []byte(comment), source[2:], []byte("SERIAL-0451"), source)
		out, err := tool.Photo(t.Context(), bytes.NewReader(b), 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		saysNothing(t, out)
		if err := ffmpeg.CheckJPEG(out); err != nil {
			t.Error(err)
		}
		w, h := 240, 160
		if held >= 5 {
			w, h = h, w
		}
		p := pictures(t, out, w, h)[0]
		got := map[string]float64{"upper left": p.mean(0, 0, 0.4, 0.4), "upper right": p.mean(0.6, 0, 1, 0.4), "lower left": p.mean(0, 0.6, 0.4, 1), "lower right": p.mean(0.6, 0.6, 1, 1)}
		for corner, light := range got {
			if light > 128 != (corner == corners[held]) {
				t.Errorf("held %d: the %s corner is %.0f", held, corner, light)
			}
		}
	}
}

// What is blurred in a photo or thumbnail is, and fits.
func TestStills(t *testing.T) {
	tool := find(t)
	source := film(t, busy)
	regions := []ffmpeg.Region{{From: ffmpeg.Key{At: 0, Rect: ffmpeg.Rect{X: 0.1, Y: 0.2, W: 0.2, H: 0.4}}, To: ffmpeg.Key{At: 2 * time.Second, Rect: ffmpeg.Rect{X: 0.7, Y: 0.2, W: 0.2, H: 0.4}}}}
	for _, at := range []time.Duration{0, time.Second, 1900 * time.Millisecond} {
		out, err := tool.Photo(t.Context(), bytes.NewReader(source), at, regions)
		if err != nil {
			t.Fatal(err)
		}
		wrong(t, at.String(), pictures(t, out, 640, 360)[0], regions, at)
	}
	noise := film(t, "nullsrc=s=1920x1080:r=2:d=1,geq=random(1)*255:128:128")
	photo, err := tool.Photo(t.Context(), bytes.NewReader(noise), 0, nil)
	if err != nil || len(photo) > ffmpeg.MaxPhotoBytes {
		t.Errorf("photo of %d bytes: %v", len(photo), err)
	}
	thumbnail, err := tool.Thumbnail(t.Context(), bytes.NewReader(noise), 0, nil)
	if err != nil || len(thumbnail) > ffmpeg.MaxThumbnailBytes {
		t.Errorf("thumbnail of %d bytes: %v", len(thumbnail), err)
	}
	for _, b := range [][]byte{photo, thumbnail} {
		if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width < 160 {
			t.Errorf("picture of %d by %d: %v", c.Width, c.Height, err)
		}
	}
	if _, err := tool.Photo(t.Context(), bytes.NewReader(source), 10*time.Second, nil); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("behind the end: %v", err)
	}
}

// claims changes the size that a film says its pictures have, in the container
// and in the parameter set.
func claims(b []byte, kind string, w, h uint16) []byte {
	b = bytes.Clone(b)
	at := bytes.Index(b, []byte(kind)) + 4 + 24
	binary.BigEndian.PutUint16(b[at:], w)
	binary.BigEndian.PutUint16(b[at+2:], h)
	return b
}

// bomb is a film of a few hundred bytes whose parameter set (ITU-T H.264,
// 7.3.2.1.1) says that its pictures are of the given size.
func bomb(w, h int) []byte {
	var bits []byte
	put := func(v, n int) {
		for i := n - 1; i >= 0; i-- {
			bits = append(bits, byte(v>>i&1))
		}
	}
	ue := func(v int) {
		n := 0
		for v+1 >= 1<<(n+1) {
			n++
		}
		put(v+1, 2*n+1)
	}
	put(0x674200, 24)                        // baseline
	put(62, 8)                               // level 6.2
	for _, v := range []int{0, 0, 0, 0, 1} { // id, frame number, order, its bits, references
		ue(v)
	}
	put(0, 1)
	ue(w/16 - 1)
	ue(h/16 - 1)
	put(0b1100, 4) // frames only, direct 8x8, no cropping, no more
	put(1, 1)
	var sps []byte
	for len(bits)%8 != 0 {
		bits = append(bits, 0)
	}
	for i := 0; i < len(bits); i += 8 {
		var b byte
		for _, bit := range bits[i : i+8] {
			b = b<<1 | bit
		}
		sps = append(sps, b)
	}
	track := media.Track{Codec: media.H264, Timescale: 90000, Width: w, Height: h, SPS: sps, PPS: []byte{0x68, 0xce, 0x38, 0x80}}
	nal := append([]byte{0x65, 0x88, 0x84}, bytes.Repeat([]byte{0x21}, 100)...)
	run := fmp4.Run{End: 90000}
	for i := range 10 {
		run.Samples = append(run.Samples, media.Sample{DTS: int64(i) * 9000, Key: true, Data: append(binary.BigEndian.AppendUint32(nil, uint32(len(nal))), nal...)})
	}
	out := fmp4.AppendFragment(fmp4.AppendInit(nil, media.Format{Tracks: []media.Track{track}}), 1, 0, []fmp4.Run{run})
	for _, s := range run.Samples {
		out = append(out, s.Data...)
	}
	return out
}

// Inputs that mean harm are refused with a kind of error, soon, or come out clean.
func TestHostileInputs(t *testing.T) {
	tool := find(t)
	good := film(t, plain)
	many := file(t, "a.mp4", "-f", "lavfi", "-i", "color=black:s=16x16:r=10000:d=4", "-c:v", "libx264", "-preset", "ultrafast", "-movflags", "+faststart")
	hugeJPEG := photoOf(t)
	frame := bytes.Index(hugeJPEG, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint32(hugeJPEG[frame+5:], 0xfff0fff0)
	within := func(text string) []byte { return append(bytes.Clone(good[:binary.BigEndian.Uint32(good)]), text...) }
	playlist := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
	for _, c := range []struct {
		name    string
		b       []byte
		refused bool
	}{
		{"nothing", nil, true},
		{"half a header", good[:6], true},
		{"a playlist", []byte(playlist), true},
		{"a playlist behind a file type", within(playlist), true},
		{"a list of files", []byte("ffconcat version 1.0\nfile http://192.168.1.77/a.mp4\n"), true},
		{"a list behind a file type", within("ffconcat version 1.0\nfile 'http://192.168.1.77/a.mp4'\n"), true},
		{"an MP4 that refers to a file", bytes.ReplaceAll(good, []byte("url \x00\x00\x00\x01"), []byte("alis\x00\x00\x00\x00")), false},
		{"another container", file(t, "a.mkv", "-f", "lavfi", "-i", plain), true},
		{"another codec", file(t, "a.mp4", "-f", "lavfi", "-i", plain, "-c:v", "mpeg4", "-movflags", "+faststart"), true},
		{"a picture of another kind", file(t, "a.png", "-f", "lavfi", "-i", plain, "-frames:v", "1"), true},
		{"pictures of 16384 by 16384", bomb(16384, 16384), true},
		{"pictures of 8192 by 8192", bomb(8192, 8192), true},
		{"a photo of 65520 by 65520", hugeJPEG, true},
		{"a container that claims 65535 by 65535", claims(good, "avc1", 65535, 65535), false},
		{"40,000 pictures", many, true},
		{"only sound", file(t, "a.mp4", "-f", "lavfi", "-i", "sine=d=1", "-movflags", "+faststart"), true},
		{"the movie box at the end", file(t, "a.mp4", "-f", "lavfi", "-i", plain), false},
		{"cut short in its header", good[:500], true},
		{"cut short in its media", good[:len(good)/2], false},
		{"zeros", append(bytes.Clone(good[:1500]), make([]byte, 100_000)...), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			clip, err := tool.Clip(t.Context(), bytes.NewReader(c.b), ffmpeg.Edit{To: 30 * time.Second, Sound: true})
			photo, photoErr := tool.Photo(t.Context(), bytes.NewReader(c.b), 0, nil)
			for what, r := range map[string]struct {
				b   []byte
				err error
			}{"clip": {clip, err}, "photo": {photo, photoErr}} {
				if r.err != nil && !hasKind(r.err) {
					t.Errorf("%s: an error without a kind: %v", what, r.err)
				}
				if (r.err == nil) != (len(r.b) > 0) {
					t.Errorf("%s of %d bytes: %v", what, len(r.b), r.err)
				}
				saysNothing(t, r.b)
			}
			if c.refused && err == nil {
				t.Errorf("a clip of %d bytes", len(clip))
			}
			t.Logf("%s: %v; %v", time.Since(began).Round(time.Millisecond), err, photoErr)
		})
	}
}

// What can't be is refused before anything is started.
func TestEditsThatCantBe(t *testing.T) {
	tool := find(t)
	source := film(t, plain)
	nan := func() float64 { z := 0.0; return z / z }()
	region := func(r ffmpeg.Rect) []ffmpeg.Region {
		return []ffmpeg.Region{{From: ffmpeg.Key{Rect: r}, To: ffmpeg.Key{At: time.Second, Rect: r}}}
	}
	good := ffmpeg.Rect{W: 0.5, H: 0.5}
	for i, e := range []ffmpeg.Edit{
		{From: time.Second, To: time.Second},
		{From: -time.Second, To: time.Second},
		{To: 31 * time.Second},
		{To: time.Second, Regions: region(ffmpeg.Rect{X: 0.6, W: 0.5, H: 0.5})},
		{To: time.Second, Regions: region(ffmpeg.Rect{X: -0.1, W: 0.5, H: 0.5})},
		{To: time.Second, Regions: region(ffmpeg.Rect{W: 0.5})},
		{To: time.Second, Regions: region(ffmpeg.Rect{X: nan, W: 0.5, H: 0.5})},
		{To: time.Second, Regions: region(ffmpeg.Rect{W: nan, H: 0.5})},
		{To: time.Second, Regions: []ffmpeg.Region{{From: ffmpeg.Key{At: time.Second, Rect: good}, To: ffmpeg.Key{Rect: good}}}},
		{To: time.Second, Regions: slices.Repeat(region(good), ffmpeg.MaxRegions+1)},
	} {
		if _, err := tool.Clip(t.Context(), bytes.NewReader(source), e); !errors.Is(err, nvr.ErrInvalid) && !errors.Is(err, nvr.ErrTooLarge) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, err := tool.Clip(t.Context(), bytes.NewReader(source), ffmpeg.Edit{To: time.Second, Regions: slices.Repeat(region(good), ffmpeg.MaxRegions)}); err != nil {
		t.Errorf("as many regions as there may be: %v", err)
	}
	if _, err := tool.Clip(t.Context(), bytes.NewReader(source), ffmpeg.Edit{From: 10 * time.Second, To: 11 * time.Second}); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("behind the end: %v", err)
	}
	if _, err := tool.Clip(t.Context(), &failing{source[:3000]}, ffmpeg.Edit{To: time.Second}); err == nil || !strings.Contains(err.Error(), "disk is gone") {
		t.Errorf("a film that can't be read: %v", err)
	}
}

// failing is a film on a disk that fails after some bytes.
type failing struct{ b []byte }

func (f *failing) Read(b []byte) (int, error) {
	if len(f.b) == 0 {
		return 0, fmt.Errorf("the disk is gone")
	}
	n := copy(b, f.b)
	f.b = f.b[n:]
	return n, nil
}
