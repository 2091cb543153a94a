package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"nvrd/pkg/nvr"
)

// A movie fragment in a footage file ends with a checksum, since after a power
// cut its headers may be there without all of its media: the last four bytes of
// the mdat, which no sample refers to, are the CRC-32C (RFC 3720, B.4;
// big-endian) of everything from the prft up to them.
const checksumBytes = 4

// AppendChecksum makes the mdat of a movie fragment longer by its checksum.
// The head of the movie fragment, as [AppendFragment] makes it, is bufs[0] and
// is changed; the others are the media. It returns bufs with the checksum.
func AppendChecksum(bufs [][]byte) [][]byte {
	mdat := bufs[0][len(bufs[0])-8:]
	binary.BigEndian.PutUint32(mdat, binary.BigEndian.Uint32(mdat)+checksumBytes)
	table := crc32.MakeTable(crc32.Castagnoli)
	var sum uint32
	for _, b := range bufs {
		sum = crc32.Update(sum, table, b)
	}
	return append(bufs, binary.BigEndian.AppendUint32(nil, sum))
}

// Intact returns the offset up to which movie fragments in [from, size) are
// what was written, by their checksums. It reads the media. One without a
// checksum is believed. What is wrong with the first that is not intact is
// damage, a nvr.ErrDamaged, or nil if all are or the last is cut short.
func Intact(r io.ReaderAt, from, size int64) (end int64, damage, err error) {
	scanner := NewScanner(r, from, size)
	var f MovieFragment
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	for {
		end = scanner.Offset()
		err := scanner.Next(&f)
		switch {
		case errors.Is(err, io.EOF):
			return end, nil, nil
		case errors.Is(err, nvr.ErrDamaged):
			return end, err, nil
		case err != nil:
			return end, nil, err
		}
		last := f.Offset + f.Bytes - checksumBytes
		if !f.Checksummed() {
			if f.mediaEnd() == f.Offset+f.Bytes {
				continue
			}
			return end, fmt.Errorf("movie fragment at %d is longer than its media: %w", f.Offset, nvr.ErrDamaged), nil
		}
		sum.Reset()
		var want [checksumBytes]byte
		if _, err := io.Copy(sum, io.NewSectionReader(r, f.Offset, last-f.Offset)); err != nil {
			return end, nil, fmt.Errorf("read movie fragment: %w", err)
		}
		if _, err := r.ReadAt(want[:], last); err != nil {
			return end, nil, fmt.Errorf("read movie fragment: %w", err)
		}
		if sum.Sum32() != binary.BigEndian.Uint32(want[:]) {
			return end, fmt.Errorf("movie fragment at %d is not what its checksum says: %w", f.Offset, nvr.ErrDamaged), nil
		}
	}
}

// Checksummed tells whether the movie fragment ends with a checksum.
func (f *MovieFragment) Checksummed() bool { return f.mediaEnd() == f.Offset+f.Bytes-checksumBytes }

// mediaEnd returns where the last sample ends.
func (f *MovieFragment) mediaEnd() (end int64) {
	for i := range f.Runs {
		at := f.Runs[i].Offset
		for j := range f.Runs[i].Samples {
			at += int64(f.Runs[i].Samples[j].Bytes)
		}
		end = max(end, at)
	}
	return end
}
