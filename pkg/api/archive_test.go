package api

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

func archiveOf(clips ...string) string {
	return "/api/v1/clips.zip?" + url.Values{"clip": clips}.Encode()
}

// unpacked returns what is in an archive, by name.
func unpacked(t *testing.T, archive string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r) // compares the checksum, too
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(b)
	}
	return all
}

// Several clips are one archive: films under names that sort by time, and what is
// missing with its reason.
func TestArchive(t *testing.T) {
	h, span, _ := recorded(t)
	whole := nvr.Excerpt{Camera: 1, Span: span, Kind: nvr.RingEvent}
	before := nvr.Excerpt{Camera: 1, Span: nvr.Span{From: span.From.Add(-time.Hour), To: span.From.Add(-time.Minute)}}
	after := nvr.Excerpt{Camera: 1, Span: nvr.Span{From: span.To.Add(-time.Second), To: span.To}}
	address := archiveOf(whole.String(), before.String(), whole.String(), after.String())
	r := h.do("GET", address, "")
	body := text(t, r)
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != zipType || !strings.HasPrefix(r.Header.Get("Content-Disposition"), `attachment; filename="clips 20`) {
		t.Fatalf("%d %v %s", r.StatusCode, r.Header, body)
	}
	all := unpacked(t, body)
	names := slices.Sorted(maps.Keys(all))
	form := regexp.MustCompile(`^20\d\d-\d\d-\d\d_\d\d-\d\d-\d\d_porch_ring(_2)?\.mp4$`)
	if len(names) != 3 || !form.MatchString(names[0]) || !form.MatchString(names[1]) || names[2] != "contents.txt" {
		t.Fatalf("%q", names)
	}
	for _, name := range names[:2] {
		if n := pictures(t, all[name]); n < 110 || n > 121 {
			t.Errorf("%s has %d pictures", name, n)
		}
	}
	told := all["contents.txt"]
	if !strings.Contains(told, "_porch.mp4 is not here: Nothing was recorded.\r\n") || !strings.Contains(told, "_porch.mp4 is not here: Stoop was not running.\r\n") || strings.Count(told, "ring") != 2 {
		t.Errorf("%s", told)
	}
	if r.ContentLength != int64(len(body)) {
		t.Errorf("%d bytes came, and %d were told", len(body), r.ContentLength)
	}
	if r := h.do("HEAD", address, ""); r.StatusCode != 200 || r.Header.Get("Content-Type") != zipType || r.ContentLength != int64(len(body)) || text(t, r) != "" {
		t.Errorf("HEAD: %d %v", r.StatusCode, r.Header)
	}
}

// atFirst calls a function before the first byte of an answer.
type atFirst struct {
	http.ResponseWriter
	call func()
	once sync.Once
}

func (w *atFirst) Write(b []byte) (int, error) {
	w.once.Do(w.call)
	return w.ResponseWriter.Write(b)
}

// While an archive is sent none of what it is made of is removed, and afterwards
// all of it may be.
func TestArchiveHoldsItsFootage(t *testing.T) {
	h, span, _ := recorded(t)
	half := span.From.Add(span.Duration() / 2)
	leased := func() int {
		all, err := h.catalog.Leased(t.Context(), nvr.Now())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	address := archiveOf(nvr.Excerpt{Camera: 1, Span: nvr.Span{From: span.From, To: half}}.String(), nvr.Excerpt{Camera: 1, Span: nvr.Span{From: half, To: span.To}}.String())
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		at := -1
		w := &atFirst{ResponseWriter: httptest.NewRecorder(), call: func() { at = leased() }}
		h.api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, address, nil))
		if method == http.MethodGet && at != 2 {
			t.Errorf("%d of 2 excerpts were held when the first byte was sent", at)
		}
		if n := leased(); n != 0 {
			t.Errorf("%s: %d are held afterwards", method, n)
		}
	}
}

func TestArchiveRefuses(t *testing.T) {
	h, span, _ := recorded(t)
	own := nvr.Excerpt{Camera: 1, Span: span}.String()
	foreign := nvr.Excerpt{Camera: 2, Span: span}.String()
	grown := auth.Subject{Name: "grown", Grants: []auth.Grant{{Action: auth.Export, Object: auth.Camera(1)}}}
	for _, test := range []struct {
		who   auth.Subject
		clips []string
		want  int
	}{
		{grown, []string{own}, 200},
		{grown, []string{own, foreign}, 404},
		{guest, []string{own}, 403},
		{auth.Subject{}, []string{own}, 401},
		{auth.Household(), nil, 400},
		{auth.Household(), []string{own, "x"}, 400},
		{auth.Household(), slices.Repeat([]string{own}, nvr.MaxExcerpts+1), 413},
		{auth.Household(), []string{"1,2020-01-01T00:00:00Z,2020-01-01T00:00:10Z"}, 404},
	} {
		if r := do(auth.As(test.who, h.bare), "GET", archiveOf(test.clips...), ""); r.StatusCode != test.want {
			t.Errorf("%s, %q: %d, want %d", test.who.Name, test.clips, r.StatusCode, test.want)
		}
	}
}

// broken is footage on a disk that fails behind the first kilobyte.
type broken struct{ Footage }

type failing struct{ *bytes.Reader }

func (f failing) Read(b []byte) (int, error) {
	if f.Len() == 0 {
		return 0, errors.New("input/output error")
	}
	return f.Reader.Read(b)
}

func (broken) Export(context.Context, nvr.StreamID, nvr.Span, playback.Form) (*playback.File, error) {
	return &playback.File{ReadSeeker: failing{bytes.NewReader(make([]byte, 1024))}, Size: 4096}, nil
}

// An archive that could not be finished does not look like a whole one.
func TestArchiveBreaksOff(t *testing.T) {
	h := newHome(t)
	server := httptest.NewServer(auth.As(auth.Household(), New(Config{Cameras: h, Household: h.db, Footage: broken{}, Log: slog.New(slog.DiscardHandler)})))
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+archiveOf("1,2026-11-28T14:00:00Z,2026-11-28T14:00:10Z"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := server.Client().Do(req)
	if err == nil {
		defer r.Body.Close()
		_, err = io.ReadAll(r.Body)
	}
	if err == nil {
		t.Error("half an archive came as a whole one")
	}
}

// An archive that needs long entries has another frame: nothing is told of it
// rather than what is wrong.
func TestLongArchive(t *testing.T) {
	for _, test := range []struct {
		films []int64
		told  bool
	}{
		{[]int64{1 << 20}, true},
		{[]int64{1 << 31, 1<<31 - 2<<20}, true},
		{[]int64{1 << 31, 1 << 31}, false},
		{[]int64{1 << 33}, false},
	} {
		p := packer{zone: time.UTC}
		var all int64
		for _, n := range test.films {
			p.films = append(p.films, film{File: &playback.File{Size: n}, name: "porch.mp4"})
			all += n
		}
		if got := p.length(); (got > all) != test.told || !test.told && got != 0 {
			t.Errorf("films of %d: length %d", test.films, got)
		}
	}
}

func TestPlainNames(t *testing.T) {
	for name, want := range map[string]string{
		"Front door": "front-door", "Haustür!": "haustür", "../../etc": "etc", `<b>"&`: "b", "": "camera", "…": "camera", "עב": "עב",
		strings.Repeat("ab ", 20): "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a",
	} {
		if got := plainName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
