package layout

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

func TestRenderPacks(t *testing.T) {
	long := strings.Repeat("<p>The front door is live.</p>", 500)
	for name, c := range map[string]struct {
		accept, site, page string
		packed             bool
	}{
		"a page":              {"gzip, deflate, br", "same-origin", long, true},
		"typed by hand":       {"gzip", "none", long, true},
		"short":               {"gzip", "same-origin", "<p>There is nothing.</p>", false},
		"not taken":           {"br", "same-origin", long, false},
		"refused":             {"gzip;q=0", "same-origin", long, false},
		"another site":        {"gzip", "cross-site", long, false},
		"another name":        {"gzip", "same-site", long, false},
		"who asks is unknown": {"gzip", "", long, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Accept-Encoding", c.accept)
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
			for range 2 { // the second time with what the first has used
				w := httptest.NewRecorder()
				if err := Render(w, r, http.StatusTeapot, templ.Raw(c.page)); err != nil {
					t.Fatal(err)
				}
				sent := w.Body.Len()
				var body io.Reader = w.Body
				if got := w.Header().Get("Content-Encoding"); got == "gzip" != c.packed {
					t.Fatalf("it is encoded as %q", got)
				}
				if c.packed {
					if sent*4 > len(c.page) {
						t.Errorf("%d of %d bytes are sent", sent, len(c.page))
					}
					var err error
					if body, err = gzip.NewReader(body); err != nil {
						t.Fatal(err)
					}
				}
				if page, err := io.ReadAll(body); string(page) != c.page || err != nil {
					t.Errorf("%d bytes come out, %v", len(page), err)
				}
				if w.Code != http.StatusTeapot || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
					t.Errorf("%d, %v", w.Code, w.Header())
				}
			}
		})
	}
}

func TestRenderFails(t *testing.T) {
	w := httptest.NewRecorder()
	broken := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return errors.Join(errors.New("it breaks"), func() error { _, err := io.WriteString(w, "<p>half"); return err }())
	})
	if err := Render(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, broken); err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("%v, %q, %v", err, w.Body, w.Header())
	}
}

func BenchmarkPack(b *testing.B) {
	page := []byte(strings.Repeat("<li><a href=/cameras/1>The front door</a> is live.</li>", 300))
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		pack(page)
	}
}
