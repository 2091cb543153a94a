package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

// get asks a server that listens, and gives up when the test has waited too long.
func get(t *testing.T, address string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func TestLiveView(t *testing.T) {
	h := newHome(t)
	s := h.hub.Open(nvr.StreamID{Camera: 1})
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	from := time.Now()
	s.Begin(silent, true)
	for n := range 15 {
		s.Sample(picture(from, n))
	}
	r := get(t, server.URL+"/api/v1/cameras/1/live.mp4?stream=main")
	if got := r.Header.Get("Content-Type"); r.StatusCode != 200 || got != `video/mp4; codecs="avc1.42c028"` || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	// What there was comes at once, before the camera sends more.
	var file bytes.Buffer
	if _, err := io.CopyN(&file, r.Body, 1000); err != nil {
		t.Fatal(err)
	}
	for n := 15; n < 18; n++ {
		s.Sample(picture(from, n))
	}
	s.End(nvr.Unreachable, errors.New("gone"))
	if n := s.Viewers(); n != 1 {
		t.Errorf("%d viewers while the camera is away", n)
	}
	s.Begin(silent, true) // the camera is back: the file cannot go on
	s.Sample(picture(from, 0))
	if _, err := file.ReadFrom(r.Body); err != nil {
		t.Fatal(err)
	}
	if n := pictures(t, file.String()); n < 4 || n > 7 { // 10 to 13 at least
		t.Errorf("%d pictures", n)
	}
}

func TestLiveViewOfACameraThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		s := h.hub.Open(nvr.StreamID{Camera: 1})
		s.Begin(silent, true) // but no key frame
		began := time.Now()
		r := h.do("GET", "/api/v1/cameras/1/live.mp4", "")
		if kind, message := failure(t, r); kind != "busy" || r.StatusCode != 503 || time.Since(began) != firstPicture || s.Viewers() != 0 {
			t.Errorf("%s %q after %v, %d viewers", kind, message, time.Since(began), s.Viewers())
		}
		go func() {
			time.Sleep(firstPicture / 2)
			s.Sample(picture(time.Now(), 0))
		}()
		r = h.do("HEAD", "/api/v1/cameras/1/live.mp4", "")
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != `video/mp4; codecs="avc1.42c028"` || s.Viewers() != 0 {
			t.Errorf("HEAD: %d %v, %d viewers", r.StatusCode, r.Header, s.Viewers())
		}
	})
	if kind, _ := failure(t, newHome(t).do("GET", "/api/v1/cameras/1/live.mp4?stream=sub", "")); kind != "not_found" {
		t.Errorf("a stream that is not there: %s", kind)
	}
}

func TestViewersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		ctx, cancel := context.WithCancel(t.Context())
		h.hub.Open(nvr.StreamID{Camera: 1})
		ended := make(chan struct{}, maxListening)
		open := func(target string, n int) {
			for range n {
				go func() {
					h.api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", target, nil))
					ended <- struct{}{}
				}()
			}
			synctest.Wait()
		}
		open("/api/v1/cameras/1/live.mp4", maxWatching)
		open("/api/v1/states", maxListening)
		for _, target := range []string{"/api/v1/cameras/1/live.mp4", "/api/v1/states"} {
			if kind, _ := failure(t, h.do("GET", target, "")); kind != "busy" {
				t.Errorf("one more of %s: %s", target, kind)
			}
		}
		cancel()
		for range maxWatching + maxListening {
			<-ended
		}
		if r := h.do("HEAD", "/api/v1/states", ""); r.StatusCode != 200 {
			t.Errorf("after they left: %d", r.StatusCode)
		}
	})
}

func TestStates(t *testing.T) {
	h := newHome(t)
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	r := get(t, server.URL+"/api/v1/states")
	if got := r.Header.Get("Content-Type"); got != "text/event-stream" || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%v", r.Header)
	}
	lines := bufio.NewScanner(r.Body)
	event := func() string {
		var all []string
		for lines.Scan() && lines.Text() != "" {
			all = append(all, lines.Text())
		}
		return strings.Join(all, "\n")
	}
	if got := event(); got != "event: cameras\ndata: []" {
		t.Errorf("at once: %q", got)
	}
	if got := event(); got != "event: rings\ndata: []" {
		t.Errorf("then: %q", got)
	}
	added := text(t, h.do("POST", "/api/v1/cameras", porch))
	h.changed <- struct{}{}
	if got := event(); got != "event: cameras\ndata: ["+strings.TrimSpace(added)+"]" {
		t.Errorf("after a change: %q", got)
	}
	h.changed <- struct{}{}
	if got := event(); !strings.HasPrefix(got, ":") {
		t.Errorf("after a change of nothing: %q", got)
	}
	close(h.changed)
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("after the end: %q, %v", lines.Text(), lines.Err())
	}
}

func TestStatesStayAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		ctx, cancel := context.WithTimeout(t.Context(), 10*heartbeat+time.Second)
		defer cancel()
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/api/v1/states", nil))
		if n := strings.Count(w.Body.String(), ": still here\n\n"); n != 10 {
			t.Errorf("%d heartbeats in\n%s", n, w.Body)
		}
	})
	h := newHome(t)
	h.err = errors.New("broken")
	if r := h.do("GET", "/api/v1/states", ""); r.StatusCode != 500 {
		t.Errorf("a fault at first: %d", r.StatusCode)
	}
}
