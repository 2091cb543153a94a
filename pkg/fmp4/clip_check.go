package fmp4

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// CheckClip says whether b is a clip and nothing else: it is read, written down
// again and compared, so no box, field or byte between samples can hold what
// the pictures and the sound do not say; and each picture consists of slices
// and parameter sets alone. What it lets through can still hide something
// within a slice or a frame of sound, which only decoding would show. A clip
// that is too long is nvr.ErrTooLarge, one without pictures nvr.ErrNotFound,
// anything else nvr.ErrInvalid or nvr.ErrDamaged.
func CheckClip(b []byte) error {
	if len(b) > MaxClipBytes {
		return fmt.Errorf("clip of %d bytes, at most %d: %w", len(b), MaxClipBytes, nvr.ErrTooLarge)
	}
	c, err := readMovie(b)
	if err != nil {
		return err
	}
	if err := c.bounded(); err != nil {
		return err
	}
	if !bytes.Equal(c.append(nil), b) {
		return fmt.Errorf("clip holds more than its pictures and sound: %w", nvr.ErrInvalid)
	}
	video := c.format.Video()
	for _, set := range [][]byte{video.VPS, video.SPS, video.PPS} {
		if set != nil && !tidySet(video.Codec, set) {
			return fmt.Errorf("parameter set of %d bytes with more than its parameters: %w", len(set), nvr.ErrInvalid)
		}
	}
	for i, s := range c.runs[0].Samples {
		if err := checkPicture(video.Codec, s.Data); err != nil {
			return fmt.Errorf("picture %d: %w", i, err)
		}
	}
	if len(c.format.Tracks) > 1 {
		return checkSound(c.format.Tracks[1], c.runs[1].Samples)
	}
	return nil
}

// bounded makes sure that the clip begins as clips do, goes forward and ends in time.
func (c *clip) bounded() error {
	if first := c.runs[0].Samples[0]; !first.Key || first.PTS() != 0 {
		return fmt.Errorf("clip does not begin with a key frame at zero: %w", nvr.ErrInvalid)
	}
	for t, track := range c.format.Tracks {
		run := &c.runs[t]
		if len(run.Samples) == 0 || track.Timescale > MovieTimescale {
			return fmt.Errorf("track %d: %d samples at %d Hz: %w", t, len(run.Samples), track.Timescale, nvr.ErrInvalid)
		}
		limit := nvr.Units(MaxClipLength, track.Timescale)
		at := run.Samples[0].DTS
		if at < -limit {
			return fmt.Errorf("track %d begins before the clip: %w", t, nvr.ErrInvalid)
		}
		if run.End-min(at, 0) > limit {
			return fmt.Errorf("clip of %s, at most %s: %w", nvr.Duration(run.End, track.Timescale), MaxClipLength, nvr.ErrTooLarge)
		}
		for _, s := range run.Samples {
			if s.DTS < at || s.DTS > run.End || s.PTS() < 0 {
				return fmt.Errorf("track %d goes back: %w", t, nvr.ErrInvalid)
			}
			at = s.DTS
		}
	}
	return nil
}

// unit is what a NAL unit is to a clip.
type unit uint8

const (
	otherUnit unit = iota
	sliceUnit
	setUnit // parameter set
)

// kindOf looks at the header of a NAL unit (ITU-T H.264, table 7-1; H.265, table 7-1).
func kindOf(codec media.Codec, nal []byte) unit {
	switch {
	case codec == media.H264 && len(nal) > 1:
		switch kind := nal[0] & 0x1f; kind {
		case 1, 5:
			return sliceUnit
		case 7, 8:
			return setUnit
		}
	case codec == media.H265 && len(nal) > 2:
		layer := nal[0]&1<<5 | nal[1]>>3
		switch kind := nal[0] >> 1 & 0x3f; {
		case layer != 0:
		case kind <= 9, kind >= 16 && kind <= 21:
			return sliceUnit
		case kind >= 32 && kind <= 34:
			return setUnit
		}
	}
	return otherUnit
}

// startCode stands between the units of a byte stream, and so within none:
// a player that turns a clip into one would find another unit behind it.
var startCode = []byte{0, 0, 1}

func checkPicture(codec media.Codec, b []byte) error {
	if !wholeUnits(b) {
		return fmt.Errorf("not whole units: %w", nvr.ErrDamaged)
	}
	slices := 0
	for len(b) > 0 {
		nal := b[4 : 4+binary.BigEndian.Uint32(b)]
		b = b[4+len(nal):]
		kind := kindOf(codec, nal)
		if kind == otherUnit || bytes.Contains(nal, startCode) || nal[len(nal)-1] == 0 || kind == setUnit && !tidySet(codec, nal) {
			return fmt.Errorf("unit that begins with %#x: %w", nal[0], nvr.ErrInvalid)
		}
		if kind == sliceUnit {
			slices++
		}
	}
	if slices == 0 {
		return fmt.Errorf("no slice: %w", nvr.ErrDamaged)
	}
	return nil
}

// maxSet is more than a parameter set with all scaling lists takes.
const maxSet = 512

// tidySet tells whether a parameter set is short, and ends where its syntax
// does where that is known: one that still parses without its last two bytes
// has room for more than the stop bit.
func tidySet(codec media.Codec, nal []byte) bool {
	if len(nal) < 3 || len(nal) > maxSet || bytes.Contains(nal, startCode) {
		return false
	}
	shorter := nal[:len(nal)-2]
	switch {
	case codec == media.H264 && nal[0]&0x1f == 7:
		var sps h264.SPS
		return sps.Unmarshal(nal) == nil && sps.Unmarshal(shorter) != nil
	case codec == media.H265 && nal[0]>>1&0x3f == 33:
		var sps h265.SPS
		return sps.Unmarshal(nal) == nil && sps.Unmarshal(shorter) != nil
	}
	return true
}
