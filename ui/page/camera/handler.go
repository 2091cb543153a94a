// Package camera is the page of one camera: its picture, its timeline and
// what was recorded, as film and as a list.
package camera

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/events"
	"nvrd/ui/page/together"
	"nvrd/ui/text"
)

// momentsShown is how many of a day's moments stand beside the film: what is seen
// without scrolling.
const momentsShown = 6

// Page serves /cameras/{id}.
type Page struct {
	Cameras   appliance.Cameras
	Timelines appliance.Timelines
	Rings     appliance.Rings
	Happened  events.Lister
	Voice     appliance.Voice         // nil if nothing can be played at cameras
	Bells     bool                    // there is a page of how presses are heard
	Opens     func(nvr.CameraID) bool // whether there is a door to open; nil if nowhere
	Frames    layout.Builder
	Texts     *text.Texts
	Now       func(*http.Request) (time.Time, error) // in the zone that times are shown in
	Share     func(*http.Request) bool               // whether there are neighbors to share with
	Blurs     bool                                   // there is a page on which a clip is blurred
}

// Get shows the camera now, or the moment or clip that the address names.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	elsewhere, ok, err := absolute(r.URL.Path, r.URL.Query(), now.Location())
	if err != nil {
		return err
	}
	if ok {
		http.Redirect(w, r, elsewhere, http.StatusSeeOther)
		return nil
	}
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	c, err := p.camera(r.Context(), id)
	if err != nil {
		return err
	}
	if c.Phase == nvr.Gone && q.moment() == 0 {
		q.at = c.Newest.From // there is no picture of now
	}
	t := p.Texts.For(r)
	c.Name = component.CameraName(c, t)
	f, err := p.Frames.Frame(r.Context(), t, c.Name, "", "camera")
	if err != nil {
		return err
	}
	stream := nvr.StreamID{Camera: id, Quality: q.stream}
	m := p.model(f, c, q, now)
	if m.others, err = p.others(r.Context(), id, t); err != nil {
		return err
	}
	m.together = together.Of(m.seen(r.Context()))
	if p.Share(r) && !m.removed {
		m.form.share = m.action + "/share"
	}
	if p.Blurs && !m.removed && auth.May(r.Context(), auth.Export, auth.Camera(id)) {
		m.form.blur = m.action + "/blur"
	}
	newest, err := p.Timelines.Pictured(r.Context(), stream)
	if err != nil {
		return err
	}
	at := cmp.Or(q.moment(), nvr.TimeOf(now))
	span := component.Day(at, now.Location())
	line, err := p.Timelines.Timeline(r.Context(), stream, span)
	if err != nil {
		return err
	}
	switch {
	case m.clip:
	case q.moment() == 0:
		m.late(stream, newest, now, t)
	default:
		m.lack = events.Lacking(line, q.moment(), now, t)
		if m.lack != "" || newest == 0 {
			m.picture = "" // the one before would stand under another's time
		}
	}
	m.talk, m.opens = p.talk(r, id, m.removed)
	if m.ring, err = p.ringing(r, id, q.ring, now); err != nil {
		return err
	}
	if err := p.came(r.Context(), &m, stream, q, now); err != nil {
		return err
	}
	maker := dayMaker{t, now.Location(), stream, nvr.TimeOf(now)}
	m.day = maker.make(span, line)
	m.day.events = events.Of(id, span.From, now.Location())
	stamp := func(at nvr.Time) component.Instant { return component.Seconds(at, now.Location(), t.Calendar) }
	wish := events.Wish{Span: span, Camera: id, Most: mostChapters, Zone: now.Location()}
	all, _, err := p.Happened.List(r.Context(), wish, stamp, t)
	if err != nil {
		return err
	}
	m.day.moments = all[:min(len(all), momentsShown)]
	m.day.chapters = maker.chapters(span, maker.closed(line.Gaps, span), all)
	b, err := json.Marshal(m.script)
	if err != nil {
		return err
	}
	m.data = string(b)
	return layout.Render(w, r, http.StatusOK, view(m))
}

// came has the page begin where somebody came who rang, if the address leads to that and
// there is footage of it, or may be in a moment.
func (p Page) came(ctx context.Context, m *model, stream nvr.StreamID, q query, now time.Time) error {
	if m.ring == nil || m.ring.came == 0 || q.moment() != 0 || m.removed {
		return nil
	}
	at := m.ring.came
	line, err := p.Timelines.Timeline(ctx, stream, nvr.Span{From: at, To: at.Add(time.Second)})
	if err != nil || events.Lacking(line, at, now, m.frame.T) != "" {
		return err
	}
	m.script.Came, m.script.Over = &at, m.ring.over
	m.frame.Ahead = layout.Ahead{} // film comes first
	return nil
}

// others are the cameras that one goes to from here, this one among them; none if
// it was removed.
func (p Page) others(ctx context.Context, here nvr.CameraID, t *text.Catalogue) ([]other, error) {
	all, err := p.Cameras.List(ctx)
	if err != nil || !slices.ContainsFunc(all, func(c nvr.Camera) bool { return c.ID == here }) {
		return nil, err
	}
	var o []other
	for _, c := range all {
		o = append(o, other{c.ID, "/cameras/" + c.ID.String(), component.CameraName(c, t), c.ID == here})
	}
	return o, nil
}

// seen are the cameras whose footage whoever asks may see, this one first.
func (m model) seen(ctx context.Context) (all []nvr.CameraID) {
	for _, o := range m.others {
		switch {
		case o.here:
			all = slices.Insert(all, 0, o.id)
		case auth.May(ctx, auth.Review, auth.Camera(o.id)):
			all = append(all, o.id)
		}
	}
	return all
}

// camera returns a camera, also one that was removed and still has footage.
func (p Page) camera(ctx context.Context, id nvr.CameraID) (nvr.Camera, error) {
	c, absent := p.Cameras.Get(ctx, id)
	if !errors.Is(absent, nvr.ErrNotFound) {
		return c, absent
	}
	removed, err := p.Cameras.Removed(ctx)
	if err != nil {
		return nvr.Camera{}, err
	}
	i := slices.IndexFunc(removed, func(c nvr.Camera) bool { return c.ID == id })
	if i < 0 {
		return nvr.Camera{}, absent
	}
	return removed[i], nil
}
