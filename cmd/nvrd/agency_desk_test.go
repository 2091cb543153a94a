package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"nvrd/federation/agency"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// No page of the web publishes in an agency's name or reads its inbox, under whatever
// name it leads here.
func TestDeskIsThisComputers(t *testing.T) {
	a, err := agency.Init(t.Context(), t.TempDir(), wire.Agency{
		Title: "Brigade", Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted.",
		Jurisdiction: []wire.Point{{Lat: 40_600_000, Lon: -74_000_000}, {Lat: 40_600_000, Lon: -73_700_000}, {Lat: 40_900_000, Lon: -73_700_000}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	desk, err := deskHandler(&call{streams: streams{out: io.Discard, err: io.Discard}}, a)
	if err != nil {
		t.Fatal(err)
	}
	const here = "127.0.0.1:8091"
	for _, c := range []struct {
		what, method, path, host string
		headers                  map[string]string
		want                     int
	}{
		{"these pages look", "GET", "/", here, map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"by the other name", "GET", "/", "localhost:8091", nil, 200},
		{"by a name that leads here", "GET", "/", "evil.example:8091", nil, 403},
		{"by such a name, what is loaded", "GET", "/static/icon.svg", "evil.example", nil, 403},
		{"by this machine's name in a network", "GET", "/", "desk.local", nil, 403},
		{"through a proxy", "GET", "/", here, map[string]string{"X-Forwarded-For": "192.0.2.1"}, 403},
		{"these pages publish", "POST", "/bulletin", here, map[string]string{"Origin": "http://" + here, "Sec-Fetch-Site": "same-origin"}, 303},
		{"another site publishes", "POST", "/bulletin", here, map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403},
		{"in an old browser", "POST", "/bulletin", here, map[string]string{"Origin": "https://evil.example"}, 403},
		{"out of a sandbox", "POST", "/bulletin", here, map[string]string{"Origin": "null"}, 403},
		{"from another port", "POST", "/bulletin", here, map[string]string{"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-site"}, 403},
		{"under a name that leads here", "POST", "/bulletin", "evil.example", map[string]string{"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, 403},
		{"another site asks sponsors", "POST", "/sponsors", here, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"by looking", "GET", "/sponsors", here, nil, 404},
	} {
		// The title is another each time: what passes is published.
		form := "days=1&text=a&title=" + strings.ReplaceAll(c.what, " ", "+")
		r := httptest.NewRequest(c.method, "http://"+c.host+c.path, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		for k, v := range c.headers {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		desk.ServeHTTP(w, r)
		h := w.Header()
		if w.Code != c.want {
			t.Errorf("%s: status %d, want %d", c.what, w.Code, c.want)
		}
		if c.want == http.StatusForbidden && strings.Contains(w.Body.String(), "Brigade") {
			t.Errorf("%s: who is refused is told whose pages these are", c.what)
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: other sites may embed it: %v", c.what, h)
		}
	}
	if p, err := a.Published(t.Context()); err != nil || len(p.All) != 2 {
		t.Errorf("%d entries in the log: %v", len(p.All), err)
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		if l, err := listenHere(t.Context(), address); !errors.Is(err, nvr.ErrInvalid) || l != nil {
			t.Errorf("it listens on %s: %v", address, err)
		}
	}
}
