package rtsp

import (
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
