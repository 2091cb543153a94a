package rtctest

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// Microphone is a browser that speaks. The caller must close it.
type Microphone struct {
	*Browser
	track *webrtc.TrackLocalStaticSample
}

// NewMicrophone returns a browser that speaks in one codec, and knows no other.
func NewMicrophone(mime string) (*Microphone, error) {
	b, err := New(mime)
	if err != nil {
		return nil, err
	}
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 8000}, "microphone", "page")
	if err == nil {
		_, err = b.PC.AddTrack(track)
	}
	if err != nil {
		_ = b.Close()
		return nil, fmt.Errorf("microphone: %w", err)
	}
	return &Microphone{b, track}, nil
}

// Offer returns an offer with all candidates.
func (m *Microphone) Offer(ctx context.Context) (string, error) { return m.gather(ctx) }

// Say sends 20 ms of sound, encoded.
func (m *Microphone) Say(frame []byte) error {
	return m.track.WriteSample(media.Sample{Data: frame, Duration: 20 * time.Millisecond})
}
