package blob

import (
	"crypto/sha256"
	"io"
	"testing"

	"nvrd/federation/wire"
)

const clip = 8 << 20

// BenchmarkSHA256 is what the others are measured by.
func BenchmarkSHA256(b *testing.B) {
	plain := content(clip)
	b.SetBytes(clip)
	b.ReportAllocs()
	for b.Loop() {
		sha256.Sum256(plain)
	}
}

func BenchmarkSeal(b *testing.B) {
	plain := content(clip)
	b.SetBytes(clip)
	b.ReportAllocs()
	for b.Loop() {
		seal(hashOf("key"), plain)
	}
}

// BenchmarkRead opens a clip for a browser.
func BenchmarkRead(b *testing.B) {
	s := shelf(b, b.TempDir())
	blob, _ := added(b, s, clip)
	b.SetBytes(clip)
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Open(blob)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}

// BenchmarkPut verifies and writes chunks as they come, without the last, which
// syncs the file.
func BenchmarkPut(b *testing.B) {
	s := shelf(b, b.TempDir())
	file, blob := sealed(b, content(clip))
	p, err := s.begin(blob.Address, blob.Length)
	if err == nil {
		err = p.list(hashesOf(file))
	}
	if err != nil {
		b.Fatal(err)
	}
	defer p.release()
	b.SetBytes(wire.SealedChunk)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at := i % (len(p.have) - 1)
		p.have[at], p.left = false, len(p.have)
		from, n := extent(blob.Length, at)
		if err := p.put(at, file[from:from+n]); err != nil {
			b.Fatal(err)
		}
	}
}
