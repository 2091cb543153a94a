package ui_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/auth"
	real "nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/ui"
	"nvrd/ui/appliance"
)

// household is an appliance of plain values.
type household struct {
	cameras []nvr.Camera
	gone    []nvr.Camera // that were removed
	line    appliance.Timeline
	probe   nvr.Probe
	err     error // of every call
	refuse  error // of Add and Probe
	notices []nvr.Notice
	added   []appliance.Input
	set     nvr.Recording // DefaultRecording if it is zero
	home    appliance.Home
	removed []nvr.CameraID
	presses []nvr.Press
	events  []nvr.Event
	bell    doorbell // of camera 1
	opens   bool     // there is a door at every camera
	audit   audit
	kept    stored
	deleted deleter
	replies []appliance.Reply
	played  []int64 // quick replies, at camera 1
	drawn   string  // zones and masks
}

func (h *household) List(context.Context) ([]nvr.Camera, error) { return h.cameras, h.err }

func (h *household) Get(_ context.Context, id nvr.CameraID) (nvr.Camera, error) {
	for _, c := range h.cameras {
		if c.ID == id {
			return c, h.err
		}
	}
	return nvr.Camera{}, fmt.Errorf("camera %d: %w", id, nvr.ErrNotFound)
}

func (h *household) Removed(context.Context) ([]nvr.Camera, error) { return h.gone, h.err }

func (h *household) Add(_ context.Context, in appliance.Input) (nvr.CameraID, error) {
	if h.refuse != nil {
		return 0, h.refuse
	}
	h.added = append(h.added, in)
	return 7, h.err
}

func (h *household) Reach(ctx context.Context, id nvr.CameraID) (appliance.Input, error) {
	c, err := h.Get(ctx, id)
	return appliance.Input{Name: c.Name, URL: c.URL, SubURL: c.SubURL, User: "admin"}, err
}

func (h *household) Change(ctx context.Context, id nvr.CameraID, in appliance.Input) error {
	if _, err := h.Get(ctx, id); err != nil {
		return err
	}
	if h.refuse != nil {
		return h.refuse
	}
	h.added = append(h.added, in)
	return h.err
}

func (h *household) Remove(_ context.Context, id nvr.CameraID) error {
	h.removed = append(h.removed, id)
	return h.err
}

func (h *household) Probe(context.Context, nvr.CameraID, appliance.Input) (nvr.Probe, error) {
	return h.probe, errors.Join(h.refuse, h.err)
}

// Tidy is the recorder's own: pages and recorder must not differ in it.
func (h *household) Tidy(in appliance.Input) (appliance.Input, []nvr.Doubt) {
	tidy, wrong := real.CameraInput{URL: in.URL, SubURL: in.SubURL, User: in.User, Password: real.Secret(in.Password)}.Tidy()
	in.URL, in.SubURL, in.User, in.Password = tidy.URL, tidy.SubURL, tidy.User, tidy.Password.Reveal()
	var all []nvr.Doubt
	for _, e := range wrong {
		all = append(all, *e.Doubt())
	}
	return in, all
}

func (h *household) Recording(ctx context.Context, id nvr.CameraID) (nvr.Recording, error) {
	if _, err := h.Get(ctx, id); err != nil {
		return nvr.Recording{}, err
	}
	if h.set.Plan.Mode == "" {
		return nvr.DefaultRecording(), h.err
	}
	return h.set, h.err
}

func (h *household) SetRecording(ctx context.Context, id nvr.CameraID, r nvr.Recording) error {
	if _, err := h.Get(ctx, id); err != nil {
		return err
	}
	if h.refuse != nil {
		return h.refuse
	}
	h.set = r
	return h.err
}

func (h *household) Home(context.Context) (appliance.Home, error) {
	home := h.home
	zone, err := time.LoadLocation(cmp.Or(home.TimeZone, "Europe/Vienna")) // which has days of 23 and of 25 hours
	home.Zone = zone
	return home, errors.Join(err, h.err)
}

func (h *household) Last(id nvr.CameraID) (nvr.Press, bool) {
	for _, p := range h.presses {
		if p.Camera == id {
			return p, true
		}
	}
	return nvr.Press{}, false
}

func (h *household) Rang(_ context.Context, id nvr.CameraID, at nvr.Time) (nvr.Press, bool, error) {
	i := slices.IndexFunc(h.presses, func(p nvr.Press) bool { return p.Camera == id && p.At == at })
	if i < 0 {
		return nvr.Press{}, false, nil
	}
	return h.presses[i], true, nil
}

func (h *household) Missed(context.Context) (all []nvr.Press, err error) {
	for _, p := range h.presses {
		if p.Missed() {
			all = append(all, p)
		}
	}
	return all, h.err
}

func (h *household) Answer(id nvr.CameraID, at nvr.Time, who string) (nvr.Press, error) {
	h.presses = append(h.presses, nvr.Press{Camera: id, At: at, Outcome: nvr.RingAnswered, Who: who, End: at})
	return nvr.Press{}, h.refuse
}

func (h *household) See(_ context.Context, id nvr.CameraID, until nvr.Time) error {
	for i := range h.presses {
		h.presses[i].Seen = h.presses[i].Seen || h.presses[i].Camera == id && h.presses[i].At <= until
	}
	return h.err
}

func (h *household) Replies(context.Context) ([]appliance.Reply, error) { return h.replies, h.err }

func (h *household) RemoveReply(_ context.Context, id int64) error {
	n := len(h.replies)
	h.replies = slices.DeleteFunc(h.replies, func(r appliance.Reply) bool { return r.ID == id })
	if len(h.replies) == n {
		return fmt.Errorf("there is no quick reply %d: %w", id, nvr.ErrNotFound)
	}
	return nil
}

func (h *household) Play(_ context.Context, camera nvr.CameraID, reply int64) error {
	if camera != 1 {
		return fmt.Errorf("this camera has no speaker: %w", nvr.ErrNotFound)
	}
	h.played = append(h.played, reply)
	return nil
}

func (h *household) Choose(_ context.Context, mode nvr.HouseMode, until nvr.Time) error {
	h.home.Mode, h.home.Chosen, h.home.Until = mode, mode, until
	return h.err
}

func (h *household) CamerasOn(context.Context) error {
	h.home.Mode, h.home.Chosen, h.home.Until = h.home.After, "", 0
	return h.err
}

func (h *household) SetModes(_ context.Context, week nvr.Schedule[nvr.HouseMode]) error {
	h.home.Modes = week
	return h.err
}

func (h *household) SetLanguage(_ context.Context, language string) error {
	if language != "en" && language != "de" {
		return nvr.ErrInvalid
	}
	h.home.Language = language
	return nil
}

func (h *household) SetTimeZone(_ context.Context, name string) error {
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("%w: %w", err, nvr.ErrInvalid)
	}
	h.home.TimeZone = name
	return h.err
}

func (h *household) Timeline(context.Context, nvr.StreamID, nvr.Span) (appliance.Timeline, error) {
	return h.line, h.err
}

func (h *household) Pictured(_ context.Context, stream nvr.StreamID) (nvr.Time, error) {
	if stream.Camera == 4 {
		return 0, h.err
	}
	return at("2026-11-19T09:59:58Z"), h.err
}

func (h *household) Enter(w http.ResponseWriter, _ *http.Request, key string) error {
	switch key {
	case "sesame":
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s"})
		return nil
	case "again":
		return fmt.Errorf("login: %w", appliance.Wait(39*time.Second+time.Millisecond))
	}
	return fmt.Errorf("login: %w", nvr.ErrInvalid)
}

func (h *household) Leave(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
	return h.err
}

const hostileName = `"><script>alert(1)</script>'<img src=x onerror=alert(2)>` + "\u202etxet\u202c {name}"

func camera(id nvr.CameraID, name string) nvr.Camera {
	return nvr.Camera{
		ID: id, Name: name, URL: "rtsp://192.168.1.20/main", State: nvr.State{Phase: nvr.Live},
		Streams: []nvr.Stream{
			{Quality: nvr.Main, Phase: nvr.Live, Video: nvr.Video{Codec: "h265", Width: 3840, Height: 2160}, Audio: nvr.Audio{Codec: "aac"}, MIME: `video/mp4; codecs="hvc1.1.6.L153.90,mp4a.40.2"`},
			{Quality: nvr.Sub, Phase: nvr.Live, Video: nvr.Video{Codec: "h264", Width: 640, Height: 360}, MIME: `video/mp4; codecs="avc1.64001e"`},
		},
	}
}

func at(s string) nvr.Time {
	t, err := nvr.ParseTime(s)
	if err != nil {
		panic(err)
	}
	return t
}

func span(from, to string) nvr.Span { return nvr.Span{From: at(from), To: at(to)} }

func serve(t *testing.T, h *household) http.Handler {
	t.Helper()
	return serveTo(t, h, auth.Household())
}

func serveTo(t *testing.T, h *household, who auth.Subject) http.Handler {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := ui.New(ui.Config{Cameras: h, Setup: h, Household: h, Zones: h, Storage: &h.kept, Deletions: &h.deleted, Rings: h, Voice: h, Bells: &h.bell, Opens: func(nvr.CameraID) bool { return h.opens }, Audit: func(ctx context.Context, before int64, limit int) ([]real.Audit, error) {
		return h.audit.log(ctx, before, limit)
	}, Timelines: h, History: h, Door: h, Authority: authority(t), Finder: h, Notices: func() []nvr.Notice { return h.notices }, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return auth.As(who, s)
}

func get(h http.Handler, address string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w
}

func post(h http.Handler, address string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPages(t *testing.T) {
	broken := camera(3, hostileName)
	broken.Phase, broken.Reason, broken.Detail = nvr.Waiting, nvr.WrongPassword, "<b>401</b>"
	broken.RetryAt = at("2026-11-22T13:00:00Z")
	removed := &household{gone: []nvr.Camera{
		{ID: 5, Name: "Shed", State: nvr.State{Phase: nvr.Gone}, Newest: span("2026-11-19T09:59:00Z", "2026-11-19T10:00:00Z"), Streams: []nvr.Stream{{Quality: nvr.Main, Phase: nvr.Gone}}},
		{ID: 6, State: nvr.State{Phase: nvr.Gone}, Newest: span("2026-11-19T09:59:00Z", "2026-11-19T10:00:00Z")},
	}, line: appliance.Timeline{Footage: []nvr.Span{span("2026-11-19T09:59:00Z", "2026-11-19T10:00:00Z")}}}
	lame := camera(5, "Yard")
	lame.Reason, lame.Detail, lame.Streams[1].Phase = nvr.Refused, "404", nvr.Waiting
	unknown := nvr.Camera{ID: 4, Name: strings.Repeat("W", 80), State: nvr.State{Phase: nvr.Connecting}}
	full := &household{
		cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Front door"), broken, unknown},
		line: appliance.Timeline{
			Footage: []nvr.Span{span("2026-11-19T08:00:00Z", "2026-11-19T08:36:00Z"), span("2026-11-19T08:36:34Z", "2026-11-19T10:00:00Z")},
			Gaps: []nvr.Gap{
				{Span: span("2026-11-19T08:36:00Z", "2026-11-19T08:36:34Z"), Reason: nvr.StreamChanged},
				{Span: nvr.Span{From: at("2026-11-19T10:00:00Z")}, Reason: "<i>new reason</i>"},
			},
		},
	}
	for name, page := range map[string]struct {
		h       *household
		address string
		status  int
		checks  []check
	}{
		"home, first":   {&household{}, "/", 200, []check{says("Add your first camera", "No cameras yet"), has("a", "href", "/cameras/new")}},
		"home, trouble": {full, "/", 200, []check{says("Recording 2 of 4", "One camera needs a look.", "The camera refused the password.", "Trying again at 14:00:00.", hostileName), has("video", "src", "/api/v1/cameras/1/picture.mp4?at=2026-11-19T09%3A59%3A57.999999Z&stream=sub")}},
		"home, storage": {&household{cameras: full.cameras[:1], notices: []nvr.Notice{
			{Kind: nvr.PlaceFailed, Reason: nvr.DiskMissing, Path: hostileName, Instead: "/srv/footage"}, {Kind: nvr.ClockDoubted}, {Kind: nvr.CameraFloods, Camera: 1},
		}}, "/", 200, []check{says("The storage needs a look.", "No footage can be written to "+hostileName+": its disk is not there.",
			"It goes to /srv/footage meanwhile.", "Connect the disk", "This machine's clock jumped.", full.cameras[0].Name+" sends more than 100 Mb/s")}},
		"home, sub fails": {&household{cameras: []nvr.Camera{lame}}, "/", 200, []check{says("One camera needs a look.",
			"The small stream is not recorded: The camera refused the stream.", "Check the address;"), lacks("All quiet")}},
		"several at once": {full, "/cameras?at=2026-11-19T08:36:10Z", 200, []check{says("Side by side", "The camera changed its stream", hostileName), has("a", "href", "/cameras/2?at=2026-11-19T08%3A36%3A10Z"), has("a", "href", "/wall")}},
		"none at once":    {&household{}, "/cameras", 200, []check{says("No cameras yet")}},
		"camera, sub fails": {&household{cameras: []nvr.Camera{lame}}, "/cameras/5", 200, []check{
			says("The small stream is not recorded: The camera refused the stream. Check the address;", "404")}},
		"camera":      {full, "/cameras/1", 200, []check{says("Drive", "Recording"), has("video", "src", "/api/v1/cameras/1/picture.mp4?at=2026-11-19T09%3A59%3A57.999999Z&stream=main"), has("div", "role", "slider")}},
		"camera, day": {full, "/cameras/1?at=2026-11-19T09:00:00Z&zoom=1h", 200, []check{says("Thursday 19 November", "The camera changed its stream", "No picture for 34 s", "<i>new reason</i>", "2 gaps, each explained.", "Times are UTC+01:00"), has("button", "aria-pressed", "true"), has("time", "datetime", "2026-11-19T08:36:00Z")}},
		"camera, clip": {full, "/cameras/1?from=2026-11-19T08:00:00Z&to=2026-11-19T08:10:00Z", 200, []check{
			has("video", "src", "/api/v1/cameras/1/export.mp4?form=progressive&from=2026-11-19T08%3A00%3A00Z&stream=main&to=2026-11-19T08%3A10%3A00Z"),
			has("a", "href", "/api/v1/cameras/1/export.mp4?form=progressive&from=2026-11-19T08%3A00%3A00Z&stream=main&to=2026-11-19T08%3A10%3A00Z"), has("input", "value", "2026-11-19T09:00:00"), says("10 min")}},
		"camera, long clip":  {full, "/cameras/1?from=2026-11-19T08:00:00Z&to=2026-11-19T11:00:00Z", 200, []check{has("a", "href", "/api/v1/cameras/1/export.mp4?from=2026-11-19T08%3A00%3A00Z&stream=main&to=2026-11-19T11%3A00%3A00Z")}},
		"camera, inside out": {full, "/cameras/1?from=2026-11-19T11:00:00Z&to=2026-11-19T08:00:00Z", 200, []check{says("The end has to come after the start.")}},
		"camera, now":        {full, "/cameras/1", 200, []check{says("Thursday 19 November, 10:59:58"), has("div", "class", "film old"), has("video", "src", "/api/v1/cameras/1/picture.mp4?at=2026-11-19T09%3A59%3A57.999999Z&stream=main")}},
		"camera, moment":     {full, "/cameras/1?at=2026-11-19T09:00:00Z", 200, []check{has("div", "class", "film"), has("video", "src", "/api/v1/cameras/1/picture.mp4?at=2026-11-19T09%3A00%3A00Z&stream=main")}},
		"camera, in a gap":   {full, "/cameras/1?at=2026-11-19T08:36:10Z", 200, []check{says("The camera changed its stream"), has("video", "src", "")}},
		"camera, later gap":  {full, "/cameras/1?at=2026-11-19T10:30:00Z", 200, []check{says("<i>new reason</i>"), has("video", "src", "")}},
		"camera, before all": {full, "/cameras/1?at=2026-11-19T07:00:00Z", 200, []check{says("Nothing is recorded here"), has("video", "src", "")}},
		"home, dated":        {full, "/", 200, []check{says("Thursday 19 November, 10:59:58"), has("a", "class", "film old")}},
		"camera, hostile":    {full, "/cameras/3", 200, []check{says(hostileName, "<b>401</b>", "The camera refused the password."), has("a", "href", "/cameras/3/edit")}},
		"camera, long":       {full, "/cameras/4", 200, []check{says("Connecting")}},
		"camera, no time":    {full, "/cameras/1?at=yesterday", 400, []check{says("That address is not right")}},
		"camera, not there":  {full, "/cameras/9", 404, []check{says("Nothing here")}},
		"camera, no number":  {full, "/cameras/..%2f..%2fetc", 400, nil},
		"add":                {full, "/cameras/new", 200, []check{says("Add a camera", "Password"), has("input", "type", "password")}},
		"edit":               {full, "/cameras/1/edit", 200, []check{keeps("name", "Drive"), keeps("url", "rtsp://192.168.1.20/main"), keeps("user", "admin"), keeps("password", ""), says("Leave it empty to keep")}},
		"edit, hostile":      {full, "/cameras/3/edit", 200, []check{keeps("name", hostileName)}},
		"edit, not there":    {full, "/cameras/9/edit", 404, nil},
		"home, removed":      {removed, "/", 200, []check{says("Removed cameras that still have footage", "Shed", "Footage until Thursday 19 November, 11:00:00", "Camera 6"), has("a", "href", "/cameras/5")}},
		"removed": {removed, "/cameras/5", 200, []check{says("Shed", "Removed", "Thursday 19 November"), lacks("Remove camera"), lacks("Back to live"),
			has("video", "src", "/api/v1/cameras/5/picture.mp4?at=2026-11-19T09%3A59%3A00Z&stream=main"), has("button", "hidden", "")}},
		"removed, nameless": {removed, "/cameras/6", 200, []check{says("Camera 6")}},
		"removed, clip":     {removed, "/cameras/5?from=2026-11-19T08:00:00Z&to=2026-11-19T08:10:00Z", 200, []check{says("10 min")}},
		"removed, edit":     {removed, "/cameras/5/edit", 404, nil},
		"removed, remove":   {removed, "/cameras/5/remove", 404, nil},
		"removed, recorded": {removed, "/cameras/5/recording", 404, nil},
		"remove":            {full, "/cameras/3/remove", 200, []check{says("Remove " + hostileName)}},
		"login":             {full, "/login?next=/cameras/1", 200, []check{keeps("next", "/cameras/1"), says("Come in"), has("a", "href", "/trust")}},
		"login, elsewhere":  {full, "/login?next=//evil.example", 200, []check{keeps("next", "/")}},
		"login, also":       {full, "/login?next=/%5Cevil.example", 200, []check{keeps("next", "/")}},
		"settings": {full, "/settings", 200, []check{says(hostileName, "Add camera", "This device"), has("a", "href", "/cameras/3/recording"), has("a", "href", "/cameras/3/remove"), has("a", "href", "/cameras/new"),
			has("a", "href", "/storage"), has("a", "href", "/replies"), has("a", "href", "/trust"), has("a", "href", "/events")}},
		"trust":                {full, "/trust", 200, []check{says("Trust this home", "Stoop home ", "iPhone", "Windows", "Turn on Stoop home "), lacks("{name}"), lacks("Drive"), has("a", "href", "/trust/stoop-home.mobileconfig")}},
		"nowhere":              {full, "/nowhere", 404, []check{says("Nothing here")}},
		"the appliance failed": {&household{err: io.ErrUnexpectedEOF}, "/", 500, []check{says("That went wrong")}},
		"the appliance waits":  {&household{err: nvr.ErrBusy}, "/", 503, []check{says("One moment")}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, page.h)
			w := get(s, page.address)
			if w.Code != page.status {
				t.Errorf("status %d, want %d", w.Code, page.status)
			}
			run(t, w.Body.String(), append(page.checks, everyPage...)...)
			american(t, s, page.address)
		})
	}
}

func TestAbout(t *testing.T) {
	h := &household{}
	for name, c := range map[string]struct {
		version, source string
		checks          []check
	}{
		"all":            {"v1.2", "https://example.org/stoop", []check{says("Stoop v1.2 · Free software under AGPL-3.0", "Source code"), has("a", "href", "https://example.org/stoop")}},
		"no source":      {"v1.2", "", []check{says("Stoop v1.2 ·"), lacks("Source code")}},
		"hostile source": {"", "javascript:alert(1)", []check{lacks("alert(1)"), has("a", "href", "about:invalid#TemplFailedSanitizationURL")}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := ui.New(ui.Config{Cameras: h, Setup: h, Household: h, Rings: h, Timelines: h, History: h, Door: h, Log: slog.New(slog.DiscardHandler), Version: c.version, Source: c.source})
			if err != nil {
				t.Fatal(err)
			}
			run(t, get(auth.As(auth.Household(), s), "/").Body.String(), c.checks...)
			run(t, get(s, "/login").Body.String(), append(everyPage, lacks("v1.2"))...) // strangers need not know
		})
	}
}

func TestHomePutsDoorsFirst(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Back gate"), camera(3, "Front Door")}}
	body := get(serve(t, h), "/").Body.String()
	door, drive, gate := strings.Index(body, `data-tile="3"`), strings.Index(body, `data-tile="1"`), strings.Index(body, `data-tile="2"`)
	if door < 0 || door > drive || drive > gate {
		t.Errorf("tiles stand at %d (door), %d (drive), %d (gate)", door, drive, gate)
	}
}

func TestOnlyWhatIsThereIsAskedFor(t *testing.T) {
	away := camera(3, "Shed")
	away.Streams = []nvr.Stream{{Quality: nvr.Main, Phase: nvr.Waiting}}
	off := camera(5, "Yard")
	off.Mode = nvr.Privacy
	s := serve(t, &household{cameras: []nvr.Camera{camera(1, "Drive"), away, camera(4, "New"), off}})
	scripts := strings.Contains(get(s, "/").Body.String(), "/static/home.js") // it was built with them
	for _, c := range []struct {
		address, part string
		want          bool
	}{
		{"/cameras/1", ` data-address="/api/v1/cameras/1" data-stream="main"`, scripts},
		{"/cameras/1?at=2026-11-19T09:00:00Z", ` data-address=`, false},
		{"/cameras/3", ` data-address=`, false},
		{"/cameras/5", ` data-address=`, false},
		{"/", ` src="/api/v1/cameras/1/picture.mp4`, true},
		{"/", ` src="/api/v1/cameras/3/picture.mp4`, true},
		{"/", ` src="/api/v1/cameras/4/`, false},
		{"/", ` data-live="/api/v1/cameras/1" data-stream="sub"`, true},
		{"/", ` data-live="/api/v1/cameras/3`, false},
		{"/cameras/1", ` src="/api/v1/cameras/1/picture.mp4`, true},
		{"/cameras/4", ` src="/api/`, false},
	} {
		if got := strings.Contains(get(s, c.address).Body.String(), c.part); got != c.want {
			t.Errorf("%s: %s is there: %t", c.address, c.part, got)
		}
	}
}

func TestFormsBecomeAbsoluteAddresses(t *testing.T) {
	s := serve(t, &household{cameras: []nvr.Camera{camera(1, "Drive")}})
	for form, want := range map[string]string{
		"day=2026-11-19": "/cameras/1?at=2026-11-18T23%3A00%3A00Z",
		"day=2026-03-29": "/cameras/1?at=2026-03-28T23%3A00%3A00Z",
		"clip_from=2026-07-01T12:00&clip_to=2026-07-01T12:00:30":               "/cameras/1?from=2026-07-01T10%3A00%3A00Z&to=2026-07-01T10%3A00%3A30Z",
		"clip_from=2026-07-01T12:00&clip_to=2026-07-01T12:00:30&clip_silent=1": "/cameras/1?form=silent&from=2026-07-01T10%3A00%3A00Z&to=2026-07-01T10%3A00%3A30Z",
		"clip_from=2026-11-22T14:03:22&clip_to=2026-11-22T14:03:52&":           "/cameras/1?from=2026-11-22T13%3A03%3A22Z&to=2026-11-22T13%3A03%3A52Z",
	} {
		w := get(s, "/cameras/1?"+form)
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("%s leads with %d to %s, want %s", form, w.Code, got, want)
		}
	}
	for _, form := range []string{"day=tomorrow", "clip_from=2026-11-22T14:03", "clip_from=x&clip_to=y", "day=2026-02-30"} {
		if w := get(s, "/cameras/1?"+form); w.Code != http.StatusBadRequest {
			t.Errorf("%s is answered with %d, want 400", form, w.Code)
		}
	}
}

func TestDaysOf23And25Hours(t *testing.T) {
	for day, hours := range map[string]int{"2025-03-30": 23, "2025-10-26": 25, "2025-10-27": 24} {
		t.Run(day, func(t *testing.T) {
			noon := at(day + "T12:00:00Z")
			h := &household{
				cameras: []nvr.Camera{camera(1, "Drive")},
				line:    appliance.Timeline{Footage: []nvr.Span{{From: noon.Add(-48 * time.Hour), To: noon.Add(48 * time.Hour)}}},
			}
			body := get(serve(t, h), "/cameras/1?at="+noon.String()).Body.String()
			if n := strings.Count(body, `<details class="hour"`); n != hours {
				t.Errorf("%d hours, want %d", n, hours)
			}
			run(t, body, says("100 % recorded. No gaps."))
		})
	}
}

// TestTheDayIsTheViewers has a server at UTC and viewers elsewhere.
func TestTheDayIsTheViewers(t *testing.T) {
	s := serve(t, &household{cameras: []nvr.Camera{camera(1, "Drive")}, home: appliance.Home{TimeZone: "UTC"}})
	for zone, want := range map[string]struct {
		checks []check
		jump   string // where the form goes for 20 November
	}{
		"":                 {[]check{says("Thursday 19 November", "UTC+00:00"), keeps("day", "2026-11-19")}, "2026-11-20T00:00:00Z"},
		"Local":            {[]check{says("UTC+00:00"), keeps("day", "2026-11-19")}, "2026-11-20T00:00:00Z"},
		"../../etc/passwd": {[]check{says("UTC+00:00"), keeps("day", "2026-11-19")}, "2026-11-20T00:00:00Z"},
		"Australia/Brisbane": {[]check{says("Friday 20 November", "UTC+10:00"), keeps("day", "2026-11-20"), keeps("clip_from", "2026-11-20T02:00:00"),
			has("a", "href", "/cameras/1?at=2026-11-18T14:00:00Z")}, "2026-11-19T14:00:00Z"},
	} {
		t.Run(zone, func(t *testing.T) {
			ask := func(address string) *httptest.ResponseRecorder {
				r := httptest.NewRequest(http.MethodGet, address, nil)
				if zone != "" {
					r.Header.Set("Cookie", "tz="+zone)
				}
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				return w
			}
			run(t, ask("/cameras/1?at=2026-11-19T16:00:00Z").Body.String(), append(want.checks, everyPage...)...)
			if got, want := ask("/cameras/1?day=2026-11-20").Header().Get("Location"), "/cameras/1?"+(url.Values{"at": {want.jump}}).Encode(); got != want {
				t.Errorf("20 November is at %s, want %s", got, want)
			}
		})
	}
}

func TestAddCamera(t *testing.T) {
	good := url.Values{"name": {" Front  door "}, "url": {"rtsp://192.168.1.20/main"}, "user": {"admin"}, "password": {"canary-7781"}, "do": {"add"}}
	with := func(pairs ...string) url.Values {
		v := url.Values{}
		for k, s := range good {
			v[k] = s
		}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	h := &household{}
	w := post(serve(t, h), "/cameras/new", good)
	want := appliance.Input{Name: "Front door", URL: "rtsp://192.168.1.20/main", User: "admin", Password: "canary-7781"}
	if w.Header().Get("Location") != "/cameras/7" || len(h.added) != 1 || h.added[0] != want {
		t.Errorf("added %+v and went to %q", h.added, w.Header().Get("Location"))
	}
	h = &household{}
	post(serve(t, h), "/cameras/new", with("url", "rtsp://root:canary-7781@10.0.0.2/", "user", "", "password", ""))
	if want := (appliance.Input{Name: "Front door", URL: "rtsp://10.0.0.2/", User: "root", Password: "canary-7781"}); len(h.added) != 1 || h.added[0] != want {
		t.Errorf("an address with an account became %+v", h.added)
	}
	h = &household{}
	post(serve(t, h), "/cameras/new", with("url", "rtsp://root:p@ss:w/o#rd@10.0.0.2/main", "user", "", "password", ""))
	if want := (appliance.Input{Name: "Front door", URL: "rtsp://10.0.0.2/main", User: "root", Password: "p@ss:w/o#rd"}); len(h.added) != 1 || h.added[0] != want {
		t.Errorf("an address with a password of many signs became %+v", h.added)
	}
	for name, c := range map[string]struct {
		h      *household
		form   url.Values
		status int
		checks []check
	}{
		"no name":          {&household{}, with("name", " "), 422, []check{blames("name", "Give the camera a name."), keeps("url", "rtsp://192.168.1.20/main"), keeps("user", "admin")}},
		"no address":       {&household{}, with("url", ""), 422, []check{blames("url", "The camera's address is needed."), keeps("name", "Front door")}},
		"file":             {&household{}, with("url", "file:///etc/passwd"), 422, []check{blames("url", "Stoop speaks RTSP with cameras: the address has to begin with rtsp:// or rtsps://.")}},
		"command":          {&household{}, with("url", "exec:reboot"), 422, []check{blames("url", "This should look like rtsp://192.168.1.20/main.")}},
		"sub":              {&household{}, with("sub_url", "sub"), 422, []check{blames("sub_url", "This should look like rtsp://192.168.1.20/main."), keeps("sub_url", "sub")}},
		"web page":         {&household{}, with("url", "http://192.168.1.20/login"), 422, []check{says("This is the address of a web page."), has("button", "value", "url rtsp://192.168.1.20/"), keeps("url", "http://192.168.1.20/login"), keeps("name", "Front door")}},
		"web page, secret": {&household{}, with("url", "http://root:canary-1@192.168.1.20/", "user", "", "password", ""), 422, []check{keeps("url", "http://192.168.1.20/"), keeps("user", "root"), says("Please type the password again")}},
		"only host":        {&household{}, with("url", "192.168.1.20"), 422, []check{says("This is only where the camera is. Its"), has("button", "value", "url rtsp://192.168.1.20/")}},
		"only port":        {&household{}, with("sub_url", "192.168.1.20:554"), 422, []check{says("This is only where the camera is, and a port."), has("button", "value", "sub_url rtsp://192.168.1.20:554/")}},
		"no scheme":        {&household{}, with("url", "192.168.1.20/main"), 422, []check{blames("url", "The rtsp:// at the beginning is missing."), has("button", "value", "url rtsp://192.168.1.20/main")}},
		"label":            {&household{}, with("url", "RTSP: rtsp://192.168.1.20/main"), 422, []check{blames("url", "There is more here than the address."), has("button", "value", "url rtsp://192.168.1.20/main")}},
		"offer taken":      {&household{}, with("url", "RTSP: x", "use", "url rtsp://192.168.1.20/main"), 200, []check{keeps("url", "rtsp://192.168.1.20/main"), keeps("name", "Front door"), lacks("Please look at")}},
		"web port":         {&household{probe: nvr.Probe{Reason: nvr.BadStream, Doubt: &nvr.Doubt{Field: "url", Mistake: "web_port", Likely: "rtsp://192.168.1.20/main"}}}, with("do", "test"), 200, []check{says("What answers there is a web server"), has("button", "value", "url rtsp://192.168.1.20/main")}},
		"redirect":         {&household{probe: nvr.Probe{Reason: nvr.Refused, Doubt: &nvr.Doubt{Field: "url", Mistake: "redirect"}}}, with("do", "test"), 200, []check{says("The camera sends whoever asks to another machine")}},
		"no path":          {&household{probe: nvr.Probe{Reason: nvr.Refused, Doubt: &nvr.Doubt{Field: "url", Mistake: "no_path"}}}, with("do", "test"), 200, []check{says("which lacks a path")}},
		"two accounts":     {&household{}, with("url", "rtsp://root:canary-9@10.0.0.2/"), 422, []check{keeps("url", "rtsp://10.0.0.2/"), says("The address holds another user or password")}},
		"unreadable":       {&household{}, with("url", "rtsp://root:canary-1@10.0.0.2:x/", "user", "", "password", ""), 422, []check{keeps("url", "rtsp://10.0.0.2:x/"), keeps("user", "root")}},
		"long name":        {&household{}, with("name", strings.Repeat("é", 65)), 422, []check{blames("name", "At most 64 characters.")}},
		"tested":           {&household{probe: nvr.Probe{OK: true, Streams: camera(1, "").Streams}}, with("do", "test", "name", ""), 200, []check{says("The camera answered", "H.265, 3840 × 2160, sound AAC", "H.264, 640 × 360, no sound", "Please type the password again"), keeps("password", "")}},
		"tested, wrong":    {&household{probe: nvr.Probe{Reason: nvr.WrongPassword, Detail: "<i>401"}}, with("do", "test"), 200, []check{says("The camera refused the password", "<i>401")}},
		"no user":          {&household{}, with("user", ""), 422, []check{blames("user", "A password needs a user.")}},
		"refused":          {&household{refuse: fmt.Errorf("the port is <b>99999</b>: %w", nvr.ErrInvalid)}, with("do", "test"), 422, []check{says("That cannot be: the port is <b>99999</b>.")}},
		"taken":            {&household{refuse: fmt.Errorf("camera: %w", nvr.ErrExists)}, with(), 409, []check{blames("name", "There is already a camera of this name."), keeps("url", "rtsp://192.168.1.20/main")}},
		"hostile, refused": {&household{}, with("name", hostileName+strings.Repeat("x", 80)), 422, []check{keeps("name", hostileName+strings.Repeat("x", 80))}},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(serve(t, c.h), "/cameras/new", c.form)
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			if strings.Contains(w.Body.String(), "canary-") {
				t.Error("the password is on the page")
			}
			if len(c.h.added) > 0 {
				t.Errorf("added %+v", c.h.added)
			}
			run(t, w.Body.String(), append(c.checks, everyPage...)...)
		})
	}
}

func TestChangeCamera(t *testing.T) {
	good := url.Values{"name": {"Gate"}, "url": {"rtsp://192.168.1.21/main"}, "user": {"admin"}, "password": {""}, "do": {"add"}}
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	w := post(serve(t, h), "/cameras/1/edit", good)
	want := appliance.Input{Name: "Gate", URL: "rtsp://192.168.1.21/main", User: "admin"}
	if w.Header().Get("Location") != "/cameras/1" || len(h.added) != 1 || h.added[0] != want {
		t.Errorf("changed to %+v and went to %q", h.added, w.Header().Get("Location"))
	}
	test := url.Values{"url": good["url"], "user": good["user"], "do": {"test"}}
	for name, c := range map[string]struct {
		refuse  error
		form    url.Values
		address string
		status  int
		checks  []check
	}{
		"tested":    {nil, test, "/cameras/1/edit", 200, []check{says("The camera answered"), has("form", "action", "/cameras/1/edit")}},
		"no name":   {nil, url.Values{"url": good["url"], "do": {"add"}}, "/cameras/1/edit", 422, []check{blames("name", "Give the camera a name.")}},
		"taken":     {nvr.ErrExists, good, "/cameras/1/edit", 409, []check{blames("name", "There is already a camera of this name."), has("a", "href", "/cameras/1")}},
		"not there": {nil, good, "/cameras/9/edit", 404, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := &household{cameras: []nvr.Camera{camera(1, "Drive")}, refuse: c.refuse, probe: nvr.Probe{OK: true}}
			if w := post(serve(t, h), c.address, c.form); w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			} else {
				run(t, w.Body.String(), append(c.checks, everyPage...)...)
			}
		})
	}
}

func TestRemoveCamera(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	get(serve(t, h), "/cameras/1/remove")
	if len(h.removed) > 0 {
		t.Error("asking removed it")
	}
	w := post(serve(t, h), "/cameras/1/remove", nil)
	if w.Header().Get("Location") != "/" || len(h.removed) != 1 || h.removed[0] != 1 {
		t.Errorf("removed %v and went to %q", h.removed, w.Header().Get("Location"))
	}
}

func TestLogin(t *testing.T) {
	s := serve(t, &household{})
	w := post(s, "/login", url.Values{"key": {"sesame"}, "next": {"/cameras/1?zoom=1h"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/cameras/1?zoom=1h" || w.Header().Get("Set-Cookie") == "" {
		t.Errorf("%d to %q with cookie %q", w.Code, w.Header().Get("Location"), w.Header().Get("Set-Cookie"))
	}
	w = post(s, "/login", url.Values{"key": {"guess-canary"}})
	if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "guess-canary") {
		t.Errorf("a wrong key: %d", w.Code)
	}
	run(t, w.Body.String(), append(everyPage, blames("key", "That is not the key."))...)
	w = post(s, "/login", url.Values{"key": {"again"}})
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "40" {
		t.Errorf("too many keys: %d, to be tried again in %q s", w.Code, w.Header().Get("Retry-After"))
	}
	run(t, w.Body.String(), append(everyPage, blames("key", "Too many wrong keys. Try again in 40 s."))...)
}

func TestSignOut(t *testing.T) {
	s := serve(t, &household{})
	run(t, get(s, "/settings").Body.String(), has("form", "action", "/logout"), says("Sign out"))
	run(t, get(s, "/login").Body.String(), lacks("Sign out"))
	w := post(s, "/logout", nil)
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/login" || !strings.Contains(w.Header().Get("Set-Cookie"), "session=; Max-Age=0") {
		t.Errorf("signing out: %d to %q with %v", w.Code, to, w.Header())
	}
	pages, err := ui.New(ui.Config{Cameras: &household{}, Household: &household{}, Rings: &household{}, Timelines: &household{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	open := auth.As(auth.Household(), pages)
	run(t, get(open, "/settings").Body.String(), lacks("Sign out"))
	if w := post(open, "/logout", nil); w.Code == http.StatusSeeOther {
		t.Error("without a key there is something to sign out of")
	}
}

func TestRefusals(t *testing.T) {
	s, err := ui.New(ui.Config{Cameras: &household{}, Household: &household{}, Rings: &household{}, Timelines: &household{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		host   string
		err    error
		checks []check
	}{
		"a name":         {"stoop.lan:8080", appliance.ErrHost, []check{says("with --host stoop.lan, or with STOOP_HOST=stoop.lan in")}},
		"a hostile name": {hostileName, appliance.ErrHost, []check{says("--host " + hostileName)}},
		"a proxy":        {"localhost", appliance.ErrProxy, []check{says("--access-key-file", "STOOP_ACCESS_KEY_FILE")}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Host = c.host
			w := httptest.NewRecorder()
			s.Refuse(w, r, c.err)
			if w.Code != http.StatusForbidden {
				t.Errorf("status %d", w.Code)
			}
			run(t, w.Body.String(), append(c.checks, everyPage...)...)
		})
	}
}
