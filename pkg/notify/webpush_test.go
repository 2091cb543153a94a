package notify

import (
	"net/http"
	"strings"
	"testing"

	"nvrd/pkg/notify/push"
	"nvrd/pkg/nvr"
)

func TestWebPush(t *testing.T) {
	h := newHouse(t)
	p := h.phone()
	h.addPhone(p)
	public, err := h.box.PushKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sent := ring("ring-1")
	h.send(sent, shot)
	text, withPicture := next(t, p.got), next(t, p.got)
	m := p.read(t, text)
	if m.ID != "ring-1" || m.Kind != "ring" || m.Title != sent.Title || m.Text != sent.Text || m.Link != "/cameras/1" || !m.Urgent || m.Picture || m.At != sent.At {
		t.Errorf("%+v", m)
	}
	if m := p.read(t, withPicture); !m.Picture || m.ID != "ring-1" {
		t.Errorf("%+v", m)
	}
	head := text.Header
	if head.Get("TTL") != "60" || head.Get("Urgency") != "high" || len(head.Get("Topic")) != 32 || head.Get("Topic") != withPicture.Header.Get("Topic") {
		t.Errorf("%v", head)
	}
	if text.Sender != public || text.Subject != subject {
		t.Errorf("signed by %s, whom to ask %s", text.Sender, text.Subject)
	}
	if shown, err := h.box.Picture("ring-1"); err != nil || string(shown.JPEG) != string(jpeg) || shown.Camera != 1 {
		t.Errorf("%v", err)
	}
	gone := sent
	gone.Gone, gone.Urgent = true, false
	h.send(gone, nil)
	last := next(t, p.got)
	if m := p.read(t, last); !m.Gone || last.Header.Get("Urgency") != "low" || last.Header.Get("Topic") != head.Get("Topic") {
		t.Errorf("%+v %v", m, last.Header)
	}
	motion := ring("motion-1")
	motion.Kind, motion.Urgent = nvr.MotionEvent, false
	if _, err := h.box.Change(t.Context(), h.box.Channels()[0].ID, Input{Events: []string{"motion"}}); err != nil {
		t.Fatal(err)
	}
	h.send(motion, nil)
	got := next(t, p.got)
	if got.Header.Get("TTL") != "3600" || got.Header.Get("Urgency") != "normal" || got.Header.Get("Topic") == head.Get("Topic") {
		t.Errorf("%v", got.Header)
	}
	for _, r := range []int{len(text.Body), len(withPicture.Body), len(last.Body), len(got.Body)} {
		if r != push.Length {
			t.Errorf("a message has %d bytes, all should have %d", r, push.Length)
		}
	}
	for _, value := range text.Header {
		if strings.Contains(strings.Join(value, " "), "Front") || strings.Contains(strings.Join(value, " "), "ring") {
			t.Errorf("the service is told: %q", value)
		}
	}
}

func TestAKeyStays(t *testing.T) {
	h := newHouse(t)
	one, err := h.box.PushKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.reopen()
	if two, err := h.box.PushKey(t.Context()); err != nil || one != two {
		t.Errorf("%s, then %s: %v", one, two, err)
	}
}

// A browser that took back its leave is forgotten; any other answer is not that.
func TestABrowserThatLeft(t *testing.T) {
	for status, gone := range map[int]bool{
		http.StatusGone: true, http.StatusNotFound: true, http.StatusForbidden: false, http.StatusTooManyRequests: false, http.StatusInternalServerError: false,
	} {
		h := newHouse(t)
		p := h.phone()
		c := h.addPhone(p)
		p.answer(status)
		h.send(ring("ring-1"), nil)
		next(t, p.got)
		eventually(t, "noted", func() bool {
			shown, err := h.box.Channel(c.ID)
			return gone && err != nil || !gone && err == nil && shown.Trouble != ""
		})
		if gone {
			eventually(t, "forgotten", func() bool { return h.waiting() == 0 })
		}
	}
}

// Endpoints come from browsers: they lead to the internet only.
func TestPushServicesAreFarAway(t *testing.T) {
	h := newHouse(t)
	p := h.phone()
	h.box.c.PushHosts = nil
	c := h.addPhone(p)
	h.send(ring("ring-1"), nil)
	eventually(t, "refused", func() bool {
		shown, err := h.box.Channel(c.ID)
		return err == nil && shown.Trouble == Blocked
	})
	if len(p.got) > 0 {
		t.Error("it was sent")
	}
}
