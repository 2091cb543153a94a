package events

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

const (
	// together is how soon behind an event another one of its kind counts as the same.
	together = time.Minute
	// lead is how long before an event its film begins: who comes is seen coming.
	lead = 5 * time.Second
	// into is how far into an event its picture is taken: by then there is something to see.
	into = time.Second
)

// Moment is something that happened at a camera, maybe several times in a row.
type Moment struct {
	Kind    string
	Said    string // what it was
	Camera  string // its name
	Times   int
	At      component.Instant // when it began
	Href    string            // where one sees it
	Film    string            // the instant at which its film begins
	Picture string            // address; empty if nothing was recorded then

	camera nvr.CameraID
	from   nvr.Time
	film   nvr.Span // of which there is more to see than its beginning; empty of others
}

// Lister lists what happened.
type Lister struct {
	History   appliance.History
	Cameras   appliance.Cameras
	Timelines appliance.Timelines
}

// Wish is which moments are to be listed.
type Wish struct {
	Span   nvr.Span
	Camera nvr.CameraID // zero: of all
	Kind   string       // empty: of all
	Most   int
}

// Of is the address of what happened at a camera on the day of a time.
func Of(camera nvr.CameraID, at nvr.Time, zone *time.Location) string {
	return query{camera: camera, zone: zone}.on(at)
}

// Film is the address of a span of a camera's footage as one film.
func Film(camera nvr.CameraID, span nvr.Span) string {
	return "/cameras/" + camera.String() + "?" + url.Values{"from": {span.From.String()}, "to": {span.To.String()}}.Encode()
}

// List returns the moments that w asks for and whoever asks may see, the last that
// began first, and if there are more, before when the next one began; else zero.
// Stamp writes times.
func (l Lister) List(ctx context.Context, w Wish, stamp func(nvr.Time) component.Instant, t *text.Catalogue) (all []Moment, more nvr.Time, err error) {
	cameras, err := l.known(ctx)
	if err != nil {
		return nil, 0, err
	}
	err = l.History.LatestEvents(ctx, w.Span, func(e nvr.Event) bool {
		i := slices.IndexFunc(cameras, func(c nvr.Camera) bool { return c.ID == e.Stream.Camera })
		if i < 0 || w.Camera != 0 && w.Camera != e.Stream.Camera || w.Kind != "" && w.Kind != e.Kind {
			return true
		}
		last := slices.IndexFunc(all, func(m Moment) bool {
			return e.Kind != nvr.MessageEvent && m.camera == cameras[i].ID && m.Kind == e.Kind && m.from <= e.Span.To.Add(together)
		})
		if last >= 0 {
			all[last].Times++
			all[last].from = e.Span.From
			return true
		}
		if len(all) == w.Most {
			more = e.Span.From + 1
			return false
		}
		m := Moment{Kind: e.Kind, Times: 1, camera: cameras[i].ID, from: e.Span.From}
		if e.Kind == nvr.MessageEvent { // each is a film of its own
			m.film = e.Span
		}
		all = append(all, m)
		return true
	})
	if err != nil {
		return nil, 0, err
	}
	slices.SortStableFunc(all, func(a, b Moment) int { return cmp.Compare(b.from, a.from) })
	seen := sight{l.Timelines, w.Span, map[nvr.StreamID][]nvr.Span{}}
	for i := range all {
		m := &all[i]
		c := cameras[slices.IndexFunc(cameras, func(c nvr.Camera) bool { return c.ID == m.camera })]
		m.Said, m.Camera, m.At = said(m.Kind, t), component.CameraName(c, t), stamp(m.from)
		m.Film = m.from.Add(-lead).String()
		if m.Href = "/cameras/" + m.camera.String() + "?at=" + url.QueryEscape(m.Film); !m.film.Empty() {
			m.Film, m.Href = m.from.String(), Film(m.camera, m.film)
		}
		if m.Picture, err = seen.picture(ctx, c, m.from.Add(into)); err != nil {
			return nil, 0, err
		}
	}
	return all, more, nil
}

// known returns the cameras of which there may be footage.
func (l Lister) known(ctx context.Context) ([]nvr.Camera, error) {
	cameras, err := l.Cameras.List(ctx)
	if err != nil {
		return nil, err
	}
	removed, err := l.Cameras.Removed(ctx)
	return append(slices.Clone(cameras), removed...), err
}

// said is what is said of an event; of one that nobody here knows, its kind.
func said(kind string, t *text.Catalogue) string {
	if words, ok := t.Events.Kinds[kind]; ok {
		return words
	}
	return kind
}

// sight knows of what there are pictures.
type sight struct {
	timelines appliance.Timelines
	span      nvr.Span
	footage   map[nvr.StreamID][]nvr.Span
}

// picture returns the address of a camera's picture of a time: of its small stream
// if that was recorded then.
func (s sight) picture(ctx context.Context, c nvr.Camera, at nvr.Time) (string, error) {
	for _, quality := range []nvr.Quality{nvr.Sub, nvr.Main} {
		stream := nvr.StreamID{Camera: c.ID, Quality: quality}
		footage, ok := s.footage[stream]
		if !ok {
			line, err := s.timelines.Timeline(ctx, stream, nvr.Span{From: s.span.From.Add(-together), To: s.span.To.Add(together)})
			if err != nil {
				return "", err
			}
			footage = line.Footage
			s.footage[stream] = footage
		}
		if slices.ContainsFunc(footage, func(f nvr.Span) bool { return f.From <= at && at < f.To }) {
			q := url.Values{"stream": {quality.String()}, "at": {at.String()}}
			return "/api/v1/cameras/" + c.ID.String() + "/picture.mp4?" + q.Encode(), nil
		}
	}
	return "", nil
}
