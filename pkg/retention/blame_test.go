package retention

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// Whose footage goes first is who writes more than any camera should, on all
// streams together, and for a while after.
func TestBlame(t *testing.T) {
	const s, mb = time.Second, 1_000_000
	sub := nvr.StreamID{Camera: gate.Camera, Quality: nvr.Sub}
	type written struct {
		stream nvr.StreamID
		ago    time.Duration // began
		length time.Duration
		bytes  int64
	}
	for _, tt := range []struct {
		name    string
		written []written
		blamed  bool
	}{
		{"nothing", nil, false},
		{"100 Mb/s", []written{{gate, 60 * s, 60 * s, 60 * nvr.MaxRate}}, false},
		{"a little more", []written{{gate, 60 * s, 60 * s, 60*nvr.MaxRate + mb}}, true},
		{"as much on two streams", []written{{gate, 60 * s, 60 * s, 31 * nvr.MaxRate}, {sub, 60 * s, 60 * s, 31 * nvr.MaxRate}}, true},
		{"as much, over longer", []written{{gate, 120 * s, 60 * s, 60*nvr.MaxRate + mb}, {gate, 60 * s, 60 * s, mb}}, false},
		{"as much, six minutes ago", []written{{gate, 360 * s, 60 * s, 600 * nvr.MaxRate}}, false},
		{"as much, in less than a second", []written{{gate, s / 2, s / 2, 2 * nvr.MaxRate}}, false},
		{"another camera", []written{{porch, 60 * s, 60 * s, 600 * nvr.MaxRate}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t, dir, nvr.Retention{})
				defer h.close()
				now := nvr.Now()
				h.update(func(tx catalog.Tx) error {
					init, err := tx.Init([]byte("init"), 90000)
					for _, id := range []nvr.StreamID{porch, gate, sub} {
						if err == nil {
							err = tx.EnableStream(id, now.Add(-time.Hour))
						}
					}
					for _, w := range tt.written {
						from := now.Add(-w.ago)
						if err == nil {
							err = tx.PutSegment(nvr.Segment{
								Stream: w.stream, Span: nvr.Span{From: from, To: from.Add(w.length)}, Run: nvr.RunID(from), Directory: h.place, Init: init, Timescale: 90000, Sealed: true,
								HeaderBytes: 100, Bytes: w.bytes, MediaDuration: nvr.Units(w.length, 90000),
								Fragments: []nvr.Fragment{{Bytes: w.bytes, MediaDuration: nvr.Units(w.length, 90000), Key: true}},
							})
						}
					}
					return err
				})
				blamed := func() bool {
					t.Helper()
					cameras, err := h.keeper.blame(t.Context(), nvr.Now())
					if err != nil {
						t.Fatal(err)
					}
					return slices.Contains(cameras, gate.Camera)
				}
				if got := blamed(); got != tt.blamed {
					t.Errorf("the camera is blamed: %v", got)
				}
				// Its footage goes, and with it what told on it.
				h.update(func(tx catalog.Tx) error {
					for _, w := range tt.written {
						if err := tx.DropSegment(w.stream, now.Add(-w.ago)); err != nil {
							return err
						}
					}
					return nil
				})
				<-time.After(4 * time.Minute)
				if got := blamed(); got != tt.blamed {
					t.Errorf("four minutes later it is blamed: %v", got)
				}
				<-time.After(2 * time.Minute)
				if blamed() {
					t.Error("six minutes later it is blamed")
				}
			})
		})
	}
}
