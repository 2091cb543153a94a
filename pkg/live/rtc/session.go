package rtc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"nvrd/pkg/live"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

const (
	// maxLag is how old what is sent may be, besides what a session begins
	// with. What is older is left out up to the next key frame.
	maxLag = time.Second
	// lossy is the share of lost packets, in 256ths, above which a browser's
	// connection is too slow: one in ten is more than can be sent again.
	lossy = 26
	// A sound that comes later than this has no place any more. What was heard
	// since the last key frame would delay what is heard now.
	staleSound = 300 * time.Millisecond
	// gulp bytes may leave at once, then there is a breath: 130 Mb/s, so that a
	// group of pictures does not overflow what stands between here and there.
	gulp   = 64 << 10
	breath = 4 * time.Millisecond
)

var (
	errChanged = errors.New("the camera sends something else now")
	errEnded   = errors.New("it was ended by who watches")
)

// Session is one browser that watches a stream. It is safe for use from several
// goroutines.
type Session struct {
	*peer
	stream *live.Stream
	format media.Format
	video  sender
	audio  sender      // without a track if the sound cannot be sent
	slow   atomic.Bool // the browser lost too much: go on with a key frame
	cutter packetizer
	gulped int
	since  nvr.Time
	first  uint32
}

// sender is one track on its way to a browser.
type sender struct {
	track *webrtc.TrackLocalStaticRTP
	head  rtp.Header // of the packet before
	stamp stamp
}

// Watch answers the offer of a browser that wants to see a stream: pictures, and
// sound if it can be passed on untouched. It waits for the stream's next
// key frame if there was none, until ctx ends. The session begins with the
// newest key frame once the browser is connected; it ends by itself when the
// browser is gone for 9 s, when the stream ends, or when it becomes one that
// cannot be passed on.
//
// It fails with [nvr.ErrCodec] if the pictures are not H.264 or the browser takes
// none, with [nvr.ErrReordered] if they are not sent in the order they are shown,
// and with [nvr.ErrInvalid] or [nvr.ErrTooLarge] for a bad offer.
func (e *Engine) Watch(ctx context.Context, stream *live.Stream, offer Offer) (*Session, error) {
	if _, err := offer.clean(); err != nil {
		return nil, err // before one waits for a picture
	}
	begin, err := look(ctx, stream)
	if err != nil {
		return nil, err
	}
	s := &Session{stream: stream, format: begin.Format}
	key := begin.Samples[0]
	s.since, s.first = nvr.TimeOf(key.Arrived), rand.Uint32()
	video := s.format.Video()
	s.video.stamp = stamp{rate: videoClock, timescale: video.Timescale, zero: key.DTS, at: s.first, arrived: key.Arrived}
	var pictures *webrtc.RTPSender
	prepare := func(pc *webrtc.PeerConnection) (err error) {
		if pictures, err = s.video.open(pc, videoH264, "video"); err != nil {
			return err
		}
		audio, _ := s.format.Audio()
		if capability, ok := passes(audio); ok {
			s.audio.stamp = stamp{rate: capability.ClockRate, timescale: audio.Timescale, at: rand.Uint32()}
			_, err = s.audio.open(pc, capability, "audio")
		}
		return err
	}
	ready := make(chan struct{}) // s.peer is set
	s.peer, err = e.connect(ctx, offer, prepare, func(ctx context.Context) error {
		<-ready
		return s.send(ctx)
	})
	if err != nil {
		return nil, err
	}
	s.video.hurry(pictures)
	close(ready)
	go s.listen(pictures)
	return s, nil
}

// look waits for a key frame and returns what there is from there, if it can be
// passed on.
func look(ctx context.Context, stream *live.Stream) (live.Batch, error) {
	v := stream.Subscribe()
	defer v.Close()
	b, err := v.Next(ctx)
	if err != nil {
		return b, err
	}
	return b, playable(b)
}

// playable tells why a browser would not show b, if so.
func playable(b live.Batch) error {
	if codec := b.Format.Video().Codec; codec != media.H264 {
		return fmt.Errorf("WebRTC carries H.264, and the camera sends %s: %w", codec, nvr.ErrCodec)
	}
	for _, x := range b.Samples {
		if x.Track == 0 && x.Composition != 0 {
			return fmt.Errorf("the camera does not send pictures in the order they are shown (B-frames): %w", nvr.ErrReordered)
		}
	}
	return nil
}

// passes returns what a track of sound is called in an offer, if it can be sent
// as it is.
func passes(audio media.Track) (webrtc.RTPCodecCapability, bool) {
	switch {
	case audio.Codec == media.Opus:
		return audioOpus, true
	case audio.Codec == media.PCMU && audio.SampleRate == 8000 && audio.Channels == 1:
		return audioPCMU, true
	case audio.Codec == media.PCMA && audio.SampleRate == 8000 && audio.Channels == 1:
		return audioPCMA, true
	}
	return webrtc.RTPCodecCapability{}, false
}

// ID names the session: 130 bits that nobody guesses.
func (s *Session) ID() string { return s.id }

// Answer is the answer to the offer.
func (s *Session) Answer() string { return s.answer }

// Since returns a moment and the time stamp of RTP that pictures of that
// moment have, by which one can tell how old a picture is.
func (s *Session) Since() (nvr.Time, uint32) { return s.since, s.first }

// Done is closed when the session has ended and holds nothing any more.
func (s *Session) Done() <-chan struct{} { return s.done }

// End ends the session; it does not wait.
func (s *Session) End() { s.end(errEnded) }

// open adds a track of that codec to a connection.
func (t *sender) open(pc *webrtc.PeerConnection, codec webrtc.RTPCodecCapability, name string) (*webrtc.RTPSender, error) {
	// Of one stream, so that they are shown and heard together.
	track, err := webrtc.NewTrackLocalStaticRTP(codec, name, "live")
	if err != nil {
		return nil, fmt.Errorf("WebRTC: %w", err)
	}
	out, err := pc.AddTrack(track)
	if err != nil {
		return nil, fmt.Errorf("WebRTC: %w", err)
	}
	t.track, t.head = track, rtp.Header{Version: 2, SequenceNumber: uint16(rand.Uint32())}
	return out, nil
}

// hurry has a browser that agreed to it show each picture at once.
func (t *sender) hurry(out *webrtc.RTPSender) {
	for _, x := range out.GetParameters().HeaderExtensions {
		if x.URI == playoutDelay {
			_ = t.head.SetExtension(uint8(x.ID), atOnce) // fails for numbers beyond 14: then it is as without
		}
	}
}

// write sends one packet. The payload is the caller's again when it returns.
func (t *sender) write(at uint32, payload []byte, marker bool) error {
	t.head.SequenceNumber++
	t.head.Timestamp, t.head.Marker = at, marker
	return t.track.WriteRTP(&rtp.Packet{Header: t.head, Payload: payload})
}

// listen takes the reports of the browser until the connection is closed.
func (s *Session) listen(from *webrtc.RTPSender) {
	for {
		all, _, err := from.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range all {
			if report, ok := p.(*rtcp.ReceiverReport); ok && lost(report) {
				s.slow.Store(true)
			}
		}
	}
}

func lost(r *rtcp.ReceiverReport) bool {
	for _, x := range r.Reports {
		if x.FractionLost >= lossy {
			return true
		}
	}
	return false
}
