package rtc

import (
	"fmt"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/webrtc/v4"
)

const (
	// videoClock is the RTP clock of H.264 (RFC 6184, 8.2.1).
	videoClock = 90_000
	// h264 is the one entry that is offered and taken: browsers name it among
	// theirs, and play every profile and level under it.
	h264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	// remembered is how many packets can be sent again to a browser that missed
	// them: 1.2 s of a 4 Mb/s stream, which is 600 kB a viewer.
	remembered = 512
	// playoutDelay is how long a browser may hold pictures back, by an extension of
	// RTP headers that Chromium's implementation of WebRTC defines. Without it, it
	// takes the burst that a session begins with for jitter, and is late for a minute.
	playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
)

// atOnce is a playout delay of 0 to 0 ms: each picture is shown when it is decoded.
var atOnce = make([]byte, 3)

var (
	videoH264 = webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: videoClock, SDPFmtpLine: h264,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}
	audioOpus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}
	audioPCMU = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}
	audioPCMA = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}
)

// codecs are all that is sent or received. The numbers are those of RFC 3551
// where it has one; the offer's hold in the end.
func codecs() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	for _, c := range []struct {
		codec webrtc.RTPCodecCapability
		kind  webrtc.RTPCodecType
		name  webrtc.PayloadType
	}{
		{videoH264, webrtc.RTPCodecTypeVideo, 102},
		{audioOpus, webrtc.RTPCodecTypeAudio, 111},
		{audioPCMU, webrtc.RTPCodecTypeAudio, 0},
		{audioPCMA, webrtc.RTPCodecTypeAudio, 8},
	} {
		if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c.codec, PayloadType: c.name}, c.kind); err != nil {
			return nil, fmt.Errorf("codec %s: %w", c.codec.MimeType, err)
		}
	}
	if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: playoutDelay}, webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverDirectionSendonly); err != nil {
		return nil, fmt.Errorf("header extension: %w", err)
	}
	return m, nil
}

// addInterceptors adds what stands between tracks and the network: lost packets
// are sent again, and reports say which instant a time stamp was.
func addInterceptors(between *interceptor.Registry, logs logs) error {
	again, err := nack.NewResponderInterceptor(nack.ResponderSize(remembered), nack.WithResponderLoggerFactory(logs))
	if err != nil {
		return fmt.Errorf("interceptor: %w", err)
	}
	reports, err := report.NewSenderInterceptor(report.WithSenderLoggerFactory(logs))
	if err != nil {
		return fmt.Errorf("interceptor: %w", err)
	}
	between.Add(again)
	between.Add(reports)
	return nil
}
