package layout

import (
	"bytes"
	"net/http"

	"github.com/a-h/templ"
)

// Render writes c whole or, on failure, not at all.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var body bytes.Buffer
	if err := c.Render(r.Context(), &body); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a browser that went away is nobody's error
	return nil
}
