// Package remove is the page that asks before a camera is removed.
package remove

import (
	"net/http"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /cameras/{id}/remove.
type Page struct {
	Cameras appliance.Cameras
	Setup   appliance.Setup
	Frames  layout.Builder
	Texts   *text.Texts
}

// Get asks.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	c, err := p.Cameras.Get(r.Context(), id)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	title := text.Fill(t.Remove.Title, "name", c.Name)
	f, err := p.Frames.Frame(r.Context(), t, title, "settings", "shell")
	if err != nil {
		return err
	}
	home := "/cameras/" + id.String()
	return layout.Render(w, r, http.StatusOK, view(model{f, title, home + "/remove", home}))
}

// Post removes the camera and goes home.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := p.Setup.Remove(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
