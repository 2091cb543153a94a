// Package home is the first page: every camera, and what needs a look.
package home

import (
	"net/http"
	"time"

	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves GET /.
type Page struct {
	Cameras appliance.Cameras
	Frames  layout.Builder
	Texts   *text.Texts
	Now     func() time.Time // in the server's zone
}

// Get shows the page.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Home.Title, "home", "home")
	if err != nil {
		return err
	}
	cameras, err := p.Cameras.List(r.Context())
	if err != nil {
		return err
	}
	return layout.Render(w, r, http.StatusOK, view(newModel(f, cameras, p.Now())))
}
