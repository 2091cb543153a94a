package ui_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/alert"
	"nvrd/pkg/auth"
	real "nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/ui"
)

const alertsAt = "/settings/alerts"

// lately is what was told.
type lately []alert.Item

func (l lately) Recent() []alert.Item { return l }

// ruled is the page of alerts of a home with two cameras.
type ruled struct {
	t    *testing.T
	h    *household
	db   *real.DB
	box  *notify.Outbox
	said lately
}

func newRuled(t *testing.T) *ruled {
	t.Helper()
	db, err := real.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for i, name := range []string{"Drive", "Attic"} {
		if _, err := db.AddCamera(t.Context(), real.CameraInput{Name: name, URL: fmt.Sprintf("rtsp://10.0.0.%d/", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	box, err := notify.Open(t.Context(), notify.Config{Home: db, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return &ruled{t: t, h: &household{cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Attic")}}, db: db, box: box}
}

// ask asks for the page, or sends a form if there is one.
func (r *ruled) ask(form url.Values) *httptest.ResponseRecorder {
	r.t.Helper()
	if form != nil {
		return post(r.pages(), alertsAt, form)
	}
	return get(r.pages(), alertsAt)
}

func (r *ruled) pages() http.Handler {
	r.t.Helper()
	pages, err := ui.New(ui.Config{Cameras: r.h, Setup: r.h, Household: r.h, Rings: r.h, Timelines: r.h, History: r.h, Notify: r.box, Switch: r.box, Rules: r.db, Told: r.said, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.t.Fatal(err)
	}
	return auth.As(auth.Household(), pages)
}

func (r *ruled) rules() real.AlertRules {
	r.t.Helper()
	rules, err := r.db.Alerts(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return rules
}

// wanted is the form as a browser sends it, changed by pairs of name and value.
func wanted(pairs ...string) url.Values {
	v := url.Values{
		"do": {"save"}, "from": {"22:00"}, "to": {"07:00"}, "per_hour": {"6"}, "cooldown": {"1.5"}, "digest": {"08:30"}, "time_zone": {""},
		"shown": {"tell-1-motion", "tell-1-person", "tell-2-motion"}, "tell-1-person": {"away", "night"},
		"rows": {"1"}, "days-0": {"1", "5"}, "from-0": {"22:30"}, "to-0": {"06:00"}, "mode-0": {"night"},
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestAlertsAreSet(t *testing.T) {
	r := newRuled(t)
	if w := r.ask(nil); w.Code != 200 || !strings.Contains(w.Body.String(), "Nobody is told yet") || !strings.Contains(w.Body.String(), "Nothing changes by itself.") {
		t.Errorf("%d", w.Code)
	}
	// What the form does not show stays: another kind, and another camera's.
	stays := map[real.Alerted][]nvr.HouseMode{{Camera: 1, Kind: "fox"}: {nvr.AtNight}, {Camera: 2, Kind: "door"}: {nvr.Away}}
	if _, err := r.db.ChangeAlerts(t.Context(), func(a *real.AlertRules) error {
		maps.Copy(a.Asked, stays)
		a.Asked[real.Alerted{Camera: 1, Kind: "motion"}] = []nvr.HouseMode{nvr.AtHome}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w := r.ask(wanted("quiet_rings", "on", "time_zone", "Europe/Lisbon"))
	if w.Code != 303 || w.Header().Get("Location") != alertsAt+"?saved=1" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	want := real.AlertRules{
		QuietFrom: 22 * 60, QuietTo: 7 * 60, QuietRings: true, PerHour: 6, Cooldown: 90 * time.Second, Digest: 8*60 + 30,
		Asked: map[real.Alerted][]nvr.HouseMode{{Camera: 1, Kind: "person"}: {nvr.Away, nvr.AtNight}},
	}
	maps.Copy(want.Asked, stays)
	if diff := cmp.Diff(want, r.rules()); diff != "" {
		t.Error(diff)
	}
	if got := r.h.home.Modes.String(); got != "Mon,Fri 22:30-06:00 night" || r.h.home.TimeZone != "Europe/Lisbon" {
		t.Error(got, r.h.home.TimeZone)
	}
	// It is shown as it is, and sent as it is shown it changes nothing.
	body := r.ask(nil).Body.String()
	run(t, body, everyPage...)
	american(t, r.pages(), alertsAt)
	for _, said := range []string{`value="22:00"`, `value="1.5"`, `value="08:30"`, `id="quiet_rings" type="checkbox" name="quiet_rings" value="on" checked`,
		`name="tell-1-person" value="away" checked`, `name="tell-1-fox" value="night" checked`, `name="from-0" type="time" value="22:30"`, "Rings, people, fox"} {
		if !strings.Contains(body, said) {
			t.Errorf("the page does not say %s", said)
		}
	}
	if strings.Contains(body, `name="tell-1-person" value="home" checked`) {
		t.Error("it says more than was asked for")
	}
	if w := r.ask(wanted("from", "", "to", "", "digest", "", "rows", "0", "cooldown", "0")); w.Code != 303 {
		t.Fatal(w.Code)
	}
	if got := r.rules(); got.QuietFrom != got.QuietTo || got.Digest != real.NoDigest || got.QuietRings || got.Cooldown != 0 || len(r.h.home.Modes) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAlertsAreRefused(t *testing.T) {
	r := newRuled(t)
	before := r.rules()
	for name, c := range map[string]struct {
		form url.Values
		said string
	}{
		"one end":          {wanted("to", ""), "Give both times, or none."},
		"no time":          {wanted("from", "26:00"), "This is no time of day"},
		"end of day":       {wanted("to", "24:00"), "This is no time of day"},
		"equal":            {wanted("to", "22:00"), "These are the same. Leave both empty"},
		"none an hour":     {wanted("per_hour", "0"), "For each camera, 1 to 60."},
		"many":             {wanted("per_hour", "61"), "For each camera, 1 to 60."},
		"no number":        {wanted("per_hour", "four"), "For each camera, 1 to 60."},
		"minus":            {wanted("cooldown", "-1"), "At one camera, 0 to 1440."},
		"more than a day":  {wanted("cooldown", "1441"), "At one camera, 0 to 1440."},
		"not a number":     {wanted("cooldown", "NaN"), "At one camera, 0 to 1440."},
		"exponent":         {wanted("cooldown", "1e3"), "At one camera, 0 to 1440."},
		"digest":           {wanted("digest", "8"), "This is no time of day"},
		"zone":             {wanted("time_zone", "Mars/Olympus"), "There is no time zone of this name"},
		"row without days": {wanted("days-0", "9"), "Choose the days."},
		"row without end":  {wanted("to-0", ""), "Give both times."},
		"row without time": {wanted("to-0", "22:30"), "These are the same."},
		"no such mode":     {wanted("mode-0", "party"), "That cannot be:"},
	} {
		t.Run(name, func(t *testing.T) {
			w := r.ask(c.form)
			body := w.Body.String()
			if w.Code != 422 || !strings.Contains(body, c.said) || !strings.Contains(body, "alarm") {
				t.Errorf("%d without %q", w.Code, c.said)
			}
			for _, field := range []string{"from", "to", "per_hour", "cooldown", "digest", "time_zone", "from-0", "to-0"} {
				run(t, body, keeps(field, c.form.Get(field)))
			}
			run(t, body, everyPage...)
			if !strings.Contains(body, `name="tell-1-person" value="night" checked`) {
				t.Error("what was ticked is lost")
			}
			if diff := cmp.Diff(before, r.rules()); diff != "" || len(r.h.home.Modes) > 0 || r.h.home.TimeZone != "" {
				t.Errorf("something was stored: %s", diff)
			}
		})
	}
}

// Rows come and go, and what was typed elsewhere stays.
func TestAlertsScheduleRows(t *testing.T) {
	r := newRuled(t)
	body := r.ask(wanted("do", "add", "per_hour", "typed")).Body.String()
	if strings.Count(body, `class="slot"`) != 2 || !strings.Contains(body, `value="typed"`) || !strings.Contains(body, `value="night" checked`) {
		t.Error("a row is not added, or something is lost")
	}
	if body := r.ask(wanted("do", "remove-0")).Body.String(); strings.Contains(body, `class="slot"`) {
		t.Error("it is not removed")
	}
	for do, want := range map[string]int{"remove-x": 400, "remove-99": 200, "remove--1": 200} {
		if w := r.ask(wanted("do", do)); w.Code != want {
			t.Errorf("%s: %d", do, w.Code)
		}
	}
	if len(r.h.home.Modes) != 0 {
		t.Error("a button of a row stores")
	}
}

// Hostile forms add nothing that nobody can tick, and hostile names and kinds run nothing.
func TestAlertsHostile(t *testing.T) {
	r := newRuled(t)
	form := wanted("tell-1-person", "party", "tell-1-ring", "away", "tell-1-bomb", "away", "tell-9-motion", "away", "rows", "99999999999999999999")
	form["shown"] = []string{"tell-1-person", "tell-1-ring", "tell-1-bomb", "tell-9-motion", "tell-1-", hostileName}
	if w := r.ask(form); w.Code != 303 {
		t.Fatalf("%d", w.Code)
	}
	if got := r.rules(); len(got.Asked) != 0 {
		t.Errorf("%+v", got.Asked)
	}
	r.h.cameras[0].Name = hostileName
	r.said = lately{{At: nvr.Now(), Camera: 1, CameraName: hostileName, Kind: hostileName, Why: hostileName, Decision: alert.Decision{Reason: alert.NotAsked, Values: map[string]string{"kind": hostileName, "mode": hostileName}}}}
	bad := wanted()
	for name := range bad {
		if name != "do" && name != "rows" && name != "shown" {
			bad.Set(name, hostileName)
		}
	}
	for _, w := range []*httptest.ResponseRecorder{r.ask(nil), r.ask(bad)} {
		if body := w.Body.String(); w.Code >= 500 || strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
			t.Errorf("%d runs what it shows", w.Code)
		}
	}
	if w := r.ask(wanted("from", strings.Repeat("x", 70<<10))); w.Code < 400 || w.Code >= 500 {
		t.Errorf("a form of 70 KiB: %d", w.Code)
	}
}

func TestWhoTakesAlerts(t *testing.T) {
	r := newRuled(t)
	c, err := r.box.Add(t.Context(), notify.Input{Kind: notify.Webhook, Name: "Hook", Settings: map[string]real.Secret{"url": "http://127.0.0.1:1/"}, Events: []string{nvr.RingEvent, nvr.PersonEvent}})
	if err != nil {
		t.Fatal(err)
	}
	r.ask(wanted("tell-1-motion", "home"))
	if body := r.ask(nil).Body.String(); !strings.Contains(body, "Nobody takes these yet: Motion, The daily digest.") {
		t.Error("it does not say what nobody takes")
	}
	if _, err := r.box.Pause(t.Context(), c.ID, true); err != nil {
		t.Fatal(err)
	}
	if body := r.ask(nil).Body.String(); !strings.Contains(body, "Nobody is told yet, not even of rings.") {
		t.Error("it does not say that nobody is told")
	}
}

func TestWhatWasToldAndWhy(t *testing.T) {
	r := newRuled(t)
	item := func(camera nvr.CameraID, kind string, told bool, reason alert.Reason) alert.Item {
		values := map[string]string{"kind": kind, "mode": "away", "minutes": "5", "n": "4"}
		return alert.Item{At: nvr.Now(), Camera: camera, CameraName: "Porch", Kind: kind, Why: "in the language of the home", Decision: alert.Decision{Tell: told, Reason: reason, Values: values}}
	}
	r.said = lately{
		item(1, "ring", true, alert.Rings), item(1, "ring", true, alert.Rings), item(2, "motion", false, alert.NotAsked),
		item(2, "motion", false, alert.NotAsked), item(1, "motion", false, alert.NotAsked), item(2, "motion", false, alert.NotAsked),
		item(1, "person", false, alert.Spent), item(1, "person", false, alert.Cooling), item(1, "person", false, alert.Quiet),
		item(7, "person", false, alert.OtherMode), item(1, "person", false, alert.Old), item(0, alert.DigestKind, true, alert.Daily),
	}
	body := r.ask(nil).Body.String()
	_, body, _ = strings.Cut(body, `id="lately"`)
	for said, times := range map[string]int{
		"Rings are always told.": 2, "Nobody asked to be told of motion at this camera.": 2, "The house was set to away. You did not ask for people then.": 1, "You asked for a digest once a day.": 1,
		"And 2 times before that.": 1, ">Told<": 3, ">Kept back<": 7, `href="#per_hour"`: 1, `href="#cooldown"`: 1, `href="#from"`: 3,
		`href="#camera-2"`: 1, `href="#camera-1"`: 1, `href="#camera-7"`: 0, `href="#digest"`: 1, `<div class="row"`: 2, "language of the home": 0,
	} {
		if got := strings.Count(body, said); got != times {
			t.Errorf("%s stands there %d times, want %d", said, got, times)
		}
	}
	german := httptest.NewRequestWithContext(t.Context(), "GET", alertsAt, nil)
	german.Header.Set("Accept-Language", "de")
	w := httptest.NewRecorder()
	r.pages().ServeHTTP(w, german)
	if body := w.Body.String(); !strings.Contains(body, "Das Haus stand auf Weg. Dann willst du von Menschen nichts erfahren.") || strings.Contains(body, "always told") {
		t.Error("a German page says why in English")
	}
	for _, anchor := range []string{"from", "per_hour", "cooldown", "digest", "camera-1", "camera-2", "lately"} {
		if !strings.Contains(r.ask(nil).Body.String(), fmt.Sprintf(`id="%s"`, anchor)) {
			t.Errorf("there is no #%s", anchor)
		}
	}
	r.said = slices.Repeat(lately{item(1, "ring", true, alert.Rings)}, 200)
	if _, body, _ := strings.Cut(r.ask(nil).Body.String(), `id="lately"`); strings.Count(body, "Rings are always told.") != 200 || !strings.Contains(body, "Older ones") {
		t.Error("not all is there")
	}
	// A message leads to its own line, also among the older ones, and says if that is gone.
	r.said[150].Message = "ring-1-5"
	body = get(r.pages(), alertsAt+"?told=ring-1-5").Body.String()
	if strings.Count(body, `id="told"`) != 1 || !strings.Contains(body, `<a class="row asked" href="#from" id="told"`) || !strings.Contains(body, "<details open>") {
		t.Error("a message does not lead to its line")
	}
	run(t, body, everyPage...)
	if body := get(r.pages(), alertsAt+"?told=ring-1-6").Body.String(); !strings.Contains(body, `id="told">Why that was told is not listed`) {
		t.Error("it is not said that a message is not listed")
	}
	if body := r.ask(nil).Body.String(); strings.Contains(body, `id="told"`) {
		t.Error("a line is marked that nobody asked for")
	}
	r.h.presses = []nvr.Press{{Camera: 1, At: 9e6, End: 54e6, Outcome: nvr.RingMissed}}
	run(t, get(r.pages(), "/cameras/1?ring=1970-01-01T00:00:09Z").Body.String(), append(everyPage, has("a", "href", "/settings/alerts?told=ring-1-9000000#told"))...)
}
