package add

import (
	"errors"
	"net/http"
	"strings"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
)

// Moved leads from where cameras were once found to where they are added.
func (p Page) Moved(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, newPath, http.StatusMovedPermanently)
	return nil
}

// search looks around on the home's own network.
func (p Page) search(w http.ResponseWriter, r *http.Request) error {
	found, err := p.Finder.Around(r.Context())
	switch {
	case errors.Is(err, nvr.ErrBusy):
		return p.step(w, r, http.StatusServiceUnavailable, step{busy: true})
	case err != nil && !errors.Is(err, nvr.ErrNotFound):
		return err
	}
	return p.step(w, r, http.StatusOK, step{searched: true, devices: found})
}

// ask tries the address of a camera, one that answered or one that was typed. If
// nothing was typed, it looks around.
func (p Page) ask(w http.ResponseWriter, r *http.Request) error {
	s := step{address: strings.TrimSpace(r.PostFormValue("address")), user: strings.TrimSpace(r.PostFormValue("user"))}
	if use := r.PostFormValue("use"); use != "" {
		s.address = use
	}
	if s.address == "" {
		return p.search(w, r)
	}
	found, err := p.Finder.Ask(r.Context(), appliance.Wanted{Address: s.address, User: s.user, Password: r.PostFormValue("password"), Anew: r.PostFormValue("anew") != ""})
	switch {
	case errors.Is(err, nvr.ErrInvalid): // what was typed can be no user or password
		s.login, s.refused = true, true
		return p.step(w, r, http.StatusUnprocessableEntity, s)
	case errors.Is(err, nvr.ErrBusy):
		s.busy, s.login = true, s.user != ""
		return p.step(w, r, http.StatusServiceUnavailable, s)
	case err != nil:
		return err
	}
	s.found, s.asked = found, true
	if found.Address != "" {
		s.address, s.user = found.Address, found.User
	}
	status := http.StatusOK
	switch {
	case found.NeedPassword:
		s.login, s.refused = true, found.Refused
	case found.Name == "":
		status = http.StatusUnprocessableEntity
	default:
		s.name = found.Suggest
	}
	return p.step(w, r, status, s)
}

// addFound adds the camera whose picture was shown.
func (p Page) addFound(w http.ResponseWriter, r *http.Request) error {
	held, name := r.PostFormValue("found"), strings.Join(strings.Fields(r.PostFormValue("name")), " ")
	id, err := p.Finder.AddFound(r.Context(), held, name)
	if err == nil {
		http.Redirect(w, r, "/cameras/"+id.String(), http.StatusSeeOther)
		return nil
	}
	found, lost := p.Finder.Found(held)
	if lost != nil || errors.Is(err, nvr.ErrNotFound) {
		return p.step(w, r, http.StatusNotFound, step{late: true})
	}
	t := p.Texts.For(r).Add
	s := step{found: found, asked: true, name: name}
	switch {
	case errors.Is(err, nvr.ErrExists):
		s.nameFault = t.Taken
		return p.step(w, r, http.StatusConflict, s)
	case errors.Is(err, nvr.ErrInvalid):
		if s.nameFault = t.NoName; name != "" {
			s.nameFault = t.LongName
		}
		return p.step(w, r, http.StatusUnprocessableEntity, s)
	}
	return err
}

// step shows one step of finding a camera.
func (p Page) step(w http.ResponseWriter, r *http.Request, status int, s step) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Add.Title, "settings", "add")
	if err != nil {
		return err
	}
	s = s.complete(f)
	if s.first() { // the second way is folded below it
		s.typed = newModel(f, 0, appliance.Input{}, nil)
		s.typed.folded = true
	}
	return layout.Render(w, r, status, steps(s))
}
