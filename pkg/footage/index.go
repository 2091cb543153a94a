package footage

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
)

// indexID marks the closing box of footage files.
var indexID = [16]byte{0x5d, 0x0a, 0x1f, 0x66, 0x0b, 0x8e, 0x4c, 0x7e, 0x9d, 0x35, 0x73, 0x74, 0x6f, 0x6f, 0x70, 0x32}

// indexBytes is the size of what stands in an index before the fragments:
//
//	0    origin (60), as in the header
//	60   SHA-256 of the init segment (32)
//	92   bytes before the first movie fragment (8, big-endian as all that follows)
//	100  end: UTC microsecond at which the last picture ends (8)
//	108  decode time of the first picture (8)
//	116  duration of the pictures (8)
//	124  fragments, as nvr.Segment.AppendFragments writes them
const indexBytes = originBytes + sha256.Size + 4*8

// Index queues a summary of s, which is all that was appended and is about to
// be sealed, to be written behind it: [Directory.ReadSealed] then need not read
// the headers of every movie fragment. Nothing but Seal may follow. A disk that
// does not take it has taken the footage all the same.
func (f *File) Index(s nvr.Segment) {
	if len(s.Fragments) == 0 {
		return // a file of a header alone goes when it is sealed
	}
	b := fmp4.AppendClosing(nil, indexID, indexOf(f.origin, f.init, s))
	_ = f.dir.queue(job{file: f, bufs: [][]byte{b}, bytes: int64(len(b)), spare: true})
}

func indexOf(o Origin, init [sha256.Size]byte, s nvr.Segment) []byte {
	b := o.append(make([]byte, 0, indexBytes+6*len(s.Fragments)))
	b = append(b, init[:]...)
	for _, v := range []int64{s.HeaderBytes, int64(s.Span.To), s.MediaStart, s.MediaDuration} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	return s.AppendFragments(b)
}

// Inits remembers init segments, which many files share. The zero Inits is
// ready. It is safe for concurrent use.
type Inits struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]Content // with Init and Format
}

// maxInits bounds what is remembered: cameras have a few each.
const maxInits = 256

func (i *Inits) find(sum [sha256.Size]byte) (Content, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	c, ok := i.known[sum]
	return c, ok
}

func (i *Inits) add(c Content) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known == nil || len(i.known) == maxInits {
		i.known = map[[sha256.Size]byte]Content{}
	}
	i.known[sha256.Sum256(c.Init)] = Content{Init: c.Init, Format: c.Format}
}

// ReadSealed is Read for a file that was sealed a while ago. If it has an index
// that is whole it is believed, so that a read of the file's end is enough.
// That is no proof that the footage before it is there: shortly before a power
// cut a disk may have written one without the other.
func (d *Directory) ReadSealed(stream nvr.StreamID, start nvr.Time, inits *Inits, score func([]fmp4.SampleInfo) uint8) (Content, error) {
	f, err := d.OpenFile(stream, start)
	if err != nil {
		return Content{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Content{}, fmt.Errorf("read footage: %w", err)
	}
	if c, ok := readIndex(f, info.Size(), stream, start, inits); ok {
		return c, nil
	}
	c, err := read(f, math.MaxInt64, stream, start, score)
	if err == nil {
		inits.add(c)
	}
	return c, err
}

// readIndex reads a file's index, if it has one that makes sense and whose init
// segment is known.
func readIndex(r io.ReaderAt, size int64, stream nvr.StreamID, start nvr.Time, inits *Inits) (c Content, ok bool) {
	b, at, err := fmp4.ReadClosing(r, size, indexID)
	if err != nil || len(b) < indexBytes {
		return c, false
	}
	c, known := inits.find([sha256.Size]byte(b[originBytes:]))
	if c.Origin, err = parseOrigin(b[:originBytes]); err != nil || !known || c.Origin.check(stream, start) != nil {
		return c, false
	}
	field := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[originBytes+sha256.Size+8*i:])) }
	s := nvr.Segment{
		Stream: stream, Run: c.Origin.Run, Timescale: c.Format.Video().Timescale, Bytes: at, HeaderBytes: field(0),
		Span: nvr.Span{From: start, To: nvr.Time(field(1))}, MediaStart: field(2), MediaDuration: field(3),
	}
	longest := nvr.Units(maxLength, s.Timescale)
	if s.HeaderBytes < int64(len(c.Init)) || s.MediaStart < 0 || s.MediaStart > math.MaxInt64-longest ||
		s.MediaDuration < 0 || s.MediaDuration > longest || !plausible(&s) || s.ParseFragments(b[indexBytes:]) != nil || len(s.Fragments) == 0 {
		return c, false
	}
	last := s.Fragments[len(s.Fragments)-1]
	c.Segment = s
	return c, last.Offset+last.Bytes == at && last.MediaStart+last.MediaDuration == s.MediaStart+s.MediaDuration
}

// indexedEnd returns when a file's last picture ends by its index, which must
// begin behind so many bytes of footage.
func indexedEnd(r io.ReaderAt, size, bytes int64) (end nvr.Time, ok bool) {
	b, at, err := fmp4.ReadClosing(r, size, indexID)
	if err != nil || at != bytes || len(b) < indexBytes {
		return 0, false
	}
	return nvr.Time(binary.BigEndian.Uint64(b[originBytes+sha256.Size+8:])), true
}

// DropIndex cuts the index off a file that does not hold what it says.
func (d *Directory) DropIndex(stream nvr.StreamID, start nvr.Time) error {
	f, err := os.OpenFile(filepath.Join(d.path, name(stream, start)), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("drop index: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("drop index: %w", err)
	}
	_, at, err := fmp4.ReadClosing(f, info.Size(), indexID)
	if errors.Is(err, nvr.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = errors.Join(f.Truncate(at), syncFile(f))
	}
	if err != nil {
		return fmt.Errorf("drop index: %w", err)
	}
	return nil
}
