// Package add is the page that adds a camera, and the one that changes how a camera
// is reached. To add one, it finds it: on the home's network, or at an address as
// people have it; asks for its password; and shows its picture. Who knows the
// addresses of its streams types and tests them, in the form that changes them, too.
// Each step works without script.
package add

import (
	"context"
	"errors"
	"net/http"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /cameras/new and /cameras/{id}/edit.
type Page struct {
	Setup  appliance.Setup
	Finder appliance.Finder // nil if cameras are added by the addresses of their streams alone
	Frames layout.Builder
	Texts  *text.Texts
}

// newPath is where a camera is added.
const newPath = "/cameras/new"

// Get asks where the camera is.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	if p.Finder != nil {
		return p.step(w, r, http.StatusOK, step{})
	}
	return p.show(w, r, http.StatusOK, 0, appliance.Input{}, nil, nil)
}

// Edit shows how a camera is reached.
func (p Page) Edit(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	in, err := p.Setup.Reach(r.Context(), id)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, id, in, nil, nil)
}

// Post does one step of finding a camera, or tests or adds one whose addresses were
// typed, as the form and the button that was pressed say.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	do := r.PostFormValue("do")
	switch {
	case p.Finder == nil, r.PostForm.Has("url"):
		return p.submit(w, r, 0)
	case do == "search":
		return p.search(w, r)
	case do == "add":
		return p.addFound(w, r)
	}
	return p.ask(w, r)
}

// Change tests or stores what was typed, as the button that was pressed says.
func (p Page) Change(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.submit(w, r, id)
}

// submit is given the camera that is changed; zero adds one.
func (p Page) submit(w http.ResponseWriter, r *http.Request, id nvr.CameraID) error {
	in := readInput(r)
	take(&in, r.PostFormValue("use"))
	in, mistakes := p.Setup.Tidy(in)
	if r.PostFormValue("use") != "" {
		return p.show(w, r, http.StatusOK, id, in, nil, nil)
	}
	t := p.Texts.For(r)
	test := r.PostFormValue("do") == "test"
	if wrong := check(in, mistakes, t.Add, !test); len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, id, in, wrong, nil)
	}
	if test {
		probe, err := p.Setup.Probe(r.Context(), id, in)
		if errors.Is(err, nvr.ErrInvalid) {
			return p.show(w, r, http.StatusUnprocessableEntity, id, in, refused(err, t.Add), nil)
		}
		if err != nil {
			return err
		}
		return p.show(w, r, http.StatusOK, id, in, nil, newAnswer(probe, t))
	}
	stored, err := p.store(r.Context(), id, in)
	switch {
	case errors.Is(err, nvr.ErrInvalid):
		return p.show(w, r, http.StatusUnprocessableEntity, id, in, refused(err, t.Add), nil)
	case errors.Is(err, nvr.ErrExists):
		return p.show(w, r, http.StatusConflict, id, in, faults{"name": {text: t.Add.Taken}}, nil)
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/cameras/"+stored.String(), http.StatusSeeOther)
	return nil
}

func (p Page) store(ctx context.Context, id nvr.CameraID, in appliance.Input) (nvr.CameraID, error) {
	if id == 0 {
		return p.Setup.Add(ctx, in)
	}
	return id, p.Setup.Change(ctx, id, in)
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, id nvr.CameraID, in appliance.Input, wrong faults, a *answer) error {
	t := p.Texts.For(r)
	title := t.Add.Title
	if id != 0 {
		title = t.Add.Change
	}
	f, err := p.Frames.Frame(r.Context(), t, title, "settings", "add")
	if err != nil {
		return err
	}
	m := newModel(f, id, in, wrong)
	m.answer = a
	m.finds = p.Finder != nil && id == 0
	return layout.Render(w, r, status, view(m))
}
