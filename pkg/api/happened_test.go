package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/auth"
	"nvrd/pkg/catalog"
	"nvrd/pkg/event"
	"nvrd/pkg/nvr"
	"nvrd/pkg/ring"
	"nvrd/pkg/talk"
)

// eventful returns a home with events of two cameras, and these, the latest first.
func eventful(t *testing.T) (h *home, events []nvr.Event) {
	t.Helper()
	h, _, _ = recorded(t)
	err := h.catalog.Update(t.Context(), func(tx catalog.Tx) error {
		if err := tx.EnableStream(nvr.StreamID{Camera: 2}, long); err != nil {
			return err
		}
		for n := range 40 {
			at := long.Add(time.Duration(n/3) * time.Hour)
			e := nvr.Event{Stream: nvr.StreamID{Camera: nvr.CameraID(1 + n%2)}, Span: nvr.Span{From: at, To: at}, Kind: []string{"ring", "motion", "person"}[n%3], Detail: fmt.Sprint(n)}
			var err error
			if e.ID, err = tx.PutEvent(e); err != nil {
				return err
			}
			events = append(events, e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(events)
	return h, events
}

// long is a time ago.
const long nvr.Time = 1_767_225_600_000_000 // 2026-01-01

// listed walks through all pages of what is asked for.
func listed(t *testing.T, h http.Handler, query string) (all []eventView) {
	t.Helper()
	for page, n := "", 0; ; n++ {
		r := do(h, "GET", "/api/v1/events?"+query+"&page="+url.QueryEscape(page), "")
		var got eventsView
		if err := json.Unmarshal([]byte(text(t, r)), &got); err != nil || r.StatusCode != 200 || n > 100 {
			t.Fatalf("%s: %d, %v, %d pages", query, r.StatusCode, err, n)
		}
		all = append(all, got.Events...)
		if page = got.Next; page == "" {
			return all
		}
	}
}

// Pages of a list hold each event of the span once, whoever asks for how many.
func TestListOfEvents(t *testing.T) {
	h, events := eventful(t)
	span := nvr.Span{From: long.Add(2 * time.Hour), To: long.Add(11 * time.Hour)}
	for _, limit := range []int{1, 2, 7, 27, 1000} {
		for _, c := range []struct {
			query string
			who   auth.Subject
			holds func(nvr.Event) bool
		}{
			{"", auth.Household(), func(nvr.Event) bool { return true }},
			{"&camera=2", auth.Household(), func(e nvr.Event) bool { return e.Stream.Camera == 2 }},
			{"&kind=ring&camera=1", auth.Household(), func(e nvr.Event) bool { return e.Kind == "ring" && e.Stream.Camera == 1 }},
			{"&kind=nothing", auth.Household(), func(nvr.Event) bool { return false }},
			{"&camera=7", auth.Household(), func(nvr.Event) bool { return false }},
			{"", guest, func(e nvr.Event) bool { return e.Stream.Camera == 1 }},
			{"&camera=2", guest, func(nvr.Event) bool { return false }},
		} {
			var want []eventView
			for _, e := range events {
				if span.Contains(e.Span.From) && c.holds(e) {
					want = append(want, viewOfEvent(e))
				}
			}
			query := url.Values{"from": {span.From.String()}, "to": {span.To.String()}, "limit": {fmt.Sprint(limit)}}.Encode() + c.query
			if diff := cmp.Diff(want, listed(t, auth.As(c.who, h.bare), query)); diff != "" {
				t.Errorf("%s to %s, -want +got:\n%s", query, c.who.Name, diff)
			}
		}
	}
	const whole = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"
	for query, want := range map[string]string{
		"from=2026-01-01T00:00:00Z": "invalid", "from=2026-01-01T00:00:00Z&to=2026-03-02T00:00:00Z": "too_large",
		whole + "&limit=0": "invalid", whole + "&limit=1001": "invalid", whole + "&limit=x": "invalid", whole + "&limit=1&limit=2": "invalid",
		whole + "&page=1": "invalid", whole + "&page=-1--1": "invalid", whole + "&page=9999999999999999999-1": "invalid",
		whole + "&camera=x": "invalid", whole + "&camera=0": "invalid", whole + "&kind=a&kind=b": "invalid",
	} {
		if kind, _ := failure(t, h.do("GET", "/api/v1/events?"+query, "")); kind != want {
			t.Errorf("%s: %s, want %s", query, kind, want)
		}
	}
}

// listener is a page that hears what happens.
type listener struct {
	t     *testing.T
	body  *http.Response
	lines *bufio.Scanner
}

func listen(t *testing.T, server, query, last string) *listener {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server+"/api/v1/events/live"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("%d %s", answer.StatusCode, got)
	}
	return &listener{t, answer, bufio.NewScanner(answer.Body)}
}

// hear returns the next event and its id; false at the end.
func (l *listener) hear() (e eventView, id string, ok bool) {
	for l.lines.Scan() {
		line := l.lines.Text()
		if after, ok := strings.CutPrefix(line, "id: "); ok {
			id = after
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				l.t.Fatalf("%q: %v", data, err)
			}
			return e, id, true
		}
	}
	return e, id, false
}

// expect hears events with these details.
func (l *listener) expect(details ...string) (last string) {
	l.t.Helper()
	for _, want := range details {
		e, id, ok := l.hear()
		if !ok || e.Detail != want {
			l.t.Fatalf("heard %+v, %v, want %s", e, ok, want)
		}
		if id != "" {
			last = id
		}
	}
	return last
}

func (h *home) happens(camera nvr.CameraID, kind, detail string) {
	now := nvr.Now()
	h.bus.Publish(nvr.Event{Stream: nvr.StreamID{Camera: camera}, Span: nvr.Span{From: now, To: now}, Kind: kind, Detail: detail})
}

// A page hears what happens, and after an interruption what it missed: from
// memory, or from the catalog if that lies too far back.
func TestLiveEvents(t *testing.T) {
	h, _ := eventful(t)
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	page, rings, one := listen(t, server.URL, "", ""), listen(t, server.URL, "?kind=ring", ""), listen(t, server.URL, "?camera=2", "")
	guests := httptest.NewServer(auth.As(guest, h.bare))
	defer guests.Close()
	visitor := listen(t, guests.URL, "", "")
	h.happens(1, "ring", "a")
	h.happens(2, "motion", "b\n\nevent: forged")
	if r := h.do("POST", "/api/v1/cameras/1/events", `{"kind":"ring","detail":"c"}`); r.StatusCode != 202 {
		t.Fatal(text(t, r))
	}
	last := page.expect("a", "b\n\nevent: forged", "c")
	rings.expect("a", "c")
	one.expect("b\n\nevent: forged")
	visitor.expect("a", "c")
	page.body.Body.Close()
	h.happens(1, "ring", "d")
	h.happens(1, "ring", "e")
	page = listen(t, server.URL, "?after="+url.QueryEscape(long.String()), last) // the header is newer
	last = page.expect("d", "e")
	h.happens(1, "ring", "f")
	page.expect("f")
	after := listen(t, server.URL, "?after="+url.QueryEscape(last), "")
	after.expect("f")
	old := listen(t, server.URL, "?camera=2&after="+url.QueryEscape(long.Add(11*time.Hour).String()), "")
	old.expect("33", "35", "37", "39", "b\n\nevent: forged")
	h.bus.Close()
	for name, l := range map[string]*listener{"page": page, "rings": rings, "one": one, "visitor": visitor, "after": after, "old": old} {
		for {
			e, _, ok := l.hear()
			if !ok {
				break
			}
			if e.Detail != "d" && e.Detail != "e" && e.Detail != "f" {
				t.Errorf("%s heard %+v at the end", name, e)
			}
		}
	}
	if kind, _ := failure(t, h.do("GET", "/api/v1/events/live", "", "Last-Event-ID", "7")); kind != "invalid" {
		t.Errorf("an id that is none: %s", kind)
	}
}

// A page that takes nothing is let go, and its place with it; what it gets is a
// whole number of events, so that it can go on behind the last.
func TestSlowListeners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := event.New()
		handler := auth.As(auth.Household(), New(Config{Events: bus, Rings: ring.New(nil, bus.Publish, nil, nil), Talks: talk.New(nil, nil)}))
		w := &stuck{ResponseRecorder: httptest.NewRecorder(), on: make(chan struct{})}
		ended := make(chan struct{})
		go func() {
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/events/live", nil))
			close(ended)
		}()
		synctest.Wait()
		for n := range 200 {
			bus.Publish(nvr.Event{Stream: nvr.StreamID{Camera: 1}, Span: nvr.Span{From: long, To: long}, Kind: "motion", Detail: fmt.Sprint(n)})
		}
		close(w.on)
		<-ended
		body := w.Body.String()
		if n := strings.Count(body, "\n\n") - 1; n < 10 || n >= 200 || !strings.HasSuffix(body, "\n\n") {
			t.Errorf("%d events came before the end", n)
		}
	})
}

// stuck takes nothing until it may go on.
type stuck struct {
	*httptest.ResponseRecorder
	on chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	<-s.on
	return s.ResponseRecorder.Write(b)
}
