package events

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Chosen serves /events/chosen: what was selected, to be taken away or kept.
type Chosen struct {
	Lister
	Storage appliance.Storage // nil if nothing can be kept
	Deletes bool              // something can be deleted
	Frames  layout.Builder
	Texts   *text.Texts
	Now     func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

// chosen is what the page shows.
type chosen struct {
	frame    layout.Frame
	problem  string // why nothing can be done with it; empty if something can
	said     string // how many there are, and how long
	clips    []clip
	picked   []string // the same as forms have them
	download string   // address of the archive; empty if there is nothing in it
	less     string   // that not all is in it
	keeps    bool     // whoever asks may keep them
	kept     bool     // and just has
	remove   string   // address of the page that deletes them; empty if whoever asks may not
	why      component.Field
	until    component.Select
}

// clip is an excerpt that was selected.
type clip struct {
	said, camera, href string
	at                 component.Instant
	length             string
	lack               string // what is missing of it, and why; empty for nothing
}

// Get shows what is selected.
func (p Chosen) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, r.URL.Query()["clip"], "")
}

// Post keeps what is selected.
func (p Chosen) Post(w http.ResponseWriter, r *http.Request) error {
	if p.Storage == nil {
		return nvr.ErrNotFound
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	all, err := nvr.ParseExcerpts(r.PostForm["clip"])
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	until, err := ends(r.PostForm.Get("until"), now)
	if err != nil {
		return err
	}
	cameras, err := p.known(r.Context())
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(e nvr.Excerpt) bool { return !isOf(cameras, e) }) {
		return nvr.ErrNotFound
	}
	why := strings.TrimSpace(r.PostForm.Get("why"))
	var locks []nvr.Lock
	for _, e := range all {
		l := nvr.Lock{Camera: e.Camera, Span: e.Span, Who: auth.Asks(r.Context()).Name, Why: why, Made: nvr.TimeOf(now), Until: until}
		if l.Check() != nil { // the spans were read, so it is the reason
			return p.show(w, r, r.PostForm["clip"], p.Texts.For(r).Events.Chosen.WhyWrong)
		}
		locks = append(locks, l)
	}
	for _, l := range locks {
		if _, err := p.Storage.Lock(r.Context(), l); err != nil {
			return err
		}
	}
	http.Redirect(w, r, here(r.PostForm["clip"])+"&kept=1", http.StatusSeeOther)
	return nil
}

// isOf tells whether an excerpt is of one of some cameras.
func isOf(cameras []nvr.Camera, e nvr.Excerpt) bool {
	return slices.ContainsFunc(cameras, func(c nvr.Camera) bool { return c.ID == e.Camera })
}

// terms are how long something can be kept, as forms have it.
var terms = []string{"month", "year", ""}

// ends returns when a term is over that begins now; zero for never.
func ends(term string, now time.Time) (nvr.Time, error) {
	switch term {
	case "month":
		return nvr.TimeOf(now.AddDate(0, 1, 0)), nil
	case "year":
		return nvr.TimeOf(now.AddDate(1, 0, 0)), nil
	case "":
		return 0, nil
	}
	return 0, nvr.ErrInvalid
}

// here is the address of the page with some excerpts.
func here(clips []string) string { return "/events/chosen?" + url.Values{"clip": clips}.Encode() }

func (p Chosen) show(w http.ResponseWriter, r *http.Request, picked []string, wrong string) error {
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Events.Chosen.Title, "events", "shell")
	if err != nil {
		return err
	}
	m := chosen{frame: f}
	all, err := nvr.ParseExcerpts(picked)
	switch {
	case len(picked) == 0:
		m.problem = t.Events.Chosen.None
	case errors.Is(err, nvr.ErrTooLarge):
		m.problem = t.Events.Chosen.TooMuch
	case err != nil:
		return err
	}
	if m.problem != "" {
		return layout.Render(w, r, http.StatusOK, chosenView(m))
	}
	if err := p.fill(r.Context(), &m, all, now); err != nil {
		return err
	}
	m.picked = picked
	m.keeps = p.Storage != nil && auth.May(r.Context(), auth.Manage, auth.Home)
	if p.Deletes && auth.May(r.Context(), auth.Manage, auth.Home) && !slices.ContainsFunc(all, func(e nvr.Excerpt) bool { return !auth.May(r.Context(), auth.Manage, auth.Camera(e.Camera)) }) {
		m.remove = deleteHref(picked)
	}
	m.kept = r.URL.Query().Has("kept") && wrong == ""
	m.why = component.Field{ID: "why", Name: "why", Type: "text", Label: t.Events.Chosen.Why, Hint: t.Events.Chosen.WhyHint, Value: r.PostForm.Get("why"), Error: wrong, Required: true, Focus: wrong != "", MaxLength: strconv.Itoa(nvr.MaxWhy)}
	m.until = component.Select{ID: "until", Name: "until", Label: t.Events.Chosen.Until}
	term := terms[0]
	if r.Method == http.MethodPost {
		term = r.PostForm.Get("until")
	}
	for _, is := range terms {
		m.until.Options = append(m.until.Options, component.Option{Value: is, Label: t.Events.Chosen.Terms[cmp.Or(is, "ever")], On: is == term})
	}
	return layout.Render(w, r, http.StatusOK, chosenView(m))
}

// fill says of each excerpt what there is of it.
func (p Chosen) fill(ctx context.Context, m *chosen, all []nvr.Excerpt, now time.Time) error {
	cameras, err := p.known(ctx)
	if err != nil {
		return err
	}
	t := m.frame.T
	var length time.Duration
	var there []string
	export := true
	for _, e := range all {
		i := slices.IndexFunc(cameras, func(c nvr.Camera) bool { return c.ID == e.Camera })
		if i < 0 {
			return nvr.ErrNotFound
		}
		c := clip{
			said: said(e.Kind, t), camera: component.CameraName(cameras[i], t), href: Film(e.Camera, e.Span),
			at: component.Moment(e.Span.From, now.Location(), t.Calendar), length: t.Calendar.Length(e.Span.Duration()),
		}
		recorded, err := p.recorded(ctx, e, now, t)
		if err != nil {
			return err
		}
		c.lack = recorded.lack
		if recorded.length > 0 {
			there = append(there, e.String())
		}
		length += recorded.length
		export = export && auth.May(ctx, auth.Export, auth.Camera(e.Camera))
		m.clips = append(m.clips, c)
	}
	m.said = text.Fill(t.Events.Chosen.Clips.N(len(all)), "duration", t.Calendar.Length(length))
	if export && len(there) > 0 {
		m.download = "/api/v1/clips.zip?" + url.Values{"clip": there}.Encode()
	}
	if n := len(all) - len(there); n > 0 {
		m.less = t.Events.Chosen.Less.N(n)
	}
	return nil
}
