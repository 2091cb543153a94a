// Package events is the page of what happened: day by day, picture first.
package events

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// perPage is how many moments a page has: two dozen pictures are a second's worth
// of a slow phone's time.
const perPage = 24

// Page serves /events.
type Page struct {
	Lister
	Keeps  bool // footage can be kept
	Frames layout.Builder
	Texts  *text.Texts
	Now    func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

type model struct {
	frame          layout.Frame
	day            component.Instant
	value          string // of the date input
	earlier, later string // addresses of the days beside it; later is empty today
	cameras, kinds component.Select
	moments        []Moment
	more           string // address of the rest of the day; empty if there is none
	choose, keeps  bool   // whoever asks may do something with moments, and keep them
}

// Get shows the moments of a day.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	q, err := parseQuery(r.URL.Query(), now)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Events.Title, "events", "events")
	if err != nil {
		return err
	}
	cameras, err := p.known(r.Context())
	if err != nil {
		return err
	}
	m := model{frame: f, day: component.Date(q.day.From, now.Location(), t.Calendar), value: q.date(q.day.From)}
	m.keeps = p.Keeps && auth.May(r.Context(), auth.Manage, auth.Home)
	m.choose = m.keeps || auth.May(r.Context(), auth.Export, auth.Cameras)
	m.earlier = q.on(q.day.From - 1)
	if q.day.To <= nvr.TimeOf(now) {
		m.later = q.on(q.day.To)
	}
	m.cameras = component.Select{ID: "camera", Name: "camera", Label: t.Events.Camera, Options: []component.Option{{Label: t.Events.Every, On: q.camera == 0}}}
	for _, c := range cameras {
		m.cameras.Options = append(m.cameras.Options, component.Option{Value: c.ID.String(), Label: component.CameraName(c, t), On: c.ID == q.camera})
	}
	m.kinds = component.Select{ID: "kind", Name: "kind", Label: t.Events.Kind, Options: []component.Option{{Label: t.Events.Everything, On: q.kind == ""}}}
	for _, kind := range kinds {
		m.kinds.Options = append(m.kinds.Options, component.Option{Value: kind, Label: said(kind, t), On: kind == q.kind})
	}
	wish := Wish{Span: nvr.Span{From: q.day.From, To: cmp.Or(q.before, q.day.To)}, Camera: q.camera, Kind: q.kind, Most: perPage, Zone: now.Location()}
	stamp := func(at nvr.Time) component.Instant { return component.Seconds(at, now.Location(), t.Calendar) }
	var more nvr.Time
	if m.moments, more, err = p.List(r.Context(), wish, stamp, t); err != nil {
		return err
	}
	if more != 0 {
		m.more = q.from(more)
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}

// kinds are those that can be asked for.
var kinds = []string{
	nvr.RingEvent, nvr.MessageEvent, nvr.PersonEvent, nvr.PackageEvent, nvr.MotionEvent,
	nvr.VehicleEvent, nvr.AnimalEvent, nvr.DoorEvent, nvr.WindowEvent, nvr.AlarmEvent,
}

// query is what an address of the page asks for.
type query struct {
	day    nvr.Span
	before nvr.Time // of the day only what began before; zero for all of it
	camera nvr.CameraID
	kind   string
	zone   *time.Location
}

func parseQuery(v url.Values, now time.Time) (q query, err error) {
	q = query{zone: now.Location(), kind: v.Get("kind")}
	on := now
	if s := v.Get("day"); s != "" {
		if on, err = time.ParseInLocation(time.DateOnly, s, q.zone); err != nil {
			return q, nvr.ErrInvalid
		}
		on = on.Add(12 * time.Hour) // of days that begin late, too
	}
	q.day = component.Day(nvr.TimeOf(on), q.zone)
	if s := v.Get("camera"); s != "" {
		if q.camera, err = nvr.ParseCameraID(s); err != nil {
			return q, err
		}
	}
	if q.kind != "" && !slices.Contains(kinds, q.kind) {
		return q, nvr.ErrInvalid
	}
	if s := v.Get("before"); s != "" {
		if q.before, err = nvr.ParseTime(s); err != nil {
			return q, err
		}
		q.before = min(q.before, q.day.To)
		if q.before <= q.day.From {
			return q, nvr.ErrInvalid
		}
	}
	return q, nil
}

// date is the day of a time as a form sends it.
func (q query) date(at nvr.Time) string { return at.Std().In(q.zone).Format(time.DateOnly) }

// on is the address of the same on another day.
func (q query) on(at nvr.Time) string {
	v := url.Values{"day": {q.date(at)}}
	if q.camera != 0 {
		v.Set("camera", q.camera.String())
	}
	if q.kind != "" {
		v.Set("kind", q.kind)
	}
	return "/events?" + v.Encode()
}

// from is the address of the rest of the day.
func (q query) from(before nvr.Time) string {
	return q.on(q.day.From) + "&before=" + url.QueryEscape(before.String())
}
