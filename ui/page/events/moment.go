package events

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

const (
	// together is how soon behind an event another one of its kind counts as the
	// same; what moves comes and goes.
	together, moving = time.Minute, 3 * time.Minute
	// Of what counts as one there are so many at most, in so much time: more is no
	// moment, and too long for one film.
	mostTogether, longestTogether = 50, 30 * time.Minute
	// lead is how long before an event its film begins: who comes is seen coming.
	lead = 5 * time.Second
	// enough is how much film of an instant there is at least: what somebody does at a door.
	enough = 15 * time.Second
	// into is how far into an event its picture is taken: by then there is something to see.
	into = time.Second
)

// Moment is something that happened at a camera, maybe several times in a row.
type Moment struct {
	Kind    string
	Said    string            // what it was
	Camera  string            // its name
	Parts   []Part            // of several in a row each, the first first; empty of one
	At, End component.Instant // when it began; where days are told apart, of several when the last one ended
	Began   nvr.Time          // the same as At
	Href    string            // where one sees it
	Film    string            // the instant at which its film begins
	Picture string            // address; empty if nothing was recorded then
	Lack    string            // why there is none, if that is known
	Excerpt string            // its film, as forms have it

	camera nvr.CameraID
	from   nvr.Time
	to     nvr.Time
	begun  []nvr.Time // when each began, the last first
	film   nvr.Span   // of which there is more to see than its beginning; empty of others
}

// Part is one of several that happened in a row.
type Part struct {
	At   component.Instant
	Href string
	Film string
}

// takes tells whether e is one more of what m is.
func (m Moment) takes(e nvr.Event) bool {
	near := together
	if e.Kind == nvr.MotionEvent {
		near = moving
	}
	return e.Kind != nvr.MessageEvent && m.camera == e.Stream.Camera && m.Kind == e.Kind &&
		m.from <= e.Span.To.Add(near) && len(m.begun) < mostTogether && m.to <= e.Span.From.Add(longestTogether)
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
	Zone   *time.Location // of times of day
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
		if last := slices.IndexFunc(all, func(m Moment) bool { return m.takes(e) }); last >= 0 {
			m := &all[last]
			m.from, m.to, m.begun = e.Span.From, max(m.to, e.Span.To), append(m.begun, e.Span.From)
			return true
		}
		if len(all) == w.Most {
			more = e.Span.From + 1
			return false
		}
		m := Moment{Kind: e.Kind, camera: cameras[i].ID, from: e.Span.From, to: e.Span.To, begun: []nvr.Time{e.Span.From}}
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
	seen := sight{l.Timelines, w.Span, nvr.Now().Std().In(w.Zone), map[nvr.StreamID]appliance.Timeline{}}
	for i := range all {
		m := &all[i]
		c := cameras[slices.IndexFunc(cameras, func(c nvr.Camera) bool { return c.ID == m.camera })]
		m.Said, m.Camera, m.At, m.Began = said(m.Kind, t), component.CameraName(c, t), stamp(m.from), m.from
		if len(m.begun) > 1 {
			m.group(w.Zone, stamp, t)
		}
		if m.Href, m.Film = shortlyBefore(m.camera, m.from); !m.film.Empty() {
			m.Film, m.Href = m.from.String(), Film(m.camera, m.film)
		}
		m.Excerpt = m.excerpt().String()
		if m.Picture, m.Lack, err = seen.picture(ctx, c, m.from.Add(into), t); err != nil {
			return nil, 0, err
		}
	}
	return all, more, nil
}

// group says of several that they are.
func (m *Moment) group(zone *time.Location, stamp func(nvr.Time) component.Instant, t *text.Catalogue) {
	m.Said = strconv.Itoa(len(m.begun)) + "× " + m.Said
	if words, ok := t.Events.Many[m.Kind]; ok {
		m.Said = text.Fill(words, "n", strconv.Itoa(len(m.begun)))
	}
	if m.At.Form == "seconds" {
		m.At = component.Clock(m.from, zone, t.Calendar)
		if end := component.Clock(m.to, zone, t.Calendar); end.Human != m.At.Human {
			m.End = end
		}
	}
	for _, at := range slices.Backward(m.begun) {
		p := Part{At: stamp(at)}
		p.Href, p.Film = shortlyBefore(m.camera, at)
		m.Parts = append(m.Parts, p)
	}
}

// At is the address of a camera at a time.
func At(camera nvr.CameraID, at nvr.Time) string {
	return "/cameras/" + camera.String() + "?at=" + url.QueryEscape(at.String())
}

// shortlyBefore is where one sees what happened at a camera, and the instant at
// which its film begins.
func shortlyBefore(camera nvr.CameraID, at nvr.Time) (href, film string) {
	at = at.Add(-lead)
	return At(camera, at), at.String()
}

// excerpt is the film that is kept of m, or taken away.
func (m Moment) excerpt() nvr.Excerpt {
	span := m.film
	if span.Empty() {
		span = nvr.Span{From: m.from.Add(-lead), To: max(m.to, m.from.Add(enough)).Add(lead)}
	}
	span.To = min(span.To, span.From.Add(nvr.MaxExcerpt))
	return nvr.Excerpt{Camera: m.camera, Span: span, Kind: m.Kind}
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

// Still returns the address of a camera's picture of a time, of its small stream if
// that was recorded then; or if there is none, why. Now is in the zone that times are
// shown in.
func (l Lister) Still(ctx context.Context, c nvr.Camera, at nvr.Time, now time.Time, t *text.Catalogue) (address, lack string, err error) {
	seen := sight{l.Timelines, nvr.Span{From: at, To: at}, now, map[nvr.StreamID]appliance.Timeline{}}
	if address, _, err = seen.picture(ctx, c, at, t); err != nil || address != "" {
		return address, "", err
	}
	return "", Lacking(seen.lines[nvr.StreamID{Camera: c.ID, Quality: nvr.Main}], at, now, t), nil
}

// sight knows of what there are pictures.
type sight struct {
	timelines appliance.Timelines
	span      nvr.Span
	now       time.Time // in the zone that times are shown in
	lines     map[nvr.StreamID]appliance.Timeline
}

// picture returns the address of a camera's picture of a time, of its small stream
// if that was recorded then; or if there is none, why.
func (s sight) picture(ctx context.Context, c nvr.Camera, at nvr.Time, t *text.Catalogue) (address, lack string, err error) {
	for _, quality := range []nvr.Quality{nvr.Sub, nvr.Main} {
		stream := nvr.StreamID{Camera: c.ID, Quality: quality}
		line, ok := s.lines[stream]
		if !ok {
			line, err = s.timelines.Timeline(ctx, stream, nvr.Span{From: s.span.From.Add(-together), To: s.span.To.Add(together)})
			if err != nil {
				return "", "", err
			}
			s.lines[stream] = line
		}
		if slices.ContainsFunc(line.Footage, func(f nvr.Span) bool { return f.From <= at && at < f.To }) {
			return component.Picture(stream, at), "", nil
		}
		lack = without(Lacking(line, at, s.now, t), t) // at last the main stream says so
	}
	return "", lack, nil
}
