package share

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/blob"
	"nvrd/pkg/nvr"
)

// keep has the browser of r make a draft.
func keep(d *Drafts, r *http.Request, bytes int) string {
	w := httptest.NewRecorder()
	name := d.Keep(w, r, Cut{}, blob.Plain{Full: make([]byte, bytes)})
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	return name
}

func TestDraftsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d Drafts
		r := httptest.NewRequest(http.MethodGet, "/street/x", nil)
		first := keep(&d, r, 1000)
		if _, err := d.Find(r, first); err != nil || d.Bytes() != 1000 {
			t.Fatalf("%v, %d bytes", err, d.Bytes())
		}
		for range MaxDrafts {
			keep(&d, r, 1000)
		}
		if _, err := d.Find(r, first); err == nil || d.Bytes() != MaxDrafts*1000 {
			t.Errorf("the oldest is held: %d bytes", d.Bytes())
		}
		keep(&d, r, MaxDraftBytes-1500)
		if d.Bytes() > MaxDraftBytes || d.Bytes() < MaxDraftBytes-1500 {
			t.Errorf("%d bytes are held", d.Bytes())
		}
		last := keep(&d, r, 10)
		other := httptest.NewRequest(http.MethodGet, "/street/x", nil)
		d.Drop(other, last)
		d.Drop(other, keep(&d, other, 1)) // it has a name now
		d.Drop(other, last)
		if _, err := d.Find(other, last); err == nil {
			t.Error("another browser finds it")
		}
		if _, err := d.Find(r, last); err != nil {
			t.Error("another browser has it forgotten")
		}
		time.Sleep(DraftTime - time.Second)
		synctest.Wait()
		if _, err := d.Find(r, last); err != nil {
			t.Error("it is forgotten early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if d.Bytes() != 0 {
			t.Errorf("%d bytes are held for good", d.Bytes())
		}
	})
}

// A draft of footage that was deleted is forgotten.
func TestDraftsForget(t *testing.T) {
	var d Drafts
	r := httptest.NewRequest(http.MethodGet, "/street/x", nil)
	hold := func(c Cut) string { return d.Keep(httptest.NewRecorder(), r, c, blob.Plain{Full: []byte{1}}) }
	hold(Cut{Camera: 1, Span: nvr.Span{From: 10, To: 20}})
	hold(Cut{Camera: 1, Span: nvr.Span{From: 12}, Photo: true})
	hold(Cut{Camera: 1, Span: nvr.Span{From: 20, To: 30}})
	hold(Cut{Camera: 2, Span: nvr.Span{From: 10, To: 20}})
	if d.Forget(1, nvr.Span{From: 12, To: 20}); d.Bytes() != 2 || d.held[0].Cut.Span.From != 20 || d.held[1].Cut.Camera != 2 {
		t.Errorf("%d are held: %+v", d.Bytes(), d.held)
	}
}
