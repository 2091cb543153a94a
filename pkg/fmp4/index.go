package fmp4

import (
	"errors"
	"fmt"
	"io"

	"nvrd/pkg/nvr"
)

// An index entry begins at a key frame, but not sooner than minEntry after the
// key frame that begins the one before it, so that a stream of key frames alone
// keeps its index small; or before it gets longer than maxEntry, so that a byte
// range stays short however rare key frames are. Both in milliseconds.
const (
	minEntry = 250
	maxEntry = 2000
)

// AppendEntry adds a movie fragment to an index of footage: to the last entry,
// if it belongs there, or as a new one.
func AppendEntry(index []nvr.Fragment, f nvr.Fragment, timescale uint32) []nvr.Fragment {
	if len(index) > 0 {
		last := &index[len(index)-1]
		seek := f.Key && (!last.Key || last.MediaDuration*1000 >= minEntry*int64(timescale))
		full := (last.MediaDuration+f.MediaDuration)*1000 > maxEntry*int64(timescale)
		if !seek && !full && last.Offset+last.Bytes == f.Offset {
			last.Bytes += f.Bytes
			last.MediaDuration = f.MediaStart + f.MediaDuration - last.MediaStart
			last.Score = max(last.Score, f.Score)
			return index
		}
	}
	return append(index, f)
}

// Contents is what a scan of a footage file found.
type Contents struct {
	Index []nvr.Fragment
	// MovieFragments are what the index was made of, one by one.
	MovieFragments []nvr.Fragment

	Bytes int64    // up to the end of the last whole movie fragment
	Clock nvr.Time // wall clock of the last movie fragment
	// ClockDuration is the media duration of that fragment: the footage ends
	// at Clock plus it.
	ClockDuration int64
	// Damage is nil if the file ends with a whole movie fragment or within one
	// that a crash cut short; otherwise it says what stands at Bytes instead.
	Damage error
}

// Index reads the movie fragments of a footage file from offset from up to
// size. score, which may be nil, turns the samples of the video track into the
// activity of a movie fragment.
func Index(r io.ReaderAt, from, size int64, timescale uint32, score func([]SampleInfo) uint8) (Contents, error) {
	c := Contents{Bytes: from}
	scanner := NewScanner(r, from, size)
	var f MovieFragment
	for {
		err := scanner.Next(&f)
		switch {
		case errors.Is(err, io.EOF):
			return c, nil
		case errors.Is(err, nvr.ErrDamaged):
			c.Damage = err
			return c, nil
		case err != nil:
			return c, err
		case len(f.Runs[0].Samples) == 0:
			c.Damage = fmt.Errorf("movie fragment at %d has no picture: %w", f.Offset, nvr.ErrDamaged)
			return c, nil
		}
		video := &f.Runs[0]
		if n := len(c.Index); n > 0 && video.DTS != c.Index[n-1].MediaStart+c.Index[n-1].MediaDuration {
			c.Damage = fmt.Errorf("movie fragment at %d does not go on where the one before it ended: %w", f.Offset, nvr.ErrDamaged)
			return c, nil
		}
		entry := nvr.Fragment{
			Offset: f.Offset, Bytes: f.Bytes,
			MediaStart: video.DTS, MediaDuration: video.End() - video.DTS,
			Key: video.Samples[0].Key,
		}
		if score != nil {
			entry.Score = score(video.Samples)
		}
		c.MovieFragments = append(c.MovieFragments, entry)
		c.Index = AppendEntry(c.Index, entry, timescale)
		c.Bytes = f.Offset + f.Bytes
		c.Clock, c.ClockDuration = f.Clock, entry.MediaDuration
	}
}
