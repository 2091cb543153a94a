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
	Cameras   appliance.Cameras
	Timelines appliance.Timelines
	Frames    layout.Builder
	Texts     *text.Texts
	Now       func() time.Time // in the server's zone
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
	m := newModel(f, cameras, p.Now())
	for i := range m.tiles {
		// An address without a picture behind it is a fault in every browser's console.
		pictured, err := p.Timelines.Pictured(r.Context(), m.tiles[i].stream)
		if err != nil {
			return err
		}
		if !pictured {
			m.tiles[i].picture = ""
		}
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}
