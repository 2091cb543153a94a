package ui_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

// Quick replies are played by the buttons of the ring, while there is one.
func TestPlayReply(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Gate")}}
	s := serve(t, h)
	h.presses = []nvr.Press{{Camera: 1, At: nvr.Now()}}
	if page := get(s, "/cameras/1").Body.String(); strings.Contains(page, `name="reply"`) {
		t.Error("there are buttons, and no quick replies")
	}
	h.replies = []appliance.Reply{{ID: 3, Name: "Leave it <here>", Length: time.Second}, {ID: 5, Name: "Coming", Length: time.Second}}
	run(t, get(s, "/cameras/1").Body.String(), append(everyPage, says("Leave it <here>", "Coming"), has("button", "name", "reply"))...)
	if page := get(s, "/cameras/2").Body.String(); strings.Contains(page, `name="reply"`) {
		t.Error("nobody rings there")
	}
	if w := post(s, "/cameras/1/reply", url.Values{"reply": {"5"}}); w.Code != 303 || w.Header().Get("Location") != "/cameras/1" || !slices.Equal(h.played, []int64{5}) {
		t.Errorf("played: %d, %v", w.Code, h.played)
	}
	if w := post(s, "/cameras/1/reply", url.Values{"reply": {"none"}}); w.Code != 400 {
		t.Errorf("no number: %d", w.Code)
	}
	if w := post(s, "/cameras/2/reply", url.Values{"reply": {"5"}}); w.Code != 404 {
		t.Errorf("no speaker: %d", w.Code)
	}
}

// The page of quick replies lists, plays and removes them.
func TestReplies(t *testing.T) {
	h := &household{}
	s := serve(t, h)
	run(t, get(s, "/replies").Body.String(), append(everyPage, says("There are none yet."))...)
	h.replies = []appliance.Reply{{ID: 3, Name: "Leave it <here>", Length: 2400 * time.Millisecond}}
	page := get(s, "/replies").Body.String()
	run(t, page, append(everyPage, says("Leave it <here>", "2 s"), has("button", "name", "remove"))...)
	if !strings.Contains(page, `src="/api/v1/replies/3.wav"`) {
		t.Error("it can't be heard")
	}
	for _, form := range []url.Values{nil, {"remove": {"x"}}} {
		if w := post(s, "/replies", form); w.Code != 400 {
			t.Errorf("%v: %d", form, w.Code)
		}
	}
	if w := post(s, "/replies", url.Values{"remove": {"9"}}); w.Code != 404 {
		t.Errorf("another: %d", w.Code)
	}
	if w := post(s, "/replies", url.Values{"remove": {"3"}}); w.Code != 303 || len(h.replies) != 0 {
		t.Errorf("removed: %d, %v", w.Code, h.replies)
	}
}
