package footage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// maxLength bounds how long a footage file can be: what is cut about each
// minute is never that long, however rare key frames are.
const maxLength = 15 * time.Minute

// Content is a footage file read from its own bytes.
type Content struct {
	Origin  Origin
	Init    []byte
	Format  media.Format
	Segment nvr.Segment // everything but the row ids; not sealed
	Damage  error       // see fmp4.Contents
	// MovieFragments are those that the segment's index covers; none if the
	// index itself was read.
	MovieFragments []nvr.Fragment
}

// Read reads what a footage file says of itself: its header and the headers
// of its movie fragments, not the media. It works while the file is being
// written, and takes what is whole by then. A file without a whole header is
// nvr.ErrDamaged.
func (d *Directory) Read(stream nvr.StreamID, start nvr.Time, score func([]fmp4.SampleInfo) uint8) (Content, error) {
	f, err := d.OpenFile(stream, start)
	if err != nil {
		return Content{}, err
	}
	defer f.Close()
	return read(f, math.MaxInt64, stream, start, score)
}

// ReadFront is Read for the first so many bytes of a file.
func (d *Directory) ReadFront(bytes int64, stream nvr.StreamID, start nvr.Time, score func([]fmp4.SampleInfo) uint8) (Content, error) {
	f, err := d.OpenFile(stream, start)
	if err != nil {
		return Content{}, err
	}
	defer f.Close()
	return read(f, bytes, stream, start, score)
}

func read(f *os.File, limit int64, stream nvr.StreamID, start nvr.Time, score func([]fmp4.SampleInfo) uint8) (Content, error) {
	info, err := f.Stat()
	if err != nil {
		return Content{}, fmt.Errorf("read footage: %w", err)
	}
	size := min(info.Size(), limit)
	header, err := fmp4.ReadHeader(f, size, originID)
	if err != nil {
		return Content{}, fmt.Errorf("footage file %s: %w", name(stream, start), err)
	}
	var c Content
	if c.Origin, err = parseOrigin(header.Extension); err != nil {
		return Content{}, fmt.Errorf("footage file %s: %w", name(stream, start), err)
	}
	if err := c.Origin.check(stream, start); err != nil {
		return Content{}, err
	}
	c.Init = header.Init
	if c.Format, err = fmp4.ParseInit(header.Init); err != nil {
		return Content{}, fmt.Errorf("footage file %s: %w", name(stream, start), err)
	}
	timescale := c.Format.Video().Timescale
	found, err := fmp4.Index(&window{r: f}, header.Bytes, size, timescale, score)
	if err != nil {
		return Content{}, fmt.Errorf("footage file %s: %w", name(stream, start), err)
	}
	c.Damage, c.MovieFragments = found.Damage, found.MovieFragments
	c.Segment = nvr.Segment{
		Stream: stream, Run: c.Origin.Run, Timescale: timescale,
		Span:        nvr.Span{From: start, To: start},
		HeaderBytes: header.Bytes, Bytes: found.Bytes, Fragments: found.Index,
	}
	if n := len(found.Index); n > 0 {
		last := found.Index[n-1]
		s := &c.Segment
		s.MediaStart = found.Index[0].MediaStart
		s.MediaDuration = last.MediaStart + last.MediaDuration - s.MediaStart
		if s.MediaDuration > nvr.Units(maxLength, timescale) {
			return Content{}, fmt.Errorf("footage file %s is longer than %s: %w", name(stream, start), maxLength, nvr.ErrDamaged)
		}
		s.Span.To = found.Clock.Add(nvr.Duration(found.ClockDuration, timescale))
		if end, ok := indexedEnd(f, size, s.Bytes); ok && end > start && end < s.Span.To {
			s.Span.To = end // the clock was ahead, as was known when the file was sealed
		}
		if !plausible(s) {
			s.Span.To = start.Add(nvr.Duration(s.MediaDuration, timescale))
		}
	}
	return c, nil
}

// plausible tells whether a segment's wall clock goes about as fast as its
// media. Clocks bend by far less than what is allowed here.
func plausible(s *nvr.Segment) bool {
	return s.Span.To >= s.Span.From && s.Span.Duration() <= nvr.Duration(s.MediaDuration, s.Timescale)+time.Second
}

// Recover makes an open file of an earlier life whole: what a crash left
// behind the last whole movie fragment is cut off, and the rest is made
// durable. After damage, which the result tells of, what is behind it is set
// aside; a power cut leaves headers without media, too. A file without a single movie fragment is removed, with
// nvr.ErrNotFound.
func (d *Directory) Recover(stream nvr.StreamID, start nvr.Time, score func([]fmp4.SampleInfo) uint8) (Content, error) {
	path := filepath.Join(d.path, name(stream, start))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return Content{}, fmt.Errorf("footage file %s: %w", name(stream, start), nvr.ErrNotFound)
	}
	if err != nil {
		return Content{}, fmt.Errorf("recover footage: %w", err)
	}
	defer f.Close()
	c, err := read(f, math.MaxInt64, stream, start, score)
	if errors.Is(err, nvr.ErrDamaged) {
		return c, d.setAside(path, err)
	}
	if err != nil {
		return c, err
	}
	if len(c.Segment.Fragments) == 0 {
		if c.Damage != nil {
			return c, d.setAside(path, c.Damage)
		}
		return c, d.removeEmpty(path)
	}
	info, err := f.Stat()
	if err != nil {
		return c, fmt.Errorf("recover footage: %w", err)
	}
	end, damage, err := fmp4.Intact(f, doubtful(&c.Segment), c.Segment.Bytes)
	if err != nil {
		return c, fmt.Errorf("recover footage: %w", err)
	}
	if damage == nil {
		damage = c.Damage
	}
	if damage != nil {
		d.log.Warn("footage file is damaged, the part before the damage is kept", "file", name(stream, start),
			"kept", end, "of", info.Size(), "err", damage, "aside", d.setTailAside(f, path, end))
	}
	if end < info.Size() {
		if err := f.Truncate(end); err != nil {
			return c, fmt.Errorf("recover footage: %w", err)
		}
	}
	if end < c.Segment.Bytes {
		if c, err = read(f, math.MaxInt64, stream, start, score); err != nil {
			return c, err
		}
		if len(c.Segment.Fragments) == 0 {
			return c, d.removeEmpty(path)
		}
	}
	c.Damage = damage
	if err := errors.Join(syncFile(f), d.syncFolders(filepath.Dir(path))); err != nil {
		return c, fmt.Errorf("recover footage: %w", err)
	}
	return c, nil
}

// durableAfter is how long ago something must have been written for it to be
// durable for sure: many times [SyncEvery].
const durableAfter = 10 * time.Second

// doubtful returns the offset from which on a power cut may have taken parts
// of a file. Only from there on is its media read: a minute of it from each
// camera would hold up the start.
func doubtful(s *nvr.Segment) int64 {
	durable := s.MediaStart + s.MediaDuration - nvr.Units(durableAfter, s.Timescale)
	for i := range s.Fragments {
		if s.Fragments[i].MediaStart+s.Fragments[i].MediaDuration > durable {
			return s.Fragments[i].Offset
		}
	}
	return s.Bytes
}

// setTailAside copies what stands behind offset end, which cannot be footage,
// so that nothing is destroyed. It returns where to, or why not.
func (d *Directory) setTailAside(f *os.File, path string, end int64) string {
	tail, err := os.OpenFile(path+".tail", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err.Error()
	}
	_, err = io.Copy(tail, io.NewSectionReader(f, end, math.MaxInt64-end))
	if err = errors.Join(err, tail.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".tail")).Error()
	}
	rel, err := filepath.Rel(d.path, path+".tail")
	if err != nil {
		return err.Error()
	}
	to, err := d.Quarantine(rel)
	if err != nil {
		return err.Error()
	}
	return to
}

// removeEmpty removes a file that holds a header alone.
func (d *Directory) removeEmpty(path string) error {
	if err := errors.Join(os.Remove(path), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("remove empty footage file: %w", err)
	}
	return fmt.Errorf("footage file %s held no picture and was removed: %w", filepath.Base(path), nvr.ErrNotFound)
}

// setAside moves a file that cannot be read out of the way, so that nothing
// trips over it again and nothing is destroyed.
func (d *Directory) setAside(path string, cause error) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() == 0 { // a crash between creating the file and its first write
		return d.removeEmpty(path)
	}
	rel, err := filepath.Rel(d.path, path)
	if err != nil {
		return fmt.Errorf("set damaged footage aside: %w", err)
	}
	to, err := d.Quarantine(rel)
	if err != nil {
		return err
	}
	d.log.Error("footage file cannot be read and is set aside", "file", to, "err", cause)
	return fmt.Errorf("footage file %s was set aside: %w", rel, cause)
}
