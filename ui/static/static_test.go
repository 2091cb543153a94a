package static

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func load(t *testing.T) *Assets {
	t.Helper()
	a, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(a *Assets, address, etag string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	r.Header.Set("If-None-Match", etag)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestServe(t *testing.T) {
	a := load(t)
	style := a.URL("stoop.css")
	w := get(a, style, "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", style, w.Code, w.Header())
	}
	etag := w.Header().Get("ETag")
	if w = get(a, "/static/stoop.css", ""); w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("without its hash the style sheet is kept: %v", w.Header())
	}
	if w = get(a, "/static/stoop.css", etag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("known style sheet: %d with %d bytes", w.Code, w.Body.Len())
	}
	if w = get(a, "/static/icon.svg", ""); w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("icon: %d %v", w.Code, w.Header())
	}
	if a.URL("nothing.js") != "" {
		t.Error("a script that was not built has an address")
	}
}

// The icons that phones take are there, as large as the manifest says.
func TestIcons(t *testing.T) {
	a := load(t)
	var manifest struct {
		Icons []struct{ Src, Sizes, Type string }
	}
	if err := json.Unmarshal(get(a, "/static/manifest.webmanifest", "").Body.Bytes(), &manifest); err != nil || len(manifest.Icons) != 4 {
		t.Fatalf("%+v, %v", manifest, err)
	}
	for _, icon := range manifest.Icons {
		w := get(a, icon.Src, "")
		if w.Code != 200 || w.Header().Get("Content-Type") != icon.Type {
			t.Errorf("%s: %d %v", icon.Src, w.Code, w.Header())
		}
		if icon.Type != "image/png" {
			continue
		}
		if c, err := png.DecodeConfig(w.Body); err != nil || fmt.Sprintf("%dx%d", c.Width, c.Height) != icon.Sizes {
			t.Errorf("%s: %+v, %v", icon.Src, c, err)
		}
	}
}

func TestCompression(t *testing.T) {
	a := load(t)
	ask := func(accept, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/static/stoop.css", nil)
		r.Header.Set("Accept-Encoding", accept)
		r.Header.Set("If-None-Match", etag)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w
	}
	plain := ask("", "")
	for accept, packed := range map[string]bool{
		"gzip": true, "deflate, GZIP;q=0.5, br": true, "gzip;q=0.001": true, "br;q=1.0, gzip; q=1": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.0": false, "xgzip": false, "*": false,
	} {
		w := ask(accept, "")
		body := w.Body.Bytes()
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != packed || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: packed %t, headers %v", accept, got, w.Header())
			continue
		}
		if packed {
			r, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(body, plain.Body.Bytes()) {
			t.Errorf("%q: another style sheet", accept)
		}
		if same := w.Header().Get("ETag") == plain.Header().Get("ETag"); same == packed {
			t.Errorf("%q: the tag is %s", accept, w.Header().Get("ETag"))
		}
		if w = ask(accept, w.Header().Get("ETag")); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("%q, known: %d with %d bytes", accept, w.Code, w.Body.Len())
		}
	}
	if w := ask("gzip", plain.Header().Get("ETag")); w.Code != 200 {
		t.Errorf("the tag of other bytes is taken: %d", w.Code)
	}
	for name, f := range a.byPath {
		if f.mime != "image/png" && len(f.body) > 3000 && len(f.packed)*2 > len(f.body) {
			t.Errorf("%s: %d bytes become %d", name, len(f.body), len(f.packed))
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	a := load(t)
	for _, address := range []string{
		"/static/", "/static/css", "/static/css/", "/static/css/tokens.css", "/static/dist/", "/static/.keep", "/static/dist/.keep",
		"/static/static.go", "/static/package.json", "/static/../static.go", "/static/..%2fstatic.go", "/static/stoop.css%00", "/static//stoop.css",
	} {
		if w := get(a, address, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s is answered with %d", address, w.Code)
		}
	}
}

// TestContrast holds text to a contrast of 4.5 and what is drawn around
// controls to 3 (WCAG 2.2, 1.4.3 and 1.4.11), in light and dark.
func TestContrast(t *testing.T) {
	b, err := files.ReadFile("css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(b), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("no dark tokens")
	}
	for scheme, css := range map[string]string{"light": light, "dark": dark} {
		tokens := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
			if _, ok := tokens[m[1]]; !ok {
				tokens[m[1]] = m[2]
			}
		}
		for _, p := range []struct {
			front, back string
			least       float64
		}{
			{"ink", "paper", 4.5}, {"ink", "card", 4.5}, {"ink", "wash", 4.5},
			{"ink-2", "paper", 4.5}, {"ink-2", "card", 4.5}, {"ink-2", "wash", 4.5},
			{"ink-3", "card", 4.5}, {"paper", "ink", 4.5},
			{"lamp", "card", 4.5}, {"on-lamp", "lamp-fill", 4.5}, {"on-brick", "brick", 4.5},
			{"leaf", "leaf-soft", 4.5}, {"brick", "brick-soft", 4.5}, {"brick", "card", 4.5}, {"ink", "brick-soft", 4.5}, {"ink-2", "leaf-soft", 4.5}, {"ink-2", "brick-soft", 4.5},
			{"sky", "sky-soft", 4.5}, {"sky", "card", 4.5}, {"edge", "card", 3}, {"edge", "paper", 3}, {"lamp", "paper", 3},
		} {
			if c := contrast(t, tokens[p.front], tokens[p.back]); c < p.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", scheme, p.front, p.back, c, p.least)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	linear := func(shift uint) float64 {
		v := float64(n>>shift&255) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}
