package rtsp

import (
	"testing"

	"nvrd/pkg/media"
)

// Sound that has another rate than is said is described anew.
func TestAtRate(t *testing.T) {
	for _, tt := range []struct {
		track  media.Track
		rate   int64
		config string
		ok     bool
	}{
		{media.Track{Codec: media.PCMA, SampleRate: 16000, Timescale: 16000, Channels: 1}, 8000, "", true},
		{media.Track{Codec: media.AAC, SampleRate: 8000, Timescale: 8000, Channels: 1, Config: []byte{0x15, 0x88}}, 16000, "\x14\x08", true},
		{media.Track{Codec: media.AAC, SampleRate: 8000, Timescale: 8000, Channels: 1, Config: []byte{0x15}}, 16000, "\x15", false},
		{media.Track{Codec: media.Opus, SampleRate: 48000, Timescale: 48000, Channels: 1}, 24000, "", false},
	} {
		got, ok := atRate(tt.track, tt.rate)
		if ok != tt.ok || string(got.Config) != tt.config || ok && (got.SampleRate != int(tt.rate) || int64(got.Timescale) != tt.rate) {
			t.Errorf("%s at %d Hz: %+v, %v", tt.track.Codec, tt.rate, got, ok)
		}
	}
}
