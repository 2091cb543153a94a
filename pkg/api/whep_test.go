package api

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/live/rtc"
	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/nvr"
)

// withRTC gives the API of h an engine.
func withRTC(t *testing.T, h *home) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := rtc.New(rtc.Config{Conn: conn, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	h.rtc = engine
	h.use(nil)
}

func browserOffer(t *testing.T) (*rtctest.Browser, string) {
	t.Helper()
	b, err := rtctest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	sdp, err := b.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b, sdp
}

// gone waits until nobody watches a stream any more.
func gone(t *testing.T, viewers func() int, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for viewers() > 0 {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d still watch after %v", viewers(), within)
		}
	}
}

func ask(t *testing.T, server *httptest.Server, method, path, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

const whep = "/api/v1/cameras/1/whep"

// watching begins a session over server and waits until pictures come.
func watching(t *testing.T, server *httptest.Server, header ...string) (location string) {
	t.Helper()
	b, sdp := browserOffer(t)
	r := ask(t, server, "POST", whep, sdp, append(header, "Content-Type", "application/sdp")...)
	answer, err := io.ReadAll(r.Body)
	location = r.Header.Get("Location")
	if err != nil || r.StatusCode != 201 || !strings.HasPrefix(location, whep+"/") || r.Header.Get("ETag") == "" || r.Header.Get("Content-Type") != "application/sdp" {
		t.Fatalf("%d %v %v %s", r.StatusCode, r.Header, err, answer)
	}
	if err := b.Answer(string(answer)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.Frames:
	case <-time.After(20 * time.Second):
		t.Fatal("no picture came")
	}
	return location
}

func TestWHEP(t *testing.T) {
	h := newHome(t)
	withRTC(t, h)
	s := h.hub.Open(nvr.StreamID{Camera: 1})
	s.Begin(silent, true)
	s.Sample(picture(time.Now(), 0))
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	location := watching(t, server)
	if r := ask(t, server, "PATCH", location, ""); r.StatusCode != 405 || r.Header.Get("Allow") != "DELETE" {
		t.Errorf("PATCH: %d %v", r.StatusCode, r.Header)
	}
	elsewhere := strings.Replace(location, "cameras/1", "cameras/2", 1)
	if r := ask(t, server, "DELETE", elsewhere, ""); r.StatusCode != 404 {
		t.Errorf("of another camera: %d", r.StatusCode)
	}
	if r := ask(t, server, "DELETE", location, ""); r.StatusCode != 200 {
		t.Errorf("DELETE: %d", r.StatusCode)
	}
	gone(t, s.Viewers, 20*time.Second)
}

// A session ends with the sign-out of who began it, though its request is long
// answered.
func TestWHEPEndsAtSignOut(t *testing.T) {
	h, handler, cookie := secured(t, withRTC)
	s := h.hub.Open(nvr.StreamID{Camera: 1})
	s.Begin(silent, true)
	s.Sample(picture(time.Now(), 0))
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	pair, _, _ := strings.Cut(cookie, ";")
	watching(t, server, "Cookie", pair)
	if r := ask(t, server, "POST", "/logout", "", "Cookie", pair); r.StatusCode != 200 {
		t.Fatal(r.StatusCode)
	}
	gone(t, s.Viewers, 5*time.Second)
}

func TestWHEPRefuses(t *testing.T) {
	h := newHome(t)
	withRTC(t, h)
	h.hub.Open(nvr.StreamID{Camera: 1}).Begin(silent, true)
	late := picture(time.Now(), 0)
	late.Composition = 3000
	s, _ := h.hub.Stream(nvr.StreamID{Camera: 1})
	s.Sample(late)
	_, good := browserOffer(t)
	for name, test := range map[string]struct {
		path, media, body, kind string
		status                  int
	}{
		"type":     {whep, "application/json", good, "invalid", 400},
		"no SDP":   {whep, "application/sdp", "", "invalid", 400},
		"long":     {whep, "application/sdp", strings.Repeat("a", rtc.MaxOffer+1), "too_large", 413},
		"stream":   {whep + "?stream=sub", "application/sdp", good, "not_found", 404},
		"B-frames": {whep, "application/sdp", good, "b_frames", 406},
	} {
		r := h.do("POST", test.path, test.body, "Content-Type", test.media)
		if kind, message := failure(t, r); kind != test.kind || r.StatusCode != test.status {
			t.Errorf("%s: %d %s %s", name, r.StatusCode, kind, message)
		}
	}
}

// A session ends within 5 s when its camera is switched off for privacy.
func TestWHEPEndsForPrivacy(t *testing.T) {
	h := newHome(t)
	withRTC(t, h)
	if r := h.do("POST", "/api/v1/cameras", porch); r.StatusCode != 201 {
		t.Fatal(r.StatusCode)
	}
	s := h.hub.Open(nvr.StreamID{Camera: 1})
	s.Begin(silent, true)
	s.Sample(picture(time.Now(), 0))
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	watching(t, server)
	h.private.Store(true)
	gone(t, s.Viewers, 5*time.Second)
}

// When as many watch as may, by whatever way, the next is told so at once; a
// place that becomes free is theirs.
func TestWHEPWhenAllWatch(t *testing.T) {
	h := newHome(t)
	withRTC(t, h)
	s := h.hub.Open(nvr.StreamID{Camera: 1})
	s.Begin(silent, true)
	s.Sample(picture(time.Now(), 0))
	s.Sample(picture(time.Now(), 1))
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	defer server.CloseClientConnections() // they all go on watching
	var leave func() error
	for range maxWatching {
		r := ask(t, server, "GET", "/api/v1/cameras/1/live.mp4", "")
		if r.StatusCode != 200 {
			t.Fatal(r.StatusCode)
		}
		leave = r.Body.Close
	}
	_, offer := browserOffer(t)
	r := ask(t, server, "POST", whep, offer, "Content-Type", "application/sdp")
	if kind, message := failure(t, r); r.StatusCode != 503 || kind != "busy" || !strings.Contains(message, "close a page") {
		t.Errorf("%d %s %s", r.StatusCode, kind, message)
	}
	if err := leave(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for status := 0; status != 201; {
		if ctx.Err() != nil {
			t.Fatal("the free place is not given: ", status)
		}
		status = ask(t, server, "POST", whep, offer, "Content-Type", "application/sdp").StatusCode
	}
}
