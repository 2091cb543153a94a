package rtc_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/live/rtc"
	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

func speak(t *testing.T, mime string) (*rtctest.Microphone, rtc.Offer) {
	t.Helper()
	m, err := rtctest.NewMicrophone(mime)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	sdp, err := m.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m, rtc.Offer{SDP: sdp}
}

// TestListen has a browser speak: what it says is heard, in order, until it leaves.
func TestListen(t *testing.T) {
	e := engine(t)
	m, offer := speak(t, "audio/PCMU")
	heard := make(chan []int16, 1000)
	mic, err := e.Listen(t.Context(), offer, func(s []int16) { heard <- s })
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Answer(mic.Answer()); err != nil {
		t.Fatal(err)
	}
	<-m.Connected
	go func() {
		for n := byte(0); ; n++ {
			select {
			case <-mic.Done():
				return
			case <-time.After(20 * time.Millisecond):
				_ = m.Say(slices.Repeat([]byte{n}, 160)) // fails once it is closed
			}
		}
	}()
	var first []int16
	for n := range byte(20) {
		select {
		case s := <-heard:
			if n == 0 {
				first = s
			}
			want := pcm.DecodeMuLaw([]byte{pcm.EncodeMuLaw(first)[0] + n})
			if len(s) != 160 || s[0] != want[0] || s[159] != want[0] {
				t.Fatalf("frame %d: %d samples of %d, want %d", n, len(s), s[0], want[0])
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is heard")
		}
	}
	mic.End()
	select {
	case <-mic.Done():
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
}

// TestListenRefuses has browsers offer what is no microphone of ours.
func TestListenRefuses(t *testing.T) {
	e := engine(t)
	hear := func([]int16) { t.Error("something is heard") }
	_, opus := speak(t, "audio/opus")
	_, viewer := browser(t)
	for name, tt := range map[string]struct {
		offer rtc.Offer
		kind  error
	}{
		"Opus only":  {opus, nvr.ErrCodec},
		"a viewer":   {viewer, nvr.ErrCodec},
		"no offer":   {rtc.Offer{SDP: "v=0"}, nvr.ErrInvalid},
		"long offer": {rtc.Offer{SDP: string(make([]byte, rtc.MaxOffer+1))}, nvr.ErrTooLarge},
	} {
		if _, err := e.Listen(t.Context(), tt.offer, hear); !errors.Is(err, tt.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
