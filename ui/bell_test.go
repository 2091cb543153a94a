package ui_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

// doorbell is how presses at every camera are heard.
type doorbell struct {
	told    appliance.BellsTold
	chosen  []appliance.BellInput
	removed []string
	bound   []appliance.Signal
}

func (d *doorbell) Of(context.Context, nvr.CameraID) (appliance.BellsTold, error) { return d.told, nil }

func (d *doorbell) Choose(_ context.Context, _ nvr.CameraID, in appliance.BellInput) (once appliance.BellSecret, err error) {
	if in.Address == "nowhere" {
		return once, fmt.Errorf("that address <leads> nowhere: %w", nvr.ErrInvalid)
	}
	d.chosen = append(d.chosen, in)
	switch in.Kind {
	case "webhook":
		once.Call = "/api/v1/bells/TOKEN"
	case "sip":
		once.User, once.Password = "door1", "SECRET"
	}
	return once, nil
}

func (d *doorbell) Remove(_ context.Context, _ nvr.CameraID, kind string) error {
	d.removed = append(d.removed, kind)
	return nil
}

func (d *doorbell) Bind(_ context.Context, _ nvr.CameraID, source, kind string) error {
	d.bound = append(d.bound, appliance.Signal{Source: source, Kind: kind})
	return nil
}

// The page of a bell says how it stands with each way, truly.
func TestBellPage(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, hostileName)}}
	s := serve(t, h)
	run(t, get(s, "/cameras/1/bell").Body.String(), append(everyPage, says("The bell of "+hostileName, "How is a press heard?", "UniFi", "Zigbee"), has("a", "href", "/cameras/1/bell?kind=2n"), lacks("Remove"))...)
	if page := get(s, "/cameras/1").Body.String(); !strings.Contains(page, `href="/cameras/1/bell"`) {
		t.Error("the camera's menu does not lead there")
	}
	for name, c := range map[string]struct {
		bell appliance.Bell
		want string
	}{
		"not tried":  {appliance.Bell{Kind: "onvif"}, "Stoop is connecting."},
		"quiet":      {appliance.Bell{Kind: "onvif", Known: true}, "Stoop listens."},
		"heard":      {appliance.Bell{Kind: "onvif", Known: true, Heard: at("2026-11-19T10:00:00Z")}, "Heard at Thursday 19 November, 11:00:00."},
		"in trouble": {appliance.Bell{Kind: "dahua", Known: true, Heard: at("2026-11-19T10:00:00Z"), Since: at("2026-11-19T11:00:00Z"), Trouble: "it says <no>"}, "Not heard since Thursday 19 November, 12:00:00."},
		"not called": {appliance.Bell{Kind: "webhook"}, "It was not called yet."},
		"no caller":  {appliance.Bell{Kind: "sip"}, "The doorbell did not register yet."},
		"a caller":   {appliance.Bell{Kind: "sip", Known: true}, "Stoop listens."},
		"unknown":    {appliance.Bell{Kind: "<b>"}, "<b>"},
	} {
		h.bell.told = appliance.BellsTold{Bells: []appliance.Bell{c.bell}}
		t.Run(name, func(t *testing.T) {
			run(t, get(s, "/cameras/1/bell").Body.String(), append(everyPage, says(c.want), has("button", "value", "remove"), has("a", "href", "/api/v1/cameras/1/bells/"+url.PathEscape(c.bell.Kind)+"/log"))...)
		})
	}
	if w := get(s, "/cameras/9/bell"); w.Code != 404 {
		t.Errorf("no such camera: %d", w.Code)
	}
}

// A bell is chosen with the fields that its way needs; what is wrong is said, and
// nothing that was typed is lost but the password.
func TestChooseBell(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	s := serve(t, h)
	for kind, fields := range map[string][]check{
		"onvif":   {keeps("address", "http://192.168.1.20/"), has("input", "name", "as_camera"), lacks("Topic")},
		"mqtt":    {has("input", "name", "topic"), keeps("address", "")},
		"webhook": {has("select", "name", "means"), lacks("Password")},
		"sip":     {has("input", "name", "address"), lacks("Password")},
	} {
		run(t, get(s, "/cameras/1/bell?kind="+kind).Body.String(), append(append(everyPage, has("button", "value", "choose")), fields...)...)
	}
	for _, bad := range []string{"telephone", "<b>", "ring"} {
		if w := get(s, "/cameras/1/bell?kind="+url.QueryEscape(bad)); w.Code != 404 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	form := url.Values{"do": {"choose"}, "kind": {"dahua"}, "address": {"nowhere"}, "user": {"bell"}, "password": {"canary"}}
	w := post(s, "/cameras/1/bell", form)
	run(t, w.Body.String(), append(everyPage, says("that address <leads> nowhere"), keeps("address", "nowhere"), keeps("user", "bell"), keeps("password", ""))...)
	if w.Code != 400 || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%d", w.Code)
	}
	form.Set("address", "http://192.168.1.21/")
	if w := post(s, "/cameras/1/bell", form); w.Code != 303 || w.Header().Get("Location") != "/cameras/1/bell" {
		t.Errorf("%d", w.Code)
	}
	if in := h.bell.chosen[0]; in.Kind != "dahua" || in.Password != "canary" || in.AsCamera {
		t.Errorf("%+v", in)
	}
	w = post(s, "/cameras/1/bell", url.Values{"do": {"choose"}, "kind": {"webhook"}, "means": {"door"}})
	run(t, w.Body.String(), append(everyPage, says("http://example.com/api/v1/bells/TOKEN", "It is shown this once."))...)
	sip := post(s, "/cameras/1/bell", url.Values{"do": {"choose"}, "kind": {"sip"}, "address": {"192.168.1.2"}})
	run(t, sip.Body.String(), append(everyPage, says("door1", "SECRET", "It is shown this once."))...)
	if sip.Header().Get("Cache-Control") != "no-store" {
		t.Error("a password is stored by browsers")
	}
	if w.Header().Get("Cache-Control") != "no-store" || h.bell.chosen[1].Means != "door" {
		t.Errorf("%v, %+v", w.Header(), h.bell.chosen[1])
	}
}

// What a device told and means nothing yet is bound with one press, and forgotten.
func TestBindInput(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	h.bell.told = appliance.BellsTold{
		Unbound:  []appliance.Signal{{Source: "input <1>", At: at("2026-11-19T10:00:00Z")}},
		Bindings: []appliance.Signal{{Source: "input 2", Kind: nvr.DoorEvent}},
	}
	s := serve(t, h)
	run(t, get(s, "/cameras/1/bell").Body.String(), append(everyPage, says("What was it?", "input <1>", "Door opened", "input 2"), has("button", "value", "ring"))...)
	for _, form := range []url.Values{
		{"do": {"bind"}, "source": {"input <1>"}, "means": {"ring"}}, {"do": {"bind"}, "source": {"input 2"}, "means": {""}}, {"do": {"remove"}, "kind": {"onvif"}},
	} {
		if w := post(s, "/cameras/1/bell", form); w.Code != 303 {
			t.Errorf("%v: %d", form, w.Code)
		}
	}
	if fmt.Sprint(h.bell.removed) != "[onvif]" || !slices.Equal(h.bell.bound, []appliance.Signal{{Source: "input <1>", Kind: nvr.RingEvent}, {Source: "input 2"}}) {
		t.Errorf("%v %v", h.bell.bound, h.bell.removed)
	}
	if w := post(s, "/cameras/1/bell", url.Values{}); w.Code != 400 {
		t.Errorf("no button: %d", w.Code)
	}
}
