package layout

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"sync"

	"github.com/a-h/templ"

	"nvrd/ui/static"
)

// worthPacking is the length of a page in bytes from which on it takes more than
// one packet.
const worthPacking = 1400

// packers hold 800 kB each. Pages are packed while somebody waits for them:
// quickly, to a quarter.
var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	return w
}}

// Render writes c whole or, on failure, not at all.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var page bytes.Buffer
	if err := c.Render(r.Context(), &page); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding, Sec-Fetch-Site")
	body := page.Bytes()
	if len(body) > worthPacking && static.TakesGzip(r) && ours(r) {
		h.Set("Content-Encoding", "gzip")
		body = pack(body)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a browser that went away is nobody's error
	return nil
}

// ours tells whether no other site caused r. One that did, and sees how long the
// answer is, would learn what is in it by what it asks for (CVE-2013-3587).
func ours(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "same-origin" || site == "none"
}

func pack(page []byte) []byte {
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	var b bytes.Buffer
	w.Reset(&b)
	_, _ = w.Write(page) // a buffer takes all
	_ = w.Close()
	return b.Bytes()
}
