// Package together is the page on which several cameras show the same moment of
// the past: who came up the drive, then to the door, then round the back.
package together

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/events"
	"nvrd/ui/text"
)

const (
	// lately is how far back the page begins that names no moment.
	lately = time.Minute
	// edge is how near to now it shows: what is younger may not be on disk.
	edge = 20 * time.Second
	// skip is how far one goes back or on.
	skip = 10 * time.Second
)

// Page serves /cameras.
type Page struct {
	Cameras  appliance.Cameras
	Happened events.Lister
	Frames   layout.Builder
	Texts    *text.Texts
	Now      func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

// Get shows a moment as several cameras saw it. It fails with [nvr.ErrNotFound] if
// one of those that are asked for is not there for whoever asks.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	q, err := parseQuery(r.URL.Query(), now.Location())
	if err != nil {
		return err
	}
	if q.typed {
		http.Redirect(w, r, q.address(q.at), http.StatusSeeOther)
		return nil
	}
	last := nvr.TimeOf(now).Add(-edge)
	q.at = min(cmp.Or(q.at, nvr.TimeOf(now).Add(-lately)), last)
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Together.Title, "", "together")
	if err != nil {
		return err
	}
	cameras, err := p.Cameras.List(r.Context())
	if err != nil {
		return err
	}
	cameras = slices.DeleteFunc(slices.Clone(cameras), func(c nvr.Camera) bool {
		return !auth.May(r.Context(), auth.Review, auth.Camera(c.ID))
	})
	shown, err := q.choose(cameras)
	if err != nil {
		return err
	}
	m := newModel(f, q, cameras, shown, now)
	for _, c := range shown {
		tl, err := newTile(c, q.at, t)
		if err != nil {
			return err
		}
		if tl.picture, tl.lack, err = p.Happened.Still(r.Context(), c, q.at, now, t); err != nil {
			return err
		}
		m.tiles = append(m.tiles, tl)
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}

// newTile is one camera's part of the moment.
func newTile(c nvr.Camera, at nvr.Time, t *text.Catalogue) (tile, error) {
	name := component.CameraName(c, t)
	tl := tile{id: c.ID, name: name, href: events.At(c.ID, at), label: text.Fill(t.Together.Open, "name", name)}
	d := data{ID: c.ID, Name: name, Streams: []stream{}}
	for _, s := range c.Streams {
		d.Streams = append(d.Streams, stream{s.Quality.String(), component.CodecName(s.Video.Codec), s.MIME})
	}
	b, err := json.Marshal(d)
	tl.data = string(b)
	return tl, err
}
