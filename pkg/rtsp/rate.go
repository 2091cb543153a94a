package rtsp

import (
	"math"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"nvrd/pkg/media"
)

// rates are those that sound has.
var rates = [...]int64{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}

// truer returns which rate sound has that falls behind by so much in a time
// when it is taken to have another, or 0 if there is no such rate.
func truer(taken int64, behind, in time.Duration) int64 {
	is := float64(taken) * (1 - behind.Seconds()/in.Seconds())
	for _, r := range rates {
		if r != taken && math.Abs(is/float64(r)-1) < .02 {
			return r
		}
	}
	return 0
}

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
