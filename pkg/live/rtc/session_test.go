package rtc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/live"
	"nvrd/pkg/live/rtc"
	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

var (
	video = media.Track{
		Codec: media.H264, Timescale: 90000, Width: 1920, Height: 1080,
		SPS: []byte{
			0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00,
			0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20,
		},
		PPS: []byte{0x68, 0xce, 0x3c, 0x80},
	}
	phone  = media.Track{Codec: media.PCMU, Timescale: 8000, SampleRate: 8000, Channels: 1}
	silent = media.Format{Tracks: []media.Track{video}}
	loud   = media.Format{Tracks: []media.Track{video, phone}}
)

// camera plays pictures into a stream: ten a second by their own clock, with a
// key frame every ten, of 3 kB, so that each is cut.
type camera struct {
	live.Stream
	n int
}

func picture(n int, arrived time.Time) media.Sample {
	nal := bytes.Repeat([]byte{byte(n)}, 3000)
	nal[0] = 0x41
	if n%10 == 0 {
		nal[0] = 0x65
	}
	return media.Sample{DTS: int64(n) * 9000, Key: n%10 == 0, Data: append(binary.BigEndian.AppendUint32(nil, 3000), nal...), Arrived: arrived}
}

func (c *camera) play(n int) {
	for range n {
		c.Sample(picture(c.n, time.Now()))
		c.n++
	}
}

func engine(t *testing.T) *rtc.Engine {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e, err := rtc.New(rtc.Config{Conn: conn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func browser(t *testing.T, known ...string) (*rtctest.Browser, rtc.Offer) {
	t.Helper()
	b, err := rtctest.New(known...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	sdp, err := b.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b, rtc.Offer{SDP: sdp}
}

func watch(t *testing.T, e *rtc.Engine, s *live.Stream) (*rtc.Session, *rtctest.Browser) {
	t.Helper()
	b, offer := browser(t)
	session, err := e.Watch(t.Context(), s, offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Answer(session.Answer()); err != nil {
		t.Fatal(err)
	}
	return session, b
}

func frame(t *testing.T, b *rtctest.Browser) rtctest.Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case f := <-b.Frames:
		return f
	case <-ctx.Done():
		t.Fatal("no frame came")
		return rtctest.Frame{}
	}
}

func ended(t *testing.T, s *rtc.Session) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case <-s.Done():
	case <-ctx.Done():
		t.Fatal("the session goes on")
	}
}

// A viewer begins with the newest key frame, whole and with its parameter sets,
// and time goes on as the camera counts it.
func TestWatchBeginsWithTheLastGroup(t *testing.T) {
	e, c := engine(t), &camera{}
	c.Begin(silent, true)
	c.play(13) // from 10 on is the last group
	session, b := watch(t, e, &c.Stream)
	_, first := session.Since()
	start := []byte{0, 0, 0, 1}
	for n := 10; n < 16; n++ {
		if n >= 13 {
			c.play(1)
		}
		f := frame(t, b)
		want := append(append([]byte{}, start...), picture(n, time.Time{}).Data[4:]...)
		if n == 10 {
			sets := append(append(append(append([]byte{}, start...), video.SPS...), start...), video.PPS...)
			want = append(sets, want...)
		}
		if !bytes.Equal(f.Data, want) {
			t.Fatalf("picture %d is not as the camera sent it: %d bytes, %x…", n, len(f.Data), f.Data[:min(40, len(f.Data))])
		}
		if got := f.Timestamp - first; got != uint32(n-10)*9000 {
			t.Errorf("picture %d is stamped %d units after the first, want %d", n, got, (n-10)*9000)
		}
	}
	session.End()
	ended(t, session)
	if n := c.Viewers(); n != 0 {
		t.Errorf("the stream still has %d viewers", n)
	}
}

// A browser that can is told to hold no picture back; one that cannot is told nothing.
func TestNoPictureIsHeldBack(t *testing.T) {
	for known, want := range map[string][]byte{"": {0, 0, 0}, "video/H264 audio/PCMU": nil} {
		var c camera
		c.Begin(silent, true)
		c.play(3)
		b, offer := browser(t, strings.Fields(known)...)
		s, err := engine(t).Watch(t.Context(), &c.Stream, offer)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Answer(s.Answer()); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			if f := frame(t, b); !bytes.Equal(f.Delay, want) || (f.Delay == nil) != (want == nil) {
				t.Errorf("%q, picture %d: held back by %v, want %v", known, n, f.Delay, want)
			}
		}
		s.End()
	}
}

func TestWatchRefuses(t *testing.T) {
	e := engine(t)
	reordered := &camera{}
	reordered.Begin(silent, true)
	key, later := picture(0, time.Now()), picture(1, time.Now())
	later.Composition = 9000
	reordered.Sample(key)
	reordered.Sample(later)
	h265 := &camera{}
	h265.Begin(media.Format{Tracks: []media.Track{{Codec: media.H265, Timescale: 90000}}}, true)
	h265.play(1)
	h264 := &camera{}
	h264.Begin(silent, true)
	h264.play(1)
	for name, test := range map[string]struct {
		c     *camera
		knows []string // of codecs; none: what browsers know
		want  error
	}{
		"B-frames": {reordered, nil, nvr.ErrReordered}, "H.265": {h265, nil, nvr.ErrCodec},
		"a browser without H.264": {h264, []string{"video/VP8", "audio/PCMU"}, nvr.ErrCodec},
	} {
		_, offer := browser(t, test.knows...)
		if _, err := e.Watch(t.Context(), &test.c.Stream, offer); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// Sound that a browser knows is passed on as it is; what was heard since the last
// key frame stays away.
func TestWatchHears(t *testing.T) {
	e, c := engine(t), &camera{}
	c.Begin(loud, true)
	c.Sample(picture(0, time.Now().Add(-time.Second)))
	c.Sample(media.Sample{Track: 1, Data: []byte("old"), Arrived: time.Now().Add(-time.Second)})
	_, b := watch(t, e, &c.Stream)
	if f := frame(t, b); f.Kind != "video" {
		t.Fatalf("first comes %s %q", f.Kind, f.Data)
	}
	said := bytes.Repeat([]byte{7}, 160)
	c.Sample(media.Sample{Track: 1, DTS: 8000, Data: said, Arrived: time.Now()})
	if f := frame(t, b); f.Kind != "audio" || !bytes.Equal(f.Data, said) {
		t.Fatalf("then comes %s %q", f.Kind, f.Data)
	}
}
