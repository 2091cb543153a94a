package rtsp

import (
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

// Packets are told each minute and at the end, each once.
func TestPacketsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeeder(newMemory(t))
		var told []nvr.Packets
		f.told.packets = func(p nvr.Packets) { told = append(told, p) }
		for i := range uint32(150) {
			f.second(90000*i, 8000*i)
			if i%10 == 0 {
				f.seq[0]++ // one is missing
			}
			f.watch(time.Now())
		}
		f.end()
		var all nvr.Packets
		for _, p := range told {
			all = all.Plus(p)
		}
		if want := (nvr.Packets{Sent: 150*20 + 15, Lost: 15}); len(told) != 3 || all != want {
			t.Errorf("told %+v, want %+v in three parts", told, want)
		}
	})
}
