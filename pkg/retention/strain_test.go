package retention

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

// TestFloodFillsNoDisk has a camera send 400 Mb/s to a disk that another one has
// filled with what it saw move. The disk never gets full, and the other camera
// loses no picture, and nothing of its part.
func TestFloodFillsNoDisk(t *testing.T) {
	const megabyte = 1 << 20
	dir := mount(t, "size=256m")
	synctest.Test(t, func(t *testing.T) {
		policy := nvr.DefaultRetention()
		policy.FreeBytes = 64 * megabyte
		h := newHome(t, dir, policy)
		moving, still := context.WithCancel(t.Context())
		var porchMoves sync.WaitGroup
		porchMoves.Go(func() {
			for moving.Err() == nil {
				h.recorder.Take(nvr.Event{Stream: porch, Span: nvr.Span{From: nvr.Now(), To: nvr.Now()}, Kind: "motion"})
				time.Sleep(10 * time.Second)
			}
		})
		h.record(150*time.Second, 120_000, porch)
		still()
		porchMoves.Wait()
		h.close()
		h.open()
		before := h.bytes(porch)
		ctx, stop := context.WithCancel(t.Context())
		told := false
		var kept sync.WaitGroup
		kept.Go(func() { h.keeper.Run(ctx) })
		kept.Go(func() {
			for ctx.Err() == nil {
				told = told || slices.Contains(h.keeper.Notices(), nvr.Notice{Kind: nvr.CameraFloods, Camera: gate.Camera})
				time.Sleep(time.Second)
			}
		})
		began := nvr.Now()
		h.together(40*time.Second, map[nvr.StreamID]int{porch: 20_000, gate: 5_000_000})
		stop()
		kept.Wait()
		h.close()
		h.open()
		defer h.close()
		flooded := false
		for _, g := range h.consistent(gate) {
			flooded = flooded || g.Reason == nvr.TooMuch
			if g.Reason.OfDisk() {
				t.Errorf("what floods fills the disk: %+v", g)
			}
		}
		for _, g := range h.consistent(porch) {
			if g.Span.From >= began && g.Reason != nvr.Unreachable && g.Reason != nvr.NotRunning {
				t.Errorf("the other camera has a gap: %+v", g)
			}
		}
		if after := h.bytes(porch); after < before {
			t.Errorf("the other camera has %d of %d bytes", after, before)
		}
		if !flooded || !told {
			t.Errorf("a gap says so: %v, a notice: %v", flooded, told)
		}
	})
}
