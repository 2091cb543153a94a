// Package static is what the pages load: one style sheet, the scripts that
// `npm run build` made, and the icon (ui/uitest/icons.mjs draws it as PNG). All of it is part of the program.
//
// Scripts are optional. A program that was built without them serves pages
// that work without script.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed css all:dist icon.svg icon-*.png ring.svg manifest.webmanifest
var files embed.FS

// sheets are joined in this order: tokens first, then parts, then screens.
var sheets = []string{"tokens", "shell", "parts", "form", "home", "events", "wall", "camera", "zones", "settings", "storage", "timeline", "together", "street", "notify", "trust"}

// Assets serves the files under /static/. It is read-only after [Load] and
// safe for concurrent use.
type Assets struct {
	byPath map[string]asset // by what follows /static/
}

type asset struct {
	body   []byte
	packed []byte // by gzip; nil if that does not make it smaller
	hash   string
	mime   string
}

var mimes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".png": "image/png",
	".svg": "image/svg+xml",

	".webmanifest": "application/manifest+json",
}

// Load reads the embedded files and names them by their content, once: all of its
// callers get the same.
func Load() (*Assets, error) { return loaded() }

var loaded = sync.OnceValues(read)

func read() (*Assets, error) {
	a := &Assets{byPath: make(map[string]asset)}
	var css []byte
	for _, s := range sheets {
		b, err := files.ReadFile("css/" + s + ".css")
		if err != nil {
			return nil, err
		}
		css = append(css, b...)
	}
	if err := a.put("stoop.css", css); err != nil {
		return nil, err
	}
	plain, err := files.ReadFile("css/noscript.css")
	if err != nil {
		return nil, err
	}
	if err := a.put("noscript.css", plain); err != nil {
		return nil, err
	}
	err = fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || mimes[path.Ext(p)] == "" || path.Ext(p) == ".css" {
			return err
		}
		b, err := files.ReadFile(p)
		if err != nil {
			return err
		}
		return a.put(strings.TrimPrefix(p, "dist/"), b)
	})
	return a, err
}

func (a *Assets) put(name string, body []byte) error {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression) // once, for all who ask
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	f := asset{body: body, hash: hex.EncodeToString(sum[:8]), mime: mimes[path.Ext(name)]}
	if packed.Len() < len(body) && f.mime != "image/png" { // which is packed
		f.packed = packed.Bytes()
	}
	a.byPath[name] = f
	return nil
}

// Inline returns the style of a page that loads nothing: the tokens, and a sheet.
func Inline(sheet string) (string, error) {
	var all []byte
	for _, s := range []string{"tokens", sheet} {
		b, err := files.ReadFile("css/" + s + ".css")
		if err != nil {
			return "", err
		}
		all = append(all, b...)
	}
	return string(all), nil
}

// URL returns the address of a file, which changes with its content, or the
// empty string if the program was built without it.
func (a *Assets) URL(name string) string {
	f, ok := a.byPath[name]
	if !ok {
		return ""
	}
	return "/static/" + name + "?v=" + f.hash
}

// ServeHTTP answers GET /static/{name}. There are no listings.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/static/")
	f, ok := a.byPath[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.mime)
	// Chunks carry their hash in the name, the rest in the query.
	if r.URL.Query().Get("v") == f.hash || strings.HasPrefix(name, "c-") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body, etag := f.body, `"`+f.hash+`"`
	if f.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if TakesGzip(r) {
			// Other bytes need another tag.
			body, etag = f.packed, `"`+f.hash+`-gzip"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// At returns a handler of one file at an address of its own, which does not change
// with its content. What is not there is not found.
func (a *Assets) At(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := r.Clone(r.Context())
		at.URL.Path, at.URL.RawQuery = "/static/"+name, ""
		a.ServeHTTP(w, at)
	})
}

// TakesGzip tells whether an answer to r may be packed. It reads Accept-Encoding
// as far as browsers write it: names, each with a weight or without.
func TakesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}
