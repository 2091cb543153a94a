// Package add is the page that tests and adds a camera.
package add

import (
	"errors"
	"net/http"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /cameras/new.
type Page struct {
	Cameras appliance.Cameras
	Frames  layout.Builder
	Texts   *text.Texts
}

// Get shows an empty form.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, appliance.Input{}, nil, nil)
}

// Post tests or adds what was typed, as the button that was pressed says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	in := clean(appliance.Input{
		Name: r.PostFormValue("name"), URL: r.PostFormValue("url"), SubURL: r.PostFormValue("sub_url"),
		User: r.PostFormValue("user"), Password: r.PostFormValue("password"),
	})
	t := p.Texts.For(r)
	test := r.PostFormValue("do") == "test"
	if wrong := check(in, t.Add, !test); len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, in, wrong, nil)
	}
	if test {
		probe, err := p.Cameras.Probe(r.Context(), in)
		if errors.Is(err, nvr.ErrInvalid) {
			return p.show(w, r, http.StatusUnprocessableEntity, in, refused(err, t.Add), nil)
		}
		if err != nil {
			return err
		}
		return p.show(w, r, http.StatusOK, in, nil, newAnswer(probe, t))
	}
	id, err := p.Cameras.Add(r.Context(), in)
	switch {
	case errors.Is(err, nvr.ErrInvalid):
		return p.show(w, r, http.StatusUnprocessableEntity, in, refused(err, t.Add), nil)
	case errors.Is(err, nvr.ErrExists):
		return p.show(w, r, http.StatusConflict, in, faults{"name": t.Add.Taken}, nil)
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/cameras/"+id.String(), http.StatusSeeOther)
	return nil
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, in appliance.Input, wrong faults, a *answer) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Add.Title, "add", "add")
	if err != nil {
		return err
	}
	m := newModel(f, in, wrong)
	m.answer = a
	return layout.Render(w, r, status, view(m))
}
