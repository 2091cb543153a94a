package api

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

func pressOf(t *testing.T, r *http.Response) (p pressView) {
	t.Helper()
	if err := json.Unmarshal([]byte(text(t, r)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// ringing returns what a page that is opened now is told that rings.
func ringing(t *testing.T, address string) (all []pressView) {
	t.Helper()
	answer := get(t, address)
	defer answer.Body.Close()
	for lines, rings := bufio.NewScanner(answer.Body), false; lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			rings = name == "rings"
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && rings {
			if err := json.Unmarshal([]byte(data), &all); err != nil {
				t.Fatal(err)
			}
			return all
		}
	}
	t.Fatal("the stream ended")
	return nil
}

// A page that nobody looks at hears of rings, and of nothing else.
func TestOnlyRings(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	lines := bufio.NewScanner(get(t, server.URL+"/api/v1/states?only=rings").Body)
	event := func() string {
		t.Helper()
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				return name
			}
		}
		t.Fatal("the stream ended")
		return ""
	}
	if got := event(); got != "rings" {
		t.Errorf("first comes %s", got)
	}
	h.do("PATCH", "/api/v1/cameras/1", `{"name":"Gate"}`)
	h.do("POST", "/api/v1/cameras/1/ring", "")
	if got := event(); got != "ring" {
		t.Errorf("then comes %s", got)
	}
	if lines.Scan(); !strings.Contains(lines.Text(), `"name":"Gate"`) {
		t.Errorf("it is told as %s", lines.Text())
	}
}

// A page that is open hears of a press, and of who answered it.
func TestRing(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	open := func() (next func() (p pressView)) {
		t.Helper()
		lines := bufio.NewScanner(get(t, server.URL+"/api/v1/states").Body)
		return func() (p pressView) {
			t.Helper()
			ring := false
			for lines.Scan() {
				if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
					ring = name == "ring"
				}
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && ring {
					if err := json.Unmarshal([]byte(data), &p); err != nil {
						t.Fatal(err)
					}
					return p
				}
			}
			t.Fatal("the stream ended")
			return p
		}
	}
	next := open()
	r := h.do("POST", "/api/v1/cameras/1/ring", "")
	p := pressOf(t, r)
	if r.StatusCode != 201 || !p.Rings || p.Camera != 1 || p.Source != "api" {
		t.Errorf("%d %+v", r.StatusCode, p)
	}
	if again := pressOf(t, h.do("POST", "/api/v1/cameras/1/ring", "")); again != p {
		t.Errorf("pressed twice: %+v", again)
	}
	p.Name = "Porch"
	if got := next(); got != p {
		t.Errorf("the page heard %+v", got)
	}
	for _, address := range []string{"/api/v1/states", "/api/v1/states?only=rings"} {
		if got := ringing(t, server.URL+address); len(got) != 1 || got[0] != p {
			t.Errorf("a page that was opened later heard %+v", got)
		}
	}
	answer := `{"at":"` + p.At.String() + `","who":"Anna"}`
	if got := pressOf(t, h.do("POST", "/api/v1/cameras/1/ring/answer", answer)); got.Outcome != nvr.RingAnswered || got.Who != "Anna" || got.Rings {
		t.Errorf("answered: %+v", got)
	}
	if got := next(); got.Who != "Anna" || got.Rings {
		t.Errorf("the page heard %+v", got)
	}
	if got := ringing(t, server.URL+"/api/v1/states"); len(got) != 0 {
		t.Errorf("what was answered rings at a page that is opened: %+v", got)
	}
	if kind, message := failure(t, h.do("POST", "/api/v1/cameras/1/ring/answer", answer)); kind != "exists" || !strings.Contains(message, "answered already") {
		t.Errorf("answered twice: %s, %s", kind, message)
	}
	if len(h.events) != 1 {
		t.Errorf("events %q", h.events)
	}
}

func TestMissedRings(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	if err := h.db.SavePress(t.Context(), nvr.Press{Camera: 1, At: 5_000_000, End: 50_000_000, Outcome: nvr.RingMissed}); err != nil {
		t.Fatal(err)
	}
	const missed = `{"rings":[{"camera":1,"at":"1970-01-01T00:00:05Z","rings":false,"end":"1970-01-01T00:00:50Z","outcome":"missed","source":"","seen":false}]}` + "\n"
	if got := text(t, h.do("GET", "/api/v1/rings?which=missed", "")); got != missed {
		t.Errorf("missed: %s", got)
	}
	if r := h.do("POST", "/api/v1/cameras/1/ring/seen", `{"until":"1970-01-01T00:00:05Z"}`); r.StatusCode != 204 {
		t.Errorf("seen: %d", r.StatusCode)
	}
	if got := text(t, h.do("GET", "/api/v1/rings?which=missed", "")); got != "{\"rings\":[]}\n" {
		t.Errorf("after it was seen: %s", got)
	}
	if got := text(t, h.do("GET", "/api/v1/rings", "")); !strings.Contains(got, `"seen":true`) {
		t.Errorf("all: %s", got)
	}
	for target, want := range map[string]string{
		"GET /api/v1/states?only=talk": "invalid", "GET /api/v1/states?only=rings&only=rings": "invalid", "GET /api/v1/rings?which=some": "invalid", "GET /api/v1/rings?limit=0": "invalid",
		"POST /api/v1/cameras/7/ring": "not_found", "POST /api/v1/cameras/x/ring": "not_found",
		"POST /api/v1/cameras/1/ring/answer": "invalid", "POST /api/v1/cameras/1/ring/seen": "invalid",
	} {
		method, address, _ := strings.Cut(target, " ")
		if kind, _ := failure(t, h.do(method, address, "")); kind != want {
			t.Errorf("%s: %s", target, kind)
		}
	}
}

// A press that no disk has written down yet is in the lists.
func TestRingsThatAreNotOnDisk(t *testing.T) {
	h := newHome(t) // nothing writes down its rings
	h.do("POST", "/api/v1/cameras", porch)
	p := h.rings.Press(1, "button", nvr.Now().Add(-time.Hour))
	for _, address := range []string{"/api/v1/rings?which=missed", "/api/v1/rings"} {
		var got ringsView
		if err := json.Unmarshal([]byte(text(t, h.do("GET", address, ""))), &got); err != nil || len(got.Rings) != 1 || got.Rings[0] != viewOfPress(p) {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
}

// Who may look back at one camera, and only watch another, hears of rings at the first.
func TestRingsOfOthers(t *testing.T) {
	who := auth.Subject{Name: "guest", Grants: append(slices.Clone(guest.Grants), auth.Grant{Action: auth.Watch, Object: auth.Camera(2)})}
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	h.do("POST", "/api/v1/cameras", strings.Replace(porch, "Porch", "Secret", 1))
	server := httptest.NewServer(auth.As(who, h.bare))
	t.Cleanup(server.Close)
	h.rings.Press(2, "button", nvr.Now())
	for _, address := range []string{"/api/v1/states", "/api/v1/states?only=rings"} {
		if got := ringing(t, server.URL+address); len(got) != 0 {
			t.Errorf("to a guest rings %+v", got)
		}
	}
	lines := bufio.NewScanner(get(t, server.URL+"/api/v1/states").Body)
	for lines.Scan() && lines.Text() != "event: rings" { // the cameras come first
	}
	for lines.Scan() && lines.Text() != "" {
	}
	h.rings.Press(2, "button", nvr.Now().Add(nvr.OneRing))
	h.rings.Press(1, "button", nvr.Now())
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var p pressView
		if err := json.Unmarshal([]byte(data), &p); err != nil || p.Camera != 1 {
			t.Errorf("a guest hears %s, %v", data, err)
		}
		break
	}
	for _, camera := range []nvr.CameraID{1, 2} {
		if err := h.db.SavePress(t.Context(), nvr.Press{Camera: camera, At: 5_000_000, End: 50_000_000, Outcome: nvr.RingMissed}); err != nil {
			t.Fatal(err)
		}
	}
	for which, want := range map[string]int{"all": 2, "missed": 1} {
		var got ringsView
		r := do(auth.As(who, h.bare), "GET", "/api/v1/rings?which="+which, "")
		if err := json.Unmarshal([]byte(text(t, r)), &got); err != nil || len(got.Rings) != want || got.Rings[0].Camera != 1 || got.Rings[want-1].Camera != 1 {
			t.Errorf("%s to a guest: %+v, %v", which, got, err)
		}
	}
}
