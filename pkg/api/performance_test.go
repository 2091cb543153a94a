package api

import (
	"context"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

func (h *home) Performance(context.Context) (nvr.Performance, error) {
	return nvr.Performance{
		Disks: []nvr.DiskTimings{{Path: "/mnt/disk", Barriers: nvr.Timings{Count: 3600, P50: 9 * time.Millisecond, P95: 20 * time.Millisecond, P99: 1500 * time.Microsecond, Max: time.Second}}},
		Seeks: h.seeks.Timings(), Load: nvr.Load{Over: time.Hour, CPU: 0.25, Decoders: 0.5, Memory: 1 << 20, Cameras: 1, Cores: 4},
	}, h.err
}

func (h *home) Connected(_ context.Context, camera nvr.CameraID, span nvr.Span) (nvr.Connected, error) {
	return nvr.Connected{Known: span.Duration(), Lost: 90 * time.Second, Losses: int(camera) + 1, Packets: nvr.Packets{Sent: 5000, Lost: 7}}, nil
}

func TestPerformance(t *testing.T) {
	h, _, _ := recorded(t)
	var got performanceView
	if err := json.Unmarshal([]byte(text(t, h.do("GET", "/api/v1/performance", ""))), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Disks) != 1 || got.Disks[0] != (diskView{"/mnt/disk", timingsView{3600, 9, 20, 1.5, 1000}}) || got.Load != (loadView{3600, 0.25, 0.5, 1 << 20, 1, 4}) {
		t.Errorf("%+v", got)
	}
	if len(got.Connections) != 1 || got.Connections[0] != (connectionView{1, 2, 90, 86400, 5000, 7}) {
		t.Errorf("connections %+v", got.Connections)
	}
}

// Each request for recorded video counts once, when its first byte is sent; what is
// refused, or leads elsewhere, does not.
func TestSeeksAreCounted(t *testing.T) {
	h, span, query := recorded(t)
	count := int64(0)
	for _, c := range []struct {
		address string
		status  int
		seeks   int64
	}{
		{"/api/v1/cameras/1/playlist.m3u8?" + query, 200, 1},
		{"/api/v1/cameras/1/picture.mp4?at=" + url.QueryEscape(span.To.String()), 200, 1},
		{"/api/v1/cameras/1/picture.mp4", 307, 0},
		{"/api/v1/cameras/1/playlist.m3u8", 400, 0},
		{"/api/v1/cameras/7/playlist.m3u8?" + query, 404, 0},
		{"/api/v1/cameras/1/timeline?" + query, 200, 0},
		{"/api/v1/cameras/1/export.mp4?" + query, 200, 0},
	} {
		r := h.do("GET", c.address, "")
		count += c.seeks
		if got := h.seeks.Timings(); r.StatusCode != c.status || got.Count != count {
			t.Errorf("%s: %d, and %d seeks, want %d and %d", c.address, r.StatusCode, got.Count, c.status, count)
		}
	}
	base, _ := url.Parse("/api/v1/cameras/1/playlist.m3u8")
	list := text(t, h.do("GET", base.Path+"?"+query, ""))
	part := base.ResolveReference(found(t, list, `\n(segments/.*)\n`)).String()
	before := h.seeks.Timings()
	text(t, h.do("GET", part, "", "Range", "bytes=0-1000000"))
	if got := h.seeks.Timings(); got.Count != before.Count+1 || got.Max <= 0 {
		t.Errorf("a part in many writes: %+v, before %+v", got, before)
	}
}
