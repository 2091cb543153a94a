// Package storage is the page of what is kept: where, how far back, what was missed
// and why, and what somebody wants to keep.
package storage

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

const here = "/storage"

// days is how many days are accounted for.
const days = 7

// Page serves /storage.
type Page struct {
	Storage appliance.Storage
	Cameras appliance.Cameras
	Frames  layout.Builder
	Texts   *text.Texts
	Now     func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

// Get shows what is kept.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Storage.Title, "settings", "shell")
	if err != nil {
		return err
	}
	stored, err := p.Storage.Storage(r.Context())
	if err != nil {
		return err
	}
	cameras, err := p.Cameras.List(r.Context())
	if err != nil {
		return err
	}
	gone, err := p.Cameras.Removed(r.Context())
	if err != nil {
		return err
	}
	locks, err := p.Storage.Locks(r.Context())
	if err != nil {
		return err
	}
	v := viewer{now: now, t: t, stored: stored}
	m := model{frame: f, unlocked: r.URL.Query().Has("unlocked")}
	for _, place := range stored.Places {
		m.places = append(m.places, v.place(place))
	}
	m.days = v.dates()
	for _, c := range cameras {
		covered, err := p.covered(r, c.ID, v.spans())
		if err != nil {
			return err
		}
		at := nvr.TimeOf(now)
		connected, err := p.Storage.Connected(r.Context(), c.ID, nvr.Span{From: at.Add(-lately), To: at})
		if err != nil {
			return err
		}
		shown := v.camera(c, covered)
		shown.connection = v.connection(connected)
		m.cameras = append(m.cameras, shown)
	}
	for _, c := range gone {
		m.cameras = append(m.cameras, v.camera(c, nil))
	}
	m.said, m.short = v.headline(cameras)
	for _, l := range locks {
		m.locks = append(m.locks, v.lock(l, slices.Concat(cameras, gone)))
	}
	went, err := p.Storage.RemovedSince(r.Context(), nvr.TimeOf(now.Add(-nvr.RemovalsTold)))
	if err != nil {
		return err
	}
	m.removed = v.removed(went, slices.Concat(cameras, gone))
	doing, err := p.Storage.Performance(r.Context())
	if err != nil {
		return err
	}
	m.doing = v.doing(doing)
	return layout.Render(w, r, http.StatusOK, view(m))
}

// covered accounts for the main stream of a camera, or the sub stream of one that
// records that alone.
func (p Page) covered(r *http.Request, id nvr.CameraID, spans []nvr.Span) ([]nvr.Covered, error) {
	all, err := p.Storage.Covered(r.Context(), nvr.StreamID{Camera: id, Quality: nvr.Main}, spans)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Recorded+c.Missing+c.Removed > 0 {
			return all, nil
		}
	}
	return p.Storage.Covered(r.Context(), nvr.StreamID{Camera: id, Quality: nvr.Sub}, spans)
}

// Post ends a lock.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	id, err := strconv.ParseInt(r.PostForm.Get("unlock"), 10, 64)
	if err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	// Pressed twice, or ended meanwhile: it is as whoever pressed wanted it.
	if err := p.Storage.Unlock(r.Context(), id); err != nil && !errors.Is(err, nvr.ErrNotFound) {
		return err
	}
	http.Redirect(w, r, here+"?unlocked=1#locks", http.StatusSeeOther)
	return nil
}

// viewer puts into words what is stored.
type viewer struct {
	now    time.Time
	t      *text.Catalogue
	stored nvr.Storage
}

// spans are the last days, the oldest first.
func (v viewer) spans() []nvr.Span {
	all := make([]nvr.Span, days)
	at := nvr.TimeOf(v.now)
	for i := range all {
		all[days-1-i] = component.Day(at, v.now.Location())
		at = all[days-1-i].From - 1
	}
	return all
}

func (v viewer) dates() (all []component.Instant) {
	for _, s := range v.spans() {
		all = append(all, component.Weekday(s.From, v.now.Location(), v.t.Calendar))
	}
	return all
}

// back is how far back the continuous footage of a camera goes, and will: that of
// its main stream if it has any.
func (v viewer) back(id nvr.CameraID) (o nvr.Outlook, ok bool) {
	for _, p := range v.stored.Places {
		for _, found := range p.Outlooks {
			better := found.Stream.Quality == nvr.Main && o.Stream.Quality != nvr.Main || found.Stream.Quality == o.Stream.Quality && found.Kept > o.Kept
			if found.Stream.Camera == id && (!ok || better) {
				o, ok = found, true
			}
		}
	}
	return o, ok
}

// headline says how far back all footage goes, and whether that will be too short.
func (v viewer) headline(cameras []nvr.Camera) (said string, short bool) {
	var least nvr.Outlook
	any := false
	for _, c := range cameras {
		if o, ok := v.back(c.ID); ok && (!any || o.InAMonth < least.InAMonth) {
			least, any = o, true
		}
	}
	if !any {
		return v.sofar(), false
	}
	if least.InAMonth < nvr.EnoughKept {
		return text.Fill(v.t.Storage.Short, "duration", v.length(least.InAMonth)), true
	}
	return text.Fill(v.t.Storage.Enough, "duration", v.length(least.InAMonth)), false
}

// sofar says what there is while nothing can be said of what will be.
func (v viewer) sofar() string {
	var bytes int64
	for _, p := range v.stored.Places {
		bytes += p.Bytes
	}
	if bytes == 0 {
		return v.t.Storage.Nothing
	}
	return text.Fill(v.t.Storage.SoFar, "size", component.Size(bytes, v.t.Numbers))
}

// length is a stretch of time in days from two days on.
func (v viewer) length(d time.Duration) string {
	if n := int(d / (24 * time.Hour)); n >= 2 {
		return v.t.Storage.Days.N(n)
	}
	return v.t.Calendar.Length(d)
}
