package fmp4

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"nvrd/pkg/nvr"
)

// A closing box is found only whole, at the end, and unchanged. For who scans
// the movie fragments before it, the file ends there.
func TestClosing(t *testing.T) {
	for _, length := range []int{0, 300, 3 * usualClosing} {
		data := bytes.Repeat([]byte{7}, length)
		media := write(nil, random(rand.New(rand.NewPCG(17, 18)), 2, 3), 1795356202e6)
		file := AppendClosing(bytes.Clone(media), mark, data)
		read := func(b []byte) bool {
			got, at, err := ReadClosing(readerOf(b), int64(len(b)), mark)
			if err != nil && !errors.Is(err, nvr.ErrNotFound) {
				t.Fatal(err)
			}
			if err == nil && (!bytes.Equal(got, data) || at != int64(len(media))) {
				t.Fatalf("%d bytes of data at %d, want %d at %d", len(got), at, length, len(media))
			}
			return err == nil
		}
		if !read(file) {
			t.Errorf("a box of %d bytes is not found", length)
		}
		if _, _, err := ReadClosing(readerOf(file), int64(len(file)), [16]byte{1}); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("another's box is %v", err)
		}
		for cut := len(media); cut <= len(file); cut++ {
			if read(file[:cut]) != (cut == len(file)) {
				t.Errorf("cut to %d of %d it is whole", cut, len(file))
			}
			if _, end, err := scan(file[:cut]); err != io.EOF || end != int64(len(media)) {
				t.Errorf("cut to %d, a scan ended at %d, want %d: %v", cut, end, len(media), err)
			}
		}
		for i := len(media); i < len(file); i++ {
			bad := bytes.Clone(file)
			bad[i] ^= 0x10
			if read(bad) {
				t.Errorf("with byte %d changed it is whole", i-len(media))
			}
		}
		if read(append(bytes.Clone(file), 0)) {
			t.Error("it need not be at the end")
		}
		if _, end, err := scan(append(bytes.Clone(file), media...)); !errors.Is(err, nvr.ErrDamaged) || end != int64(len(media)) {
			t.Errorf("with more behind it, a scan ended at %d: %v", end, err)
		}
	}
}

func FuzzReadClosing(f *testing.F) {
	for _, n := range []int{0, 100, 2 * usualClosing} {
		b := AppendClosing(nil, mark, make([]byte, n))
		f.Add(b, int64(len(b)))
		f.Add(b[1:], int64(len(b)))
	}
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
		data, at, err := ReadClosing(readerOf(b), size, mark)
		if err == nil && !bytes.Equal(AppendClosing(nil, mark, data), b[at:size]) {
			t.Errorf("%d bytes of data at %d of %d are not what stands there", len(data), at, size)
		}
	})
}
