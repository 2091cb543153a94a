// Package find is the page that finds a camera: on the home's network, or at an
// address as people have it; asks for its password; and shows its picture before
// it is added. Each step is a form that works without script.
package find

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /cameras/find.
type Page struct {
	Finder appliance.Finder
	Frames layout.Builder
	Texts  *text.Texts
}

// Get asks where the camera is.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, model{})
}

// Post does one step, as the button that was pressed says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	switch {
	case r.PostFormValue("do") == "search":
		return p.search(w, r)
	case r.PostFormValue("do") == "add":
		return p.add(w, r)
	}
	return p.ask(w, r)
}

func (p Page) search(w http.ResponseWriter, r *http.Request) error {
	found, err := p.Finder.Around(r.Context())
	if err != nil && !errors.Is(err, nvr.ErrNotFound) {
		return err
	}
	return p.show(w, r, http.StatusOK, model{searched: true, devices: found})
}

func (p Page) ask(w http.ResponseWriter, r *http.Request) error {
	m := model{address: strings.TrimSpace(r.PostFormValue("address")), user: strings.TrimSpace(r.PostFormValue("user"))}
	if use := r.PostFormValue("use"); use != "" { // one that answered, or that was offered
		m.address = strings.TrimPrefix(use, "address ")
	}
	found, err := p.Finder.Ask(r.Context(), m.address, m.user, r.PostFormValue("password"))
	if errors.Is(err, nvr.ErrInvalid) {
		m.login, m.refused = true, true
		return p.show(w, r, http.StatusUnprocessableEntity, m)
	}
	if err != nil {
		return err
	}
	m.found, m.asked = found, true
	status := http.StatusOK
	switch {
	case found.NeedPassword:
		m.login, m.refused = true, found.Refused
		if m.user == "" {
			m.user = "admin" // what most cameras come with
		}
	case found.Name == "":
		status = http.StatusUnprocessableEntity
	default:
		m.name = found.Suggest
	}
	return p.show(w, r, status, m)
}

func (p Page) add(w http.ResponseWriter, r *http.Request) error {
	held, name := r.PostFormValue("found"), strings.Join(strings.Fields(r.PostFormValue("name")), " ")
	id, err := p.Finder.AddFound(r.Context(), held, name)
	if err == nil {
		http.Redirect(w, r, "/cameras/"+id.String(), http.StatusSeeOther)
		return nil
	}
	if errors.Is(err, nvr.ErrNotFound) {
		return p.show(w, r, http.StatusNotFound, model{late: true})
	}
	found, lost := p.Finder.Found(held)
	if lost != nil {
		return p.show(w, r, http.StatusNotFound, model{late: true})
	}
	t := p.Texts.For(r).Add
	m := model{found: found, asked: true, name: name}
	switch {
	case errors.Is(err, nvr.ErrExists):
		m.nameFault = t.Taken
		return p.show(w, r, http.StatusConflict, m)
	case errors.Is(err, nvr.ErrInvalid):
		if m.nameFault = t.NoName; name != "" {
			m.nameFault = t.LongName
		}
		return p.show(w, r, http.StatusUnprocessableEntity, m)
	}
	return err
}

// Picture serves the picture of a camera that was found.
func (p Page) Picture(w http.ResponseWriter, r *http.Request) error {
	picture, err := p.Finder.Picture(r.PathValue("found"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(picture))
	return nil
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, m model) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Find.Title, "add", "shell")
	if err != nil {
		return err
	}
	return layout.Render(w, r, status, view(m.complete(f)))
}
