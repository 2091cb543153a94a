package rtsp

import (
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"nvrd/pkg/media"
)

// atRate returns a track of sound at another rate than its description says.
// ok is false for codecs that have one rate, whatever is said.
func atRate(t media.Track, rate int64) (_ media.Track, ok bool) {
	switch t.Codec {
	case media.PCMU, media.PCMA, media.L16:
	case media.AAC:
		var config mpeg4audio.AudioSpecificConfig
		if config.Unmarshal(t.Config) != nil {
			return t, false
		}
		config.SampleRate = int(rate)
		var err error
		if t.Config, err = config.Marshal(); err != nil {
			return t, false
		}
	default:
		return t, false
	}
	t.SampleRate, t.Timescale = int(rate), uint32(rate)
	return t, true
}

// judgeSound finds out what the timestamps of sound are worth, and its rate.
func (s *stream) judgeSound(now time.Time) {
	c := &s.clocks[1]
	s.hold.judgeSound(&c.content, c.rate)
	if c.content.byLength {
		s.log.Info("the camera's timestamps of sound are no times, it is counted by its length")
	}
	rate, _ := s.hold.soundRate(now, c.rate, s.clocks[0].rate)
	if rate == c.rate {
		return
	}
	if s.setRate(rate) {
		s.log.Info("the camera's sound has another rate than it says", "said", s.said, "is", rate)
	}
}

// restless is how often sound at another rate than the camera says is moved
// until it is taken to have that one: at a wrong rate, that is each two seconds.
const restless = 2

// setRate has sound from the next run on at another rate; it tells whether its
// codec can have it.
func (s *stream) setRate(rate int64) bool {
	t, ok := atRate(s.format.Tracks[1], rate)
	if ok {
		s.format.Tracks = []media.Track{s.format.Tracks[0], t}
		s.clocks[1].rate, s.moved = rate, 0
		s.quiet = newSilence(t)
	}
	return ok
}
