package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"nvrd/pkg/nvr"
)

// Limits on what is read from a file. A camera's movie fragment holds half a
// second; everything beyond these is damage, and must not cost memory.
const (
	maxHeaderBox = 1 << 20 // moov or moof
	maxSamples   = 100_000 // in a movie fragment
)

// MovieFragment is a moof with its mdat as they stand in a file.
type MovieFragment struct {
	Offset int64    // of its first byte, the prft's if it has one
	Moof   int64    // offset of the moof
	Bytes  int64    // up to the end of the mdat
	Clock  nvr.Time // wall clock of the first video sample; zero without prft
	Runs   [2]TrackRun
}

// TrackRun is what a movie fragment holds of one track; it has no samples if
// the track is not in it.
type TrackRun struct {
	DTS     int64 // of the first sample
	Offset  int64 // of the first sample in the file
	Samples []SampleInfo
}

// End returns the decode time at which the run's last sample ends.
func (r *TrackRun) End() int64 {
	end := r.DTS
	for i := range r.Samples {
		end += int64(r.Samples[i].Duration)
	}
	return end
}

// Scanner reads the movie fragments of a file one after the other. It reads
// headers only, never the media.
type Scanner struct {
	r    io.ReaderAt
	pos  int64
	size int64
	buf  []byte
}

// NewScanner returns a scanner over the movie fragments in r that stand from
// offset from up to offset size.
func NewScanner(r io.ReaderAt, from, size int64) *Scanner {
	return &Scanner{r: r, pos: from, size: size}
}

// Offset returns where the next movie fragment begins: after the last whole
// one. It is where a file that ends in the middle of one has to be cut.
func (s *Scanner) Offset() int64 { return s.pos }

// Next returns the next movie fragment. It returns io.EOF at the end, and
// also when the file ends within a movie fragment or in a closing box: a crash
// leaves the one, and the other is no footage. Anything else that does not parse is nvr.ErrDamaged. The result's
// Samples are valid until the next call.
func (s *Scanner) Next(f *MovieFragment) error {
	pos := s.pos
	*f = MovieFragment{Offset: pos, Runs: [2]TrackRun{{Samples: f.Runs[0].Samples[:0]}, {Samples: f.Runs[1].Samples[:0]}}}
	seenMoof := false
	for {
		kind, size, err := s.header(pos)
		if err != nil {
			return err
		}
		switch {
		case kind == "uuid" && pos == f.Offset && size <= maxClosing && pos+size >= s.size:
			return io.EOF
		case kind == "mdat" && seenMoof:
			if pos+size > s.size {
				return io.EOF
			}
			f.Bytes = pos + size - f.Offset
			if err := f.check(pos+8, pos+size); err != nil {
				return err
			}
			s.pos = pos + size
			return nil
		case kind == "prft" && !seenMoof, kind == "moof" && !seenMoof:
			if size > maxHeaderBox {
				return fmt.Errorf("%s of %d bytes at %d: %w", kind, size, pos, nvr.ErrDamaged)
			}
			if pos+size > s.size {
				return io.EOF
			}
			if cap(s.buf) < int(size) {
				s.buf = make([]byte, size)
			}
			b := s.buf[:size]
			if _, err := s.r.ReadAt(b, pos); err != nil {
				return readError(err)
			}
			if kind == "prft" {
				err = f.parseReference(b[8:])
			} else {
				seenMoof = true
				f.Moof = pos
				err = f.parseMoof(b[8:], pos)
			}
			if err != nil {
				return fmt.Errorf("%s at %d: %w", kind, pos, err)
			}
		default:
			return fmt.Errorf("box %q at %d is not part of a movie fragment: %w", kind, pos, nvr.ErrDamaged)
		}
		pos += size
	}
}

func (s *Scanner) header(pos int64) (kind string, size int64, err error) {
	var h [8]byte
	if pos+8 > s.size {
		return "", 0, io.EOF
	}
	if _, err := s.r.ReadAt(h[:], pos); err != nil {
		return "", 0, readError(err)
	}
	size = int64(binary.BigEndian.Uint32(h[:]))
	if size < 8 {
		return "", 0, fmt.Errorf("box of %d bytes at %d: %w", size, pos, nvr.ErrDamaged)
	}
	return string(h[4:]), size, nil
}

// readError makes a file that is shorter than it was said to be end like any other.
func readError(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return fmt.Errorf("read movie fragment: %w", err)
}

func (f *MovieFragment) parseReference(b []byte) error {
	r := fields{b: b}
	version, _ := r.full()
	r.u32()
	f.Clock = fromNTP(r.u64())
	if version != 1 || r.short {
		return fmt.Errorf("version %d: %w", version, nvr.ErrDamaged)
	}
	return nil
}

func (f *MovieFragment) parseMoof(b []byte, moof int64) error {
	return each(b, func(child box) error {
		if child.kind != "traf" {
			return nil
		}
		header := fields{b: find(child.body, "tfhd")}
		_, flags := header.full()
		id := header.u32()
		if header.short || flags&^0xffff != tfhdBaseIsMoof || flags&0xffff != tfhdEntry|tfhdDuration|tfhdFlags {
			return fmt.Errorf("tfhd flags %#x: %w", flags, nvr.ErrDamaged)
		}
		if id < 1 || id > 2 || len(f.Runs[id-1].Samples) > 0 {
			return fmt.Errorf("track %d: %w", id, nvr.ErrDamaged)
		}
		header.u32() // sample description
		duration := header.u32()
		defaultFlags := header.u32()
		time := fields{b: find(child.body, "tfdt")}
		version, _ := time.full()
		run := &f.Runs[id-1]
		run.DTS = int64(time.u64())
		if header.short || time.short || version != 1 || run.DTS < 0 {
			return fmt.Errorf("tfdt of track %d: %w", id, nvr.ErrDamaged)
		}
		return run.parse(find(child.body, "trun"), moof, duration, defaultFlags)
	})
}

func (r *TrackRun) parse(b []byte, moof int64, duration, defaultFlags uint32) error {
	in := fields{b: b}
	_, flags := in.full()
	count := in.u32()
	r.Offset = moof + int64(int32(in.u32()))
	firstFlags := defaultFlags
	if flags&trunFirstFlags != 0 {
		firstFlags = in.u32()
	}
	if in.short || flags&trunOffset == 0 || flags&trunSize == 0 || count == 0 || count > maxSamples || int(count) > len(in.b)/4 {
		return fmt.Errorf("trun of %d samples with flags %#x: %w", count, flags, nvr.ErrDamaged)
	}
	for i := range count {
		s := SampleInfo{Duration: duration}
		if flags&trunDuration != 0 {
			s.Duration = in.u32()
		}
		s.Bytes = in.u32()
		sampleFlags := defaultFlags
		if i == 0 {
			sampleFlags = firstFlags
		}
		if flags&trunFlags != 0 {
			sampleFlags = in.u32()
		}
		if flags&trunComposition != 0 {
			s.Composition = int32(in.u32())
		}
		s.Key = sampleFlags&0x00010000 == 0
		r.Samples = append(r.Samples, s)
	}
	if in.short {
		return fmt.Errorf("trun is cut short: %w", nvr.ErrDamaged)
	}
	return nil
}

// check makes sure that the samples lie within the mdat whose content stands
// in [from, to).
func (f *MovieFragment) check(from, to int64) error {
	for i := range f.Runs {
		r := &f.Runs[i]
		if len(r.Samples) == 0 {
			continue
		}
		end := r.Offset
		for j := range r.Samples {
			end += int64(r.Samples[j].Bytes)
		}
		if r.Offset < from || end > to {
			return fmt.Errorf("samples of track %d lie outside of their mdat at %d: %w", i+1, from-8, nvr.ErrDamaged)
		}
	}
	return nil
}
