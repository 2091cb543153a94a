package notify

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

// Every message that says why leads to the page that says more of that, whatever it
// tells, and in whatever way it comes.
func TestEveryMessageLeadsToWhy(t *testing.T) {
	h := newHouse(t)
	hook, topic := receive(t), receive(t)
	mails := &post{got: make(chan letter, 10), secure: true}
	b := startBroker(t)
	a := b.assistant("assistant")
	phone := h.phone()
	h.add(Webhook, "url", hook.URL)
	h.add(Ntfy, "server", topic.URL, "topic", "stoop-123")
	h.add(Email, "server", h.serve(mails, true, false), "user", "me", "password", "right", "from", "stoop@example.com", "to", "you@example.com")
	h.add(MQTT, "server", "mqtt://"+b.address, "user", "stoop", "password", "right")
	h.addPhone(phone)
	kinds := []string{nvr.RingEvent, nvr.MotionEvent, nvr.PersonEvent, nvr.MessageEvent, nvr.DoorEvent, "digest"}
	for _, c := range h.box.Channels() {
		if _, err := h.box.Change(t.Context(), c.ID, Input{Events: kinds}); err != nil {
			t.Fatal(err)
		}
	}
	programs := func(how string, body []byte, m Message) {
		t.Helper()
		var got map[string]any
		link, address := "/settings/alerts?told="+m.ID+"#told", "https://stoop.test/settings/alerts?told="+m.ID+"#told"
		if m.Why == "" {
			if err := json.Unmarshal(body, &got); err != nil || got["why_link"] != nil || got["why_address"] != nil {
				t.Errorf("%s of %s without a reason: %v, %v", how, m.ID, got, err)
			}
			return
		}
		if err := json.Unmarshal(body, &got); err != nil || got["why_link"] != link || got["why_address"] != address || got["id"] != m.ID || got["address"] != "https://stoop.test/cameras/1" {
			t.Errorf("%s of %s: %v, %v", how, m.ID, got, err)
		}
	}
	var all []Message
	for _, kind := range kinds {
		m := ring(kind + "-1")
		m.Kind = kind
		all = append(all, m)
	}
	missed, bare := shipped().late(ring("ring-2")), ring("ring-3")
	bare.Why = ""
	for _, m := range append(all, missed, bare) {
		h.send(m, nil)
		link := m.WhyLink()
		programs("a webhook", next(t, hook.got).body, m)
		programs("MQTT", a.until(t, "/message").Payload, m)
		var p published
		if err := json.Unmarshal(next(t, topic.got).body, &p); err != nil {
			t.Fatal(err)
		}
		if m.Why == "" && len(p.Actions) != 0 || m.Why != "" && (len(p.Actions) != 1 || p.Actions[0] != viewed{"view", "Why did I get this?", "https://stoop.test" + link}) {
			t.Errorf("ntfy of %s: %+v", m.ID, p.Actions)
		}
		if got := phone.read(t, next(t, phone.got)); got.WhyLink != link || got.ID != m.ID {
			t.Errorf("a browser is told of %s: %+v", m.ID, got)
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(next(t, mails.got).data))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "https://stoop.test/settings/alerts?told="+m.ID+"#told") != (m.Why != "") {
			t.Errorf("a letter of %s: %q", m.ID, text)
		}
	}
	h.send(all[1], shot) // again, and then its picture
	next(t, topic.got)
	if got := next(t, topic.got).query["actions"]; len(got) != 1 || !strings.Contains(got[0], `"url":"https://stoop.test/settings/alerts?told=motion-1#told"`) {
		t.Errorf("ntfy with a picture: %v", got)
	}
}
