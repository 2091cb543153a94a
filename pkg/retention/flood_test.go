package retention_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

// TestSixteenthMore shows that a round frees a sixteenth more than what is
// lacking, and a gibibyte more at most: without that each segment that is
// recorded would take a round.
func TestSixteenthMore(t *testing.T) {
	for name, tt := range map[string]struct {
		policy nvr.Retention
		free   int64
		size   int64 // of each of a hundred segments
		want   int   // how many go
	}{
		"free space":             {nvr.Retention{FreeBytes: 160}, 159, 1, 1 + 10},
		"free space, far off":    {nvr.Retention{FreeBytes: 160}, 130, 1, 30 + 10},
		"enough":                 {nvr.Retention{FreeBytes: 160}, 160, 1, 0},
		"bound":                  {nvr.Retention{MaxBytes: 96}, 1000, 1, 4 + 6},
		"within the bound":       {nvr.Retention{MaxBytes: 100}, 1000, 1, 0},
		"a gibibyte at most":     {nvr.Retention{FreeBytes: 160 << 30}, 159 << 30, 1 << 30, 1 + 1},
		"of a bound, at most so": {nvr.Retention{MaxBytes: 99 << 30}, 1 << 50, 1 << 30, 1 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{policy: tt.policy, cameras: []nvr.CameraID{1}, places: []retention.Place{{ID: 1, Free: tt.free, Total: 1 << 50}}}
			for i := range 100 {
				from := now.Add(-time.Duration(200-i) * time.Minute)
				w.kept = append(w.kept, catalog.Kept{
					ID: nvr.SegmentID(i + 1), Stream: nvr.StreamID{Camera: 1}, Span: nvr.Span{From: from, To: from.Add(time.Minute)}, Directory: 1, Bytes: tt.size,
				})
			}
			if got := len(retention.Removals(w.state())); got != tt.want {
				t.Errorf("%d segments go, want %d", got, tt.want)
			}
		})
	}
}

// TestFlood shows whose footage goes when a camera begins to send at a hundred
// times the rate of the other one, which had filled the disk before.
func TestFlood(t *testing.T) {
	const quiet, flood = 1, 2
	young := nvr.Retention{FreeBytes: 100, Rules: nvr.DefaultRetention().Rules}
	spared := young
	spared.SpareYoung = true
	for name, tt := range map[string]struct {
		policy nvr.Retention
		class  nvr.Class // of the footage of one
		floods []nvr.CameraID
		want   map[nvr.CameraID]int
	}{
		"continuous":         {young, nvr.Continuous, []nvr.CameraID{flood}, map[nvr.CameraID]int{flood: 4}},
		"dearer":             {young, nvr.Ring, []nvr.CameraID{flood}, map[nvr.CameraID]int{flood: 4}},
		"a flood that ended": {nvr.Retention{FreeBytes: 100}, nvr.Ring, nil, map[nvr.CameraID]int{quiet: 16}},
		"young, and spared":  {spared, nvr.Continuous, []nvr.CameraID{flood}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{
				policy: tt.policy, cameras: []nvr.CameraID{quiet, flood}, floods: tt.floods,
				places: []retention.Place{{ID: 1, Free: 90, Total: 1000}},
			}
			add := func(c nvr.CameraID, class nvr.Class, from nvr.Time, bytes int64) {
				w.kept = append(w.kept, catalog.Kept{
					ID: nvr.SegmentID(len(w.kept) + 1), Stream: nvr.StreamID{Camera: c}, Span: nvr.Span{From: from, To: from.Add(time.Minute)},
					Directory: 1, Class: class, Bytes: bytes,
				})
			}
			for i := range 400 {
				add(quiet, nvr.Class(i%2), now.Add(-time.Duration(500-i)*time.Minute), 1)
			}
			for i := range 100 {
				add(flood, tt.class, now.Add(-time.Duration(100-i)*time.Second), 5)
			}
			got := map[nvr.CameraID]int{}
			for _, r := range retention.Removals(w.state()) {
				got[r.Stream.Camera]++
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("segments that go, -want +got:\n%s", diff)
			}
		})
	}
}

// TestAllotment shows that what a camera holds of its allotment stays while another one
// fills the disk with footage that is newer, whatever its class.
func TestAllotment(t *testing.T) {
	w := &world{policy: nvr.Retention{FreeBytes: 100}, cameras: []nvr.CameraID{1, 2, 3}, places: []retention.Place{{ID: 1, Free: 100, Total: 1000}}}
	put := func(c nvr.CameraID, class nvr.Class, from nvr.Time, bytes int64) {
		w.kept = append(w.kept, catalog.Kept{
			ID: nvr.SegmentID(len(w.kept) + 1), Stream: nvr.StreamID{Camera: c}, Span: nvr.Span{From: from, To: from.Add(time.Minute)},
			Directory: 1, Class: class, Bytes: bytes,
		})
		w.places[0].Free -= bytes
	}
	w.places[0].Free = 1000
	for i := range 300 {
		put(nvr.CameraID(1+i%2), nvr.Continuous, now.Add(-time.Duration(1000-i)*time.Hour), 1)
	}
	next := nvr.SegmentID(10_000)
	for i := range 2000 {
		put(3, nvr.Ring, now.Add(time.Duration(i-2000)*time.Minute), 5)
		w.kept[len(w.kept)-1].ID = next + nvr.SegmentID(i)
		w = w.without(retention.Removals(w.state()))
	}
	left := map[nvr.CameraID]int64{}
	for _, k := range w.kept {
		left[k.Stream.Camera] += k.Bytes
	}
	// 900 bytes for footage, less the sixteenth that was freed: a sixth of that.
	if allotment := int64((900 - 100/16) / 6); left[1] < allotment || left[2] < allotment || left[1] > allotment+10 || left[2] > allotment+10 {
		t.Errorf("%v bytes are left of each camera, want %d of the first two", left, allotment)
	}
}
