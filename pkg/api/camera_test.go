package api

import (
	"errors"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

func TestCameras(t *testing.T) {
	h := newHome(t)
	if got := text(t, h.do("GET", "/api/v1/cameras", "")); got != `{"cameras":[]}`+"\n" {
		t.Errorf("no cameras: %s", got)
	}
	r := h.do("POST", "/api/v1/cameras", porch)
	added := text(t, r)
	if r.StatusCode != 201 || r.Header.Get("Location") != "/api/v1/cameras/1" || strings.Contains(added, "canary") ||
		!strings.HasPrefix(added, `{"id":1,"name":"Porch","state":{"phase":"connecting","since":"20`) ||
		!strings.HasSuffix(added, `Z"},"streams":[],"motion":{"decodes":false},"url":"rtsp://10.0.0.9/main","sub_url":"rtsp://10.0.0.9/sub"}`+"\n") {
		t.Errorf("added: %d %v %s", r.StatusCode, r.Header, added)
	}
	if got := text(t, h.do("GET", "/api/v1/cameras/1", "")); got != added {
		t.Errorf("one: %s", got)
	}
	if got := text(t, h.do("GET", "/api/v1/cameras", "")); got != `{"cameras":[`+strings.TrimSpace(added)+"]}\n" {
		t.Errorf("all: %s", got)
	}
	if r := h.do("PATCH", "/api/v1/cameras/1", `{"url":"rtsp://10.0.0.8/main","sub_url":""}`); r.StatusCode != 400 || !strings.Contains(text(t, r), "give the password again") {
		t.Errorf("the stored password goes to another machine: %d", r.StatusCode)
	}
	changed := text(t, h.do("PATCH", "/api/v1/cameras/1", `{"url":"rtsp://10.0.0.8/main","sub_url":"","password":"canary"}`))
	if !strings.Contains(changed, `"name":"Porch"`) || !strings.HasSuffix(changed, `"url":"rtsp://10.0.0.8/main","sub_url":""}`+"\n") || strings.Contains(changed, "canary") {
		t.Errorf("changed: %s", changed)
	}
	if c, err := h.db.Camera(t.Context(), 1); err != nil || c.User != "admin" || c.Password.Reveal() != "canary" {
		t.Errorf("changed: %+v, %v", c, err)
	}
	h.do("POST", "/api/v1/cameras", strings.Replace(porch, "Porch", "Shed", 1))
	for address, change := range map[string]struct {
		body   string
		status int
	}{
		"/api/v1/cameras/1": {`{"name":"SHED"}`, 409},
		"/api/v1/cameras/2": {`{"url":"file:///etc/passwd"}`, 400},
		"/api/v1/cameras/7": {`{"name":"x"}`, 404},
	} {
		if r := h.do("PATCH", address, change.body); r.StatusCode != change.status {
			t.Errorf("%s %s: %d, want %d", address, change.body, r.StatusCode, change.status)
		}
	}
	if r := h.do("DELETE", "/api/v1/cameras/1", ""); r.StatusCode != 204 || text(t, r) != "" {
		t.Errorf("removed: %d", r.StatusCode)
	}
	if r := h.do("DELETE", "/api/v1/cameras/1", ""); r.StatusCode != 404 {
		t.Errorf("removed twice: %d", r.StatusCode)
	}
	h.err = errors.New("the database is canary")
	if r := h.do("GET", "/api/v1/cameras", ""); r.StatusCode != 500 || strings.Contains(text(t, r), "canary") || !strings.Contains(h.log.String(), "canary") {
		t.Errorf("a fault: %d, log %s", r.StatusCode, &h.log)
	}
}

func TestProbe(t *testing.T) {
	h := newHome(t)
	h.probed = nvr.Probe{OK: true, Streams: []nvr.Stream{{Phase: nvr.Live, Video: nvr.Video{Codec: "h264", Width: 1920, Height: 1080}, MIME: "video/mp4"}}}
	if got := text(t, h.do("POST", "/api/v1/probe", `{"url":"rtsp://10.0.0.1/"}`)); got !=
		`{"ok":true,"streams":[{"stream":"main","phase":"live","video":{"codec":"h264","width":1920,"height":1080},"mime":"video/mp4"}]}`+"\n" {
		t.Errorf("it answers: %s", got)
	}
	h.probed = nvr.Probe{Reason: nvr.WrongPassword, Message: nvr.WrongPassword.Sentence(), Detail: "401"}
	if got := text(t, h.do("POST", "/api/v1/probe", `{"url":"rtsp://10.0.0.1/"}`)); got !=
		`{"ok":false,"reason":"wrong_password","message":"The camera refused the password","detail":"401"}`+"\n" {
		t.Errorf("it refuses: %s", got)
	}
	if r := h.do("POST", "/api/v1/probe", `{"url":"file:///etc/passwd"}`); r.StatusCode != 400 {
		t.Errorf("no camera: %d", r.StatusCode)
	}
}

func TestHealth(t *testing.T) {
	h := newHome(t)
	if r := h.do("GET", "/api/v1/health", ""); r.StatusCode != 200 || text(t, r) != `{"status":"ok"}`+"\n" {
		t.Errorf("well: %d", r.StatusCode)
	}
	h.notices = []nvr.Notice{{Kind: nvr.PlaceFailed, Reason: nvr.DiskMissing, Path: "/mnt/a", Instead: "/mnt/b"}}
	const warned = `{"status":"warning","notices":[{"kind":"place_failed","reason":"disk_missing","path":"/mnt/a","instead":"/mnt/b",` +
		`"message":"No footage can be written to /mnt/a: its disk is not there. It goes to /mnt/b meanwhile. Connect and mount it; recording goes back to it by itself."}]}` + "\n"
	if r := h.do("GET", "/api/v1/health", ""); r.StatusCode != 200 || text(t, r) != warned {
		t.Errorf("with another disk: %d", r.StatusCode)
	}
	h.notices, h.health = nil, nvr.DiskFull
	if r := h.do("GET", "/api/v1/health", ""); r.StatusCode != 503 || text(t, r) != `{"status":"failing","reason":"disk_full"}`+"\n" {
		t.Errorf("ill: %d", r.StatusCode)
	}
}
