package recorder_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// While another program holds the catalog, cameras can be removed and added,
// and their footage goes on.
func TestStreamsComeAndGoWhileCatalogIsLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		send(s, 0, 5)

		other, err := catalog.Open(t.Context(), filepath.Join(h.dir, "catalog.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		err = other.Update(t.Context(), func(catalog.Tx) error {
			h.recorder.Remove(camera)
			s = h.stream(camera)
			s.Begin(format(), true)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		send(s, 0, 5)
		s.End(nvr.Unreachable, nil)
		time.Sleep(5 * time.Second)
		timeline := h.tiled(camera, start, nvr.Now())
		var recorded time.Duration
		for _, f := range timeline.Footage {
			recorded += f.Duration()
		}
		if recorded < 9*time.Second {
			t.Errorf("%s are recorded, want 10 s: %v", recorded, timeline.Footage)
		}
		streams, err := h.catalog.Streams(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(streams) != 1 || streams[0].Disabled != 0 {
			t.Errorf("streams are %+v, want one that is recorded", streams)
		}
	})
}
