package ui_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

// What is selected is a list that says what there is of it, one link to take it
// away, and a form to keep it.
func TestChosen(t *testing.T) {
	h := &household{
		cameras: []nvr.Camera{camera(1, "Drive"), camera(2, hostileName)},
		line: appliance.Timeline{
			Footage: []nvr.Span{span("2026-11-19T08:00:00Z", "2026-11-19T10:00:00Z")},
			Gaps:    []nvr.Gap{{Span: span("2026-11-19T10:00:00Z", "2026-11-19T11:00:00Z"), Reason: nvr.Unreachable}},
		},
	}
	s := serve(t, h)
	const (
		there = "1,2026-11-19T08:10:00Z,2026-11-19T08:11:00Z,ring"
		half  = "2,2026-11-19T09:59:30Z,2026-11-19T10:00:30Z,motion"
		gone  = "1,2026-11-19T10:30:00Z,2026-11-19T10:30:20Z"
	)
	chosen := func(clips ...string) string { return "/events/chosen?" + url.Values{"clip": clips}.Encode() }
	page := get(s, chosen(there, half, gone)).Body.String()
	archive := "/api/v1/clips.zip?" + url.Values{"clip": {there, half}}.Encode()
	run(t, page, append(everyPage, has("a", "href", archive), has("a", "href", "/cameras/1?from=2026-11-19T08%3A10%3A00Z&to=2026-11-19T08%3A11%3A00Z"),
		says("3 clips, 2 min of film", "30 s of it missing: The camera did not answer", "No film: The camera did not answer", "One of them has no film", "A month"))...)
	if strings.Contains(get(s, chosen(gone)).Body.String(), "clips.zip") {
		t.Error("an empty archive is offered")
	}
	for address, want := range map[string]string{
		"/events/chosen": "Nothing is selected", chosen(strings.Split(strings.Repeat(there+" ", 49), " ")[:49]...): "That is too much at once",
	} {
		run(t, get(s, address).Body.String(), append(everyPage, says(want))...)
	}
	for _, bad := range []string{"x", "0" + there[1:], "1,2026-11-19T08:10:00Z,2026-11-19T08:10:00Z", there + ",<b>"} {
		if w := get(s, chosen(bad)); w.Code != 400 {
			t.Errorf("%q: %d", bad, w.Code)
		}
	}
	if w := get(s, chosen("9"+there[1:])); w.Code != 404 {
		t.Errorf("a camera that is not there: %d", w.Code)
	}
	// A guest of the first camera may neither take it away nor keep it, and knows of no other.
	page = get(serveTo(t, h, guest), chosen(there)).Body.String()
	if strings.Contains(page, "clips.zip") || strings.Contains(page, "<form id=\"keep\"") {
		t.Error("a guest is offered what guests may not")
	}
	if w := get(serveTo(t, h, guest), chosen(there, half)); w.Code != 404 {
		t.Errorf("another's camera: %d", w.Code)
	}
	if page := get(serveTo(t, h, guest), "/events?day=2026-11-19").Body.String(); strings.Contains(page, "data-choose") {
		t.Error("a guest can select")
	}
}

// What is kept has a reason and an end, and pressing again what was refused keeps
// what was typed.
func TestChosenIsKept(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
	s := serve(t, h)
	clips := []string{"1,2026-11-19T08:10:00Z,2026-11-19T08:11:00Z,ring", "1,2026-11-19T09:10:00Z,2026-11-19T09:11:00Z"}
	w := post(s, "/events/chosen", url.Values{"clip": clips, "why": {" "}, "until": {"year"}})
	run(t, w.Body.String(), append(everyPage, says("Say in a few words why"))...)
	if w.Code != 200 || len(h.kept.locks) != 0 || !strings.Contains(w.Body.String(), `<option value="year" selected>`) {
		t.Errorf("without a reason: %d, %v", w.Code, h.kept.locks)
	}
	w = post(s, "/events/chosen", url.Values{"clip": clips, "why": {strings.Repeat("ü", 101)}, "until": {"year"}}) // 202 bytes
	if run(t, w.Body.String(), says("Say in a few words why")); len(h.kept.locks) != 0 {
		t.Errorf("a reason that is too long: %d, %v", w.Code, h.kept.locks)
	}
	if w := post(s, "/events/chosen", url.Values{"clip": clips, "why": {"x"}, "until": {"ages"}}); w.Code != 400 {
		t.Errorf("ages: %d", w.Code)
	}
	if w := post(s, "/events/chosen", url.Values{"clip": {clips[0], "9" + clips[1][1:]}, "why": {"x"}}); w.Code != 404 || len(h.kept.locks) != 0 {
		t.Errorf("a camera that is not there: %d, %v", w.Code, h.kept.locks)
	}
	before := time.Now()
	w = post(s, "/events/chosen", url.Values{"clip": clips, "why": {" parcel "}, "until": {"month"}})
	if w.Code != 303 || len(h.kept.locks) != 2 {
		t.Fatalf("%d %s, %v", w.Code, w.Body.String(), h.kept.locks)
	}
	for _, l := range h.kept.locks {
		if l.Camera != 1 || l.Why != "parcel" || l.Who != auth.Household().Name || l.Until.Std().Before(before.AddDate(0, 1, -1)) || l.Until.Std().After(before.AddDate(0, 1, 1)) {
			t.Errorf("%+v", l)
		}
	}
	run(t, get(s, w.Header().Get("Location")).Body.String(), append(everyPage, says("It is kept"), has("a", "href", "/storage#locks"))...)
	w = post(s, "/events/chosen", url.Values{"clip": clips[:1], "why": {"x"}})
	if n := len(h.kept.locks); w.Code != 303 || n != 3 || h.kept.locks[n-1].Until != 0 {
		t.Errorf("for ever: %d, %v", w.Code, h.kept.locks)
	}
}

// The film of a clip comes with its chapters, in the words of who asks.
func TestClipHasChapters(t *testing.T) {
	h := &household{
		cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Attic")},
		line:    appliance.Timeline{Footage: []nvr.Span{span("2026-11-19T08:00:00Z", "2026-11-19T10:00:00Z")}},
		events:  []nvr.Event{happened(1, nvr.RingEvent, "2026-11-19T08:10:00Z", 0), happened(2, nvr.RingEvent, "2026-11-19T08:15:00Z", 0)},
	}
	s := serve(t, h)
	clip := url.Values{"from": {"2026-11-19T08:05:00Z"}, "to": {"2026-11-19T08:20:00Z"}}
	run(t, get(s, "/cameras/1?"+clip.Encode()).Body.String(), has("track", "kind", "chapters"), has("track", "src", "/cameras/1/chapters.vtt?from=2026-11-19T08%3A05%3A00Z&stream=main&to=2026-11-19T08%3A20%3A00Z"))
	w := get(s, "/cameras/1/chapters.vtt?"+clip.Encode())
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/vtt") || !strings.HasSuffix(w.Body.String(), "\n\n00:05:00.000 --> 00:15:00.000\n09:10:00 Somebody rang\n") {
		t.Errorf("%v %s", w.Header(), w.Body.String())
	}
	for address, want := range map[string]int{
		"/cameras/1/chapters.vtt": 400, "/cameras/1/chapters.vtt?from=x&to=y": 400, "/cameras/9/chapters.vtt?" + clip.Encode(): 404,
		"/cameras/1/chapters.vtt?from=2026-11-19T08:05:00Z&to=2027-11-19T08:05:00Z": 400,
	} {
		if w := get(s, address); w.Code != want {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	// The same list stands beside the film, without script, too.
	page := get(s, "/cameras/1?at=2026-11-19T08:05:00Z").Body.String()
	run(t, page, append(everyPage, says("The day in words", "Thursday 19 November begins"), has("a", "data-seek", "2026-11-19T08:09:55Z"))...)
}
