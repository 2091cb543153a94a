package recorder_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// TestFloodOfASlowDisk has a camera send 400 Mb/s, one second in three, to a disk
// that stalls, beside one that sends 2 Mb/s: that one waits for the disk and loses
// nothing.
func TestFloodOfASlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		quiet, flood := h.stream(nvr.StreamID{Camera: 1}), h.stream(nvr.StreamID{Camera: 2})
		few, many := make([]byte, 25_000), make([]byte, 5_000_000)
		quiet.Begin(format(), true)
		flood.Begin(format(), true)
		release := make(chan bool)
		for i := range 200 {
			switch i {
			case 20:
				stuck, _ := h.footage.Create(footage.Origin{Stream: nvr.StreamID{Camera: 9}, Start: start}, []byte("nothing"))
				stuck.Seal(func(footage.Result) { <-release })
			case 170:
				close(release)
			}
			picture := media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: few, Arrived: time.Now()}
			quiet.Sample(picture)
			picture.Data = many
			if i%30 >= 10 { // it takes breath
				picture.Data = few
			}
			flood.Sample(picture)
			time.Sleep(100 * time.Millisecond)
			if reason := h.recorder.Health(); reason != "" {
				t.Errorf("after %d pictures nothing can be written: %s", i, reason)
			}
		}
		quiet.End(nvr.Unreachable, nil)
		flood.End(nvr.Unreachable, nil)
		time.Sleep(3 * time.Second)
		want := []stretch{{"footage", 0, 20}, {string(nvr.Unreachable), 20, -1}}
		if diff := cmp.Diff(want, h.told(nvr.StreamID{Camera: 1}, start), cmp.AllowUnexported(stretch{})); diff != "" {
			t.Errorf("the quiet camera, -want +got:\n%s", diff)
		}
		tooMuch := false
		for _, g := range h.told(nvr.StreamID{Camera: 2}, start) {
			tooMuch = tooMuch || g.what == string(nvr.TooMuch)
			if nvr.Reason(g.what).OfDisk() {
				t.Errorf("the disk is blamed for the flood: %v", g)
			}
		}
		if !tooMuch {
			t.Error("nothing says that the camera sent too much")
		}
	})
}
