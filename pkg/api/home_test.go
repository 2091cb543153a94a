package api

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nvrd/pkg/alert"
	"nvrd/pkg/auth"
	"nvrd/pkg/bell"
	"nvrd/pkg/camera"
	"nvrd/pkg/catalog"
	"nvrd/pkg/door"
	"nvrd/pkg/event"
	"nvrd/pkg/find"
	"nvrd/pkg/footage"
	"nvrd/pkg/histogram"
	"nvrd/pkg/household"
	"nvrd/pkg/live"
	"nvrd/pkg/media"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
	"nvrd/pkg/ring"
	"nvrd/pkg/talk"
)

// home is a household with its database, an API, and what a test wants to
// happen.
type home struct {
	db      *household.DB
	hub     live.Hub
	changed chan struct{}
	health  nvr.Reason
	notices []nvr.Notice
	probed  nvr.Probe
	err     error    // what List fails with
	events  []string // that were taken
	bus     *event.Bus
	rings   *ring.Rings
	rtc     WebRTC      // nil unless a test sets it
	private atomic.Bool // all cameras are off
	finder  *find.Finder
	around  []onvif.Found // that answer a search
	talks   *talk.Talks
	doors   *door.Doors
	bells   *bell.Bells      // that nobody listens to unless a test does
	said    mouth            // what was said at cameras
	speaker talk.Open        // nil if no camera has one
	catalog *catalog.Catalog // nil until something was recorded
	outbox  *notify.Outbox
	locks   locked
	deleted deleter
	seeks   histogram.Histogram
	log     bytes.Buffer
	bare    http.Handler // the API, which asks who asks
	api     http.Handler // asked by the household
}

func newHome(t *testing.T) *home {
	t.Helper()
	db, err := household.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &home{db: db, changed: make(chan struct{}, 1)}
	if h.outbox, err = notify.Open(t.Context(), notify.Config{Home: db, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.outbox.Close() })
	h.bus = event.New(func(e nvr.Event) {
		h.events = append(h.events, fmt.Sprintf("%s %s %s %q", e.Stream.Camera, e.Kind, e.Span.From, e.Detail))
	})
	h.rings = ring.New(db, h.bus.Publish, nil, slog.New(slog.DiscardHandler))
	h.talks = talk.New(func(ctx context.Context, camera nvr.CameraID) (talk.Speaker, error) {
		if h.speaker == nil {
			return nil, talk.NoSpeaker("this camera has no speaker")
		}
		return h.speaker(ctx, camera)
	}, slog.New(slog.DiscardHandler))
	t.Cleanup(h.talks.Close)
	h.bells = bell.New(bell.Config{Home: db, Rings: h.rings, Publish: h.bus.Publish, Log: slog.New(slog.DiscardHandler)})
	h.finder = find.NewFinder(find.Config{
		Add: h.Add, SetBell: db.SetBell, Refusals: &camera.Refusals{}, Log: slog.New(slog.DiscardHandler),
		Search: func(context.Context) ([]onvif.Found, error) { return h.around, h.err }, Home: db,
	})
	h.doors = door.New(nil, nil, db, slog.New(slog.DiscardHandler))
	h.use(nil)
	return h
}

// use gives the API the footage of a player.
func (h *home) use(p *playback.Player) {
	h.bare = New(Config{
		Cameras: h, Finder: h.finder, Footage: p, Files: p, Live: &h.hub, WebRTC: h.rtc, Household: h.db,
		Events: h.bus, Rings: h.rings, Talks: h.talks, Doors: h.doors, Bells: h.bells, History: h.catalog, Locks: &h.locks, Deletions: &h.deleted, Performance: h, Seeks: &h.seeks, Notify: h.outbox, Alerts: alert.New(alert.Config{}),
		Subscribe: func() (<-chan struct{}, func()) { return h.changed, func() {} },
		Health:    func() nvr.Reason { return h.health },
		Notices:   func() []nvr.Notice { return h.notices },
		Log:       slog.New(slog.NewTextHandler(&h.log, nil)),
	})
	h.api = auth.As(auth.Household(), h.bare)
}

func (h *home) view(c household.Camera, err error) (nvr.Camera, error) {
	v := nvr.Camera{ID: c.ID, Name: c.Name, URL: c.URL, SubURL: c.SubURL, State: nvr.State{Phase: nvr.Connecting, Since: c.Created}}
	if h.private.Load() {
		v.Mode = nvr.Privacy
	}
	return v, err
}

func (h *home) List(ctx context.Context) (all []nvr.Camera, err error) {
	if h.err != nil {
		return nil, h.err
	}
	cameras, err := h.db.Cameras(ctx)
	for _, c := range cameras {
		v, _ := h.view(c, nil)
		all = append(all, v)
	}
	return all, err
}

func (h *home) Get(ctx context.Context, id nvr.CameraID) (nvr.Camera, error) {
	return h.view(h.db.Camera(ctx, id))
}

func (h *home) Add(ctx context.Context, in household.CameraInput) (nvr.Camera, error) {
	return h.view(h.db.AddCamera(ctx, in))
}

func (h *home) Remove(ctx context.Context, id nvr.CameraID) error { return h.db.RemoveCamera(ctx, id) }

func (h *home) Probe(_ context.Context, _ nvr.CameraID, in household.CameraInput) (nvr.Probe, error) {
	_, err := in.Normalize()
	return h.probed, err
}

// do asks the API; header holds names and values in turn.
func (h *home) do(method, target, body string, header ...string) *http.Response {
	return do(h.api, method, target, body, header...)
}

func do(handler http.Handler, method, target, body string, header ...string) *http.Response {
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, target, nil)
	} else {
		r = httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// failure returns the kind and the message of an error answer.
func failure(t *testing.T, r *http.Response) (kind, message string) {
	t.Helper()
	var body errorBody
	if err := json.Unmarshal([]byte(text(t, r)), &body); err != nil {
		t.Fatalf("%d: %v", r.StatusCode, err)
	}
	return body.Error.Kind, body.Error.Message
}

const porch = `{"name":"Porch","url":"rtsp://admin:canary@10.0.0.9/main","sub_url":"rtsp://10.0.0.9/sub"}`

// silent is a stream of pictures without sound.
var silent = media.Format{Tracks: []media.Track{{
	Codec: media.H264, Timescale: 90000, Width: 1920, Height: 1080,
	SPS: []byte{
		0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00,
		0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20,
	},
	PPS: []byte{0x68, 0xce, 0x3c, 0x80},
}}}

// picture is frame n of a camera with ten pictures and one key frame a second.
func picture(from time.Time, n int) media.Sample {
	nal := append([]byte{0x41}, bytes.Repeat([]byte{byte(n)}, 200)...)
	if n%10 == 0 {
		nal[0] = 0x65
	}
	return media.Sample{
		DTS: int64(n) * 9000, Key: n%10 == 0, Arrived: from.Add(time.Duration(n) * 100 * time.Millisecond),
		Data: append(binary.BigEndian.AppendUint32(nil, uint32(len(nal))), nal...),
	}
}

// record records 12 s of camera 1 and lets the API serve them.
func (h *home) record(t *testing.T) (recorded nvr.Span) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	if err := footage.Create(dir, h.db.UUID(), footage.UUID{1}); err != nil {
		t.Fatal(err)
	}
	directory, err := footage.Open(dir, h.db.UUID(), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { directory.Close() })
	c, err := catalog.Open(t.Context(), dir+"/catalog.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	h.catalog = c
	r, err := recorder.Open(t.Context(), c, footage.NewPlaces(h.db.UUID(), log, directory), log)
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Stream(nvr.StreamID{Camera: 1})
	if err != nil {
		t.Fatal(err)
	}
	from := time.Now()
	s.Begin(silent, true)
	for n := range 121 {
		s.Sample(picture(from, n))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	h.use(playback.New(c, func(nvr.DirectoryID) (*footage.Directory, error) { return directory, nil }))
	// A little around it, as a person would choose it.
	return nvr.Span{From: nvr.TimeOf(from.Add(-time.Second)), To: nvr.TimeOf(from.Add(15 * time.Second))}
}
