package events

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Delete serves /events/delete: what goes if what was selected is deleted, said before
// it goes.
type Delete struct {
	Lister
	Deletions appliance.Deletions
	Frames    layout.Builder
	Texts     *text.Texts
	Now       func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

// deletion is what the page shows.
type deletion struct {
	frame   layout.Frame
	problem string // why nothing can be done with it; empty if something can
	deleted bool   // something just was
	wrong   string // what is to be done before anything goes
	goes    []stretch
	stays   []staying
	sum     string // how much goes
	picked  []string
	digest  string
	back    string // where one keeps it all
}

// stretch is footage that goes.
type stretch struct {
	camera, size, length string
	from, to             component.Instant
}

// staying is footage that stays.
type staying struct {
	camera, why string
	from, to    component.Instant
	open        bool // it has no end yet
}

// Get says what goes.
func (p Delete) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, r.URL.Query()["clip"], func(text.Delete) string { return "" })
}

// Post deletes what was said.
func (p Delete) Post(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	clips := r.PostForm["clip"]
	chosen, err := p.deletable(r.Context(), clips)
	if err != nil {
		return err
	}
	if r.PostForm.Get("sure") != "yes" {
		return p.show(w, r, clips, func(t text.Delete) string { return t.NotSure })
	}
	done, err := p.Deletions.Delete(r.Context(), chosen, r.PostForm.Get("digest"), auth.Asks(r.Context()).Name)
	switch {
	case errors.Is(err, nvr.ErrExists):
		return p.show(w, r, clips, func(t text.Delete) string { return t.Changed })
	case err != nil:
		return err
	case len(done.Goes) == 0:
		return p.show(w, r, clips, func(t text.Delete) string { return t.Nothing })
	}
	after := deleteHref(clips) + "&deleted=1"
	if done.Pending > 0 {
		after += "&pending=1"
	}
	http.Redirect(w, r, after, http.StatusSeeOther)
	return nil
}

// deleteHref is the address of the page with some excerpts.
func deleteHref(clips []string) string {
	return "/events/delete?" + url.Values{"clip": clips}.Encode()
}

// deletable reads excerpts of which whoever asks may delete the footage.
func (p Delete) deletable(ctx context.Context, clips []string) ([]nvr.Excerpt, error) {
	chosen, err := nvr.ParseExcerpts(clips)
	if err != nil {
		return nil, err
	}
	cameras, err := p.known(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range chosen {
		if !isOf(cameras, e) {
			return nil, nvr.ErrNotFound
		}
		if err := auth.Check(ctx, auth.Manage, auth.Camera(e.Camera)); err != nil {
			return nil, err
		}
	}
	return chosen, nil
}

// show shows the page, with what wrong says.
func (p Delete) show(w http.ResponseWriter, r *http.Request, clips []string, wrong func(text.Delete) string) error {
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Events.Delete.Title, "events", "shell")
	if err != nil {
		return err
	}
	m := deletion{frame: f, wrong: wrong(t.Events.Delete), picked: clips, back: here(clips)}
	chosen, err := p.deletable(r.Context(), clips)
	switch {
	case len(clips) == 0:
		m.problem = t.Events.Chosen.None
	case errors.Is(err, nvr.ErrTooLarge):
		m.problem = t.Events.Chosen.TooMuch
	case err != nil:
		return err
	}
	if m.problem != "" {
		return layout.Render(w, r, http.StatusOK, deleteView(m))
	}
	d, err := p.Deletions.Deletion(r.Context(), chosen)
	if err != nil {
		return err
	}
	cameras, err := p.known(r.Context())
	if err != nil {
		return err
	}
	m.fill(d, cameras, now)
	m.deleted = r.Method == http.MethodGet && r.URL.Query().Has("deleted")
	if m.deleted && r.URL.Query().Has("pending") {
		m.wrong = t.Events.Delete.Pending
	}
	return layout.Render(w, r, http.StatusOK, deleteView(m))
}

// fill says of each stretch what becomes of it.
func (m *deletion) fill(d nvr.Deletion, cameras []nvr.Camera, now time.Time) {
	t := m.frame.T
	var bytes int64
	for _, s := range d.Goes {
		bytes += s.Bytes
		out := stretch{camera: component.NameOf(s.Camera, cameras, t), size: component.Size(s.Bytes, t.Numbers), length: t.Calendar.Length(s.Span.Duration())}
		out.from, out.to = fromTo(s.Span, now.Location(), t)
		m.goes = append(m.goes, out)
	}
	for _, s := range d.Stays {
		out := staying{camera: component.NameOf(s.Camera, cameras, t), why: text.Fill(t.Events.Delete.Holds[s.Why], "who", component.Who(s.Lock.Who, t), "why", component.Why(s.Lock.Why, t)), open: s.Span.To == 0}
		if s.Why == nvr.HeldLocked && s.Lock.ID == 0 {
			out.why = t.Events.Delete.Holds["lock"]
		}
		if out.open {
			s.Span.To = math.MaxInt64
		}
		out.from, out.to = fromTo(s.Span, now.Location(), t)
		m.stays = append(m.stays, out)
	}
	m.sum = text.Fill(t.Events.Delete.Sum, "size", component.Size(bytes, t.Numbers))
	m.digest = d.Digest
}

// fromTo are the ends of a span, to the second that holds all of it.
func fromTo(s nvr.Span, zone *time.Location, t *text.Catalogue) (from, to component.Instant) {
	const second = nvr.Time(time.Second / time.Microsecond)
	day := component.Day(s.From, zone)
	from = component.Moment(s.From/second*second, zone, t.Calendar)
	if s.To = min(s.To, math.MaxInt64-second); s.To <= day.To {
		return from, component.Seconds((s.To+second-1)/second*second, zone, t.Calendar)
	}
	if s.To > nvr.Time(1<<60) { // it has none
		return from, component.Instant{}
	}
	return from, component.Moment((s.To+second-1)/second*second, zone, t.Calendar)
}
