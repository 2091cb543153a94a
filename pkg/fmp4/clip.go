package fmp4

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// Limits on a clip: what every home of a neighborhood keeps for others.
const (
	MaxClipBytes  = 8 << 20
	MaxClipLength = 30 * time.Second
)

// A clip is a progressive file that may leave a home:
//
//	ftyp
//	moov   without any time, name or text; a track of pictures, maybe one of sound
//	mdat   64-bit size; second by second the pictures that begin in it, then the sound
//
// It begins at time zero with a key frame. There is exactly one way to write
// given pictures and sound down, so whatever else is in a file shows.
type clip struct {
	format media.Format
	runs   [2]Run // on the clock of the movie: it begins with presentation time zero
	length int64  // of the movie in MovieTimescale, where the file says so
}

// Strip makes a clip of an MP4 file: of an export of footage, progressive or
// fragmented, or of what an encoder made. It begins with the first key frame
// that is shown, and has no picture from the end of the movie on. Of pictures
// only slices and parameter sets are kept: SEI messages, delimiters, filler and
// units nobody knows are left out, as is everything that the container says
// beside the tracks. Sound is left out unless it is asked for.
//
// A file without a key frame that is shown is nvr.ErrNotFound, one that makes
// no clip within the limits nvr.ErrTooLarge, one with several formats
// nvr.ErrInvalid, one that does not parse nvr.ErrDamaged. The result has passed
// [CheckClip]; b is not changed.
func Strip(b []byte, sound bool) ([]byte, error) {
	c, err := readMovie(b)
	if err != nil {
		return nil, err
	}
	if err := c.trim(sound); err != nil {
		return nil, err
	}
	video := &c.runs[0]
	for i := range video.Samples {
		s := &video.Samples[i]
		if s.Data, err = stripUnits(c.format.Video().Codec, s.Data); err != nil {
			return nil, err
		}
	}
	if len(c.format.Tracks) > 1 && c.format.Tracks[1].Codec == media.AAC {
		for i := range c.runs[1].Samples {
			s := &c.runs[1].Samples[i]
			s.Data = withoutFill(s.Data)
		}
	}
	if err := c.bounded(); err != nil {
		return nil, err
	}
	out := c.append(nil)
	if err := CheckClip(out); err != nil {
		return nil, err
	}
	return out, nil
}

// trim lets the clip begin with its first key frame that is shown and end with
// its movie, or when a clip has to.
func (c *clip) trim(sound bool) error {
	video := &c.runs[0]
	scale := c.format.Video().Timescale
	first := slices.IndexFunc(video.Samples, func(s media.Sample) bool { return s.Key && s.PTS() >= 0 })
	if first < 0 {
		return fmt.Errorf("no key frame is shown in what was chosen; choose a little more: %w", nvr.ErrNotFound)
	}
	all := video.Samples[first:]
	zero := all[0].PTS()
	if c.length > 0 {
		length := nvr.Units(nvr.Duration(c.length, MovieTimescale), scale)
		if end := slices.IndexFunc(all, func(s media.Sample) bool { return s.PTS() >= length }); end > 0 {
			video.End = min(all[end].DTS, length)
			all = all[:end]
		}
	}
	if last := all[0].DTS + nvr.Units(MaxClipLength, scale); all[len(all)-1].DTS < last {
		video.End = min(video.End, last) // how long the last picture is may be a guess
	}
	// What is decoded behind the key frame and shown before it needs pictures before.
	video.Samples = slices.DeleteFunc(slices.Clone(all), func(s media.Sample) bool { return s.PTS() < zero })
	video.shift(-zero)
	if len(c.format.Tracks) < 2 {
		return nil
	}
	if !sound {
		c.format.Tracks, c.runs[1] = c.format.Tracks[:1], Run{}
		return nil
	}
	audio, rate := &c.runs[1], c.format.Tracks[1].Timescale
	audio.shift(-nvr.Units(nvr.Duration(zero, scale), rate))
	end := nvr.Units(nvr.Duration(video.End, scale), rate)
	audio.Samples = slices.DeleteFunc(audio.Samples, func(s media.Sample) bool { return s.DTS < 0 || s.DTS >= end })
	audio.End = min(audio.End, end)
	if len(audio.Samples) == 0 {
		c.format.Tracks, c.runs[1] = c.format.Tracks[:1], Run{}
	}
	return nil
}

func (r *Run) shift(d int64) {
	for i := range r.Samples {
		r.Samples[i].DTS += d
	}
	r.End += d
}

// stripUnits returns a picture with nothing but what shows it.
func stripUnits(codec media.Codec, b []byte) ([]byte, error) {
	if !wholeUnits(b) {
		return nil, fmt.Errorf("picture does not consist of whole units: %w", nvr.ErrDamaged)
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		nal := b[4 : 4+binary.BigEndian.Uint32(b)]
		b = b[4+len(nal):]
		for len(nal) > 0 && nal[len(nal)-1] == 0 { // trailing_zero_8bits of a byte stream
			nal = nal[:len(nal)-1]
		}
		if kindOf(codec, nal) != otherUnit {
			out = binary.BigEndian.AppendUint32(out, uint32(len(nal)))
			out = append(out, nal...)
		}
	}
	return out, nil
}

// append writes the clip down, in the one way there is.
func (c *clip) append(b []byte) []byte {
	parts := c.parts()
	movie, size := c.movie(parts, 0)
	// Offsets have a fixed width, so the header is as long with as without them.
	header := len(AppendMovie(AppendFileType(nil), movie))
	movie, _ = c.movie(parts, int64(header+16))
	b = slices.Grow(b, header+16+int(size))
	w := writer{b: AppendMovie(AppendFileType(b), movie)}
	w.u32(1)
	w.text("mdat")
	w.u64(uint64(size + 16))
	for _, p := range parts {
		for _, s := range c.runs[p.track].Samples[p.from:p.to] {
			w.bytes(s.Data...)
		}
	}
	return w.b
}

// part is the samples of one track that begin in one second.
type part struct{ track, from, to int }

// parts returns what stands side by side in the file. The clip has to be [clip.bounded].
func (c *clip) parts() (all []part) {
	var at [2]int
	for second := int64(1); at[0] < len(c.runs[0].Samples) || at[1] < len(c.runs[1].Samples); second++ {
		for t, track := range c.format.Tracks {
			samples, from := c.runs[t].Samples, at[t]
			for at[t] < len(samples) && samples[at[t]].DTS < second*int64(track.Timescale) {
				at[t]++
			}
			if at[t] > from {
				all = append(all, part{t, from, at[t]})
			}
		}
	}
	return all
}

// movie returns the header of a file whose media begins at offset, and how
// much media there is.
func (c *clip) movie(parts []part, offset int64) (m Movie, size int64) {
	video := c.runs[0]
	length := nvr.Duration(video.End-video.Samples[0].DTS, c.format.Video().Timescale)
	m.Duration = nvr.Units(length, MovieTimescale)
	for t, track := range c.format.Tracks {
		m.Tracks = append(m.Tracks, MovieTrack{Entries: []media.Track{track}, Edited: c.runs[t].Samples[0].DTS != 0})
	}
	for _, p := range parts {
		run := c.runs[p.track]
		chunk := Chunk{Offset: offset + size, Entry: 1, DTS: run.Samples[p.from].DTS}
		for i := p.from; i < p.to; i++ {
			s := &run.Samples[i]
			chunk.Samples = append(chunk.Samples, SampleInfo{
				Duration: run.duration(i), Bytes: uint32(len(s.Data)), Composition: s.Composition, Key: s.Key,
			})
			size += int64(len(s.Data))
		}
		m.Tracks[p.track].Chunks = append(m.Tracks[p.track].Chunks, chunk)
	}
	return m, size
}
