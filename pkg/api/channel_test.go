package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
)

func TestChannels(t *testing.T) {
	h := newHome(t)
	got := make(chan struct{}, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got <- struct{}{} }))
	t.Cleanup(hook.Close)
	const secret = "canary-0123456789abcdef"
	r := h.do("POST", "/api/v1/channels", `{"kind":"webhook","name":"Mine","settings":{"url":"`+hook.URL+`","secret":"`+secret+`"}}`)
	if r.StatusCode != 201 || r.Header.Get("Location") != "/api/v1/channels/1" {
		t.Fatal(r.StatusCode, text(t, r))
	}
	var c notify.Channel
	if err := json.Unmarshal([]byte(text(t, r)), &c); err != nil || c.Settings["secret"] != "***" || c.Settings["url"] != "***" || len(c.Events) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	for body, want := range map[string]int{
		`{"paused":true}`: 200, `{"name":"Yours","paused":false}`: 200, `{"events":["ring","motion"]}`: 200, `{}`: 200,
		`{"events":["no good"]}`: 400, `{"settings":{"color":"red"}}`: 400, `{"kind":"mqtt"}`: 400,
	} {
		if r := h.do("PATCH", "/api/v1/channels/1", body); r.StatusCode != want {
			t.Errorf("%s: %d %s", body, r.StatusCode, text(t, r))
		}
	}
	if r := h.do("PATCH", "/api/v1/channels/1", `{"paused":false}`); r.StatusCode != 200 {
		t.Error(r.StatusCode)
	}
	if body := text(t, h.do("POST", "/api/v1/channels/1/test", "")); strings.Contains(body, "trouble") || !strings.Contains(body, `"sent"`) {
		t.Error(body)
	}
	<-got
	all := text(t, h.do("GET", "/api/v1/channels", ""))
	if strings.Contains(all+h.log.String(), secret) || !strings.Contains(all, `"name":"Yours"`) || !strings.Contains(all, `["motion","ring"]`) {
		t.Error(all)
	}
	if key := text(t, h.do("GET", "/api/v1/push", "")); !strings.HasPrefix(key, `{"key":"B`) {
		t.Error(key)
	}
	for _, address := range []string{"GET /api/v1/channels/2", "DELETE /api/v1/channels/2", "POST /api/v1/channels/x/test"} {
		method, target, _ := strings.Cut(address, " ")
		if r := h.do(method, target, ""); r.StatusCode != 404 {
			t.Errorf("%s: %d", address, r.StatusCode)
		}
	}
	if r := h.do("DELETE", "/api/v1/channels/1", ""); r.StatusCode != 204 {
		t.Error(r.StatusCode)
	}
}

// The picture of a message is for who may see what its camera saw.
func TestPictureOfAMessage(t *testing.T) {
	h := newHome(t)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(hook.Close)
	if r := h.do("POST", "/api/v1/channels", `{"kind":"webhook","name":"Mine","settings":{"url":"`+hook.URL+`"}}`); r.StatusCode != 201 {
		t.Fatal(text(t, r))
	}
	jpeg := []byte{0xff, 0xd8, 0xff, 0xe0, 1, 2, 3}
	for id, camera := range map[string]nvr.CameraID{"ring-1": 1, "ring-2": 2} {
		m := notify.Message{ID: id, Kind: "ring", Camera: camera, At: nvr.Now(), Title: "t"}
		if err := h.outbox.Send(t.Context(), m, func(context.Context) ([]byte, error) { return jpeg, nil }); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(10 * time.Second); ; <-time.After(time.Millisecond) {
			if _, err := h.outbox.Picture(id); err == nil {
				break
			}
			if time.Now().After(end) {
				t.Fatal("no picture")
			}
		}
	}
	for address, want := range map[string]int{"ring-1": 200, "ring-2": 404, "ring-3": 404} {
		r := do(auth.As(guest, h.bare), "GET", "/api/v1/messages/"+address+"/picture.jpg", "")
		if body := text(t, r); r.StatusCode != want || want == 200 && (body != string(jpeg) || r.Header.Get("Content-Type") != "image/jpeg") {
			t.Errorf("%s: %d", address, r.StatusCode)
		}
	}
}
