package api

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/household"
	"nvrd/pkg/live/rtc/rtctest"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/talk"
)

// mouth is the speaker of every camera but the second.
type mouth struct {
	mu     sync.Mutex
	frames [][]int16
	open   int
}

func (*mouth) Rate() int { return 8000 }

func (m *mouth) Write(frame []int16) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames = append(m.frames, frame)
	return nil
}

func (m *mouth) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open--
}

func (m *mouth) said() (frames int, open bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.frames), m.open > 0
}

// speakers gives cameras their speakers.
func (h *home) speakers() {
	h.speaker = func(_ context.Context, camera nvr.CameraID) (talk.Speaker, error) {
		if camera == 2 {
			return nil, talk.NoSpeaker("this camera has no speaker")
		}
		h.said.mu.Lock()
		defer h.said.mu.Unlock()
		h.said.open++
		return &h.said, nil
	}
}

// eventually waits for what happens elsewhere.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// atTheDoor gives the API an engine, and two cameras.
func atTheDoor(t *testing.T) *home {
	t.Helper()
	h := newHome(t)
	h.speakers()
	withRTC(t, h)
	for _, name := range []string{"Porch", "Gate"} {
		if r := h.do("POST", "/api/v1/cameras", strings.Replace(porch, "Porch", name, 1)); r.StatusCode != 201 {
			t.Fatal(text(t, r))
		}
	}
	return h
}

func microphone(t *testing.T) (*rtctest.Microphone, string) {
	t.Helper()
	m, err := rtctest.NewMicrophone("audio/PCMU")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	sdp, err := m.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m, sdp
}

// begin has a browser talk at the first camera; location names the talk.
func (h *home) begin(t *testing.T) (m *rtctest.Microphone, location string) {
	t.Helper()
	m, sdp := microphone(t)
	r := h.do("POST", "/api/v1/cameras/1/talk", sdp, "Content-Type", "application/sdp")
	if r.StatusCode != 201 {
		t.Fatal(text(t, r))
	}
	if err := m.Answer(text(t, r)); err != nil {
		t.Fatal(err)
	}
	<-m.Connected
	return m, r.Header.Get("Location")
}

// TestTalk has a browser talk at a camera while another page looks on, and ends it.
func TestTalk(t *testing.T) {
	h := atTheDoor(t)
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	told := talksTold(t, server.URL)
	m, location := h.begin(t)
	if got := <-told; len(got) != 1 || got[0].Camera != 1 || got[0].Who != "household" || got[0].Since == 0 {
		t.Errorf("a page is told %+v", got)
	}
	if got := text(t, h.do("GET", "/api/v1/cameras/1/talk", "")); !strings.Contains(got, `"who":"household"`) {
		t.Errorf("who talks: %s", got)
	}
	_, other := microphone(t)
	r := h.do("POST", "/api/v1/cameras/1/talk", other, "Content-Type", "application/sdp")
	if got := text(t, r); r.StatusCode != 503 || !strings.Contains(got, "household") {
		t.Errorf("a second talker: %d %s", r.StatusCode, got)
	}
	eventually(t, "a word", func() bool {
		if err := m.Say(slices.Repeat([]byte{0x90}, 160)); err != nil {
			t.Fatal(err)
		}
		n, _ := h.said.said()
		return n > 3
	})
	if r := h.do("DELETE", strings.Replace(location, "/1/", "/2/", 1), ""); r.StatusCode != 404 {
		t.Errorf("ended as that of another camera: %d", r.StatusCode)
	}
	if r := h.do("DELETE", location, ""); r.StatusCode != 204 {
		t.Errorf("ended: %d %s", r.StatusCode, text(t, r))
	}
	if _, open := h.said.said(); open {
		t.Error("the speaker is open")
	}
	if got := <-told; len(got) != 0 {
		t.Errorf("at the end a page is told %+v", got)
	}
	eventually(t, "the end of the talk's name", func() bool { return h.do("DELETE", location, "").StatusCode == 404 })
}

// What a browser's microphone hears arrives at GStreamer's ONVIF server, as it was
// said.
func TestMicrophoneIsHeard(t *testing.T) {
	h := newHome(t)
	withRTC(t, h)
	h.do("POST", "/api/v1/cameras", porch)
	address, file := speaking(t)
	h.speaker = func(ctx context.Context, _ nvr.CameraID) (talk.Speaker, error) {
		return rtsp.OpenBackChannel(ctx, rtsp.Config{URL: address})
	}
	m, location := h.begin(t)
	const enough = 15200
	said := pcm.EncodeMuLaw(tone(8000, time.Second)) // whole waves in each frame
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for n := 0; len(heard(file)) < enough; n += 160 { // a stall costs words
		select {
		case <-tick.C:
			if err := m.Say(said[n%8000:][:160]); err != nil {
				t.Fatal(err)
			}
		case <-late:
			t.Fatalf("of %d samples %d arrived", n, len(heard(file)))
		}
	}
	if r := h.do("DELETE", location, ""); r.StatusCode != 204 {
		t.Errorf("ended: %d %s", r.StatusCode, text(t, r))
	}
	if part := rtspsim.Tone(heard(file), 8000, hertz); part < 0.95 {
		t.Errorf("of %d samples %.2f are the tone", len(heard(file)), part)
	}
}

// A talk ends within 5 s of the cameras being turned off, though somebody goes on.
func TestTalkEndsInPrivacy(t *testing.T) {
	h := atTheDoor(t)
	m, location := h.begin(t)
	h.private.Store(true)
	eventually(t, "the end of the talk", func() bool {
		if err := m.Say(slices.Repeat([]byte{0x90}, 160)); err != nil {
			return true // the connection is closed
		}
		return h.talks.State(1).Who == ""
	})
	eventually(t, "the end of its speaker", func() bool { _, open := h.said.said(); return !open })
	eventually(t, "the end of its name", func() bool { return h.do("DELETE", location, "").StatusCode == 404 })
}

// talksTold gives what a page is told of talks.
func talksTold(t *testing.T, server string) <-chan []talkView {
	t.Helper()
	told := make(chan []talkView, 16)
	states := get(t, server+"/api/v1/states")
	begun := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(states.Body)
		for kind := ""; lines.Scan(); {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				kind = name
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			switch {
			case ok && kind == "cameras":
				select {
				case <-begun:
				default:
					close(begun)
				}
			case ok && kind == "talk":
				var views []talkView
				if json.Unmarshal([]byte(data), &views) == nil {
					told <- views
				}
			}
		}
	}()
	<-begun
	return told
}

// TestTalkRefused checks that nobody can talk where that is so, and why.
func TestTalkRefused(t *testing.T) {
	h := atTheDoor(t)
	_, sdp := microphone(t)
	for name, tt := range map[string]struct {
		target, kind, body string
		status             int
		says               string
	}{
		"no speaker": {"/api/v1/cameras/2/talk", "application/sdp", sdp, 404, "this camera has no speaker"},
		"no camera":  {"/api/v1/cameras/9/talk", "application/sdp", sdp, 404, "camera 9"},
		"JSON":       {"/api/v1/cameras/1/talk", "application/json", "{}", 400, "application/sdp"},
		"no offer":   {"/api/v1/cameras/1/talk", "application/sdp", "v=0", 400, "offer"},
	} {
		r := h.do("POST", tt.target, tt.body, "Content-Type", tt.kind)
		if got := text(t, r); r.StatusCode != tt.status || !strings.Contains(got, tt.says) {
			t.Errorf("%s: %d %s", name, r.StatusCode, got)
		}
	}
	if _, open := h.said.said(); open || h.talks.State(1).Who != "" {
		t.Error("a talk goes on")
	}
	if got := text(t, h.do("GET", "/api/v1/cameras/2/talk", "")); !strings.Contains(got, "this camera has no speaker") {
		t.Errorf("what is known of a camera without speaker: %s", got)
	}
	h.rtc = nil
	h.use(nil)
	if r := h.do("POST", "/api/v1/cameras/1/talk", sdp, "Content-Type", "application/sdp"); r.StatusCode != 404 {
		t.Errorf("without WebRTC: %d", r.StatusCode)
	}
}

// TestAudit looks up who opened a door, page by page.
func TestAudit(t *testing.T) {
	h := newHome(t)
	for n, outcome := range []string{"no_picture", ""} {
		a := household.Audit{At: nvr.Time(n + 1), Who: "household", What: household.OpenDoor, Camera: 1, Outcome: outcome}
		if err := h.db.Note(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	var all []string
	for page := ""; ; {
		var got auditsView
		if err := json.Unmarshal([]byte(text(t, h.do("GET", "/api/v1/audit?limit=1"+page, ""))), &got); err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Audit {
			all = append(all, strings.Join([]string{e.Who, e.What, e.Camera.String(), e.Outcome}, " "))
		}
		if page = "&page=" + got.Next; got.Next == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"household open_door 1 ", "household open_door 1 no_picture"}, all); diff != "" {
		t.Errorf("audit log, -want +got:\n%s", diff)
	}
	if kind, _ := failure(t, h.do("GET", "/api/v1/audit?page=x", "")); kind != "invalid" {
		t.Errorf("no page: %s", kind)
	}
}
