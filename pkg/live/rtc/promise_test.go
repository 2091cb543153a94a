package rtc_test

import (
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"nvrd/pkg/live/rtc"
	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// number tells which of the camera's pictures f is.
func number(s *rtc.Session, f rtctest.Frame) int {
	_, first := s.Since()
	return int(f.Timestamp-first) / 9000
}

func shows(t *testing.T, s *rtc.Session, b *rtctest.Browser, want ...int) {
	t.Helper()
	for _, n := range want {
		if got := number(s, frame(t, b)); got != n {
			t.Fatalf("picture %d comes, want %d", got, n)
		}
	}
}

// A viewer that is a second behind sees nothing more of this group; nothing of it
// comes late, and the next key frame does at once.
func TestLateViewerSkipsToAKeyFrame(t *testing.T) {
	e, c := engine(t), &camera{}
	c.Begin(silent, true)
	c.play(3)
	s, b := watch(t, e, &c.Stream)
	shows(t, s, b, 0, 1, 2)
	c.Sample(picture(3, time.Now().Add(-2*time.Second)))
	c.n = 4
	c.play(8)
	shows(t, s, b, 10, 11)
}

// A browser that loses much sees nothing more of this group either, and all of a
// later one. A report that comes just before a key frame costs nothing, so it is
// told until one did.
func TestLossSkipsToAKeyFrame(t *testing.T) {
	e, c := engine(t), &camera{}
	c.Begin(silent, true)
	c.play(1)
	s, b := watch(t, e, &c.Stream)
	shows(t, s, b, 0)
	ssrc := uint32(b.PC.GetReceivers()[0].Track().SSRC())
	report := &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: ssrc, FractionLost: 60}}}
	last, skipped := 0, false
	for i := range 2000 {
		if i%7 == 0 && !skipped {
			if err := b.PC.WriteRTCP([]rtcp.Packet{report}); err != nil {
				t.Fatal(err)
			}
		}
		c.play(1)
		select {
		case f := <-b.Frames:
			n := number(s, f)
			switch {
			case n == last+1 && skipped:
				return
			case n == last+1:
			case n%10 == 0:
				skipped = true
			default:
				t.Fatalf("picture %d follows %d, and is no key frame", n, last)
			}
			last = n
		case <-time.After(30 * time.Millisecond):
		}
	}
	t.Fatal("all pictures came")
}

// A new run goes on in the same session; another format ends it.
func TestRunsAndFormats(t *testing.T) {
	e, c := engine(t), &camera{}
	c.Begin(silent, true)
	c.play(1)
	s, b := watch(t, e, &c.Stream)
	shows(t, s, b, 0)
	c.End(nvr.Reason(""), nil)
	c.n = 0
	c.Begin(silent, true)
	c.play(2)
	if f, next := frame(t, b), frame(t, b); next.Timestamp-f.Timestamp != 9000 {
		t.Errorf("the new run has pictures %d units apart", next.Timestamp-f.Timestamp)
	}
	other := video
	other.Width, other.Height = 640, 360
	c.Begin(media.Format{Tracks: []media.Track{other}}, true)
	c.play(10)
	ended(t, s)
}

// All who watch see the same pictures of one stream, each once.
func TestManyWatchOneStream(t *testing.T) {
	e, c := engine(t), &camera{}
	c.Begin(silent, true)
	c.play(1)
	const many = 12
	var sessions [many]*rtc.Session
	var browsers [many]*rtctest.Browser
	for i := range many {
		sessions[i], browsers[i] = watch(t, e, &c.Stream)
		shows(t, sessions[i], browsers[i], 0)
	}
	if n := c.Viewers(); n != many {
		t.Errorf("the stream has %d viewers, want %d", n, many)
	}
	c.play(3)
	for i := range many {
		shows(t, sessions[i], browsers[i], 1, 2, 3)
		sessions[i].End()
	}
	for _, s := range sessions {
		ended(t, s)
	}
	if n := c.Viewers(); n != 0 {
		t.Errorf("%d still watch", n)
	}
}

// ear is a socket that can be made deaf, as if all browsers lost their network.
type ear struct {
	net.PacketConn
	deaf atomic.Bool
}

func (e *ear) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := e.PacketConn.ReadFrom(p)
		if err != nil || !e.deaf.Load() {
			return n, from, err
		}
	}
}

// A browser that left without a word is given up after 9 s, and not much before.
func TestSilenceEndsASession(t *testing.T) {
	t.Parallel() // it waits
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket := &ear{PacketConn: conn}
	e, err := rtc.New(rtc.Config{Conn: socket, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	c := &camera{}
	c.Begin(silent, true)
	c.play(1)
	s, b := watch(t, e, &c.Stream)
	shows(t, s, b, 0)
	socket.deaf.Store(true)
	since := time.Now()
	ended(t, s)
	// A check before it may be up to 2.5 s old.
	if took := time.Since(since); took < 6*time.Second || took > 15*time.Second {
		t.Errorf("it ended after %v", took)
	}
}
