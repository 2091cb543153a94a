// Package ui is the face of the recorder: complete HTML pages that work
// without script, made better by script where there is one.
//
// It serves /, /cameras/…, /login and /static/…; everything its scripts do,
// they do through /api/v1 on the same origin, which it does not serve.
package ui

import (
	"log/slog"
	"net/http"
	"time"

	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/page/add"
	"nvrd/ui/page/camera"
	"nvrd/ui/page/failure"
	"nvrd/ui/page/home"
	"nvrd/ui/page/login"
	"nvrd/ui/page/remove"
	"nvrd/ui/static"
	"nvrd/ui/text"
)

// Config is what the pages need.
type Config struct {
	Cameras   appliance.Cameras
	Timelines appliance.Timelines
	Door      appliance.Door // nil if there is no access key
	Log       *slog.Logger
	Zone      *time.Location // in which pages without script show times; nil means the machine's
}

// formBytes bounds the body of a form; the longest one holds five short fields.
const formBytes = 64 << 10

// policy lets a page load and talk to nothing but its own origin.
const policy = "default-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; img-src 'self' data:; style-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// New returns the handler of all pages and of what they load. It is safe for
// concurrent use. Who may see the pages is for the caller to decide.
func New(c Config) (http.Handler, error) {
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	texts, err := text.Load()
	if err != nil {
		return nil, err
	}
	if c.Zone == nil {
		c.Zone = time.Local
	}
	now := func() time.Time { return time.Now().In(c.Zone) }
	frames := layout.Builder{Assets: assets, Cameras: c.Cameras}
	fail := failure.Handler{Frames: frames, Texts: texts, Log: c.Log}

	mux := http.NewServeMux()
	route := func(pattern string, p failure.Page) { mux.Handle(pattern, fail.Wrap(p)) }
	mux.Handle("GET /static/", assets)
	mux.HandleFunc("/", fail.NotFound)
	route("GET /{$}", home.Page{Cameras: c.Cameras, Frames: frames, Texts: texts, Now: now}.Get)
	route("GET /cameras/{id}", camera.Page{Cameras: c.Cameras, Timelines: c.Timelines, Frames: frames, Texts: texts, Now: now}.Get)
	adding := add.Page{Cameras: c.Cameras, Frames: frames, Texts: texts}
	route("GET /cameras/new", adding.Get)
	route("POST /cameras/new", adding.Post)
	removing := remove.Page{Cameras: c.Cameras, Frames: frames, Texts: texts}
	route("GET /cameras/{id}/remove", removing.Get)
	route("POST /cameras/{id}/remove", removing.Post)
	if c.Door != nil {
		entering := login.Page{Door: c.Door, Frames: frames, Texts: texts}
		route("GET /login", entering.Get)
		route("POST /login", entering.Post)
	}
	return http.NewCrossOriginProtection().Handler(guard(mux)), nil
}

func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		r.Body = http.MaxBytesReader(w, r.Body, formBytes)
		next.ServeHTTP(w, r)
	})
}
