// Package settings is the page that leads to all that can be set.
package settings

import (
	"net/http"
	"slices"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /settings. What it leads to depends on what there is, and on what
// who asks may.
type Page struct {
	Cameras appliance.Cameras
	Bells   bool                    // there are pages of how cameras hear presses
	Voice   bool                    // there are quick replies
	Opens   func(nvr.CameraID) bool // whether there is a door to open, and a log of that; nil if nowhere
	Storage bool                    // there is a page of what is kept
	Frames  layout.Builder
	Texts   *text.Texts
}

type model struct {
	frame   layout.Frame
	manages bool // whoever asks may add cameras
	cameras []camera
	home    []place
	bells   bool
}

type camera struct {
	id   nvr.CameraID
	name string
}

// place is a page that is led to.
type place struct {
	href, icon, label, hint string
}

// Get shows the page.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Settings.Title, "settings", "shell")
	if err != nil {
		return err
	}
	m := model{frame: f, manages: auth.May(r.Context(), auth.Manage, auth.Home), bells: p.Bells}
	all, err := p.Cameras.List(r.Context())
	if err != nil {
		return err
	}
	for _, c := range all {
		if auth.May(r.Context(), auth.Manage, auth.Camera(c.ID)) {
			m.cameras = append(m.cameras, camera{c.ID, component.CameraName(c, t)})
		}
	}
	if m.manages {
		m.home = p.places(f.Notify, all, t)
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}

// places are those of the home that there are.
func (p Page) places(notify bool, cameras []nvr.Camera, t *text.Catalogue) (all []place) {
	s := t.Settings
	for _, one := range []struct {
		there bool
		place
	}{
		{notify, place{"/settings/notifications", "bell", t.Notify.Title, s.Notify}},
		{notify, place{"/settings/alerts", "night", t.Alerts.Link, s.Alerts}},
		{p.Storage, place{"/storage", "record", t.Storage.Title, s.Storage}},
		{p.Voice, place{"/replies", "sound", t.Replies.Title, s.Replies}},
		{p.Opens != nil && slices.ContainsFunc(cameras, func(c nvr.Camera) bool { return p.Opens(c.ID) }), place{"/settings/audit", "key", t.Audit.Title, s.Audit}},
	} {
		if one.there {
			all = append(all, one.place)
		}
	}
	return all
}
