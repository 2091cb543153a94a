// Package ui is the face of the recorder: complete HTML pages that work
// without script, made better by script where there is one.
//
// It serves /, /cameras/…, /login, /logout and /static/…; everything its scripts do,
// they do through /api/v1 on the same origin, which it does not serve.
package ui

import (
	"log/slog"
	"net/http"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/page/add"
	"nvrd/ui/page/camera"
	"nvrd/ui/page/failure"
	"nvrd/ui/page/home"
	"nvrd/ui/page/login"
	"nvrd/ui/page/recording"
	"nvrd/ui/page/remove"
	"nvrd/ui/static"
	"nvrd/ui/text"
)

// Config is what the pages need.
type Config struct {
	Cameras   appliance.Cameras
	Setup     appliance.Setup
	Household appliance.Household
	Timelines appliance.Timelines
	Door      appliance.Door      // nil if there is no access key
	Notices   func() []nvr.Notice // what the owner should know; nil for nothing
	Log       *slog.Logger
	Version   string // of the program; empty if it is not to be shown
	Source    string // where the program's source code is offered; empty if nowhere
}

// formBytes bounds the body of a form; the longest one holds a schedule of 64 rows.
const formBytes = 64 << 10

// Pages serves all pages and what they load.
type Pages struct {
	http.Handler
	fail failure.Handler
}

// Refuse answers a person whose request was refused with [appliance.ErrHost]
// or [appliance.ErrProxy].
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request, err error) { p.fail.Refuse(w, r, err) }

// New returns the handler of all pages and of what they load. It is safe for
// concurrent use. Who may see the pages is for the caller to decide, and so is
// what protects them: that nothing is changed from other sites' pages, and the
// headers. Pages need nothing but their own origin, and blob: for films.
func New(c Config) (*Pages, error) {
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	texts, err := text.Load()
	if err != nil {
		return nil, err
	}
	if c.Notices == nil {
		c.Notices = func() []nvr.Notice { return nil }
	}
	now := clock{c.Household}.now
	frames := layout.Builder{Assets: assets, Cameras: c.Cameras, Version: c.Version, Source: c.Source, Keyed: c.Door != nil}
	fail := failure.Handler{Frames: frames, Texts: texts, Log: c.Log}

	mux := http.NewServeMux()
	route := func(pattern string, p failure.Page) { mux.Handle(pattern, fail.Wrap(p)) }
	mux.Handle("GET /static/", assets)
	mux.HandleFunc("/", fail.NotFound)
	first := home.Page{Cameras: c.Cameras, Household: c.Household, Timelines: c.Timelines, Notices: c.Notices, Frames: frames, Texts: texts, Now: now}
	route("GET /{$}", first.Get)
	route("POST /{$}", first.Post)
	route("GET /cameras/{id}", camera.Page{Cameras: c.Cameras, Timelines: c.Timelines, Frames: frames, Texts: texts, Now: now}.Get)
	adding := add.Page{Setup: c.Setup, Frames: frames, Texts: texts}
	route("GET /cameras/new", adding.Get)
	route("POST /cameras/new", adding.Post)
	route("GET /cameras/{id}/edit", adding.Edit)
	route("POST /cameras/{id}/edit", adding.Change)
	recorded := recording.Page{Cameras: c.Cameras, Household: c.Household, Frames: frames, Texts: texts, Now: time.Now}
	route("GET /cameras/{id}/recording", recorded.Get)
	route("POST /cameras/{id}/recording", recorded.Post)
	removing := remove.Page{Cameras: c.Cameras, Setup: c.Setup, Frames: frames, Texts: texts}
	route("GET /cameras/{id}/remove", removing.Get)
	route("POST /cameras/{id}/remove", removing.Post)
	if c.Door != nil {
		entering := login.Page{Door: c.Door, Frames: frames, Texts: texts}
		route("GET /login", entering.Get)
		route("POST /login", entering.Post)
		route("POST /logout", entering.Leave)
	}
	return &Pages{http.MaxBytesHandler(mux, formBytes), fail}, nil
}
