package ui_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

// typed is the form as a browser sends it, changed by pairs of name and value.
func typed(pairs ...string) url.Values {
	v := url.Values{
		"mode": {"events"}, "before": {"3"}, "after": {"20"}, "streams": {"main"}, "rows": {"2"}, "do": {"save"}, "time_zone": {""},
		"days-0": {"1", "2", "5"}, "from-0": {"08:00"}, "to-0": {"18:00"}, "mode-0": {"off"},
		"days-1": {"0"}, "from-1": {"22:00"}, "to-1": {"00:00"}, "mode-1": {"privacy"},
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestRecordingIsSet(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	h.cameras[0].SubURL = "rtsp://192.168.1.20/sub"
	s := serve(t, h)
	w := post(s, "/cameras/1/recording", typed("time_zone", " Europe/Vienna "))
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/cameras/1/recording?saved=1" {
		t.Fatalf("answered with %d, to %s", w.Code, got)
	}
	want := nvr.Recording{Plan: nvr.Plan{Mode: nvr.KeepEvents, Before: 3 * time.Second, After: 20 * time.Second}, Streams: nvr.MainStream}
	var err error
	if want.Schedule, err = nvr.ParseSchedule[nvr.Mode]("Mon,Tue,Fri 08:00-18:00 off; Sun 22:00-24:00 privacy"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, h.set); diff != "" || h.home.TimeZone != "Europe/Vienna" {
		t.Errorf("set in %q, -want +got:\n%s", h.home.TimeZone, diff)
	}
	body := get(s, "/cameras/1/recording?saved=1").Body.String()
	run(t, body, append(everyPage, says("Saved. It holds from now on.", "By this clock it is"), keeps("before", "3"), keeps("rows", "2"),
		keeps("from-0", "08:00"), keeps("to-1", "00:00"), keeps("time_zone", "Europe/Vienna"))...)
	american(t, s, "/cameras/1/recording")
	for _, checked := range []string{`id="mode-events" type="radio" name="mode" value="events" checked`, `id="streams-main" type="radio" name="streams" value="main" checked`,
		`id="day-0-5" type="checkbox" name="days-0" value="5" checked`, `<option value="privacy" selected`} {
		if !strings.Contains(body, checked) {
			t.Errorf("the page lacks %s", checked)
		}
	}

	// Sent again as it is shown, nothing changes; rows in which nothing was typed go.
	again := typed("time_zone", "Europe/Vienna", "rows", "3", "mode-2", "off")
	if w := post(s, "/cameras/1/recording", again); w.Code != 303 || !cmp.Equal(want, h.set) {
		t.Errorf("sent again: %d, %+v", w.Code, h.set)
	}
}

func TestRowsComeAndGo(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	s := serve(t, h)
	for do, checks := range map[string][]check{
		"add":       {keeps("rows", "3"), keeps("from-0", "08:00"), keeps("from-1", "22:00"), keeps("from-2", ""), keeps("before", "3")},
		"remove-0":  {keeps("rows", "1"), keeps("from-0", "22:00")},
		"remove-1":  {keeps("rows", "1"), keeps("from-0", "08:00")},
		"remove-7":  {keeps("rows", "2")},
		"remove--1": {keeps("rows", "2")},
	} {
		w := post(s, "/cameras/1/recording", typed("do", do))
		if w.Code != 200 {
			t.Errorf("%s: %d", do, w.Code)
		}
		run(t, w.Body.String(), append(everyPage, checks...)...)
	}
	if h.set.Plan.Mode != "" {
		t.Errorf("a row more or less stored %+v", h.set)
	}
}

func TestRecordingIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		form   url.Values
		refuse error
		status int
		checks []check
	}{
		"many seconds":   {typed("before", "31"), nil, 422, []check{blames("before", "A whole number from 0 to 30."), keeps("before", "31")}},
		"no seconds":     {typed("after", "-1"), nil, 422, []check{blames("after", "A whole number from 0 to 600.")}},
		"hostile":        {typed("after", hostileName), nil, 422, []check{blames("after", "A whole number from 0 to 600."), keeps("after", hostileName)}},
		"no days":        {typed("days-1", "9"), nil, 422, []check{says("Choose the days."), keeps("from-1", "22:00")}},
		"no time":        {typed("from-0", "soon"), nil, 422, []check{says("Give both times."), keeps("from-0", "soon")}},
		"no length":      {typed("from-1", "22:00", "to-1", "22:00"), nil, 422, []check{says("For a whole day choose midnight twice.")}},
		"no zone":        {typed("time_zone", "Vienna"), nil, 422, []check{blames("time_zone", "There is no time zone of this name; they look like Europe/Vienna."), keeps("time_zone", "Vienna")}},
		"no mode":        {typed("mode", ""), nil, 422, []check{says("That cannot be: a mode is missing.")}},
		"another mode":   {typed("mode-0", "sometimes"), nil, 422, []check{says("none of continuous, events, off and privacy")}},
		"third stream":   {typed("streams", "third"), nil, 422, []check{says("none of both, main and sub")}},
		"many rows":      {typed("rows", "1000"), nil, 303, nil}, // those that are not there hold nothing
		"no number":      {typed("rows", "many"), nil, 303, nil},
		"the recorder":   {typed(), fmt.Errorf("it is <b>full</b>: %w", nvr.ErrInvalid), 422, []check{says("That cannot be: it is <b>full</b>.")}},
		"no such row":    {typed("do", "remove-x"), nil, 400, nil},
		"the recorder's": {typed(), nvr.ErrBusy, 503, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := &household{cameras: []nvr.Camera{camera(1, "Drive")}, refuse: c.refuse}
			w := post(serve(t, h), "/cameras/1/recording", c.form)
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			if c.status == 422 {
				run(t, w.Body.String(), append(c.checks, everyPage...)...)
				if h.set.Plan.Mode != "" {
					t.Errorf("stored %+v", h.set)
				}
			}
		})
	}
	if w := post(serve(t, &household{}), "/cameras/9/recording", typed()); w.Code != 404 {
		t.Errorf("no camera: %d", w.Code)
	}
}

func TestPrivacy(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	s := serve(t, h)
	run(t, get(s, "/").Body.String(), append(everyPage, says("Cameras off", "Every camera is recording."), has("button", "value", "2h"), lacks("Turn on now"))...)
	if w := post(s, "/", url.Values{"off": {"on"}}); w.Code != 303 || w.Header().Get("Location") != "/" || h.home.Mode != nvr.HousePrivacy || h.home.Until != 0 {
		t.Errorf("on: %d, %+v", w.Code, h.home)
	}
	h.cameras[0].Mode, h.cameras[0].Phase = nvr.Privacy, nvr.Off
	run(t, get(s, "/").Body.String(), append(everyPage, says("All cameras are off until you turn them on.", "Turn on now", "Off for privacy", "Recording 0 of 1"))...)
	run(t, get(s, "/cameras/1/recording").Body.String(), says("All cameras are off for privacy at the moment, whatever is set here."))
	if w := post(s, "/", url.Values{"off": {"2h"}}); w.Code != 303 || h.home.Mode != nvr.HousePrivacy || h.home.Until < nvr.Now().Add(119*time.Minute) || h.home.Until > nvr.Now().Add(2*time.Hour) {
		t.Errorf("for a while: %d, %+v", w.Code, h.home)
	}
	h.home.After = nvr.AtNight
	run(t, get(s, "/").Body.String(), append(everyPage, says("All cameras are off until ", "Then: Night.", "Turn on now"))...)
	if w := post(s, "/", url.Values{"on": {"now"}}); w.Code != 303 || h.home.Mode != nvr.AtNight {
		t.Errorf("on again: %d, %+v", w.Code, h.home)
	}
	if w := post(s, "/", url.Values{"off": {"5h"}}); w.Code != 400 || h.home.Mode != nvr.AtNight {
		t.Errorf("for another while: %d, %+v", w.Code, h.home)
	}
	if w := post(s, "/", url.Values{"mode": {"away"}}); w.Code != 303 || h.home.Mode != nvr.Away {
		t.Errorf("off: %d, %+v", w.Code, h.home)
	}
	if w := post(s, "/", url.Values{"mode": {"maybe"}}); w.Code != 400 {
		t.Errorf("maybe: %d", w.Code)
	}
}

// What the household wanted does not look like trouble.
func TestPlannedGapsAreCalm(t *testing.T) {
	h := &household{
		cameras: []nvr.Camera{camera(1, "Drive")},
		line: appliance.Timeline{
			Footage: []nvr.Span{span("2026-11-19T08:00:00Z", "2026-11-19T09:00:00Z")},
			Gaps: []nvr.Gap{
				{Span: span("2026-11-19T09:00:00Z", "2026-11-19T10:00:00Z"), Reason: nvr.NoEvent},
				{Span: span("2026-11-19T10:00:00Z", "2026-11-19T10:30:00Z"), Reason: nvr.RecordingOff},
			},
		},
	}
	h.cameras[0].Mode = nvr.KeepNone
	s := serve(t, h)
	run(t, get(s, "/cameras/1?at=2026-11-19T09:00:00Z").Body.String(), append(everyPage,
		says("100 % recorded. No gaps. Left out as you asked for: 1 h 30 min.", "Not recording", "Nothing happened", "Recording was switched off"), lacks("No picture for"))...)
	run(t, get(s, "/").Body.String(), says("Every camera does what you asked for.", "Recording 0 of 1"))
	h.line.Footage, h.cameras[0].Mode = nil, nvr.KeepEvents
	run(t, get(s, "/cameras/1?at=2026-11-19T09:00:00Z").Body.String(), says("Left out as you asked for: 1 h 30 min.", "Recording events"), lacks("% recorded"))
}
