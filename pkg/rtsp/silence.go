package rtsp

import (
	"bytes"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"nvrd/pkg/media"
)

// silence stands in for sound that was promised and does not come, as of a
// microphone that is turned off: browsers show no picture to which its sound is
// missing (Media Source Extensions: what is buffered is what all tracks have).
type silence struct {
	frame  []byte        // nil if there is none of this sound
	length int64         // in units of the sound's clock
	behind time.Duration // how far sound may come behind the pictures
	stood  bool          // in for the sound that was handed on last
}

const (
	// soundBehind is where that begins: cameras send sound some pictures late, and
	// count it wrong by most of a second.
	soundBehind = time.Second
	// soundLacks is how long players do without at either end.
	soundLacks = soundBehind / 2
	// longestBehind is where it ends; sound that is later than that is not waited for.
	longestBehind = 10 * time.Second
	// uncounted is how late, alone of the two, no network has sound come.
	uncounted = 4 * time.Second
	// longestSilence bounds what stands in between two pictures.
	longestSilence = time.Minute
)

func newSilence(t media.Track) silence {
	s := silence{length: int64(t.Timescale) / 50, behind: soundBehind}
	samples := int(s.length) * t.Channels
	switch t.Codec {
	case media.AAC:
		s.length, s.frame = t.FrameDuration(), silentAAC(t)
	case media.Opus:
		s.frame = []byte{0xf8, 0xff, 0xfe} // 20 ms of CELT, of which the first bit says that they are silent (RFC 6716, 4.3)
	case media.PCMU:
		s.frame = bytes.Repeat([]byte{0xff}, samples)
	case media.PCMA:
		s.frame = bytes.Repeat([]byte{0xd5}, samples)
	case media.L16:
		s.frame = make([]byte, 2*samples)
	}
	return s
}

// silentAAC is a raw data block without a band of sound (ISO/IEC 14496-3, 4.4.2), or
// nil for other kinds than AAC-LC of one or two channels.
func silentAAC(t media.Track) []byte {
	var c mpeg4audio.AudioSpecificConfig
	switch err := c.Unmarshal(t.Config); {
	case err != nil || c.Type != mpeg4audio.ObjectTypeAACLC:
		return nil
	case t.Channels == 1: // SCE: gain 0, long window, max_sfb 0, no tools; END
		return []byte{0x00, 0x00, 0x00, 0x07}
	case t.Channels == 2: // CPE of a common window, the same twice; END
		return []byte{0x21, 0x00, 0x00, 0x00, 0x00, 0x1c}
	}
	return nil
}

// fill hands on silence where sound is missing before a decode time of it.
func (s *stream) fill(until int64) {
	if s.state != running || !s.announced || s.quiet.frame == nil {
		return
	}
	for at := max(s.soundEnd, until-s.clocks[1].units(int64(longestSilence))); at < until; at += s.quiet.length {
		s.sink.Sample(media.Sample{Track: 1, Key: true, DTS: at, Data: s.quiet.frame, Arrived: s.lastPicture})
		s.lastSound, s.soundEnd, s.quiet.stood = at, at+s.quiet.length, true
	}
}

// fillPictures is fill up to the last picture, or to so long before it.
func (s *stream) fillPictures(before time.Duration) {
	s.fill(s.clocks[1].units(s.pictured-int64(before)) + 1)
}

// fillHole is fill up to a camera's own frame, where a whole one is missing since the
// last: timestamps stray. Before the first of a run players do without for a while.
func (s *stream) fillHole(dts, length int64) {
	if s.lastSound < 0 && s.clocks[1].nanos(dts-s.soundEnd) < int64(soundLacks) {
		return
	}
	s.fill(dts - max(length, s.quiet.length) + 1)
}

// fillEnd is fill up to the last picture, if there was no sound for a while.
func (s *stream) fillEnd() {
	if s.lastSound < 0 || s.pictured-s.clocks[1].nanos(s.soundEnd) > int64(soundLacks) {
		s.fillPictures(0)
	}
}

// resumed takes note of sound that comes behind the silence that stood in for it,
// and tells whether that makes it sound of now: cameras that do not count a pause
// go on where they stopped. Otherwise it is late, and waited for from now on.
func (s *stream) resumed(dts int64, now time.Time) bool {
	if !s.quiet.stood {
		return false
	}
	behind := s.pictured - s.clocks[1].nanos(dts)
	if behind < int64(uncounted) || s.sync.reported(now) {
		s.quiet.behind = min(max(s.quiet.behind, time.Duration(behind)+soundBehind/4), longestBehind)
		return false
	}
	s.fillPictures(0)
	s.sync.move(s.clocks[1].nanos(s.soundEnd-dts), &s.clocks[1])
	s.log.Info("sound goes on after a pause that it did not count", "by", time.Duration(behind))
	return true
}
