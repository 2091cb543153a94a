package rtc_test

import (
	"testing"
	"time"

	"nvrd/pkg/live/rtc"
	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/nvr"
)

// TestCrowd holds what measurements go by: who only counts gets every packet,
// and no frame.
func TestCrowd(t *testing.T) {
	var cam camera
	cam.Begin(silent, true)
	defer cam.End(nvr.Reason(""), nil)
	var crowd rtctest.Crowd
	v, err := crowd.Join()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	sdp, err := v.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cam.play(1)
	session, err := engine(t).Watch(t.Context(), &cam.Stream, rtc.Offer{SDP: sdp})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Answer(session.Answer()); err != nil {
		t.Fatal(err)
	}
	frame(t, v.Browser)
	v.Count()
	const pictures, packets = 9, 3 // of 3 kB each
	cam.play(pictures)
	within := time.After(20 * time.Second)
	for n, bytes := crowd.Counted(); n < pictures*packets || bytes < pictures*3000; n, bytes = crowd.Counted() {
		select {
		case <-within:
			t.Fatalf("%d packets of %d bytes", n, bytes)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if n := len(v.Frames); n != 0 {
		t.Errorf("%d frames were decrypted", n)
	}
}
