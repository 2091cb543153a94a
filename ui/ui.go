// Package ui is the face of the recorder: complete HTML pages that work
// without script, made better by script where there is one.
//
// It serves /, /wall, /events, /cameras, /cameras/…, /settings, /settings/…, /storage, /replies, /street/…, /sw.js, /login, /logout, /trust/… and /static/…; everything its scripts do,
// they do through /api/v1 on the same origin, which it does not serve.
package ui

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/page/add"
	"nvrd/ui/page/alerts"
	"nvrd/ui/page/audit"
	"nvrd/ui/page/bell"
	"nvrd/ui/page/camera"
	"nvrd/ui/page/events"
	"nvrd/ui/page/failure"
	"nvrd/ui/page/home"
	"nvrd/ui/page/login"
	"nvrd/ui/page/motion"
	"nvrd/ui/page/notifications"
	"nvrd/ui/page/recording"
	"nvrd/ui/page/remove"
	"nvrd/ui/page/replies"
	"nvrd/ui/page/settings"
	"nvrd/ui/page/storage"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/asked"
	"nvrd/ui/page/street/share"
	"nvrd/ui/page/together"
	"nvrd/ui/page/trust"
	"nvrd/ui/static"
	"nvrd/ui/text"
)

// Config is what the pages need.
type Config struct {
	Cameras   appliance.Cameras
	Setup     appliance.Setup
	Finder    appliance.Finder // nil if cameras are added by their address alone
	Household appliance.Household
	Zones     appliance.Zones
	Storage   appliance.Storage   // nil if there is no page of it
	Deletions appliance.Deletions // nil if nothing can be deleted
	Timelines appliance.Timelines
	History   appliance.History
	Rings     appliance.Rings
	Bells     appliance.Bells         // nil if presses are told by the API alone
	Voice     appliance.Voice         // nil if nothing can be said at cameras
	Opens     func(nvr.CameraID) bool // whether there is a door to open; nil if nowhere
	Audit     audit.Log               // who opened one; nil likewise
	Door      appliance.Door          // nil if there is no access key
	Authority trust.Authority         // vouches for this home; nil if nothing needs it
	Street    street.Service          // the neighborhood; nil if there are no pages of it
	Studio    share.Studio            // makes what is shared with it; nil if Street is
	Requests  asked.Desk              // what is asked in it, and what the owner decides; empty if Street is nil
	Notify    notifications.Channels  // who is told what happens; nil if nobody is
	Switch    notifications.Switch    // of those; nil likewise
	Rules     alerts.Rules            // what is told; nil likewise
	Told      alerts.Told             // and what was; nil likewise
	Notices   func() []nvr.Notice     // what the owner should know; nil for nothing
	Log       *slog.Logger
	Version   string // of the program; empty if it is not to be shown
	Source    string // where the program's source code is offered; empty if nowhere
}

// formBytes bounds the body of a form; the longest one holds a schedule of 64 rows.
const formBytes = 64 << 10

// Pages serves all pages and what they load.
type Pages struct {
	http.Handler
	mux    *auth.Mux
	fail   failure.Handler
	drafts *share.Drafts
}

// Forget forgets what pages hold of a camera's footage of a span, since that was
// deleted.
func (p *Pages) Forget(camera nvr.CameraID, span nvr.Span) { p.drafts.Forget(camera, span) }

// Routes returns the addresses of all pages, with what is done to what there.
func (p *Pages) Routes() []auth.Route { return p.mux.Routes() }

// Refuse answers a person whose request was refused with [appliance.ErrHost]
// or [appliance.ErrProxy].
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request, err error) { p.fail.Refuse(w, r, err) }

// New returns the handler of all pages and of what they load. It is safe for
// concurrent use. Each request is answered for who asks in its context (see
// [auth.Asks]); to find that out is for the caller, and so is what protects pages: that nothing is changed from other sites' pages, and the
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
	c.Cameras = seen{c.Cameras}
	now := clock{c.Household}.now
	frames := layout.Builder{Assets: assets, Cameras: c.Cameras, Version: c.Version, Source: c.Source, Keyed: c.Door != nil, Street: c.Street != nil, Notify: c.Notify != nil, Trust: c.Authority != nil}
	fail := failure.Handler{Frames: frames, Texts: texts, Log: c.Log}

	mux := auth.NewMux(fail.Deny)
	route := func(pattern string, action auth.Action, on auth.Target, p failure.Page) {
		if strings.HasPrefix(pattern, "POST ") && action == auth.Manage {
			p = speaking(c.Household, texts, p)
		}
		mux.Handle(pattern, action, on, fail.Wrap(p))
	}
	house, cameras, one := auth.On(auth.Home), auth.On(auth.Cameras), auth.OnCamera("id")
	mux.Handle("GET /static/", auth.Enter, house, assets)
	mux.Handle("GET /sw.js", auth.Enter, house, assets.At("worker.js"))
	mux.Handle("GET /manifest.webmanifest", auth.Enter, house, assets.At("manifest.webmanifest"))
	route("/", auth.Enter, house, failure.Nothing)
	happened := events.Lister{History: c.History, Cameras: c.Cameras, Timelines: c.Timelines}
	first := home.Page{Happened: happened, Rings: c.Rings, Cameras: c.Cameras, Household: c.Household, Timelines: c.Timelines, Notices: c.Notices, Frames: frames, Texts: texts, Now: now}
	if c.Street != nil {
		first.Street = street.Base{Service: c.Street, Frames: frames, Texts: texts, Now: now}.Digests
	}
	route("GET /{$}", auth.Watch, cameras, first.Get)
	route("POST /{$}", auth.Manage, house, first.Post)
	route("GET /wall", auth.Watch, cameras, first.Wall)
	route("GET /events", auth.Review, cameras, events.Page{Lister: happened, Keeps: c.Storage != nil, Frames: frames, Texts: texts, Now: now}.Get)
	chosen := events.Chosen{Lister: happened, Storage: c.Storage, Deletes: c.Deletions != nil, Frames: frames, Texts: texts, Now: now}
	route("GET /events/chosen", auth.Review, cameras, chosen.Get)
	route("POST /events/chosen", auth.Manage, house, chosen.Post)
	if c.Deletions != nil {
		deleting := events.Delete{Lister: happened, Deletions: c.Deletions, Frames: frames, Texts: texts, Now: now}
		route("GET /events/delete", auth.Manage, house, deleting.Get)
		route("POST /events/delete", auth.Manage, house, deleting.Post)
	}
	route("GET /cameras", auth.Review, cameras, together.Page{Happened: happened, Cameras: c.Cameras, Frames: frames, Texts: texts, Now: now}.Get)
	route("GET /cameras/{id}", auth.Review, one, camera.Page{Happened: happened, Bells: c.Bells != nil, Rings: c.Rings, Voice: c.Voice, Opens: c.Opens, Cameras: c.Cameras, Timelines: c.Timelines, Frames: frames, Texts: texts, Now: now, Share: shares(c.Street), Blurs: c.Street != nil}.Get)
	route("GET /cameras/{id}/chapters.vtt", auth.Review, one, camera.Page{Happened: happened, Cameras: c.Cameras, Timelines: c.Timelines, Texts: texts, Now: now}.Chapters)
	route("POST /cameras/{id}/ring", auth.Tell, one, camera.Page{Rings: c.Rings}.Ring)
	if c.Voice != nil {
		route("POST /cameras/{id}/reply", auth.Talk, one, camera.Page{Voice: c.Voice}.Reply)
		said := replies.Page{Voice: c.Voice, Frames: frames, Texts: texts}
		route("GET /replies", auth.Manage, house, said.Get)
		route("POST /replies", auth.Manage, house, said.Post)
	}
	adding := add.Page{Setup: c.Setup, Finder: c.Finder, Frames: frames, Texts: texts}
	route("GET /cameras/new", auth.Manage, house, adding.Get)
	route("POST /cameras/new", auth.Manage, house, adding.Post)
	route("GET /cameras/find", auth.Manage, house, adding.Moved)
	route("GET /cameras/{id}/edit", auth.Manage, one, adding.Edit)
	route("POST /cameras/{id}/edit", auth.Manage, one, adding.Change)
	recorded := recording.Page{Cameras: c.Cameras, Household: c.Household, Frames: frames, Texts: texts, Now: time.Now}
	route("GET /cameras/{id}/recording", auth.Manage, one, recorded.Get)
	route("POST /cameras/{id}/recording", auth.Manage, one, recorded.Post)
	if c.Bells != nil {
		ringing := bell.Page{Cameras: c.Cameras, Bells: c.Bells, Frames: frames, Texts: texts, Now: now}
		route("GET /cameras/{id}/bell", auth.Manage, one, ringing.Get)
		route("POST /cameras/{id}/bell", auth.Manage, one, ringing.Post)
	}
	moves := motion.Page{Cameras: c.Cameras, Zones: c.Zones, Timelines: c.Timelines, Frames: frames, Texts: texts, Now: now}
	route("GET /cameras/{id}/motion", auth.Manage, one, moves.Get)
	route("POST /cameras/{id}/motion", auth.Manage, one, moves.Post)
	removing := remove.Page{Cameras: c.Cameras, Setup: c.Setup, Frames: frames, Texts: texts}
	route("GET /cameras/{id}/remove", auth.Manage, one, removing.Get)
	route("POST /cameras/{id}/remove", auth.Manage, one, removing.Post)
	if c.Storage != nil {
		kept := storage.Page{Storage: c.Storage, Cameras: c.Cameras, Frames: frames, Texts: texts, Now: now}
		route("GET /storage", auth.Manage, house, kept.Get)
		route("POST /storage", auth.Manage, house, kept.Post)
	}
	route("GET /settings", auth.Watch, cameras, settings.Page{Cameras: c.Cameras, Bells: c.Bells != nil, Voice: c.Voice != nil, Opens: c.Opens, Storage: c.Storage != nil, Frames: frames, Texts: texts}.Get)
	if c.Audit != nil {
		noted := audit.Page{Log: c.Audit, Cameras: c.Cameras, Frames: frames, Texts: texts, Now: now}
		route("GET /settings/audit", auth.Manage, house, noted.Get)
	}
	if c.Notify != nil {
		told := notifications.Page{Channels: c.Notify, Switch: c.Switch, Household: c.Household, Frames: frames, Texts: texts, Now: now}
		route("GET /settings/notifications", auth.Manage, house, told.Get)
		route("POST /settings/notifications", auth.Manage, house, told.Speak)
		route("GET /settings/notifications/new", auth.Manage, house, told.New)
		route("POST /settings/notifications/new", auth.Manage, house, told.Create)
		route("GET /settings/notifications/{channel}", auth.Manage, house, told.Edit)
		route("POST /settings/notifications/{channel}", auth.Manage, house, told.Post)
		ruled := alerts.Page{Rules: c.Rules, Told: c.Told, Channels: c.Notify, Cameras: c.Cameras, Household: c.Household, Frames: frames, Texts: texts, Now: now}
		route("GET /settings/alerts", auth.Manage, house, ruled.Get)
		route("POST /settings/alerts", auth.Manage, house, ruled.Post)
	}
	drafts := &share.Drafts{}
	if c.Street != nil {
		base := street.Base{Service: c.Street, Frames: frames, Texts: texts, Now: now}
		sharing := share.Page{Base: base, Cameras: c.Cameras, Studio: c.Studio, Drafts: drafts}
		route("GET /cameras/{id}/share", auth.Review, one, sharing.Get)
		route("POST /cameras/{id}/share", auth.Review, one, sharing.Post)
		route("GET /cameras/{id}/blur", auth.Export, one, sharing.Blur)
		route("POST /cameras/{id}/blur", auth.Export, one, sharing.Make)
		route("GET /cameras/{id}/blur/{draft}", auth.Export, one, sharing.Draft)
		route("GET /cameras/{id}/blur/{draft}/thumbnail", auth.Export, one, sharing.DraftThumbnail)
		neighborhood(base, sharing, c.Requests, func(pattern string, action auth.Action, p failure.Page) {
			route(pattern, action, auth.On(auth.Neighborhood), p)
		})
	}
	if c.Door != nil {
		entering := login.Page{Door: c.Door, Frames: frames, Texts: texts}
		route("GET /login", auth.Enter, house, entering.Get)
		route("POST /login", auth.Enter, house, entering.Post)
		route("POST /logout", auth.Enter, house, entering.Leave)
	}
	if c.Authority != nil {
		trusting := trust.Page{Authority: c.Authority, Frames: frames, Texts: texts}
		route("GET /trust", auth.Enter, house, trusting.Get)
		for address, file := range trusting.Files() {
			route("GET "+address, auth.Enter, house, file)
		}
	}
	return &Pages{http.MaxBytesHandler(mux, formBytes), mux, fail, drafts}, nil
}

// speaking is a page with which somebody changes the home. Messages speak the language
// of whoever does first, until somebody chooses another. What they do is done, also if
// that cannot be written down: the next one is asked again.
func speaking(h appliance.Household, texts *text.Texts, p failure.Page) failure.Page {
	return func(w http.ResponseWriter, r *http.Request) error {
		if home, err := h.Home(r.Context()); err == nil && home.Language == "" {
			_ = h.SetLanguage(r.Context(), texts.For(r).Lang)
		}
		return p(w, r)
	}
}

// shares tells whether who asks may share footage with neighbors that there are.
func shares(s street.Service) func(*http.Request) bool {
	return func(r *http.Request) bool {
		if s == nil || !street.May(r, auth.Tell) {
			return false
		}
		all := s.All()
		return all != nil && len(all.In()) > 0
	}
}
