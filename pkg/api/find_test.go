package api

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/camera"
	"nvrd/pkg/find"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/rtsp/rtspsim"
	scene "nvrd/pkg/rtsp/rtspsim/porch"
)

// bellOf starts a doorbell that speaks ONVIF and sends pictures, and returns the
// address of its page.
func bellOf(t *testing.T) (device *onvifsim.Device, address string) {
	t.Helper()
	film, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{User: "admin", Password: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(film.Close)
	clip, err := rtspsim.LoadClip(scene.Door().Sub)
	if err == nil {
		err = film.Play("main", clip)
	}
	if err != nil {
		t.Fatal(err)
	}
	device = onvifsim.New(onvifsim.Config{
		User: "admin", Password: "sesame", Auth: onvifsim.Token, Clock: -time.Hour, Model: "Bell 2",
		Streams: []onvifsim.Stream{{Token: "m", Encoding: "H264", Width: 1280, Height: 720, URI: film.URL("main")}},
	})
	web := httptest.NewServer(device)
	t.Cleanup(web.Close)
	return device, web.URL
}

func TestSearch(t *testing.T) {
	h := newHome(t)
	if got := text(t, h.do("POST", "/api/v1/cameras/search", "")); got != `{"devices":[]}`+"\n" {
		t.Errorf("nobody: %s", got)
	}
	h.around = []onvif.Found{{Address: "http://10.0.0.7/onvif/device_service", Name: "Maker", Hardware: "Bell 2"}}
	if got := text(t, h.do("POST", "/api/v1/cameras/search", "")); got != `{"devices":[{"address":"http://10.0.0.7/onvif/device_service","name":"Maker","hardware":"Bell 2"}]}`+"\n" {
		t.Errorf("one: %s", got)
	}
	h.do("POST", "/api/v1/cameras", `{"name":"Front","url":"rtsp://10.0.0.7/main"}`)
	if got := text(t, h.do("POST", "/api/v1/cameras/search", "")); got != `{"devices":[{"address":"http://10.0.0.7/onvif/device_service","name":"Maker","hardware":"Bell 2","camera":1}]}`+"\n" {
		t.Errorf("one that was added: %s", got)
	}
	h.err = fmt.Errorf("cameras are being looked for already: %w", nvr.ErrBusy)
	if r := h.do("POST", "/api/v1/cameras/search", ""); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
		t.Errorf("two at a time: %d %v", r.StatusCode, r.Header)
	}
}

func TestFindings(t *testing.T) {
	h := newHome(t)
	device, address := bellOf(t)
	type said struct { // Streams have names that are only written
		findingView
		Streams []struct{ Stream string } `json:"streams"`
	}
	ask := func(address, password string) (v said, body string) {
		t.Helper()
		in, err := json.Marshal(map[string]string{"address": address, "password": password})
		if err != nil {
			t.Fatal(err)
		}
		r := h.do("POST", "/api/v1/findings", string(in))
		if body = text(t, r); r.StatusCode != 200 || json.Unmarshal([]byte(body), &v) != nil {
			t.Fatalf("%d %s", r.StatusCode, body)
		}
		return v, body
	}
	if v, _ := ask("http://", ""); v.OK || v.Doubt == nil || v.Doubt.Field != "address" {
		t.Errorf("no address: %+v", v)
	}
	if v, _ := ask(address, ""); v.OK || !v.NeedPassword || v.Refused || v.Reason != nvr.WrongPassword {
		t.Errorf("without a password: %+v", v)
	}
	for i := range 9 {
		v, body := ask(address, fmt.Sprint("canary-wrong-", i/2))
		if v.OK || !v.NeedPassword || v.Message == "" || strings.Contains(body, "canary") || v.Wait == 0 && (i%2 == 1) != (v.Again > 0) {
			t.Errorf("a wrong password, %d: %s", i, body)
		}
	}
	if v, _ := ask(address, "sesame"); v.OK || v.Wait < 1700 || v.Wait > 1800 {
		t.Errorf("a device that refused too often: %+v", v)
	}
	if _, refused := device.LogIns(); refused != 4 {
		t.Errorf("%d log-ins were refused", refused)
	}
	device, address = bellOf(t) // the same machine, as far as anybody knows
	h.finder = find.NewFinder(find.Config{Add: h.Add, SetBell: h.db.SetBell, Refusals: &camera.Refusals{}, Log: slog.New(slog.DiscardHandler)})
	h.use(nil)
	v, body := ask(address, "sesame")
	if !v.OK || v.Suggest != "Bell 2" || len(v.Streams) != 1 || v.Streams[0].Stream != "main" || len(v.Offers) != 1 || !v.Bell || strings.Contains(body, "sesame") {
		t.Fatalf("found: %s", body)
	}
	if _, refused := device.LogIns(); refused != 0 {
		t.Errorf("%d log-ins were refused", refused)
	}
	r := h.do("GET", "/api/v1/findings/"+v.Finding+"/picture.mp4", "")
	if picture := text(t, r); r.StatusCode != 200 || r.Header.Get("Content-Type") != "video/mp4" || !strings.Contains(picture, "mdat") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("picture: %d %v, %d bytes", r.StatusCode, r.Header, len(picture))
	}
	if r := h.do("POST", "/api/v1/findings/"+v.Finding+"/camera", `{"name":""}`); r.StatusCode != 400 {
		t.Errorf("no name: %d", r.StatusCode)
	}
	r = h.do("POST", "/api/v1/findings/"+v.Finding+"/camera", `{"name":"Front door"}`)
	if body := text(t, r); r.StatusCode != 201 || r.Header.Get("Location") != "/api/v1/cameras/1" || strings.Contains(body, "sesame") {
		t.Errorf("added: %d %s", r.StatusCode, body)
	}
	if c, err := h.db.Camera(t.Context(), 1); err != nil || c.User != "admin" || c.Password.Reveal() != "sesame" || c.URL != v.URL {
		t.Errorf("added: %+v, %v", c, err)
	}
	if bells, err := h.db.Bells(t.Context()); err != nil || len(bells) != 1 || bells[0].Kind != household.ONVIFBell {
		t.Errorf("bells: %+v, %v", bells, err)
	}
	for _, gone := range []struct{ method, target, body string }{{"POST", "/camera", `{"name":"Another"}`}, {"GET", "/picture.mp4", ""}} {
		if r := h.do(gone.method, "/api/v1/findings/"+v.Finding+gone.target, gone.body); r.StatusCode != 404 {
			t.Errorf("%s after it was added: %d", gone.target, r.StatusCode)
		}
	}
}
