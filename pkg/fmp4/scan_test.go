package fmp4

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nvrd/pkg/nvr"
)

func readerOf(b []byte) *bytes.Reader { return bytes.NewReader(b) }

// scan returns the movie fragments of b, and where and why it ended.
func scan(b []byte) (all []MovieFragment, end int64, err error) {
	s := NewScanner(readerOf(b), 0, int64(len(b)))
	for {
		var f MovieFragment
		if err := s.Next(&f); err != nil {
			return all, s.Offset(), err
		}
		all = append(all, f)
	}
}

// expected is what a scan of fragments that were written with clock should find.
func expected(fragments [][]Run, clock nvr.Time) []MovieFragment {
	var all []MovieFragment
	offset := int64(0)
	for i, runs := range fragments {
		header := int64(len(AppendFragment(nil, 1, clock, runs)))
		f := MovieFragment{Offset: offset, Moof: offset + 32, Clock: clock + nvr.Time(i)}
		at := offset + header
		for t, r := range runs {
			if len(r.Samples) == 0 {
				continue
			}
			run := &f.Runs[t]
			run.DTS, run.Offset = r.Samples[0].DTS, at
			for j, s := range r.Samples {
				run.Samples = append(run.Samples, SampleInfo{Duration: r.duration(j), Bytes: uint32(len(s.Data)), Composition: s.Composition, Key: s.Key})
			}
			at += int64(r.Bytes())
		}
		f.Bytes = at - offset
		offset = at
		all = append(all, f)
	}
	return all
}

func TestScanner(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		fragments := random(r, 1+r.IntN(2), 1+r.IntN(5))
		clock := nvr.Time(1 + r.Int64N(4102444800e6))
		b := write(nil, fragments, clock)
		got, end, err := scan(b)
		if !errors.Is(err, io.EOF) || end != int64(len(b)) {
			t.Fatalf("ended at %d of %d: %v", end, len(b), err)
		}
		if diff := cmp.Diff(expected(fragments, clock), got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("movie fragments (-want +got):\n%s", diff)
		}
	}
}

// A file that ends anywhere is one that ends after its last whole movie fragment.
func TestScannerOfTruncatedFile(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 2 {
		fragments := random(r, 2, 4)
		b := write(nil, fragments, 1795356202e6)
		want := expected(fragments, 1795356202e6)
		for size := range len(b) + 1 {
			n := 0
			for n < len(want) && want[n].Offset+want[n].Bytes <= int64(size) {
				n++
			}
			got, end, err := scan(b[:size])
			if err != io.EOF {
				t.Fatalf("cut to %d bytes: %v", size, err)
			}
			if len(got) != n || n > 0 && end != want[n-1].Offset+want[n-1].Bytes || n == 0 && end != 0 {
				t.Fatalf("cut to %d bytes: %d movie fragments up to %d, want %d", size, len(got), end, n)
			}
		}
	}
}

func TestScannerOfDamagedFile(t *testing.T) {
	good := write(nil, random(rand.New(rand.NewPCG(9, 10)), 2, 1), 1)
	at := func(kind string) int { return bytes.Index(good, []byte(kind)) }
	for name, change := range map[string]func(b []byte){
		"box of no bytes":           func(b []byte) { copy(b, []byte{0, 0, 0, 0}) },
		"unknown box":               func(b []byte) { copy(b[4:], "skip") },
		"mdat without moof":         func(b []byte) { copy(b[4:], "mdat") },
		"prft of version 0":         func(b []byte) { b[8] = 0 },
		"unknown box, not whole":    func(b []byte) { copy(b, []byte{0x7f, 0, 0, 0, 't', 'e', 'x', 't'}) },
		"huge moof":                 func(b []byte) { copy(b[at("moof")-4:], []byte{0, 0x20, 0, 0}) },
		"traf of track 3":           func(b []byte) { b[at("tfhd")+11] = 3 },
		"two trafs of one track":    func(b []byte) { b[bytes.LastIndex(b, []byte("tfhd"))+11] = 1 },
		"tfhd with other flags":     func(b []byte) { b[at("tfhd")+7] = 0x38 },
		"tfdt of version 0":         func(b []byte) { b[at("tfdt")+4] = 0 },
		"time before the run":       func(b []byte) { b[at("tfdt")+8] = 0x80 },
		"trun without samples":      func(b []byte) { copy(b[at("trun")+8:], []byte{0, 0, 0, 0}) },
		"trun of too many samples":  func(b []byte) { copy(b[at("trun")+8:], []byte{0xff, 0, 0, 0}) },
		"trun without sizes":        func(b []byte) { b[at("trun")+6] &^= 2 },
		"trun longer than its box":  func(b []byte) { b[at("trun")+11]++ },
		"samples before their mdat": func(b []byte) { copy(b[at("trun")+12:], []byte{0, 0, 0, 1}) },
		"samples behind their mdat": func(b []byte) { copy(b[at("trun")+12:], []byte{0, 0x10, 0, 0}) },
	} {
		t.Run(name, func(t *testing.T) {
			b := append(bytes.Clone(good), make([]byte, 1<<10)...)
			change(b)
			if bytes.Equal(b[:len(good)], good) {
				t.Fatal("nothing was changed")
			}
			got, end, err := scan(b)
			if !errors.Is(err, nvr.ErrDamaged) || len(got) != 0 || end != 0 {
				t.Errorf("%d movie fragments up to %d, %v, want damaged at once", len(got), end, err)
			}
		})
	}
}

// Whatever stands in a file: no panic, no memory beyond what the file is
// worth, and nothing but whole movie fragments that lie side by side.
func FuzzScanner(f *testing.F) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 10 {
		b := write(nil, random(r, 1+r.IntN(2), 1+r.IntN(4)), 1795356202e6)
		f.Add(b, uint32(len(b)))
		f.Add(b[:r.IntN(len(b))], uint32(len(b)))
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		f.Add(b, uint32(len(b)))
	}
	f.Fuzz(func(t *testing.T, b []byte, size uint32) {
		s := NewScanner(readerOf(b), 0, int64(size))
		end := int64(0)
		for {
			var f MovieFragment
			err := s.Next(&f)
			if s.Offset() < end || s.Offset() > int64(size) {
				t.Fatalf("offset %d after %d of %d", s.Offset(), end, size)
			}
			if err != nil {
				if err != io.EOF && !errors.Is(err, nvr.ErrDamaged) {
					t.Fatal(err)
				}
				break
			}
			if f.Offset != end || f.Offset+f.Bytes != s.Offset() {
				t.Fatalf("movie fragment at %d of %d bytes after %d", f.Offset, f.Bytes, end)
			}
			for _, run := range f.Runs {
				if 4*len(run.Samples) > len(b) {
					t.Fatalf("%d samples in %d bytes", len(run.Samples), len(b))
				}
				at := run.Offset
				for _, s := range run.Samples {
					at += int64(s.Bytes)
				}
				if len(run.Samples) > 0 && (run.Offset < f.Offset || at > f.Offset+f.Bytes) {
					t.Fatalf("samples at %d to %d are not in %+v", run.Offset, at, f)
				}
			}
			end = s.Offset()
		}
		if cap(s.buf) > maxHeaderBox {
			t.Errorf("%d bytes of memory for headers", cap(s.buf))
		}
		if c, err := Index(readerOf(b), 0, int64(size), 90000, nil); err != nil || c.Bytes < 0 || c.Bytes > int64(size) {
			t.Fatalf("index up to %d: %v", c.Bytes, err)
		}
	})
}
