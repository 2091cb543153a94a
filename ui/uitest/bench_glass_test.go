//go:build bench

package uitest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"strconv"
	"testing"
	"time"

	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/rtsp/rtspsim"
)

var benchVisits = flag.Int("bench.visits", 10, "how often each page is loaded")

// TestLive measures how soon a page shows pictures, and how old they are, of one
// camera whose pictures show the time. All programs run side by side, and their
// pages are loaded in turns: what else the machine does slows all of them.
func TestLive(t *testing.T) {
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	clocked(t, sim.URL("door"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var ways []way
	for i, start := range servers {
		s, ok := start(t, sim.URL("door"))
		if !ok {
			continue
		}
		err := s.watch(ctx, t, new(rtctest.Crowd)) // until it has the camera
		switch {
		case err == nil:
			ways = append(ways, s.ways...)
		case i == 0:
			t.Fatal(err)
		default:
			fmt.Println(err)
		}
	}
	pages, err := json.Marshal(ways)
	if err != nil {
		t.Fatal(err)
	}
	browse(t, "glass", "STOOP_WAYS="+string(pages), "STOOP_VISITS="+strconv.Itoa(*benchVisits))
}
