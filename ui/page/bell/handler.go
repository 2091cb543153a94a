// Package bell is the page that says how the press of a camera's button is heard,
// and what else its device tells.
package bell

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /cameras/{id}/bell.
type Page struct {
	Cameras appliance.Cameras
	Bells   appliance.Bells
	Frames  layout.Builder
	Texts   *text.Texts
	Now     func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

// Get shows the bells of a camera, or with a kind in its address the form for one.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	kind := r.URL.Query().Get("kind")
	if kind == "" {
		return p.show(w, r, id, appliance.BellSecret{})
	}
	in, err := p.begin(r, id, kind)
	if err != nil {
		return err
	}
	return p.ask(w, r, http.StatusOK, id, in, "")
}

// Post does what the button that was pressed says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	switch r.PostFormValue("do") {
	case "choose":
		return p.choose(w, r, id)
	case "remove":
		err = p.Bells.Remove(r.Context(), id, r.PostFormValue("kind"))
	case "bind":
		err = p.Bells.Bind(r.Context(), id, r.PostFormValue("source"), r.PostFormValue("means"))
	default:
		return nvr.ErrInvalid
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, address(id), http.StatusSeeOther)
	return nil
}

// choose stores a bell. What is wrong with it is said above the form, in which
// everything that was typed stays but the password.
func (p Page) choose(w http.ResponseWriter, r *http.Request, id nvr.CameraID) error {
	in := read(r)
	once, err := p.Bells.Choose(r.Context(), id, in)
	switch {
	case errors.Is(err, nvr.ErrInvalid):
		return p.ask(w, r, http.StatusBadRequest, id, in, strings.TrimSuffix(err.Error(), ": "+nvr.ErrInvalid.Error()))
	case err != nil:
		return err
	case once != appliance.BellSecret{}:
		return p.show(w, r, id, once) // it is told once, so there is nowhere else to go
	}
	http.Redirect(w, r, address(id), http.StatusSeeOther)
	return nil
}

// show shows the bells of a camera, and what is told once of one that was made just now.
func (p Page) show(w http.ResponseWriter, r *http.Request, id nvr.CameraID, once appliance.BellSecret) error {
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	camera, err := p.Cameras.Get(r.Context(), id)
	if err != nil {
		return err
	}
	told, err := p.Bells.Of(r.Context(), id)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, text.Fill(t.Bell.Title, "name", component.CameraName(camera, t)), "settings", "shell")
	if err != nil {
		return err
	}
	m := newModel(f, camera, told, now)
	if once != (appliance.BellSecret{}) {
		w.Header().Set("Cache-Control", "no-store")
		if m.once = once; once.Call != "" {
			m.once.Call = origin(r) + once.Call
		}
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}

// ask shows the form of a bell.
func (p Page) ask(w http.ResponseWriter, r *http.Request, status int, id nvr.CameraID, in appliance.BellInput, problem string) error {
	camera, err := p.Cameras.Get(r.Context(), id)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	way, ok := t.Bell.Ways[in.Kind]
	if !ok {
		return nvr.ErrNotFound
	}
	f, err := p.Frames.Frame(r.Context(), t, text.Fill(t.Bell.Title, "name", component.CameraName(camera, t)), "settings", "shell")
	if err != nil {
		return err
	}
	return layout.Render(w, r, status, form(newForm(f, camera, way, in, problem)))
}

// origin is where the page is, which is where a device of the home finds it, too.
func origin(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

func address(id nvr.CameraID) string { return "/cameras/" + id.String() + "/bell" }
