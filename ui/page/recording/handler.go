// Package recording is the page that says what is recorded of a camera, and
// when.
package recording

import (
	"errors"
	"net/http"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /cameras/{id}/recording.
type Page struct {
	Cameras   appliance.Cameras
	Household appliance.Household
	Frames    layout.Builder
	Texts     *text.Texts
	Now       func() time.Time
}

// Get shows what is set.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	set, err := p.Household.Recording(r.Context(), id)
	if err != nil {
		return err
	}
	home, err := p.Household.Home(r.Context())
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, id, inputOf(set, home.TimeZone), nil)
}

// Post adds or removes a row of the schedule, or stores what was typed, as the
// button that was pressed says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	in, changed, err := readInput(r.PostForm)
	if err != nil {
		return err
	}
	if changed {
		return p.show(w, r, http.StatusOK, id, in, nil)
	}
	return p.save(w, r, id, in)
}

func (p Page) save(w http.ResponseWriter, r *http.Request, id nvr.CameraID, in input) error {
	t := p.Texts.For(r).Recorded
	set, wrong := in.recording(t)
	home, err := p.Household.Home(r.Context())
	if err != nil {
		return err
	}
	if len(wrong) == 0 && in.zone != home.TimeZone {
		err := p.Household.SetTimeZone(r.Context(), in.zone)
		if errors.Is(err, nvr.ErrInvalid) {
			wrong["time_zone"] = t.NoZone
		} else if err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, id, in, wrong)
	}
	err = p.Household.SetRecording(r.Context(), id, set)
	if errors.Is(err, nvr.ErrInvalid) {
		return p.show(w, r, http.StatusUnprocessableEntity, id, in, refused(err, t))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, address(id)+"?saved=1", http.StatusSeeOther)
	return nil
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, id nvr.CameraID, in input, wrong faults) error {
	c, err := p.Cameras.Get(r.Context(), id)
	if err != nil {
		return err
	}
	home, err := p.Household.Home(r.Context())
	if err != nil {
		return err
	}
	set, err := p.Household.Recording(r.Context(), id)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Recorded.Title, "settings", "schedule")
	if err != nil {
		return err
	}
	m := newModel(f, c, in, wrong)
	m.now = now(set, home.Mode == nvr.HousePrivacy, home.Zone, p.Now(), t)
	m.saved = r.URL.Query().Has("saved") && r.Method == http.MethodGet
	m.clock(home, p.Now())
	return layout.Render(w, r, status, view(m))
}

func address(id nvr.CameraID) string { return "/cameras/" + id.String() + "/recording" }
