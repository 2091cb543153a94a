package ui_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"nvrd/pkg/auth"
	real "nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/ui"
)

// newOutbox is an outbox of a home without channels.
func newOutbox(t *testing.T) *notify.Outbox {
	t.Helper()
	return newOutboxAt(t, "")
}

// newOutboxAt is likewise one of a home that is reached at an address.
func newOutboxAt(t *testing.T, address string) *notify.Outbox {
	t.Helper()
	db, err := real.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	box, err := notify.Open(t.Context(), notify.Config{Home: db, Address: address, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

// told is the pages of a home with an outbox.
func told(t *testing.T) (*notify.Outbox, func(method, address string, form ...string) (int, string, string)) {
	t.Helper()
	box, h := newOutbox(t), &household{}
	pages, err := ui.New(ui.Config{Cameras: h, Setup: h, Household: h, Rings: h, Timelines: h, History: h, Notify: box, Switch: box, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return box, func(method, address string, form ...string) (int, string, string) {
		values := url.Values{}
		for i := 0; i < len(form); i += 2 {
			values.Add(form[i], form[i+1])
		}
		r := httptest.NewRequest(method, address, strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		auth.As(auth.Household(), pages).ServeHTTP(w, r)
		return w.Code, w.Body.String(), w.Header().Get("Location")
	}
}

// The owner reads where links in messages lead, or that there are none.
func TestWhereLinksLead(t *testing.T) {
	for address, want := range map[string]string{"https://stoop.test:8443": "They lead to https://stoop.test:8443.", "": "have no links"} {
		box := newOutboxAt(t, address)
		h := &household{}
		pages, err := ui.New(ui.Config{Cameras: h, Setup: h, Household: h, Rings: h, Timelines: h, History: h, Notify: box, Switch: box, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		run(t, get(auth.As(auth.Household(), pages), "/settings/notifications").Body.String(), append(everyPage, says(want, "--host"))...)
	}
}

func TestChannelsAreAddedAndChanged(t *testing.T) {
	box, ask := told(t)
	const canary, address = "canary-0123456789abcdef", "/settings/notifications"
	if code, body, _ := ask("GET", address); code != 200 || !strings.Contains(body, "Nobody yet.") {
		t.Errorf("%d", code)
	}
	for _, kind := range []string{"webhook", "ntfy", "mqtt", "email"} {
		if code, body, _ := ask("GET", address+"/new?kind="+kind); code != 200 || !strings.Contains(body, `id="event-ring" type="checkbox" name="events" value="ring" checked`) || strings.Contains(body, `value="motion" checked`) {
			t.Errorf("%s: %d", kind, code)
		}
	}
	for _, kind := range []string{"webpush", "pigeon", ""} {
		if code, _, _ := ask("GET", address+"/new?kind="+kind); code != 404 {
			t.Errorf("%s: %d", kind, code)
		}
	}
	code, body, _ := ask("POST", address+"/new", "kind", "ntfy", "name", "", "server", "ntfy.sh", "topic", canary, "events", "ring")
	if code != 422 || !strings.Contains(body, "This is needed.") || !strings.Contains(body, `value="ntfy.sh"`) || !strings.Contains(body, `action="/settings/notifications/new?kind=ntfy"`) {
		t.Errorf("%d", code)
	}
	if code, _, to := ask("POST", address+"/new", "kind", "ntfy", "name", "<script>alert(1)</script>", "server", "http://127.0.0.1:1", "topic", canary, "token", canary, "events", "ring", "events", "motion"); code != 303 || to != address+"?saved=1" {
		t.Fatalf("%d %s", code, to)
	}
	one := address + "/1"
	for _, page := range []string{address, one, address + "?saved=1", address + "?tested=1"} {
		code, body, _ := ask("GET", page)
		if code != 200 || strings.Contains(body, canary) || strings.Contains(body, "<script>alert") {
			t.Errorf("%s: %d shows a secret or runs a name", page, code)
		}
	}
	// A form that is sent as it came changes nothing.
	if code, _, _ := ask("POST", one, "do", "save", "name", "Tablet", "server", "http://127.0.0.1:1", "topic", "***", "token", "***", "events", "ring"); code != 303 {
		t.Error(code)
	}
	if c := box.Channels()[0]; c.Name != "Tablet" || c.Settings["token"] != "***" || len(c.Events) != 1 {
		t.Errorf("%+v", c)
	}
	if code, body, _ := ask("POST", one, "do", "save", "name", "Tablet", "server", "https://evil.example", "topic", "***", "token", "***"); code != 422 || !strings.Contains(body, "again") || strings.Contains(body, canary) {
		t.Errorf("a secret goes to another server: %d", code)
	}
	if code, _, to := ask("POST", one, "do", "test"); code != 303 || to != address+"?tested=1" {
		t.Errorf("%d %s", code, to)
	}
	if _, body, _ := ask("GET", address+"?tested=1"); !strings.Contains(body, "did not reach Tablet") || !strings.Contains(body, "Nobody answered there.") {
		t.Error("a test that failed is not told")
	}
	ask("POST", one, "do", "pause")
	if _, body, _ := ask("GET", address); !strings.Contains(body, "Paused") || !box.Channels()[0].Paused {
		t.Error("it is not paused")
	}
	ask("POST", one, "do", "resume")
	if code, _, _ := ask("POST", one, "do", "dance"); code != 400 {
		t.Error(code)
	}
	if code, _, _ := ask("POST", one, "do", "remove"); code != 303 || len(box.Channels()) != 0 {
		t.Error(code)
	}
	if code, _, _ := ask("GET", one); code != 404 {
		t.Error(code)
	}
}

func TestWhatAPushServiceLearnsIsSaid(t *testing.T) {
	_, ask := told(t)
	_, body, _ := ask("GET", "/settings/notifications")
	for _, said := range []string{"Google, Mozilla, Apple or Microsoft", "internet address of your home", "It does not learn what happened", "same length"} {
		if !strings.Contains(body, said) {
			t.Errorf("the page does not say: %s", said)
		}
	}
}

func TestWorkerAndManifest(t *testing.T) {
	_, ask := told(t)
	for address, want := range map[string]string{"/sw.js?open=Open": "push", "/manifest.webmanifest": `"start_url": "/"`} {
		if code, body, _ := ask("GET", address); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d", address, code)
		}
	}
}

// Messages speak the language of whoever changes the home first, until somebody chooses.
func TestLanguageOfMessages(t *testing.T) {
	box, h := newOutbox(t), &household{}
	pages, err := ui.New(ui.Config{Cameras: h, Setup: h, Household: h, Rings: h, Timelines: h, History: h, Notify: box, Switch: box, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	const here = "/settings/notifications"
	selected := func(language string) check {
		return func(root *html.Node) []string {
			for _, n := range elements(root, "option") {
				if v, _ := attr(n, "value"); v == language {
					if _, on := attr(n, "selected"); on {
						return nil
					}
				}
			}
			return []string{language + " is not selected"}
		}
	}
	ask := func(languages, address string, form url.Values) *httptest.ResponseRecorder {
		method := http.MethodGet
		if form != nil {
			method = http.MethodPost
		}
		r, w := httptest.NewRequest(method, address, strings.NewReader(form.Encode())), httptest.NewRecorder()
		r.Header.Set("Accept-Language", languages)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		auth.As(auth.Household(), pages).ServeHTTP(w, r)
		return w
	}
	run(t, ask("de-AT", here, nil).Body.String(), append(everyPage, selected("de"))...)
	if h.home.Language != "" {
		t.Error("to look changes something")
	}
	for _, who := range []string{"de-AT,en;q=0.5", "en"} {
		if w := ask(who, "/", url.Values{"mode": {"away"}}); w.Code != http.StatusSeeOther || h.home.Language != "de" {
			t.Errorf("%s: %d, %q", who, w.Code, h.home.Language)
		}
	}
	run(t, ask("en", here, nil).Body.String(), append(everyPage, selected("de"))...)
	if w := ask("en", here, url.Values{"language": {"fr"}}); w.Code != http.StatusBadRequest || h.home.Language != "de" {
		t.Errorf("%d, %q", w.Code, h.home.Language)
	}
	if w := ask("de", here, url.Values{"language": {"en"}}); w.Code != http.StatusSeeOther || h.home.Language != "en" {
		t.Errorf("%d, %q", w.Code, h.home.Language)
	}
}

// mute is a household whose disk takes no language.
type mute struct{ *household }

func (mute) SetLanguage(context.Context, string) error { return errors.New("the disk is full") }

// Whoever changes the home does, also while its language cannot be written down.
func TestLanguageStopsNobody(t *testing.T) {
	h := &household{}
	pages, err := ui.New(ui.Config{Cameras: h, Setup: h, Household: mute{h}, Rings: h, Timelines: h, History: h, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if w := post(auth.As(auth.Household(), pages), "/", url.Values{"mode": {"away"}}); w.Code != http.StatusSeeOther || h.home.Mode != "away" {
		t.Errorf("%d, %q", w.Code, h.home.Mode)
	}
}
