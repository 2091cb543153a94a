package talk_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/live/rtc"
	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
	"nvrd/pkg/talk"
)

// doorbell is a simulated camera with a speaker, and talks at it.
func doorbell(t *testing.T) (*rtspsim.Server, *talk.Talks) {
	t.Helper()
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{Speaker: []string{"PCMU/8000"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	clip, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Play("door", clip); err != nil {
		t.Fatal(err)
	}
	talks := talk.New(func(ctx context.Context, _ nvr.CameraID) (talk.Speaker, error) {
		b, err := rtsp.OpenBackChannel(ctx, rtsp.Config{URL: sim.URL("door")})
		if err != nil {
			return nil, err
		}
		return b, nil
	}, slog.New(slog.DiscardHandler))
	t.Cleanup(talks.Close)
	return sim, talks
}

// spoken are 100 levels that G.711 keeps as they are, so that each frame says
// which one it is: mu-law from 0x80 is positive, the quietest last.
const spoken = 100

// TestMicrophoneToCamera has a browser speak by WebRTC, and measures how long it
// takes until a camera has it.
func TestMicrophoneToCamera(t *testing.T) {
	sim, talks := doorbell(t)
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := rtc.New(rtc.Config{Conn: conn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	browser, err := rtctest.NewMicrophone("audio/PCMU")
	if err != nil {
		t.Fatal(err)
	}
	defer browser.Close()
	sdp, err := browser.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pressed := time.Now()
	session, err := talks.Begin(t.Context(), 1, "Ada", rtc.MicrophoneRate)
	if err != nil {
		t.Fatal(err)
	}
	mic, err := engine.Listen(t.Context(), rtc.Offer{SDP: sdp}, session.Say)
	if err != nil {
		t.Fatal(err)
	}
	if err := browser.Answer(mic.Answer()); err != nil {
		t.Fatal(err)
	}
	<-browser.Connected
	connected := time.Since(pressed)
	said := sayAll(t, browser)
	session.End()
	mic.End()
	var late []time.Duration
	for _, h := range sim.Heard() {
		if n := place(h.Samples[80]); n >= 0 && !said[n].IsZero() {
			late = append(late, h.At.Sub(said[n]))
		}
	}
	slices.Sort(late)
	if len(late) < spoken*9/10 {
		t.Fatalf("of %d frames %d arrived", spoken, len(late))
	}
	p50, p95 := late[len(late)/2], late[len(late)*95/100]
	t.Logf("from the button to connected %v; from microphone to camera p50 %v, p95 %v", connected.Round(time.Millisecond), p50.Round(time.Millisecond), p95.Round(time.Millisecond))
	if p95 > 250*time.Millisecond {
		t.Errorf("from microphone to camera it takes %v (p95)", p95)
	}
	ever, now := sim.Speaking()
	for end := time.Now().Add(5 * time.Second); now > 0 && time.Now().Before(end); ever, now = sim.Speaking() {
		<-time.After(5 * time.Millisecond) // the camera was told, and takes note
	}
	if ever != 1 || now != 0 {
		t.Errorf("%d back-channels were set up, %d are open", ever, now)
	}
}

// sayAll says each level once, 20 ms apart, and returns when.
func sayAll(t *testing.T, browser *rtctest.Microphone) (said [spoken]time.Time) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := range said {
		<-tick.C
		said[n] = time.Now()
		if err := browser.Say(slices.Repeat([]byte{code(n)}, 160)); err != nil {
			t.Fatal(err)
		}
	}
	<-tick.C // the last is on its way
	<-tick.C
	<-tick.C
	<-tick.C
	<-tick.C
	return said
}

// code is frame n in mu-law; place finds n again in what became of it.
func code(n int) byte { return byte(0x94 + n) }

var places = sync.OnceValue(func() map[int16]int {
	all := map[int16]int{}
	for n := range spoken {
		all[pcm.DecodeMuLaw([]byte{code(n)})[0]] = n
	}
	return all
})

func place(sample int16) int {
	if n, ok := places()[sample]; ok {
		return n
	}
	return -1
}
