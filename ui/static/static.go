// Package static is what the pages load: one style sheet, the scripts that
// `npm run build` made, and the icon. All of it is part of the program.
//
// Scripts are optional. A program that was built without them serves pages
// that work without script.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed css all:dist icon.svg
var files embed.FS

// sheets are joined in this order: tokens first, then parts, then screens.
var sheets = []string{"tokens", "shell", "parts", "form", "home", "camera", "timeline"}

// Assets serves the files under /static/. It is read-only after [Load] and
// safe for concurrent use.
type Assets struct {
	byPath map[string]asset // by what follows /static/
}

type asset struct {
	body []byte
	hash string
	mime string
}

var mimes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// Load reads the embedded files and names them by their content.
func Load() (*Assets, error) {
	a := &Assets{byPath: make(map[string]asset)}
	var css []byte
	for _, s := range sheets {
		b, err := files.ReadFile("css/" + s + ".css")
		if err != nil {
			return nil, err
		}
		css = append(css, b...)
	}
	a.put("stoop.css", css)
	err := fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || (path.Ext(p) != ".js" && path.Ext(p) != ".svg") {
			return err
		}
		b, err := files.ReadFile(p)
		a.put(strings.TrimPrefix(p, "dist/"), b)
		return err
	})
	return a, err
}

func (a *Assets) put(name string, body []byte) {
	sum := sha256.Sum256(body)
	a.byPath[name] = asset{body: body, hash: hex.EncodeToString(sum[:8]), mime: mimes[path.Ext(name)]}
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
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", `"`+f.hash+`"`)
	// Chunks carry their hash in the name, the rest in the query.
	if r.URL.Query().Get("v") == f.hash || strings.HasPrefix(name, "chunk-") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), f.hash) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.body) // a browser that went away is nobody's error
	}
}
