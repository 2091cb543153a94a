package api

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// listening has the bells of a home listened to.
func (h *home) listening(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.bells.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

func (h *home) told(t *testing.T) (v bellsView) {
	t.Helper()
	r := h.do("GET", "/api/v1/cameras/1/bells", "")
	if err := json.Unmarshal([]byte(text(t, r)), &v); err != nil || r.StatusCode != 200 {
		t.Fatal(r.StatusCode, err)
	}
	return v
}

// Somebody chooses a webhook; what calls its address rings, and nothing else does.
func TestBellThatCalls(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	h.listening(t)
	if v := h.told(t); len(v.Bells)+len(v.Bindings)+len(v.Unbound) != 0 {
		t.Errorf("at first: %+v", v)
	}
	var made struct{ Call string }
	r := h.do("PUT", "/api/v1/cameras/1/bells/webhook", "{}")
	if err := json.Unmarshal([]byte(text(t, r)), &made); err != nil || r.StatusCode != 201 || !strings.HasPrefix(made.Call, "/api/v1/bells/") {
		t.Fatal(r.StatusCode, err, made)
	}
	stranger := func(address string) int { // a doorbell, which is signed in nowhere
		w := httptest.NewRecorder()
		h.bare.ServeHTTP(w, httptest.NewRequest("GET", address, nil))
		return w.Code
	}
	eventually(t, "the address is known", func() bool { return stranger(made.Call) == 204 })
	if p, ok := h.rings.Last(1); !ok || !p.Rings() || p.Source != "webhook" {
		t.Errorf("%+v", p)
	}
	if got := stranger(made.Call + "x"); got != 404 {
		t.Errorf("another address: %d", got)
	}
	v := h.told(t)
	if len(v.Bells) != 1 || v.Bells[0].Kind != household.WebhookBell || !v.Bells[0].Known || v.Bells[0].Heard == 0 {
		t.Errorf("%+v", v)
	}
	if all := text(t, h.do("GET", "/api/v1/cameras/1/bells", "")); strings.Contains(all, made.Call[len("/api/v1/bells/"):]) {
		t.Error("the address is told again")
	}
	r = h.do("GET", "/api/v1/cameras/1/bells/webhook/log", "")
	if log := text(t, r); r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") || !strings.Contains(log, "call ring on=true") {
		t.Errorf("%d %v %s", r.StatusCode, r.Header, log)
	}
	if r := h.do("GET", "/api/v1/cameras/1/bells/onvif/log", ""); r.StatusCode != 404 {
		t.Errorf("the log of no bell: %d", r.StatusCode)
	}
	if r := h.do("DELETE", "/api/v1/cameras/1/bells/webhook", ""); r.StatusCode != 204 {
		t.Error(r.StatusCode)
	}
	eventually(t, "the address is nobody's", func() bool { return stranger(made.Call) == 404 })
}

// A doorbell gets past the gate of a home that has an access key, and nothing else does.
func TestCallPassesTheGate(t *testing.T) {
	h, handler, _ := secured(t)
	h.listening(t)
	var made struct{ Call string }
	r := h.do("PUT", "/api/v1/cameras/1/bells/webhook", "{}")
	if err := json.Unmarshal([]byte(text(t, r)), &made); err != nil || r.StatusCode != 201 {
		t.Fatal(r.StatusCode, err)
	}
	eventually(t, "the address is known", func() bool { return do(handler, "GET", made.Call, "").StatusCode == 204 })
	for address, want := range map[string]int{"/api/v1/bells/none": 404, "/api/v1/cameras/1/bells": 401, "/api/v1/bells": 401} {
		if r := do(handler, "GET", address, ""); r.StatusCode != want {
			t.Errorf("%s: %d, want %d", address, r.StatusCode, want)
		}
	}
}

// How a press is heard is kept without telling the password, which goes to no other
// address or user by itself.
func TestChooseBell(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	put := func(kind, body string) int {
		return h.do("PUT", "/api/v1/cameras/1/bells/"+kind, body).StatusCode
	}
	if got := put("dahua", `{"address":"http://192.0.2.7/","user":"bell","password":"canary"}`); got != 204 {
		t.Fatal(got)
	}
	v := h.told(t)
	if len(v.Bells) != 1 || v.Bells[0].Address != "http://192.0.2.7/" || v.Bells[0].User != "bell" || !v.Bells[0].Password {
		t.Errorf("%+v", v.Bells)
	}
	if all := text(t, h.do("GET", "/api/v1/cameras/1/bells", "")); strings.Contains(all, "canary") {
		t.Error("the password is told")
	}
	for body, want := range map[string]household.Secret{
		`{"address":"http://192.0.2.7/","user":"bell"}`:  "canary",
		`{"address":"http://192.0.2.8/","user":"bell"}`:  "",
		`{"address":"http://192.0.2.7/","user":"other"}`: "",
	} {
		put("dahua", `{"address":"http://192.0.2.7/","user":"bell","password":"canary"}`)
		put("dahua", body)
		all, err := h.db.Bells(t.Context())
		if err != nil || len(all) != 1 || all[0].Password != want {
			t.Errorf("%s: %+v, %v", body, all, err)
		}
	}
	if got := put("mqtt", `{"address":"mqtt://192.0.2.9","topics":[{"topic":"zigbee2mqtt/bell","kind":"ring","field":"action","on":"single"}]}`); got != 204 {
		t.Error(got)
	}
	v = h.told(t)
	if len(v.Bells) != 2 || len(v.Bells[1].Topics) != 1 || v.Bells[1].Topics[0] != (topicView{"zigbee2mqtt/bell", "ring", "action", "single", ""}) {
		t.Errorf("%+v", v.Bells)
	}
	for _, bad := range []struct {
		kind, body string
		status     int
	}{
		{"ring", "{}", 400}, {"sip", "{}", 400}, {"dahua", "{}", 400}, {"dahua", `{"address":"192.0.2.7"}`, 400},
		{"dahua", `{"address":"http://u:p@192.0.2.7/"}`, 400}, {"dahua", `{"address":"http://192.0.2.7/","as_camera":true}`, 400},
		{"mqtt", `{"address":"mqtt://192.0.2.9"}`, 400}, {"mqtt", `{"address":"mqtt://192.0.2.9","topics":[{"topic":"#","kind":"ring"}]}`, 400},
		{"webhook", `{"means":"person"}`, 400}, {"webhook", `{"password":"short"}`, 400}, {"onvif", `{"key":1}`, 400}, {"onvif", `[]`, 400},
	} {
		if got := put(bad.kind, bad.body); got != bad.status {
			t.Errorf("%s %s: %d", bad.kind, bad.body, got)
		}
	}
	if got := h.do("PUT", "/api/v1/cameras/9/bells/dahua", `{"address":"http://192.0.2.7/"}`).StatusCode; got != 404 {
		t.Errorf("no such camera: %d", got)
	}
	if got := h.do("DELETE", "/api/v1/cameras/1/bells/2n", "").StatusCode; got != 404 {
		t.Errorf("no such bell: %d", got)
	}
}

// An input that was heard is bound, and then not any more.
func TestBind(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	bind := func(body string) int { return h.do("PUT", "/api/v1/cameras/1/bindings", body).StatusCode }
	if got := bind(`{"source":"input 1","kind":"door"}`); got != 204 {
		t.Fatal(got)
	}
	if v := h.told(t); len(v.Bindings) != 1 || v.Bindings[0] != (bindingView{Source: "input 1", Kind: nvr.DoorEvent}) {
		t.Errorf("%+v", v)
	}
	for body, want := range map[string]int{`{"source":"","kind":"door"}`: 400, `{"source":"x","kind":"A"}`: 400, `{"source":"x","kind":""}`: 404, `{`: 400} {
		if got := bind(body); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
	if got := bind(`{"source":"input 1","kind":""}`); got != 204 || len(h.told(t).Bindings) != 0 {
		t.Error(got)
	}
}
