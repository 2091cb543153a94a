// Package api is the recorder over HTTP: JSON for programs, media bytes for
// players, events for open pages. docs/ref/api.md describes it for people,
// openapi.json for machines; a test keeps the two and the routes equal.
//
// It renders no page. What it shows it asks of a few small interfaces, and who
// may ask is decided in front of it (see [Secure]).
package api

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/event"
	"nvrd/pkg/histogram"
	"nvrd/pkg/household"
	"nvrd/pkg/live"
	"nvrd/pkg/live/rtc"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// Cameras is the household's list of cameras with their present state. Its
// methods are safe for concurrent use and fail with the kinds of pkg/nvr.
type Cameras interface {
	// List returns the cameras in the order they were added.
	List(ctx context.Context) ([]nvr.Camera, error)
	Get(ctx context.Context, id nvr.CameraID) (nvr.Camera, error)
	// Add stores a camera and begins to record it.
	Add(ctx context.Context, in household.CameraInput) (nvr.Camera, error)
	// Remove stops recording a camera; its footage stays.
	Remove(ctx context.Context, id nvr.CameraID) error
	// Probe asks a camera what it sends, for at most 12 s for each stream. That
	// it does not answer is a Probe, not an error. Unless id is zero, it is asked
	// of this camera.
	Probe(ctx context.Context, id nvr.CameraID, in household.CameraInput) (nvr.Probe, error)
}

// Footage is what was recorded; a [playback.Player] is one. Its methods are
// safe for concurrent use, and the caller closes the files they return.
type Footage interface {
	// Timeline returns footage, gaps, and activity in steps of the given length.
	Timeline(ctx context.Context, id nvr.StreamID, span nvr.Span, step time.Duration) (playback.Timeline, error)
	// Playlist returns an HLS media playlist with addresses relative to its own.
	Playlist(ctx context.Context, id nvr.StreamID, span nvr.Span) ([]byte, error)
	Export(ctx context.Context, id nvr.StreamID, span nvr.Span, form playback.Form) (*playback.File, error)
	// Picture returns an MP4 with the key frame at or before at, and when that
	// was taken; a zero at means the newest.
	Picture(ctx context.Context, id nvr.StreamID, at nvr.Time) (*playback.File, nvr.Time, error)
	// Storyboard returns an MP4 with at most most key frames of a span.
	Storyboard(ctx context.Context, id nvr.StreamID, span nvr.Span, most int) (*playback.File, error)
}

// Files is what playlists point to; a [playback.Player] is one.
type Files interface {
	// Segment opens the footage file that begins at start. The caller closes it.
	Segment(ctx context.Context, id nvr.StreamID, start nvr.Time) (*playback.File, error)
	// InitWithSum returns the init segment with that SHA-256.
	InitWithSum(ctx context.Context, sum [sha256.Size]byte) ([]byte, error)
}

// Live holds the live view of every stream; [live.Hub] is one.
type Live interface {
	Stream(id nvr.StreamID) (*live.Stream, bool)
}

// WebRTC shows streams to browsers, and hears them; an [rtc.Engine] does.
type WebRTC interface {
	Watch(ctx context.Context, stream *live.Stream, offer rtc.Offer) (*rtc.Session, error)
	Listen(ctx context.Context, offer rtc.Offer, hear func(samples []int16)) (*rtc.Microphone, error)
}

// Events passes on what happens in front of cameras; an [event.Bus] does.
type Events interface {
	Publish(e nvr.Event)
	Subscribe(after nvr.Time) *event.Subscription
}

// History is what happened; a [catalog.Catalog] has it. An event is there within
// about a second of when it was published.
type History interface {
	// LatestEvents calls f for the events of all cameras that overlap span, the
	// latest to begin first and then that with the greatest ID, until it returns false.
	LatestEvents(ctx context.Context, span nvr.Span, f func(nvr.Event) bool) error
}

// Config is what the API needs.
type Config struct {
	Cameras Cameras
	Footage Footage
	Files   Files
	Live    Live
	// WebRTC answers browsers that watch by it; nil if it is off.
	WebRTC WebRTC
	// Finder finds cameras before they are added.
	Finder Finder
	// Household is what can be set.
	Household Household
	Events    Events
	Rings     Rings
	Talks     Talks
	Doors     Doors
	Bells     Bells
	History   History
	Locks     Locks
	Deletions Deletions
	// Notify has the channels by which the household is told what happens.
	Notify *notify.Outbox
	Alerts Alerts
	// Subscribe returns a channel that gives a value after every change of what
	// Cameras.List returns (changes that follow quickly may share one), and a
	// function that ends the subscription.
	Subscribe func() (changed <-chan struct{}, end func())
	// Street returns a channel that is closed when something changes in the
	// neighborhood that pages show, or ctx ends; nil if there is none.
	Street      func(ctx context.Context) <-chan struct{}
	Performance Performance
	Seeks       *histogram.Histogram // gets how long recorded video was waited for; nil if nobody asks
	// Health returns why footage cannot be written at the moment, or the empty Reason.
	Health func() nvr.Reason
	// Notices returns what the owner should know and do something about.
	Notices func() []nvr.Notice
	Log     *slog.Logger
}

// api carries the configuration to the handlers.
type api struct {
	Config
	watching  slots // open live views
	listening slots // open event streams
	exporting slots // exports and storyboards being sent
	viewers   sessions[*rtc.Session]
	talkers   sessions[talker]
}

// New returns the handler of everything under /api/. Each request is answered
// for who asks in its context (see [auth.Asks]). It is safe for concurrent use.
func New(c Config) http.Handler {
	a := &api{Config: c, watching: make(slots, maxWatching), listening: make(slots, maxListening), exporting: make(slots, maxExporting)}
	mux := auth.NewMux(Deny(c.Log))
	for _, r := range a.routes() {
		mux.Handle(r.pattern(), r.action, r.on, a.handle(r.handler))
	}
	mux.Handle("/api/", auth.Enter, auth.On(auth.Home), a.handle(nothing))
	return mux
}

// route is one address of the API as it is documented, such as
// "GET /api/v1/inits/{init}.mp4", and what is done to what there.
type route struct {
	address string
	action  auth.Action
	on      auth.Target
	handler func(http.ResponseWriter, *http.Request) error
}

// pattern is the address in the form of [http.ServeMux], where a wildcard
// fills a whole element; [number] takes the ending off.
func (r route) pattern() string {
	return strings.NewReplacer("}.mp4", "}", "}.wav", "}").Replace(r.address)
}

func (a *api) routes() []route {
	home, cameras, camera := auth.On(auth.Home), auth.On(auth.Cameras), auth.OnCamera("camera")
	return []route{
		{"GET /api/v1/health", auth.Enter, home, a.health},
		{"GET /api/v1/cameras", auth.Watch, cameras, a.cameras},
		{"POST /api/v1/cameras", auth.Manage, home, a.addCamera},
		{"GET /api/v1/cameras/{camera}", auth.Watch, camera, a.camera},
		{"PATCH /api/v1/cameras/{camera}", auth.Manage, camera, a.changeCamera},
		{"DELETE /api/v1/cameras/{camera}", auth.Manage, camera, a.removeCamera},
		{"GET /api/v1/cameras/{camera}/recording", auth.Manage, camera, a.recording},
		{"PATCH /api/v1/cameras/{camera}/recording", auth.Manage, camera, a.changeRecording},
		{"GET /api/v1/cameras/{camera}/zones", auth.Manage, camera, a.zones},
		{"PUT /api/v1/cameras/{camera}/zones", auth.Manage, camera, a.setZones},
		{"POST /api/v1/cameras/{camera}/events", auth.Tell, camera, a.addEvent},
		{"POST /api/v1/cameras/{camera}/ring", auth.Tell, camera, a.press},
		{"POST /api/v1/cameras/{camera}/ring/answer", auth.Tell, camera, a.answer},
		{"POST /api/v1/cameras/{camera}/ring/seen", auth.Tell, camera, a.seen},
		{"GET /api/v1/cameras/{camera}/bells", auth.Manage, camera, a.bells},
		{"PUT /api/v1/cameras/{camera}/bells/{kind}", auth.Manage, camera, a.setBell},
		{"DELETE /api/v1/cameras/{camera}/bells/{kind}", auth.Manage, camera, a.removeBell},
		{"GET /api/v1/cameras/{camera}/bells/{kind}/log", auth.Manage, camera, a.bellLog},
		{"PUT /api/v1/cameras/{camera}/bindings", auth.Manage, camera, a.bind},
		{"GET /api/v1/bells/{token}", auth.Enter, home, a.call},
		{"POST /api/v1/bells/{token}", auth.Enter, home, a.call},
		{"GET /api/v1/rings", auth.Review, cameras, a.rings},
		{"GET /api/v1/cameras/{camera}/talk", auth.Watch, camera, a.talkState},
		{"POST /api/v1/cameras/{camera}/talk", auth.Talk, camera, a.talk},
		{"DELETE /api/v1/cameras/{camera}/talk/{talk}", auth.Talk, camera, a.endTalk},
		{"GET /api/v1/audit", auth.Manage, home, a.audit},
		{"POST /api/v1/cameras/{camera}/replies/{reply}/play", auth.Talk, camera, a.playReply},
		{"POST /api/v1/cameras/{camera}/speaker/test", auth.Talk, camera, a.testSpeaker},
		{"POST /api/v1/cameras/{camera}/door/open", auth.Open, camera, a.openDoor},
		{"GET /api/v1/replies", auth.Talk, cameras, a.replies},
		{"POST /api/v1/replies", auth.Manage, home, a.addReply},
		{"GET /api/v1/replies/{reply}.wav", auth.Talk, cameras, a.replySound},
		{"DELETE /api/v1/replies/{reply}", auth.Manage, home, a.removeReply},
		{"GET /api/v1/events", auth.Review, cameras, a.events},
		{"GET /api/v1/events/live", auth.Review, cameras, a.liveEvents},
		{"GET /api/v1/performance", auth.Manage, home, a.performance},
		{"GET /api/v1/home", auth.Manage, home, a.home},
		{"PATCH /api/v1/home", auth.Manage, home, a.changeHome},
		{"GET /api/v1/alerts", auth.Manage, home, a.alerts},
		{"PATCH /api/v1/alerts", auth.Manage, home, a.changeAlerts},
		{"POST /api/v1/probe", auth.Manage, home, a.probe},
		{"POST /api/v1/cameras/search", auth.Manage, home, a.search},
		{"POST /api/v1/findings", auth.Manage, home, a.find},
		{"GET /api/v1/findings/{finding}/picture.mp4", auth.Manage, home, a.findingPicture},
		{"POST /api/v1/findings/{finding}/camera", auth.Manage, home, a.addFound},
		{"GET /api/v1/channels", auth.Manage, home, a.channels},
		{"POST /api/v1/channels", auth.Manage, home, a.addChannel},
		{"GET /api/v1/channels/{channel}", auth.Manage, home, a.channel},
		{"PATCH /api/v1/channels/{channel}", auth.Manage, home, a.changeChannel},
		{"DELETE /api/v1/channels/{channel}", auth.Manage, home, a.removeChannel},
		{"POST /api/v1/channels/{channel}/test", auth.Manage, home, a.testChannel},
		{"GET /api/v1/push", auth.Manage, home, a.push},
		{"GET /api/v1/messages/{message}/picture.jpg", auth.Review, cameras, a.messagePicture},
		{"GET /api/v1/cameras/{camera}/timeline", auth.Review, camera, a.timeline},
		{"GET /api/v1/cameras/{camera}/playlist.m3u8", auth.Review, camera, a.seek(a.playlist)},
		{"GET /api/v1/cameras/{camera}/export.mp4", auth.Export, camera, a.export},
		{"GET /api/v1/locks", auth.Manage, home, a.locks},
		{"POST /api/v1/cameras/{camera}/locks", auth.Manage, camera, a.lock},
		{"DELETE /api/v1/locks/{lock}", auth.Manage, home, a.unlock},
		{"GET /api/v1/deletions", auth.Manage, home, a.deletion},
		{"POST /api/v1/deletions", auth.Manage, home, a.deleteFootage},
		{"GET /api/v1/clips.zip", auth.Export, cameras, a.archive},
		{"GET /api/v1/cameras/{camera}/picture.mp4", auth.Review, camera, a.seek(a.picture)},
		{"GET /api/v1/cameras/{camera}/storyboard.mp4", auth.Review, camera, a.storyboard},
		{"GET /api/v1/cameras/{camera}/live.mp4", auth.Watch, camera, a.live},
		{"POST /api/v1/cameras/{camera}/whep", auth.Watch, camera, a.whep},
		{"DELETE /api/v1/cameras/{camera}/whep/{session}", auth.Watch, camera, a.endSession},
		{"PATCH /api/v1/cameras/{camera}/whep/{session}", auth.Watch, camera, a.changeSession},
		{"GET /api/v1/cameras/{camera}/segments/{segment}.mp4", auth.Review, camera, a.seek(a.segment)},
		// A camera's playlist names it by its content, which nobody guesses.
		{"GET /api/v1/inits/{init}.mp4", auth.Review, cameras, a.init},
		{"GET /api/v1/states", auth.Watch, cameras, a.states},
		{"GET /api/v1/openapi.json", auth.Watch, cameras, a.openAPI},
	}
}

// slots bounds how many of something there are at once.
type slots chan struct{}

const (
	// maxWatching bounds live views: each may hold 16 MiB when its network is slow.
	maxWatching = 64
	// maxListening bounds streams of server-sent events: one or two for each open page.
	maxListening = 256
	// maxExporting bounds exports, which may take 10 MiB each; a film in a page
	// is one as well.
	maxExporting = 16
)

// take returns a function that gives the slot back, or [nvr.ErrBusy].
func (s slots) take() (release func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
		return nil, errFull
	}
}
