// Package motion is the page that tells how motion of a camera is found, and says
// where in its picture it counts.
package motion

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /cameras/{id}/motion.
type Page struct {
	Cameras   appliance.Cameras
	Zones     appliance.Zones
	Timelines appliance.Timelines
	Frames    layout.Builder
	Texts     *text.Texts
	Now       func(r *http.Request) (time.Time, error) // in the zone of the home
}

// Get shows what is drawn.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	zones, err := p.Zones.Zones(r.Context(), id)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, id, input{text: zones.String(), zones: zones})
}

// Post stores what was drawn, or typed.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	in := readInput(r.PostForm.Get("zones"))
	if in.wrong == nil {
		in.wrong = p.Zones.SetZones(r.Context(), id, in.zones)
	}
	switch {
	case errors.Is(in.wrong, nvr.ErrInvalid):
		return p.show(w, r, http.StatusUnprocessableEntity, id, in)
	case in.wrong != nil:
		return in.wrong
	}
	http.Redirect(w, r, address(id)+"?saved=1", http.StatusSeeOther)
	return nil
}

// input is what was typed, or what is stored.
type input struct {
	text  string
	zones nvr.Zones // as far as the text can be read
	wrong error     // what is wrong with it, an nvr.ErrInvalid
}

// readInput reads what was typed. What makes no sense is shown again as text alone.
func readInput(text string) input {
	in := input{text: strings.ReplaceAll(text, "\r\n", "\n")}
	zones, err := nvr.ParseZones(in.text)
	if err == nil {
		err = zones.Check()
	}
	if err != nil {
		in.wrong = err
		return in
	}
	in.zones, in.text = zones, zones.String()
	return in
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, id nvr.CameraID, in input) error {
	c, err := p.Cameras.Get(r.Context(), id)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Motion.Title, "settings", "motion")
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	m := newModel(f, c, in)
	m.leave(c.Motion, t.Motion, now)
	m.saved = r.URL.Query().Has("saved") && r.Method == http.MethodGet
	for _, s := range pictured(c) {
		taken, err := p.Timelines.Pictured(r.Context(), nvr.StreamID{Camera: id, Quality: s.Quality})
		if err != nil {
			return err
		}
		if taken != 0 {
			m.show(id, s, taken)
			break
		}
	}
	return layout.Render(w, r, status, view(m))
}

func address(id nvr.CameraID) string { return "/cameras/" + id.String() + "/motion" }
