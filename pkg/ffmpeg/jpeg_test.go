package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"slices"
	"testing"

	"nvrd/pkg/nvr"
)

func segment(marker byte, body string) []byte {
	return slices.Concat([]byte{0xff, marker}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2)), []byte(body))
}

func plainJPEG(t testing.TB) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 40, 24))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Wherever there is room for a word in a JPEG, it is seen.
func TestCheckJPEG(t *testing.T) {
	good := plainJPEG(t)
	if err := CheckJPEG(good); err != nil {
		t.Fatal(err)
	}
	after := func(segment []byte) []byte { return slices.Concat(good[:2], segment, good[2:]) }
	longer := func(marker byte) []byte { // a segment with a word at its end
		at := bytes.Index(good, []byte{0xff, marker})
		end := at + 2 + int(binary.BigEndian.Uint16(good[at+2:]))
		b := slices.Concat(good[:end], []byte("word"), good[end:])
		binary.BigEndian.PutUint16(b[at+2:], uint16(end-at-2+4))
		return b
	}
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"EXIF", after(segment(0xe1, "Exif\x00\x00MM")), nvr.ErrInvalid},
		{"JFIF", after(segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")), nvr.ErrInvalid},
		{"a color profile", after(segment(0xe2, "ICC_PROFILE\x00")), nvr.ErrInvalid},
		{"a comment", after(segment(0xfe, "word")), nvr.ErrInvalid},
		{"arithmetic coding", after(segment(0xcc, "\x00\x10")), nvr.ErrInvalid},
		{"a second picture behind", slices.Concat(good, good), nvr.ErrInvalid},
		{"a word behind", append(bytes.Clone(good), "word"...), nvr.ErrInvalid},
		{"a word in the quantization tables", longer(quantization), nvr.ErrInvalid},
		{"a word in the Huffman tables", longer(huffmanTables), nvr.ErrInvalid},
		{"a word in the frame", longer(startOfFrame0), nvr.ErrInvalid},
		{"a word in the scan", longer(startOfScan), nvr.ErrInvalid},
		{"a word in the interval", after(segment(restartInterval, "\x00\x04word")), nvr.ErrInvalid},
		{"nothing", nil, nvr.ErrDamaged},
		{"no picture", []byte{0xff, 0xd8, 0xff, 0xd9}, nvr.ErrDamaged},
		{"cut short", good[:len(good)-2], nvr.ErrDamaged},
		{"cut in its header", good[:20], nvr.ErrDamaged},
		{"two frames", after(segment(startOfFrame0, "\x08\x00\x08\x00\x08\x01\x01\x11\x00")), nvr.ErrDamaged},
	} {
		if err := CheckJPEG(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func FuzzCheckJPEG(f *testing.F) {
	good := plainJPEG(f)
	f.Add(good)
	f.Add(slices.Concat(good[:2], segment(0xe1, "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"), good[2:]))
	f.Fuzz(func(t *testing.T, b []byte) {
		if held := orientation(b); held < 0 || held > 8 {
			t.Fatalf("held %d", held)
		}
		err := CheckJPEG(b)
		if err != nil && !errors.Is(err, nvr.ErrInvalid) && !errors.Is(err, nvr.ErrDamaged) {
			t.Fatalf("an error without a kind: %v", err)
		}
		if err == nil && CheckJPEG(slices.Concat(b[:2], segment(0xfe, "word"), b[2:])) == nil {
			t.Fatal("a comment passed")
		}
	})
}

// A picture that does not fit becomes worse, and then smaller.
func TestEncodeFits(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 512, 256))
	r := rand.New(rand.NewPCG(3, 4))
	for y := range 256 {
		for x := range 512 {
			m.SetRGBA(x, y, color.RGBA{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 255})
		}
	}
	for limit, width := range map[int]int{1 << 20: 512, 70 << 10: 512, 20 << 10: 256, 2000: 128} {
		b, err := encode(m, limit)
		if err != nil || len(b) > limit {
			t.Fatalf("limit %d: %d bytes, %v", limit, len(b), err)
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != width {
			t.Errorf("limit %d: %d wide, want %d, %v", limit, c.Width, width, err)
		}
	}
	if _, err := encode(m, 100); !errors.Is(err, nvr.ErrTooLarge) {
		t.Errorf("limit 100: %v", err)
	}
	gray := image.NewRGBA(image.Rect(0, 0, 5, 3))
	for i := range gray.Pix {
		gray.Pix[i] = 100
	}
	if small := half(gray); small.Rect.Dx() != 2 || small.Rect.Dy() != 1 || small.Pix[0] != 100 {
		t.Errorf("half of 5 by 3 is %v, %v", small.Rect, small.Pix)
	}
}
