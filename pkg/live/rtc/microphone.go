package rtc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

const (
	// MicrophoneRate is how many samples a second a [Microphone] gives.
	MicrophoneRate = 8000
	// maxSpoken bounds one packet: browsers send 20 ms, and never more than 120.
	maxSpoken = MicrophoneRate * 120 / 1000
)

var errSilent = errors.New("the browser sends no sound any more")

// Microphone is one browser that is heard. It is safe for use from several
// goroutines.
type Microphone struct{ *peer }

// Listen answers the offer of a browser that wants to be heard: one sound, and
// nothing else. G.711 mu-law is all that is taken, since that is what cameras
// understand and what every browser has (RFC 7874, 3). hear is called with what
// is said, MicrophoneRate samples a second, by one goroutine, and must return
// soon. What comes late or twice is left out.
//
// The Microphone ends when the browser has been gone for 9 s. Listen fails with
// [nvr.ErrCodec] if the browser does not offer that, and with [nvr.ErrInvalid] or
// [nvr.ErrTooLarge] for a bad offer.
func (e *Engine) Listen(ctx context.Context, offer Offer, hear func(samples []int16)) (*Microphone, error) {
	tracks := make(chan *webrtc.TrackRemote, 1)
	prepare := func(pc *webrtc.PeerConnection) error {
		t, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err == nil {
			err = t.SetCodecPreferences([]webrtc.RTPCodecParameters{{RTPCodecCapability: audioPCMU, PayloadType: 0}})
		}
		if err != nil {
			return fmt.Errorf("WebRTC: %w", err)
		}
		pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
			select {
			case tracks <- track:
			default: // one is heard
			}
		})
		return nil
	}
	p, err := e.connect(ctx, offer, prepare, func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case track := <-tracks:
			return take(ctx, track, hear)
		}
	})
	if err != nil {
		return nil, err
	}
	if !strings.Contains(p.answer, "PCMU/8000") || strings.Contains(p.answer, "m=video") {
		p.end(errSilent)
		return nil, fmt.Errorf("offer one sound, with PCMU, and nothing else: %w", nvr.ErrCodec)
	}
	return &Microphone{p}, nil
}

// take hands on what a track brings until it or ctx ends.
func take(ctx context.Context, track *webrtc.TrackRemote, hear func([]int16)) error {
	defer context.AfterFunc(ctx, func() {
		_ = track.SetReadDeadline(time.Unix(1, 0)) // ends the reading below
	})()
	var last uint16
	for first := true; ; {
		p, _, err := track.ReadRTP()
		if err != nil {
			return errSilent
		}
		ahead := int16(p.SequenceNumber - last)
		if len(p.Payload) == 0 || len(p.Payload) > maxSpoken || !first && ahead <= 0 {
			continue
		}
		first, last = false, p.SequenceNumber
		hear(pcm.DecodeMuLaw(p.Payload))
	}
}

// ID names the microphone: 130 bits that nobody guesses.
func (m *Microphone) ID() string { return m.id }

// Answer is the answer to the offer.
func (m *Microphone) Answer() string { return m.answer }

// Done is closed when it has ended and holds nothing any more.
func (m *Microphone) Done() <-chan struct{} { return m.done }

// End ends it; it does not wait.
func (m *Microphone) End() { m.end(errEnded) }
