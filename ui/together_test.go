package ui_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui"
	"nvrd/ui/appliance"
)

// many returns a household of n cameras that recorded a minute each, but for the last
// seconds of it.
func many(n int) *household {
	h := &household{}
	for i := range n {
		h.cameras = append(h.cameras, camera(nvr.CameraID(i+1), fmt.Sprintf("Camera <%d>", i+1)))
	}
	from := at("2026-11-19T09:00:00Z")
	h.line = appliance.Timeline{
		Footage: []nvr.Span{{From: from, To: from.Add(50 * time.Second)}},
		Gaps:    []nvr.Gap{{Span: nvr.Span{From: from.Add(50 * time.Second), To: from.Add(time.Minute)}, Reason: nvr.DiskFull}},
	}
	return h
}

func TestTogether(t *testing.T) {
	h := many(11)
	pages, err := ui.New(ui.Config{Cameras: h, Setup: h, Household: h, Rings: h, Zones: h, Timelines: h, History: h, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	owner := auth.As(auth.Household(), pages)
	const when = "2026-11-19T09:00:20Z"
	tiles := func(body string) int { return strings.Count(body, "data-camera=") }

	w := get(owner, "/cameras?at="+when)
	body := w.Body.String()
	if w.Code != http.StatusOK || tiles(body) != 9 {
		t.Fatalf("%d with %d cameras, want the first nine", w.Code, tiles(body))
	}
	for _, want := range []string{
		`href="/cameras/9?at=2026-11-19T09%3A00%3A20Z"`,
		`src="/api/v1/cameras/9/picture.mp4?at=2026-11-19T09%3A00%3A20Z&amp;stream=sub"`,
		`href="/cameras?at=2026-11-19T09%3A00%3A10Z"`, `href="/cameras?at=2026-11-19T09%3A00%3A30Z"`,
		`value="11"`, "Camera &lt;9&gt;",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	// Those that are named, in their order, once each.
	body = get(owner, "/cameras?camera=11&camera=3&camera=11&at="+when).Body.String()
	if a, b := strings.Index(body, `href="/cameras/11?`), strings.Index(body, `href="/cameras/3?`); tiles(body) != 2 || a < 0 || b < a {
		t.Errorf("%d cameras, the eleventh at %d, the third at %d", tiles(body), a, b)
	}
	// Where nothing was recorded the reason stands in the picture's place.
	body = get(owner, "/cameras?camera=1&camera=2&at=2026-11-19T09:00:55Z").Body.String()
	if n := strings.Count(body, ">The disk was full</span>"); n != 2 || strings.Contains(body, "picture.mp4") {
		t.Errorf("%d reasons in\n%s", n, body)
	}
	// What is typed is in the zone of the page, which is Vienna.
	w = get(owner, "/cameras?when=2026-11-19T09:00:20&camera=2")
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/cameras?at="+url.QueryEscape("2026-11-19T08:00:20Z")+"&camera=2" {
		t.Errorf("%d to %s", w.Code, to)
	}
	for address, code := range map[string]int{
		"/cameras": 200, "/cameras?at=2999-01-01T00:00:00Z": 200, "/cameras?at=yesterday": 400, "/cameras?when=noon": 400,
		"/cameras?camera=0": 400, "/cameras?camera=x": 400, "/cameras?camera=99": 404,
	} {
		if w := get(owner, address); w.Code != code {
			t.Errorf("%s: %d, want %d", address, w.Code, code)
		}
	}

	// Who may look back at one camera sees that alone, and can't tell another from none.
	theirs := auth.As(guest, pages)
	if body = get(theirs, "/cameras?at="+when).Body.String(); tiles(body) != 1 || strings.Contains(body, "Camera &lt;2&gt;") {
		t.Errorf("a guest sees %d cameras", tiles(body))
	}
	if a, b := get(theirs, "/cameras?camera=2"), get(theirs, "/cameras?camera=99"); a.Code != 404 || a.Body.String() != b.Body.String() {
		t.Errorf("a guest can tell another's camera (%d) from none (%d)", a.Code, b.Code)
	}
	// The page of a camera leads there, this camera first; of the only one it does not.
	if body = get(owner, "/cameras/3?at="+when).Body.String(); !strings.Contains(body, `href="/cameras?camera=3&amp;camera=1&amp;camera=2&amp;`) {
		t.Error("the page of a camera does not lead to all of them")
	}
	if body = get(theirs, "/cameras/1?at="+when).Body.String(); strings.Contains(body, "/cameras?") {
		t.Error("the page of the only camera leads to others")
	}
}
