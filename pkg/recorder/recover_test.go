package recorder_test

import (
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

// The first picture after a gap was taken before it arrived. If the program is
// killed before the catalog knows of it, the last sign of life may be younger
// than that picture.
func TestGapEndsWhereRecoveredFootageBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		start := nvr.Now()
		s := h.stream(camera)
		time.Sleep(10*time.Second + 500*time.Millisecond)
		h.stream(nvr.StreamID{Camera: 2})  // something to commit
		time.Sleep(550 * time.Millisecond) // and it is committed
		s.Begin(format(), true)
		for i := range 11 { // all that was held back until it was clear how the clocks belong together
			sendPicture(s, i, time.Now().Add(time.Duration(i-8)*100*time.Millisecond))
		}
		h.crash()
		h.open()
		defer h.close()
		if timeline := h.tiled(camera, start, nvr.Now()); len(timeline.Footage) != 1 {
			t.Errorf("footage is %v, want one stretch", timeline.Footage)
		}
	})
}
