package rtsp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtp"

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/dialog"
)

// NoSpeaker is the error of [OpenBackChannel] for a camera that nobody can talk
// to: it offers no back-channel, or only codecs that are not spoken here.
type NoSpeaker struct {
	Offered []string // codecs of its back-channel with their clock rates, as people write them
}

func (e *NoSpeaker) Error() string {
	if len(e.Offered) == 0 {
		return "this camera has no speaker"
	}
	return printable(fmt.Sprintf("this camera's speaker understands only %s; choose G.711 for sound in the camera's settings", strings.Join(e.Offered, " and ")))
}

const (
	// FrameTime is what one frame of a back-channel lasts: RFC 3551, 4.2, has
	// 20 ms as the usual time of a packet.
	FrameTime = 20 * time.Millisecond
	// haste is how far frames that come late may be sent faster than they sound.
	// Of what is later, the camera has played silence instead: a pause.
	haste = 100 * time.Millisecond
	// openTime bounds the opening of a back-channel: somebody waits with a
	// finger on a button. Opening took 3 to 163 ms.
	openTime = 5 * time.Second
	// longest is how long a back-channel is used at most, with room: the camera
	// sends nothing on it, so nothing else tells that it is still there but the
	// connection.
	longest = time.Hour
)

// BackChannel is a session in which sound is sent to the speaker of a camera
// (ONVIF Streaming Specification, 5.3). Close must be called; the camera may
// do without its button until then.
type BackChannel struct {
	codec  string
	rate   int
	encode func([]int16) []byte

	client *gortsplib.Client
	dialer *dialer
	medium *description.Media
	user   *url.Userinfo
	done   chan struct{} // closed when the session is over
	ended  error         // why; of who saw done
	once   sync.Once

	writing  sync.Mutex
	next     time.Time // when the next frame is due; zero before the first
	sequence uint16
	stamp    uint32
}

// OpenBackChannel opens a session of its own with a camera, in which nothing
// but sound for its speaker is asked for. Of what its speaker understands it
// takes the first of G.711 mu-law and A-law at 8 kHz, then at 16 kHz and above.
//
// It gives up after 5 s. Its error is a [*NoSpeaker] or a [*Fault]. One log-in
// is made as by [Run]: who has a budget of them has to ask it before.
func OpenBackChannel(ctx context.Context, c Config) (*BackChannel, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Patience <= 0 || c.Patience > openTime {
		c.Patience = openTime
	}
	address, err := c.address()
	if err != nil {
		return nil, faultOf(err)
	}
	within, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	b, err := openBack(within, c, address)
	if err == nil {
		return b, nil
	}
	var none *NoSpeaker
	if errors.As(err, &none) {
		return nil, none
	}
	if within.Err() != nil {
		return nil, &Fault{nvr.Unreachable, fmt.Sprintf("the camera did not open its speaker within %v", openTime)}
	}
	fault := *faultOf(err)
	fault.Text = printable(scrub(fault.Text, address.User))
	return nil, &fault
}

// openBack follows redirects, and turns to UDP where the camera refuses TCP.
func openBack(ctx context.Context, c Config, address *url.URL) (*BackChannel, error) {
	transport, user := gortsplib.TransportTCP, address.User
	if c.Transport == UDP && address.Scheme == "rtsp" {
		transport = gortsplib.TransportUDP
	}
	for hops := 0; ; hops++ {
		b, err := dialBack(ctx, c, address, user, transport)
		if c.Transport == Auto && address.Scheme == "rtsp" && refusesTCP(err) {
			transport = gortsplib.TransportUDP
			b, err = dialBack(ctx, c, address, user, transport)
		}
		var r *dialog.Redirect
		if !errors.As(err, &r) {
			return b, err
		}
		if address, err = follow(address, r.Location, hops); err != nil {
			return nil, err
		}
	}
}

// dialBack makes one connection.
func dialBack(ctx context.Context, c Config, address *url.URL, user *url.Userinfo, transport gortsplib.Transport) (*BackChannel, error) {
	b := &BackChannel{
		dialer: newDialer(c, address, user), user: user, done: make(chan struct{}),
		sequence: uint16(rand.Uint32()), stamp: rand.Uint32(), // RFC 3550, 5.1
	}
	b.client = newClient(address, transport, b.dialer)
	b.client.RequestBackChannels = true
	b.client.ReadTimeout = longest
	b.client.OnDecodeError = func(error) {}
	if err := b.client.Start2(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, b.hangUp)
	err := b.setUp(bare(address))
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		b.hangUp()
		return nil, err
	}
	go func() {
		b.ended = b.client.Wait()
		close(b.done)
	}()
	return b, nil
}

func (b *BackChannel) hangUp() { b.once.Do(func() { hangUp(b.client, b.dialer) }) }

// setUp asks for the back-channel and nothing else.
func (b *BackChannel) setUp(address *base.URL) error {
	if _, _, err := b.client.Describe(address); err != nil {
		return unwanted(err)
	}
	said, err := readDescription(b.dialer.described())
	if err != nil {
		return err
	}
	medium, sound, err := chooseBack(said.medias)
	if err != nil {
		return err
	}
	b.medium = medium
	b.rate, b.codec, b.encode = sound.SampleRate, "PCMA", pcm.EncodeALaw
	if sound.MULaw {
		b.codec, b.encode = "PCMU", pcm.EncodeMuLaw
	}
	if _, err := b.client.Setup(said.base, medium, 0, 0); err != nil {
		return unwanted(err)
	}
	_, err = b.client.Play(nil)
	return err
}

// unwanted turns the refusal of what was required (551, RFC 2326, 11.3.14) into
// what it means.
func unwanted(err error) error {
	var status liberrors.ErrClientBadStatusCode
	if errors.As(err, &status) && status.Code == base.StatusOptionNotSupported {
		return &NoSpeaker{}
	}
	return err
}

// chooseBack takes the back-channel, and of its formats the best that is spoken
// here. One medium may list the same codec with several clock rates.
func chooseBack(medias []*description.Media) (*description.Media, *format.G711, error) {
	var best *format.G711
	var in *description.Media
	var offered []string
	for _, m := range medias {
		if !m.IsBackChannel {
			continue
		}
		for _, f := range m.Formats {
			name := fmt.Sprintf("%s at %d Hz", codecName(f), f.ClockRate())
			if !slices.Contains(offered, name) {
				offered = append(offered, name)
			}
			g, ok := f.(*format.G711)
			if ok && g.ChannelCount == 1 && pcm.Resamples(g.SampleRate) && (best == nil || better(g, best)) {
				best, in = g, m
			}
		}
	}
	if best == nil {
		return nil, nil, &NoSpeaker{offered}
	}
	return &description.Media{Type: in.Type, Control: in.Control, IsBackChannel: true, Formats: []format.Format{best}}, best, nil
}

// better tells whether a is to be taken before b: the lower rate, which every
// speaker plays well, and of the same rate mu-law, which browsers send.
func better(a, b *format.G711) bool {
	return a.SampleRate < b.SampleRate || a.SampleRate == b.SampleRate && a.MULaw && !b.MULaw
}

// Codec returns what is sent, such as "PCMU".
func (b *BackChannel) Codec() string { return b.codec }

// Rate returns how many samples a second Write takes.
func (b *BackChannel) Rate() int { return b.rate }

// Write sends one frame of 20 ms, Rate()/50 samples of 16 bits, and waits first
// until it is due. Frames that come late are sent at once, up to 100 ms of them;
// what is later follows a pause. It fails once the session is over, with a
// [*Fault] if that was not by Close. It may be called by one goroutine at a time,
// beside Close.
func (b *BackChannel) Write(frame []int16) error {
	if len(frame) != b.rate/int(time.Second/FrameTime) {
		return fmt.Errorf("a frame of %d samples: %w", len(frame), nvr.ErrInvalid)
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	due := time.NewTimer(time.Until(b.next))
	defer due.Stop()
	select {
	case <-b.done:
		return b.fault()
	case <-due.C:
	}
	now := time.Now()
	first := now.Sub(b.next) > haste
	if first { // of a talkspurt (RFC 3551, 4.1)
		if !b.next.IsZero() {
			b.stamp += uint32(nvr.Units(now.Sub(b.next), uint32(b.rate)))
		}
		b.next = now
	}
	err := b.client.WritePacketRTP(b.medium, &rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: first, PayloadType: b.medium.Formats[0].PayloadType(),
			SequenceNumber: b.sequence, Timestamp: b.stamp,
		},
		Payload: b.encode(frame),
	})
	b.sequence++
	b.stamp += uint32(len(frame))
	b.next = b.next.Add(FrameTime)
	if err != nil {
		return b.fault()
	}
	return nil
}

// fault waits for the end of the session, which is near, and says why it is.
func (b *BackChannel) fault() error {
	<-b.done
	fault := *faultOf(b.ended)
	fault.Text = printable(scrub(fault.Text, b.user))
	return &fault
}

// Done returns a channel that is closed when the session is over, whoever ended it.
func (b *BackChannel) Done() <-chan struct{} { return b.done }

// Close ends the session and returns when the camera was told, or half a second
// later. It may be called more than once.
func (b *BackChannel) Close() {
	b.hangUp()
	<-b.done
}
