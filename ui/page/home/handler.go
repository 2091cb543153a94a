// Package home is the first page: every camera, and what needs a look.
package home

import (
	"net/http"
	"slices"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/events"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// What happened is on the first page: the newest of a day, as much as a desk shows
// in two rows.
const (
	lately = 24 * time.Hour
	latest = 8
)

// Page serves /.
type Page struct {
	Cameras   appliance.Cameras
	Household appliance.Household
	Timelines appliance.Timelines
	Rings     appliance.Rings
	Happened  events.Lister
	Notices   func() []nvr.Notice
	Street    func(*http.Request) ([]street.Digest, error) // nil if there are no pages of it
	Frames    layout.Builder
	Texts     *text.Texts
	Now       func(*http.Request) (time.Time, error) // in the zone that times are shown in
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
	house, err := p.Household.Home(r.Context())
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	m := newModel(f, cameras, house, p.Notices(), now)
	if slices.ContainsFunc(cameras, p.rings) {
		m.summary = t.Ring.Now
	}
	for i := range m.tiles {
		// An address without a picture behind it is a fault in every browser's console.
		taken, err := p.Timelines.Pictured(r.Context(), m.tiles[i].stream)
		if err != nil {
			return err
		}
		m.tiles[i].date(taken, now, t)
	}
	missed, err := p.Rings.Missed(r.Context())
	if err != nil {
		return err
	}
	m.missed = misses(missed, cameras, now, t)
	if len(cameras) > 0 && auth.May(r.Context(), auth.Review, auth.Cameras) {
		wish := events.Wish{Span: nvr.Span{From: nvr.TimeOf(now).Add(-lately), To: nvr.TimeOf(now)}, Most: latest, Zone: now.Location()}
		stamp := func(at nvr.Time) component.Instant { return component.Recent(at, now, t.Calendar) }
		if m.happened, _, err = p.Happened.List(r.Context(), wish, stamp, t); err != nil {
			return err
		}
	}
	removed, err := p.Cameras.Removed(r.Context())
	if err != nil {
		return err
	}
	if p.Street != nil {
		if m.street, err = p.Street(r); err != nil {
			return err
		}
	}
	m.removed = removals(removed, t, now.Location())
	return layout.Render(w, r, http.StatusOK, view(m))
}

// rings reports whether somebody rings at a camera.
func (p Page) rings(at nvr.Camera) bool {
	press, ok := p.Rings.Last(at.ID)
	return ok && press.Rings()
}

// Post sets the mode of the house, or turns all cameras off for a while or on again,
// as the button that was pressed says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	if err := p.choose(r); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (p Page) choose(r *http.Request) error {
	if r.PostFormValue("on") != "" {
		return p.Household.CamerasOn(r.Context())
	}
	mode, until := nvr.HouseMode(r.PostFormValue("mode")), nvr.Time(0)
	if span := r.PostFormValue("off"); span != "" {
		house, err := p.Household.Home(r.Context())
		if err != nil {
			return err
		}
		mode = nvr.HousePrivacy
		if until, err = offUntil(span, nvr.Now(), house.Zone); err != nil {
			return err
		}
	}
	if err := mode.Check(); err != nil {
		return err
	}
	return p.Household.Choose(r.Context(), mode, until)
}
