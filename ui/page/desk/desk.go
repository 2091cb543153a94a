// Package desk is an agency's own pages, on its own computer: what it asks, what homes
// handed over, and its sponsors. They work without script and load nothing from
// elsewhere. Whoever reaches them speaks in the agency's name.
package desk

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"nvrd/federation/agency"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/static"
	"nvrd/ui/text"
)

// formBytes bounds the body of a form.
const formBytes = 64 << 10

// patience is how long sponsors are asked for one press of a button. What was taken in
// until then stays.
const patience = 10 * time.Minute

// Config is what the pages need.
type Config struct {
	Agency  *agency.Agency
	Now     func() time.Time // in the zone in which times are shown and typed
	Log     *slog.Logger
	Version string
	Source  string // where the program's source code is offered; empty if nowhere
}

// Pages serves all pages and what they load. It is safe for concurrent use.
type Pages struct {
	http.Handler

	Config
	assets *static.Assets
	texts  *text.Texts
	asked  asked

	publishing sync.Mutex // held from looking for the same until it is published
}

// asked is what came of asking the sponsors last.
type asked struct {
	mu   sync.Mutex
	at   time.Time
	came map[string]error // by host
}

// New returns the pages. Who asks is found out by the caller (see [auth.Asks]), and so
// is what protects them: that only this computer reaches them, that nothing is changed
// from other sites' pages, and the headers.
func New(c Config) (*Pages, error) {
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	texts, err := text.Load()
	if err != nil {
		return nil, err
	}
	p := &Pages{Config: c, assets: assets, texts: texts}
	mux := auth.NewMux(p.Deny)
	route := func(pattern string, page func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, auth.Manage, auth.On(auth.Home), p.wrap(page))
	}
	mux.Handle("GET /static/", auth.Enter, auth.On(auth.Home), assets)
	route("/", func(http.ResponseWriter, *http.Request) error { return nvr.ErrNotFound })
	route("GET /{$}", p.overview)
	route("POST /sponsors", p.askSponsors)
	route("GET /request", p.newRequest)
	route("POST /request", p.publishRequest)
	route("GET /requests/{id}/end", p.ending)
	route("POST /requests/{id}/end", p.end)
	route("GET /bulletin", p.newBulletin)
	route("POST /bulletin", p.publishBulletin)
	route("GET /inbox/{id}", p.response)
	route("GET /inbox/{id}/media/{place}", p.media)
	route("GET /inbox/{id}/forget", p.forgetting)
	route("POST /inbox/{id}/forget", p.forget)
	p.Handler = http.MaxBytesHandler(mux, formBytes)
	return p, nil
}

func (p *Pages) wrap(page func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := page(w, r); err != nil && !errors.Is(err, context.Canceled) {
			p.Deny(w, r, err)
		}
	})
}

// Deny shows why there is no answer to a request. It tells nothing of the agency.
func (p *Pages) Deny(w http.ResponseWriter, r *http.Request, err error) {
	c := p.texts.For(r)
	t := c.Desk
	title, lead, status := t.Wrong, t.WrongLead, nvr.KindOf(err).Status
	switch {
	case status == http.StatusNotFound:
		title, lead = t.Missing, t.MissingLead
	case status == http.StatusForbidden || status == http.StatusUnauthorized: // also by another name, or through a proxy
		title, lead = t.Foreign, t.ForeignLead
	case status >= http.StatusInternalServerError:
		p.Log.Error("page failed", "path", r.URL.Path, "err", err)
	}
	f, err := p.bare(c, title)
	if err == nil {
		err = layout.Render(w, r, status, failedView(f, title, lead))
	}
	if err != nil {
		http.Error(w, title, status)
	}
}

// bare frames a page that tells nothing of the agency.
func (p *Pages) bare(c *text.Catalogue, title string) (layout.Frame, error) {
	return layout.Builder{Assets: p.assets}.Bare(c, title)
}

// frame frames a page; here is its address if it is in the navigation.
func (p *Pages) frame(r *http.Request, title func(text.Desk) string, here string) (layout.Frame, error) {
	c := p.texts.For(r)
	f, err := p.bare(c, title(c.Desk))
	for _, i := range []layout.Item{{Href: "/", Icon: "home", Label: c.Desk.Title}, {Href: "/request", Icon: "seen", Label: c.Desk.NewRequest}, {Href: "/bulletin", Icon: "bell", Label: c.Desk.NewBulletin}} {
		i.Here = i.Href == here
		f.Items = append(f.Items, i)
	}
	f.Foot, f.About, f.Source = p.Agency.Title, text.Fill(c.Shell.About, "version", p.Version), p.Source
	return f, err
}

// askSponsors gives sponsors what they lack, takes in what they keep, and shows the
// overview.
func (p *Pages) askSponsors(w http.ResponseWriter, r *http.Request) error {
	if err := p.visit(w, r, true); err != nil {
		return err
	}
	http.Redirect(w, r, "/#sponsors", http.StatusSeeOther)
	return nil
}

// visit gives sponsors what they lack, takes in what they keep if that is asked for,
// and notes how it went.
func (p *Pages) visit(w http.ResponseWriter, r *http.Request, collect bool) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience + time.Minute)) // a test's recorder has none
	came := map[string]error{}
	note := func(visits []agency.Visit) {
		for _, v := range visits {
			came[v.Sponsor.Host()] = cmp.Or(came[v.Sponsor.Host()], v.Err)
		}
	}
	visits, err := p.Agency.Submit(ctx)
	note(visits)
	if err == nil && collect {
		visits, err = p.Agency.Collect(ctx)
		note(visits)
	}
	if err != nil {
		return err
	}
	p.asked.mu.Lock()
	defer p.asked.mu.Unlock()
	p.asked.at, p.asked.came = p.Now(), came
	return nil
}
