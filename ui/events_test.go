package ui_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

func (h *household) LatestEvents(_ context.Context, span nvr.Span, f func(nvr.Event) bool) error {
	all := slices.SortedFunc(slices.Values(h.events), func(a, b nvr.Event) int { return int(b.Span.From - a.Span.From) })
	for _, e := range all {
		if e.Span.From < span.To && e.Span.To >= span.From && !f(e) {
			break
		}
	}
	return h.err
}

func happened(camera nvr.CameraID, kind, from string, lasts time.Duration) nvr.Event {
	return nvr.Event{Stream: nvr.StreamID{Camera: camera}, Kind: kind, Span: nvr.Span{From: at(from), To: at(from).Add(lasts)}}
}

// What happened on a day stands there, the newest first, with the picture of its
// beginning where there is one. Like ones in a row are one.
func TestEvents(t *testing.T) {
	h := &household{
		cameras: []nvr.Camera{camera(1, "Drive"), camera(2, hostileName)},
		line:    appliance.Timeline{Footage: []nvr.Span{span("2026-11-19T08:00:00Z", "2026-11-19T10:00:00Z")}},
		events: []nvr.Event{
			happened(1, nvr.MotionEvent, "2026-11-19T08:10:00Z", 10*time.Second),
			happened(1, nvr.MotionEvent, "2026-11-19T08:10:50Z", 10*time.Second),
			happened(2, nvr.RingEvent, "2026-11-19T08:11:00Z", 0),
			happened(1, nvr.MotionEvent, "2026-11-19T08:12:00Z", 10*time.Second), // a minute behind the one before
			happened(1, nvr.MotionEvent, "2026-11-19T08:20:00Z", 10*time.Second),
			happened(1, nvr.PackageEvent, "2026-11-19T12:00:00Z", 10*time.Second), // nothing was recorded
			happened(9, nvr.RingEvent, "2026-11-19T09:00:00Z", 0),                 // of a camera that nobody knows
			happened(1, nvr.RingEvent, "2026-11-18T09:00:00Z", 0),
			happened(1, nvr.MessageEvent, "2026-11-16T09:00:00Z", time.Minute),
			happened(1, nvr.MessageEvent, "2026-11-16T09:01:10Z", time.Minute), // each has a film of its own
		},
	}
	s := serve(t, h)
	// The zone of these pages is Berlin's.
	for address, want := range map[string][]string{
		"/events?day=2026-11-19":                             {"Nothing is recorded here 13:00:00 Parcel Drive", "09:20:00 Motion Drive", "09:11:00 Somebody rang " + hostileName, "09:10–09:12 3 motions Drive"},
		"/events?day=2026-11-19&camera=2":                    {"09:11:00 Somebody rang " + hostileName},
		"/events?day=2026-11-19&kind=motion&camera=1":        {"09:20:00 Motion Drive", "09:10–09:12 3 motions Drive"},
		"/events?day=2026-11-18":                             {"Nothing is recorded here 10:00:00 Somebody rang Drive"},
		"/events?day=2026-11-17":                             nil,
		"/events?day=2026-11-16":                             {"Nothing is recorded here 10:01:10 Message of a visitor Drive", "Nothing is recorded here 10:00:00 Message of a visitor Drive"},
		"/events?day=2026-11-19&before=2026-11-19T08:11:30Z": {"09:11:00 Somebody rang " + hostileName, "09:10–09:11 2 motions Drive"},
	} {
		w := get(s, address)
		got := moments(t, w.Body.String())
		if w.Code != 200 || len(got) != len(want) {
			t.Errorf("%s: %d, %q", address, w.Code, got)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: %q, want %q", address, got[i], want[i])
			}
		}
		run(t, w.Body.String(), everyPage...)
		american(t, s, address)
	}
	page := get(s, "/events?day=2026-11-19").Body.String()
	run(t, page, has("video", "src", "/api/v1/cameras/2/picture.mp4?at=2026-11-19T08%3A11%3A01Z&stream=sub"), has("a", "href", "/cameras/2?at=2026-11-19T08%3A10%3A55Z"),
		has("a", "href", "/events?day=2026-11-18"), has("a", "href", "/events?day=2026-11-20"))
	run(t, get(s, "/events?day=2026-11-16").Body.String(), has("a", "href", "/cameras/1?from=2026-11-16T09%3A00%3A00Z&to=2026-11-16T09%3A01%3A00Z"))
	// Of several in a row, each can be seen.
	for _, from := range []string{"08%3A09%3A55Z", "08%3A10%3A45Z", "08%3A11%3A55Z"} {
		run(t, page, has("a", "href", "/cameras/1?at=2026-11-19T"+from))
	}
	if n := strings.Count(page, "<details"); n != 1 {
		t.Errorf("%d moments can be opened", n)
	}
	run(t, page, has("input", "value", "1,2026-11-19T08:09:55Z,2026-11-19T08:12:15Z,motion")) // all of them are one film
	if n := strings.Count(page, "<video"); n != 3 {
		t.Errorf("%d pictures; nothing was recorded of the fourth", n)
	}
	for _, bad := range []string{"day=yesterday", "day=2026-13-01", "camera=x", "kind=<b>", "before=x", "day=2026-11-19&before=2026-11-01T00:00:00Z"} {
		if w := get(s, "/events?"+bad); w.Code != 400 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

// A busy day comes in pages, and none of it is left out.
func TestEventsInPages(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	for i := range 60 {
		h.events = append(h.events, happened(1, nvr.RingEvent, fmt.Sprintf("2026-11-19T08:%02d:00Z", i), 0))
		h.events[i].Span.From = h.events[i].Span.From.Add(time.Duration(i) * 2 * time.Minute)
		h.events[i].Span.To = h.events[i].Span.From
	}
	s := serve(t, h)
	seen, address := map[string]bool{}, "/events?day=2026-11-19"
	for pages := 1; ; pages++ {
		page := get(s, address).Body.String()
		for _, m := range moments(t, page) {
			if seen[m] {
				t.Errorf("%s stands there twice", m)
			}
			seen[m] = true
		}
		_, more, ok := strings.Cut(page, `href="/events?day=2026-11-19&amp;before=`)
		if !ok {
			if pages != 3 || len(seen) != 60 {
				t.Errorf("%d pages have %d of 60", pages, len(seen))
			}
			return
		}
		more, _, _ = strings.Cut(more, `"`)
		before, err := url.QueryUnescape(more)
		if err != nil {
			t.Fatal(err)
		}
		address = "/events?day=2026-11-19&before=" + url.QueryEscape(before)
	}
}

// What moves all day is no moment: like ones in a row are one for a few minutes of
// silence, half an hour and fifty at most.
func TestLikeOnesInARow(t *testing.T) {
	for name, test := range map[string]struct {
		every, lasts time.Duration
		kind         string
		n, want      int
	}{
		"a few":         {2 * time.Minute, time.Second, nvr.MotionEvent, 4, 1},
		"with pauses":   {4 * time.Minute, time.Second, nvr.MotionEvent, 4, 4},
		"rings":         {2 * time.Minute, 0, nvr.RingEvent, 4, 4},
		"for long":      {2 * time.Minute, time.Second, nvr.MotionEvent, 24, 2}, // 48 min
		"many":          {10 * time.Second, time.Second, nvr.MotionEvent, 51, 2},
		"long and like": {40 * time.Minute, 39 * time.Minute, nvr.MotionEvent, 2, 2},
	} {
		h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
		for i := range test.n {
			e := happened(1, test.kind, "2026-11-19T08:00:00Z", test.lasts)
			e.Span.From, e.Span.To = e.Span.From.Add(time.Duration(i)*test.every), e.Span.To.Add(time.Duration(i)*test.every)
			h.events = append(h.events, e)
		}
		if got := moments(t, get(serve(t, h), "/events?day=2026-11-19").Body.String()); len(got) != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The first page has the newest of a day, and who may see one camera sees what
// happened there alone.
func TestHappenedLately(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Gate")}}
	for i := range 12 {
		from := nvr.Now().Add(-time.Duration(i) * 3 * time.Minute)
		h.events = append(h.events, nvr.Event{Stream: nvr.StreamID{Camera: nvr.CameraID(1 + i%2)}, Kind: nvr.RingEvent, Span: nvr.Span{From: from, To: from}})
	}
	old := nvr.Now().Add(-25 * time.Hour)
	h.events = append(h.events, nvr.Event{Stream: nvr.StreamID{Camera: 1}, Kind: nvr.AlarmEvent, Span: nvr.Span{From: old, To: old}})
	page := get(serve(t, h), "/").Body.String()
	run(t, page, says("What happened lately"), has("a", "href", "/events"))
	if n := len(moments(t, page)); n != 8 {
		t.Errorf("%d moments", n)
	}
	for _, address := range []string{"/", "/events"} {
		for _, m := range moments(t, get(serveTo(t, h, guest), address).Body.String()) {
			if !strings.HasSuffix(m, "Drive") {
				t.Errorf("%s: a guest of the drive sees %q", address, m)
			}
		}
	}
}

// moments returns what a page says of each moment.
func moments(t *testing.T, page string) (all []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range elements(root, "a") {
		if class, _ := attr(a, "class"); class == "moment" {
			all = append(all, content(a))
		}
	}
	return all
}
