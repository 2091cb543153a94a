// Package rtctest is a browser made in Go, for tests and measurements: it offers
// to watch, and gathers what comes.
package rtctest

import (
	"context"
	"fmt"
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// Frame is what came with one time stamp, until its last packet.
type Frame struct {
	Kind      string // video or audio
	Timestamp uint32
	Data      []byte // NAL units behind start codes; or the sound as it is
	// Delay is what its last packet says of how long it may be held back, as it is
	// sent (playout-delay); nil for nothing.
	Delay []byte
}

// playoutDelay is the extension of RTP headers that Chromium knows.
const playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

// Browser is one viewer. The caller must close it.
type Browser struct {
	PC *webrtc.PeerConnection
	// Frames gives what arrives. Whoever takes too little of it loses frames.
	Frames chan Frame
	// Connected is closed when it is.
	Connected chan struct{}
	once      sync.Once
}

// New returns a browser that wants to see and hear. Codecs are the MIME types it
// knows; none means what browsers know.
func New(known ...string) (*Browser, error) {
	return newBrowser(known, func(*webrtc.SettingEngine) {})
}

func newBrowser(known []string, set func(*webrtc.SettingEngine)) (*Browser, error) {
	m := &webrtc.MediaEngine{}
	if err := register(m, known); err != nil {
		return nil, err
	}
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	set(&s)
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	b := &Browser{PC: pc, Frames: make(chan Frame, 4096), Connected: make(chan struct{})}
	pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { b.take(t, r) })
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			b.once.Do(func() { close(b.Connected) })
		}
	})
	return b, nil
}

func register(m *webrtc.MediaEngine, known []string) error {
	if len(known) == 0 {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: playoutDelay}, webrtc.RTPCodecTypeVideo); err != nil {
			return fmt.Errorf("browser: %w", err)
		}
		return m.RegisterDefaultCodecs()
	}
	for i, mime := range known {
		kind, rate := webrtc.RTPCodecTypeVideo, uint32(90000)
		if mime == webrtc.MimeTypePCMU || mime == webrtc.MimeTypeOpus {
			kind, rate = webrtc.RTPCodecTypeAudio, 8000
		}
		codec := webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: rate}, PayloadType: webrtc.PayloadType(96 + i)}
		if err := m.RegisterCodec(codec, kind); err != nil {
			return fmt.Errorf("browser: %w", err)
		}
	}
	return nil
}

// Offer returns an offer with all candidates.
func (b *Browser) Offer(ctx context.Context) (string, error) {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		if _, err := b.PC.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return "", fmt.Errorf("browser: %w", err)
		}
	}
	return b.gather(ctx)
}

// gather makes an offer of what there is, and waits for its candidates.
func (b *Browser) gather(ctx context.Context) (string, error) {
	offer, err := b.PC.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("browser: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(b.PC)
	if err := b.PC.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("browser: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", fmt.Errorf("browser: %w", ctx.Err())
	}
	return b.PC.LocalDescription().SDP, nil
}

// Answer connects.
func (b *Browser) Answer(sdp string) error {
	return b.PC.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp})
}

// Close ends it.
func (b *Browser) Close() error { return b.PC.Close() }

// take joins packets to frames.
func (b *Browser) take(t *webrtc.TrackRemote, from *webrtc.RTPReceiver) {
	var nals codecs.H264Packet
	delay := uint8(0)
	for _, x := range from.GetParameters().HeaderExtensions {
		if x.URI == playoutDelay {
			delay = uint8(x.ID)
		}
	}
	frame := Frame{Kind: t.Kind().String()}
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		if p.Timestamp != frame.Timestamp {
			frame.Timestamp, frame.Data = p.Timestamp, nil
		}
		data, whole := payload(&nals, t.Kind(), p)
		frame.Data = append(frame.Data, data...)
		if !whole {
			continue
		}
		frame.Delay = p.GetExtension(delay)
		select {
		case b.Frames <- frame:
		default:
		}
		frame.Data = nil
	}
}

func payload(nals *codecs.H264Packet, kind webrtc.RTPCodecType, p *rtp.Packet) (data []byte, whole bool) {
	if kind == webrtc.RTPCodecTypeAudio {
		return p.Payload, true
	}
	data, err := nals.Unmarshal(p.Payload)
	if err != nil {
		return nil, false
	}
	return data, p.Marker
}
