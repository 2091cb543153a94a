package ui_test

import (
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

// How the recorder does is told in numbers, and what is not good with what to do.
func TestDoing(t *testing.T) {
	const ms = time.Millisecond
	h := &household{cameras: []nvr.Camera{camera(1, "Porch")}}
	s := serve(t, h)
	well := []check{lacks("This disk is slow"), lacks("That is slow"), lacks("little left")}
	run(t, get(s, "/storage").Body.String(), append(well, says("How it is doing", "Nobody has watched recordings."))...)

	p := &h.kept.performance
	p.Disks = []nvr.DiskTimings{{Path: "/mnt/<disk>", Barriers: nvr.Timings{Count: 3600, P99: 8100 * time.Microsecond, Max: nvr.SlowBarrier + ms}}, {Path: "/mnt/new"}}
	p.Seeks = nvr.Timings{Count: 9, P95: nvr.SlowSeek, Max: 3 * time.Second}
	p.Load = nvr.Load{Over: time.Hour, CPU: 0.25, Decoders: 0.5, Memory: 120e6, Cameras: 2, Cores: 1}
	run(t, get(s, "/storage").Body.String(), append(append(well, everyPage...), says("/mnt/<disk>: 99 of 100 times it is safe on the disk within 9 ms; the longest took 251 ms.",
		"/mnt/new: nothing was written yet.", "within 500 ms, 95 of 100", "75 % of one processor core, 38 % for each", "120 MB"))...)

	p.Disks[0].Barriers.P99, p.Disks[0].Barriers.Max = nvr.SlowBarrier+1, 2*time.Second
	p.Seeks.P95 = nvr.SlowSeek + 1
	p.Load.CPU = 0.4
	run(t, get(s, "/storage").Body.String(), says("within 251 ms", "the longest took 2 s", "This disk is slow", "That is slow", "little left"))
}
