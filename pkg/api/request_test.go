package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

func TestErrors(t *testing.T) {
	var log strings.Builder
	deny := Deny(slog.New(slog.NewTextHandler(&log, nil)))
	tests := []struct {
		err     error
		status  int
		kind    string
		message string
	}{
		{fmt.Errorf("there is no camera 7: %w", nvr.ErrNotFound), 404, "not_found", "there is no camera 7"},
		{fmt.Errorf("outer: %w", fmt.Errorf("url is empty: %w", nvr.ErrInvalid)), 400, "invalid", "outer: url is empty"},
		{fmt.Errorf("taken: %w", nvr.ErrExists), 409, "exists", "taken"},
		{fmt.Errorf("long: %w", nvr.ErrTooLarge), 413, "too_large", "long"},
		{fmt.Errorf("later: %w", nvr.ErrBusy), 503, "busy", "later"},
		{fmt.Errorf("key: %w", nvr.ErrUnauthorized), 401, "unauthorized", "key"},
		{fmt.Errorf("site: %w", nvr.ErrForbidden), 403, "forbidden", "site"},
		{auth.RetryAfter(1500 * time.Millisecond), 429, "too_many", "too many wrong access keys: try again in 2s"},
		{fmt.Errorf("canary: %w", nvr.ErrDamaged), 500, "internal", message(nvr.Internal, nil)},
		{errors.New("canary"), 500, "internal", message(nvr.Internal, nil)},
	}
	for _, test := range tests {
		w := httptest.NewRecorder()
		deny(w, httptest.NewRequest("GET", "/x", nil), test.err)
		r := w.Result()
		kind, message := failure(t, r)
		if r.StatusCode != test.status || kind != test.kind || message != test.message || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v: %d %s %q %v", test.err, r.StatusCode, kind, message, r.Header)
		}
		if got, want := r.Header.Get("Retry-After"), map[int]string{429: "2", 503: "10"}[test.status]; got != want {
			t.Errorf("%v: Retry-After %q, want %q", test.err, got, want)
		}
	}
	if n := strings.Count(log.String(), "canary"); n != 2 {
		t.Errorf("%d faults in the log:\n%s", n, &log)
	}
}

func TestBodies(t *testing.T) {
	h := newHome(t)
	tests := []struct {
		name, body, contentType string
		status                  int
		message                 string
	}{
		{"good", `{"name":"a","url":"rtsp://10.0.0.1/"}`, "application/json; charset=utf-8", 201, ""},
		{"no type", `{"name":"b","url":"rtsp://10.0.0.1/"}`, "", 201, ""},
		{"name taken", `{"name":"A","url":"rtsp://10.0.0.1/"}`, "application/json", 409, `there is a camera named "A"`},
		{"form", `{"name":"c","url":"rtsp://10.0.0.1/"}`, "text/plain", 400, "send Content-Type: application/json"},
		{"bad type", `{}`, "a/b/c", 400, "send Content-Type: application/json"},
		{"empty", "", "application/json", 400, "the body is not the JSON that is expected here: EOF"},
		{"cut", `{"name":"c"`, "application/json", 400, "the body is not the JSON that is expected here: unexpected EOF"},
		{"unknown", `{"name":"c","adress":"x"}`, "application/json", 400, `the body is not the JSON that is expected here: unknown field "adress"`},
		{"two", `{"name":"c"}{"name":"d"}`, "application/json", 400, "the body is not the JSON that is expected here: there is more behind the JSON value"},
		{"array", `[]`, "application/json", 400, ""},
		{"null", `null`, "application/json", 400, ""},
		{"number", `{"name":7}`, "application/json", 400, ""},
		{"deep", strings.Repeat("[", 60000), "application/json", 400, ""},
		{"no camera", `{"name":"c","url":"http://10.0.0.1/"}`, "application/json", 400, "url is the address of a web page: the address of the camera's pictures begins with rtsp:// and is shown in its settings under RTSP; did you mean rtsp://10.0.0.1/?"},
		{"too large", `{"name":"` + strings.Repeat("x", maxBody) + `"}`, "application/json", 413, "a body has at most 65536 bytes"},
		{"too large behind", `{"name":"c"}` + strings.Repeat(" ", maxBody), "application/json", 413, "a body has at most 65536 bytes"},
	}
	for _, test := range tests {
		r := httptest.NewRequest("POST", "/api/v1/cameras", strings.NewReader(test.body))
		if test.contentType != "" {
			r.Header.Set("Content-Type", test.contentType)
		}
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s: %d %s", test.name, w.Code, w.Body)
		}
		if w.Code == http.StatusCreated {
			continue
		}
		if kind, message := failure(t, w.Result()); kind == "internal" || test.message != "" && message != test.message {
			t.Errorf("%s: %s %q", test.name, kind, message)
		}
	}
}

func TestUnknownAddresses(t *testing.T) {
	h := newHome(t)
	for _, address := range []string{
		"GET /api/", "GET /api/v1", "GET /api/v1/nothing", "GET /api/v2/cameras", "PUT /api/v1/cameras", "DELETE /api/v1/cameras", "POST /api/v1/health",
		"GET /api/v1/cameras/0", "GET /api/v1/cameras/-1", "GET /api/v1/cameras/01", "GET /api/v1/cameras/+1", "GET /api/v1/cameras/1.0", "GET /api/v1/cameras/1%00",
		"GET /api/v1/cameras/9223372036854775808", "GET /api/v1/cameras/x", "GET /api/v1/cameras/7", "DELETE /api/v1/cameras/7", "GET /api/v1/cameras/7/live.mp4",
		"GET /api/v1/cameras/..%2f..%2fetc/live.mp4", "GET /api/v1/cameras/1/segments/1", "GET /api/v1/cameras/1/segments/..%2f1.mp4",
		"GET /api/v1/cameras/1/segments/.mp4", "GET /api/v1/cameras/1/segments/1.mp4.mp4", "GET /api/v1/segments/1.mp4", "GET /api/v1/inits/1.mp4",
		"GET /api/v1/inits/.mp4", "GET /api/v1/inits/" + strings.Repeat("0", 64), "GET /api/v1/inits/" + strings.Repeat("0", 66) + ".mp4", "GET /api/v1/cameras/1/clip.mp4",
	} {
		method, target, _ := strings.Cut(address, " ")
		r := h.do(method, target, "")
		if kind, _ := failure(t, r); r.StatusCode != http.StatusNotFound || kind != "not_found" {
			t.Errorf("%s: %d %s", address, r.StatusCode, kind)
		}
	}
}

// spans seeds the fuzzer too. An empty want means that the query is accepted.
var spans = []struct{ query, want string }{
	{"from=2026-11-22T14:00:00Z&to=2026-11-22T15:00:00Z", ""},
	{"from=2026-11-22T14:00:00.000001Z&to=2026-11-22T14:00:00.000002Z&stream=sub&other=1&other=2", ""},
	{"from=2026-11-22T14:00:00+01:00&to=2026-11-22T15:00:00%2B01:00", ""},
	{"from=2026-11-22T14:00:00Z&to=2026-11-23T14:00:00Z", ""},
	{"", "invalid"},
	{"from=2026-11-22T14:00:00Z", "invalid"},
	{"to=2026-11-22T14:00:00Z", "invalid"},
	{"from=2026-11-22T14:00:00Z&to=2026-11-22T14:00:00Z", "invalid"},
	{"from=2026-11-22T15:00:00Z&to=2026-11-22T14:00:00Z", "invalid"},
	{"from=2026-11-22T14:00:00Z&to=2026-11-22T15:00:00Z&from=2026-11-22T14:00:00Z", "invalid"},
	{"from=2026-11-22T14:00:00Z&to=2026-11-22T15:00:00Z&stream=main&stream=sub", "invalid"},
	{"from=2026-11-22T14:00:00Z&to=2026-11-22T15:00:00Z&stream=third", "invalid"},
	{"from=1763820000&to=1763823600", "invalid"},
	{"from=1969-12-31T23:59:59Z&to=1970-01-01T00:00:01Z", "invalid"},
	{"from=2026-02-30T14:00:00Z&to=2026-11-22T15:00:00Z", "invalid"},
	{"from=2026-11-22T14:00:00Z&to=12026-11-22T15:00:00Z", "invalid"},
	{"from=%zz&to=", "invalid"},
	{"from=2026-11-22T14:00:00Z;to=2026-11-22T15:00:00Z", "invalid"},
	{"from=2026-11-22T14:00:00Z&to=2026-11-23T14:00:00.000001Z", "too_large"},
	{"from=1970-01-01T00:00:00.000001Z&to=9999-12-31T23:59:59Z", "too_large"},
}

func spanOf(raw string) (nvr.StreamID, nvr.Span, error) {
	r := httptest.NewRequest("GET", "/", nil)
	r.SetPathValue("camera", "3")
	r.URL.RawQuery = raw
	id, span, _, err := streamSpan(r, 24*time.Hour)
	return id, span, err
}

func TestSpans(t *testing.T) {
	for _, test := range spans {
		_, _, err := spanOf(test.query)
		got := ""
		if err != nil {
			got = nvr.KindOf(err).Name
		}
		if got != test.want {
			t.Errorf("%s: %v, want %q", test.query, err, test.want)
		}
	}
}

func FuzzSpan(f *testing.F) {
	for _, test := range spans {
		f.Add(test.query)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		id, span, err := spanOf(raw)
		switch {
		case err != nil && nvr.KindOf(err) == nvr.Internal:
			t.Errorf("%q: %v", raw, err)
		case err == nil && (id.Camera != 3 || span.Empty() || span.From <= 0 || span.Duration() > 24*time.Hour):
			t.Errorf("%q: %v %v", raw, id, span)
		}
	})
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "gzip; q=1.0": true, "deflate,gzip": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "xgzip": false,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

func TestSteps(t *testing.T) {
	for span, want := range map[time.Duration]time.Duration{
		time.Microsecond: time.Second, 25 * time.Minute: time.Second, time.Hour: 5 * time.Second, 24 * time.Hour: time.Minute, maxTimeline: 30 * time.Minute,
	} {
		if got := stepOf(span); got != want || span/got > maxSteps {
			t.Errorf("%v: %v, want %v", span, got, want)
		}
	}
}
