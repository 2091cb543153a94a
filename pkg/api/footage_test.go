package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// recorded returns a home with a camera, 12 s of its footage, and the query
// of the span around it.
func recorded(t *testing.T) (*home, nvr.Span, string) {
	t.Helper()
	h := newHome(t)
	if r := h.do("POST", "/api/v1/cameras", porch); r.StatusCode != 201 {
		t.Fatal(text(t, r))
	}
	span := h.record(t)
	return h, span, url.Values{"from": {span.From.String()}, "to": {span.To.String()}}.Encode()
}

func TestTimeline(t *testing.T) {
	h, span, query := recorded(t)
	r := h.do("GET", "/api/v1/cameras/1/timeline?"+query, "")
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	var got struct {
		Stream   string
		From, To nvr.Time
		Footage  []nvr.Span
		Gaps     []struct {
			From    nvr.Time
			To      *nvr.Time
			Reason  nvr.Reason
			Message string
		}
		Activity struct {
			Step   int64 `json:"step_us"`
			Scores []int
		}
	}
	if err := json.Unmarshal([]byte(text(t, r)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Stream != "main" || got.From != span.From || got.To != span.To || len(got.Footage) != 1 || len(got.Gaps) == 0 {
		t.Fatalf("%+v", got)
	}
	if d := got.Footage[0].Duration(); d < 11*time.Second || d > 13*time.Second {
		t.Errorf("footage of %v", d)
	}
	last := got.Gaps[len(got.Gaps)-1]
	if last.Reason != nvr.NotRunning || last.Message != nvr.NotRunning.Sentence() || last.To != nil || last.From != got.Footage[0].To {
		t.Errorf("the gap that goes on: %+v", last)
	}
	if got.Activity.Step != 1e6 || len(got.Activity.Scores) != 16 {
		t.Errorf("activity %+v", got.Activity)
	}
}

// TestPlaylistLeadsToFootage follows every address of a playlist, as a player does.
func TestPlaylistLeadsToFootage(t *testing.T) {
	h, _, query := recorded(t)
	base, _ := url.Parse("/api/v1/cameras/1/playlist.m3u8")
	r := h.do("GET", base.Path+"?"+query, "", "Accept-Encoding", "gzip")
	if r.Header.Get("Content-Type") != "application/vnd.apple.mpegurl" || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("a short playlist: %v", r.Header)
	}
	list := text(t, r)
	if !strings.HasSuffix(list, "#EXT-X-ENDLIST\n") {
		t.Fatalf("playlist:\n%s", list)
	}
	init := h.do("GET", base.ResolveReference(found(t, list, `MAP:URI="([^"]*)"`)).String(), "")
	file := text(t, init)
	if init.StatusCode != 200 || init.Header.Get("Cache-Control") != immutable || init.Header.Get("Content-Type") != mp4Type {
		t.Errorf("init: %d %v", init.StatusCode, init.Header)
	}
	parts := regexp.MustCompile(`BYTERANGE:(\d+)@(\d+)\n(.*)\n`).FindAllStringSubmatch(list, -1)
	for _, m := range parts {
		var n, at int
		fmt.Sscan(m[1]+" "+m[2], &n, &at)
		address, err := base.Parse(m[3])
		if err != nil {
			t.Fatal(err)
		}
		part := h.do("GET", address.String(), "", "Range", fmt.Sprintf("bytes=%d-%d", at, at+n-1))
		b := text(t, part)
		if part.StatusCode != http.StatusPartialContent || len(b) != n || part.Header.Get("Cache-Control") != "private, max-age=3600" || part.Header.Get("ETag") == "" {
			t.Errorf("%s: %d %v, %d bytes", m[0], part.StatusCode, part.Header, len(b))
		}
		file += b
	}
	if n := pictures(t, file); n < 110 || n > 121 || len(parts) < 4 {
		t.Errorf("%d pictures in %d parts", n, len(parts))
	}
}

func found(t *testing.T, s, pattern string) *url.URL {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(s)
	if m == nil {
		t.Fatalf("no %s in:\n%s", pattern, s)
	}
	u, err := url.Parse(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// pictures counts the samples of an MP4 box by box, as somebody else reads it.
func pictures(t *testing.T, file string) (n int) {
	t.Helper()
	r := strings.NewReader(file)
	for r.Len() > 0 {
		box, err := mp4.DecodeBox(uint64(len(file)-r.Len()), r)
		if err != nil {
			t.Fatal(err)
		}
		switch box := box.(type) {
		case *mp4.MoovBox:
			n += int(box.Trak.GetNrSamples())
		case *mp4.MoofBox:
			for _, run := range box.Traf.Truns {
				n += int(run.SampleCount())
			}
		}
	}
	return n
}

func TestExport(t *testing.T) {
	h, _, query := recorded(t)
	for _, form := range []string{"", "&form=progressive"} {
		address := "/api/v1/cameras/1/export.mp4?" + query + form
		r := h.do("GET", address, "")
		whole := text(t, r)
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != mp4Type || r.ContentLength != int64(len(whole)) {
			t.Fatalf("%s: %d %v, %d bytes", form, r.StatusCode, r.Header, len(whole))
		}
		if n := pictures(t, whole); n < 110 || n > 121 {
			t.Errorf("%s: %d pictures", form, n)
		}
		name := r.Header.Get("Content-Disposition")
		if !regexp.MustCompile(`^attachment; filename="Porch 20\d\d-\d\d-\d\d \d\d\.\d\d\.\d\d UTC\.mp4"$`).MatchString(name) {
			t.Errorf("%s: %s", form, name)
		}
		tag := r.Header.Get("ETag")
		tests := []struct {
			header []string
			status int
			body   string
		}{
			{[]string{"Range", "bytes=0-9"}, 206, whole[:10]},
			{[]string{"Range", "bytes=-10"}, 206, whole[len(whole)-10:]},
			{[]string{"Range", "bytes=100-", "If-Range", tag}, 206, whole[100:]},
			{[]string{"Range", "bytes=100-", "If-Range", `"other"`}, 200, whole},
			{[]string{"Range", fmt.Sprintf("bytes=%d-", len(whole))}, 416, "*"},
			{[]string{"Range", "bytes=x"}, 416, "*"},
			{[]string{"If-None-Match", tag}, 304, ""},
			{[]string{"If-Match", `"other"`}, 412, ""},
		}
		for _, test := range tests {
			r := h.do("GET", address, "", test.header...)
			if got := text(t, r); r.StatusCode != test.status || test.body != "*" && got != test.body {
				t.Errorf("%s %v: %d, %d bytes", form, test.header, r.StatusCode, len(got))
			}
		}
		if r := h.do("HEAD", address, ""); r.StatusCode != 200 || r.Header.Get("Content-Length") != fmt.Sprint(len(whole)) || text(t, r) != "" {
			t.Errorf("%s HEAD: %d %v", form, r.StatusCode, r.Header)
		}
	}
}

// growing is a segment that is being written.
type growing struct{ Files }

func (growing) Segment(context.Context, nvr.StreamID, nvr.Time) (*playback.File, error) {
	return &playback.File{ReadSeeker: strings.NewReader("so far"), Size: 6, ETag: `"1-1"`}, nil
}

func TestGrowingSegmentIsNotCached(t *testing.T) {
	r := do(auth.As(auth.Household(), New(Config{Files: growing{}})), "GET", "/api/v1/cameras/1/segments/1.mp4", "")
	if got := r.Header.Get("Cache-Control"); got != "no-store" || text(t, r) != "so far" {
		t.Errorf("%d, Cache-Control %s", r.StatusCode, got)
	}
}

// busyFootage keeps every export waiting.
type busyFootage struct {
	Footage
	began, end chan struct{}
}

func (f busyFootage) Export(context.Context, nvr.StreamID, nvr.Span, playback.Form) (*playback.File, error) {
	f.began <- struct{}{}
	<-f.end
	return nil, nvr.ErrNotFound
}

func TestExportsAreBounded(t *testing.T) {
	f := busyFootage{began: make(chan struct{}), end: make(chan struct{})}
	handler := auth.As(auth.Household(), New(Config{Footage: f}))
	const address = "/api/v1/cameras/1/export.mp4?from=2026-11-22T14:00:00Z&to=2026-11-22T15:00:00Z"
	ended := make(chan int)
	for range maxExporting {
		go func() { ended <- do(handler, "HEAD", address, "").StatusCode }()
	}
	for range maxExporting {
		<-f.began
	}
	for _, method := range []string{"GET", "HEAD"} {
		r := do(handler, method, address, "")
		if kind, _ := failure(t, r); kind != "busy" || r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
			t.Errorf("one more %s: %d %s %v", method, r.StatusCode, kind, r.Header)
		}
	}
	close(f.end)
	for range maxExporting {
		if got := <-ended; got != 404 {
			t.Errorf("an export ended with %d", got)
		}
	}
	go func() { <-f.began }()
	if r := do(handler, "GET", address, ""); r.StatusCode != 404 {
		t.Errorf("after the others ended: %d", r.StatusCode)
	}
}

func TestPicture(t *testing.T) {
	h, span, _ := recorded(t)
	newest := h.do("GET", "/api/v1/cameras/1/picture.mp4?stream=main", "")
	_, query, ok := strings.Cut(newest.Header.Get("Location"), "picture.mp4")
	if newest.StatusCode != http.StatusTemporaryRedirect || !ok || newest.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the newest one is not told by its time, which another one will be: %d, %v", newest.StatusCode, newest.Header)
	}
	if r := h.do("GET", "/api/v1/cameras/1/picture.mp4"+query, ""); url.QueryEscape(r.Header.Get("Stoop-Time")) != query[len("?at="):strings.IndexByte(query, '&')] {
		t.Errorf("%s leads to one of %s", query, r.Header.Get("Stoop-Time"))
	}
	for query, most := range map[string]nvr.Time{
		query: span.To, "?stream=main&at=" + url.QueryEscape(span.From.Add(5*time.Second).String()): span.From.Add(5 * time.Second),
	} {
		r := h.do("GET", "/api/v1/cameras/1/picture.mp4"+query, "")
		taken, err := nvr.ParseTime(r.Header.Get("Stoop-Time"))
		if err != nil || taken > most || most.Sub(taken) > 6*time.Second {
			t.Errorf("%s: taken at %v, %v; want at most %v", query, taken, err, most)
		}
		if n := pictures(t, text(t, r)); r.StatusCode != 200 || n != 1 {
			t.Errorf("%s: %d, %d pictures", query, r.StatusCode, n)
		}
	}
	r := h.do("GET", "/api/v1/cameras/1/picture.mp4?at="+url.QueryEscape(span.From.Add(-time.Hour).String()), "")
	if kind, _ := failure(t, r); kind != "not_found" {
		t.Errorf("before all footage: %s", kind)
	}
}

func TestStoryboard(t *testing.T) {
	h, _, query := recorded(t)
	r := h.do("GET", "/api/v1/cameras/1/storyboard.mp4?most=3&"+query, "")
	b := text(t, r)
	if n := pictures(t, b); r.StatusCode != 200 || n < 2 || n > 3 || r.Header.Get("Content-Type") != "video/mp4" {
		t.Errorf("%d, %d pictures of %s", r.StatusCode, n, r.Header.Get("Content-Type"))
	}
	r = h.do("GET", "/api/v1/cameras/1/storyboard.mp4?most=3&"+query, "", "If-None-Match", r.Header.Get("ETag"))
	if r.StatusCode != 304 {
		t.Errorf("asked again: %d", r.StatusCode)
	}
}

func TestFootageLimits(t *testing.T) {
	h, span, query := recorded(t)
	long := func(d time.Duration) string {
		return url.Values{"from": {span.From.String()}, "to": {span.From.Add(d).String()}}.Encode()
	}
	const day = 24 * time.Hour
	tests := []struct {
		address string
		kind    string // empty: it succeeds
	}{
		{"timeline?" + long(31*day), ""},
		{"timeline?" + long(31*day+time.Second), "too_large"},
		{"playlist.m3u8?" + long(day), ""},
		{"playlist.m3u8?" + long(day+time.Second), "too_large"},
		{"export.mp4?" + long(31*day), ""},
		{"export.mp4?" + long(31*day+time.Second), "too_large"},
		{"export.mp4?form=progressive&" + long(time.Hour), ""},
		{"export.mp4?form=progressive&" + long(time.Hour+time.Second), "too_large"},
		{"export.mp4?form=silent&" + long(time.Hour), ""},
		{"export.mp4?form=silent&" + long(time.Hour+time.Second), "too_large"},
		{"export.mp4?form=avi&" + query, "invalid"},
		{"export.mp4?form=progressive&form=progressive&" + query, "invalid"},
		{"timeline", "invalid"},
		{"playlist.m3u8", "invalid"},
		{"export.mp4", "invalid"},
		{"storyboard.mp4?most=9&" + long(31*day), ""},
		{"storyboard.mp4?most=9&" + long(31*day+time.Second), "too_large"},
		{"storyboard.mp4?" + query, "invalid"},
		{"storyboard.mp4?most=0&" + query, "invalid"},
		{"storyboard.mp4?most=501&" + query, "invalid"},
		{"storyboard.mp4?most=1&most=2&" + query, "invalid"},
		{"storyboard.mp4?most=9", "invalid"},
		{"storyboard.mp4?most=9&stream=sub&" + query, "not_found"},
		{"picture.mp4?at=yesterday", "invalid"},
		{"picture.mp4?stream=both", "invalid"},
		{"playlist.m3u8?stream=sub&" + query, "not_found"},
		{"export.mp4?stream=sub&" + query, "not_found"},
		{"picture.mp4?stream=sub", "not_found"},
	}
	for _, test := range tests {
		r := h.do("GET", "/api/v1/cameras/1/"+test.address, "")
		if test.kind == "" {
			if r.StatusCode != 200 {
				t.Errorf("%s: %d %s", test.address, r.StatusCode, text(t, r))
			}
			continue
		}
		if kind, message := failure(t, r); kind != test.kind {
			t.Errorf("%s: %s %q, want %s", test.address, kind, message, test.kind)
		}
	}
	for _, address := range []string{"/api/v1/cameras/1/segments/999.mp4", "/api/v1/inits/" + strings.Repeat("0", 64) + ".mp4"} {
		if kind, _ := failure(t, h.do("GET", address, "")); kind != "not_found" {
			t.Errorf("%s: %s", address, kind)
		}
	}
}

func TestLongTextIsCompressed(t *testing.T) {
	h, span, _ := recorded(t)
	query := url.Values{"from": {span.From.String()}, "to": {span.From.Add(25 * time.Minute).String()}}.Encode()
	plain := h.do("GET", "/api/v1/cameras/1/timeline?"+query, "")
	want := text(t, plain)
	small := h.do("GET", "/api/v1/cameras/1/timeline?"+query, "", "Accept-Encoding", "br, gzip")
	packed := text(t, small)
	z, err := gzip.NewReader(bytes.NewReader([]byte(packed)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || string(got) != want || len(packed) > len(want)/4 {
		t.Errorf("%d bytes of %d, %v", len(packed), len(want), err)
	}
	if small.Header.Get("Content-Encoding") != "gzip" || small.Header.Get("Vary") != "Accept-Encoding" || plain.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%v\n%v", small.Header, plain.Header)
	}
}
