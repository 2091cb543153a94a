package api

import (
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

func TestRecording(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	const address = "/api/v1/cameras/1/recording"
	want := `{"mode":"continuous","before_s":5,"after_s":15,"streams":"both","schedule":""}` + "\n"
	if got := text(t, h.do("GET", address, "")); got != want {
		t.Errorf("at first: %s", got)
	}
	for _, step := range [][2]string{
		{`{"mode":"events","before_s":0}`, `{"mode":"events","before_s":0,"after_s":15,"streams":"both","schedule":""}`},
		{
			`{"streams":"main","after_s":600,"schedule":"mon-fri  08:00-18:00 off;Sun 22:00-00:00 privacy"}`,
			`{"mode":"events","before_s":0,"after_s":600,"streams":"main","schedule":"Mon-Fri 08:00-18:00 off; Sun 22:00-24:00 privacy"}`,
		},
	} {
		change := step[0]
		want = step[1] + "\n"
		if got := text(t, h.do("PATCH", address, change)); got != want {
			t.Errorf("%s: %s", change, got)
		}
		if got := text(t, h.do("GET", address, "")); got != want {
			t.Errorf("%s, later: %s", change, got)
		}
	}
	for change, says := range map[string]string{
		`{"mode":"sometimes"}`:                  "continuous, events, off and privacy",
		`{"before_s":31}`:                       "between 0 and 30s",
		`{"before_s":-1}`:                       "not the JSON",
		`{"before_s":1.5}`:                      "not the JSON",
		`{"streams":"third"}`:                   "both, main and sub",
		`{"schedule":"Monday 08:00-09:00 off"}`: "Mon, Tue, Wed",
		`{"schedule":["Mon 08:00-09:00 off"]}`:  "not the JSON",
		`{"mode":"off","colour":"red"}`:         "colour",
	} {
		if kind, message := failure(t, h.do("PATCH", address, change)); kind != "invalid" || !strings.Contains(message, says) {
			t.Errorf("%s: %s, %s", change, kind, message)
		}
	}
	if got := text(t, h.do("GET", address, "")); got != want {
		t.Errorf("what was refused changed something: %s", got)
	}
	for _, method := range []string{"GET", "PATCH"} {
		if r := h.do(method, "/api/v1/cameras/7/recording", `{}`); r.StatusCode != 404 {
			t.Errorf("%s of no camera: %d", method, r.StatusCode)
		}
	}
}

func TestHomeSettings(t *testing.T) {
	h := newHome(t)
	for _, step := range []struct{ change, want string }{
		{`{}`, `{"mode":"home","chosen":"","schedule":"","time_zone":"","language":""}`},
		{`{"mode":"privacy"}`, `{"mode":"privacy","chosen":"privacy","schedule":"","time_zone":"","language":""}`},
		{`{"time_zone":"Australia/Lord_Howe"}`, `{"mode":"privacy","chosen":"privacy","schedule":"","time_zone":"Australia/Lord_Howe","language":""}`},
		{`{"mode":"away","until":"2999-01-01T00:00:00Z"}`, `{"mode":"away","chosen":"away","until":"2999-01-01T00:00:00Z","schedule":"","time_zone":"Australia/Lord_Howe","language":""}`},
		{`{"mode":"privacy","until":"2998-01-01T00:00:00Z"}`, `{"mode":"privacy","chosen":"privacy","until":"2998-01-01T00:00:00Z","before":"away","schedule":"","time_zone":"Australia/Lord_Howe","language":""}`},
		{`{"cameras_on":true}`, `{"mode":"away","chosen":"away","until":"2999-01-01T00:00:00Z","schedule":"","time_zone":"Australia/Lord_Howe","language":""}`},
		{`{"cameras_on":true}`, `{"mode":"away","chosen":"away","until":"2999-01-01T00:00:00Z","schedule":"","time_zone":"Australia/Lord_Howe","language":""}`},
		{`{"language":"de"}`, `{"mode":"away","chosen":"away","until":"2999-01-01T00:00:00Z","schedule":"","time_zone":"Australia/Lord_Howe","language":"de"}`},
		{`{"language":""}`, `{"mode":"away","chosen":"away","until":"2999-01-01T00:00:00Z","schedule":"","time_zone":"Australia/Lord_Howe","language":""}`},
		{`{"mode":"","schedule":"mon-sun 00:00-24:00 night"}`, `{"mode":"night","chosen":"","schedule":"Mon-Sun 00:00-24:00 night","time_zone":"Australia/Lord_Howe","language":""}`},
	} {
		if got := text(t, h.do("PATCH", "/api/v1/home", step.change)); got != step.want+"\n" {
			t.Errorf("%s: %s", step.change, got)
		}
		if got := text(t, h.do("GET", "/api/v1/home", "")); got != step.want+"\n" {
			t.Errorf("after %s: %s", step.change, got)
		}
	}
	for _, change := range []string{`{"time_zone":"Vienna"}`, `{"language":"fr"}`, `{"language":"DE"}`, `{"mode":"party"}`, `{"privacy":true}`, `{"cameras_on":true,"mode":"away"}`, `{"cameras_on":true,"until":"2999-01-01T00:00:00Z"}`, `{"until":"2999-01-01T00:00:00Z"}`, `{"mode":"away","until":"2020-01-01T00:00:00Z"}`, `{"schedule":"Mon 08:00-09:00 continuous"}`, `[]`} {
		if kind, _ := failure(t, h.do("PATCH", "/api/v1/home", change)); kind != "invalid" {
			t.Errorf("%s: %s", change, kind)
		}
	}
}

func TestEvents(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	const address = "/api/v1/cameras/1/events"
	at := nvr.Now().Add(-time.Minute)
	if r := h.do("POST", address, `{"kind":"ring","at":"`+at.String()+`","detail":"the button"}`); r.StatusCode != 202 || text(t, r) != "" {
		t.Errorf("an event: %d", r.StatusCode)
	}
	if want := "1 ring " + at.String() + ` "the button"`; len(h.events) != 1 || h.events[0] != want {
		t.Errorf("events %q, want %q", h.events, want)
	}
	h.events = nil
	before := nvr.Now()
	h.do("POST", address, `{"kind":"motion"}`)
	h.do("POST", address, `{"kind":"motion","at":"`+before.Add(soon/2).String()+`"}`) // a clock that is ahead
	for _, e := range h.events {
		when, err := nvr.ParseTime(strings.Fields(e)[2])
		if err != nil || when < before || when > nvr.Now() {
			t.Errorf("%s is not now: %v", e, err)
		}
	}
	if len(h.events) != 2 {
		t.Errorf("events %q", h.events)
	}
	h.events = nil
	for body, want := range map[string]string{
		`{}`: "invalid", `{"kind":"Ring"}`: "invalid", `{"kind":"a b"}`: "invalid", `{"kind":"` + strings.Repeat("x", 33) + `"}`: "invalid",
		`{"kind":"ring","detail":"\u0007"}`: "invalid", `{"kind":"ring","detail":"` + strings.Repeat("x", 201) + `"}`: "invalid",
		`{"kind":"ring","at":"2020-01-01T00:00:00Z"}`: "invalid", `{"kind":"ring","at":"2999-01-01T00:00:00Z"}`: "invalid",
		`{"kind":"ring","at":"now"}`: "invalid", `{"kind":"ring","who":"me"}`: "invalid", `{"kind":"` + strings.Repeat("x", 70_000) + `"}`: "too_large",
	} {
		if kind, message := failure(t, h.do("POST", address, body)); kind != want {
			t.Errorf("%.60s: %s, %s", body, kind, message)
		}
	}
	if kind, _ := failure(t, h.do("POST", "/api/v1/cameras/7/events", `{"kind":"ring"}`)); kind != "not_found" {
		t.Errorf("no camera: %s", kind)
	}
	if h.events != nil {
		t.Errorf("what was refused happened: %q", h.events)
	}
}
