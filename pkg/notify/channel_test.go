package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

// newHandler serves at an address it returns.
func newHandler(t *testing.T, f func(w http.ResponseWriter, q *http.Request, body string)) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		f(w, q, string(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// newSlow serves nothing until block is closed.
func newSlow(t *testing.T, block chan struct{}) string {
	return newHandler(t, func(_ http.ResponseWriter, q *http.Request, _ string) {
		select {
		case <-block:
		case <-q.Context().Done():
		}
	})
}

func TestWhatChannelsAreMadeOf(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		kind  string
		pairs []string
		fine  bool
	}{
		{"pigeon", nil, false},
		{Webhook, nil, false},
		{Webhook, []string{"url", "https://example.com/hook?token=1"}, true},
		{Webhook, []string{"url", "ftp://example.com/"}, false},
		{Webhook, []string{"url", "file:///etc/passwd"}, false},
		{Webhook, []string{"url", "https://user:pw@example.com/"}, false},
		{Webhook, []string{"url", "https://example.com/", "secret", "short"}, false},
		{Webhook, []string{"url", "https://example.com/", "secret", "0123456789abcdef"}, true},
		{Webhook, []string{"url", "https://example.com/", "color", "red"}, false},
		{Webhook, []string{"url", "https://example.com/\r\nX: y"}, false},
		{Webhook, []string{"url", "https://example.com/" + strings.Repeat("a", 3000)}, false},
		{Ntfy, []string{"server", "https://ntfy.sh", "topic", "a/b"}, false},
		{Ntfy, []string{"server", "https://ntfy.sh", "topic", "stoop-123", "token", "tk_1"}, true},
		{Ntfy, []string{"server", "ntfy.sh", "topic", "stoop-123"}, false},
		{MQTT, []string{"server", "mqtt://192.168.1.5"}, true},
		{MQTT, []string{"server", "mqtt://192.168.1.5/path"}, false},
		{MQTT, []string{"server", "ws://192.168.1.5"}, false},
		{MQTT, []string{"server", "mqtt://192.168.1.5", "prefix", "a/#"}, false},
		{Email, []string{"server", "mail.example.com:587", "from", "a@example.com", "to", "b@example.com"}, true},
		{Email, []string{"server", "[2001:db8::1]", "from", "a@example.com", "to", "b@example.com"}, true},
		{Email, []string{"server", "mail.example.com:0", "from", "a@example.com", "to", "b@example.com"}, false},
		{Email, []string{"server", "mail.example.com", "from", "Me <a@example.com>", "to", "b@example.com"}, false},
		{Email, []string{"server", "mail.example.com", "from", "a@example.com", "to", "b@example.com, c@example.com"}, false},
		{Email, []string{"server", "mail.example.com", "from", "a@example.com", "to", "b@example.com", "security", "maybe"}, false},
		{WebPush, []string{"endpoint", "http://push.example/x", "p256dh", "AA", "auth", "AA"}, false},
	} {
		in := Input{Kind: c.kind, Name: "x", Settings: secrets(c.pairs...)}
		got, err := h.box.Add(t.Context(), in)
		if (err == nil) != c.fine || err != nil && !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%s %q: %v", c.kind, c.pairs, err)
		}
		if err == nil {
			if err := h.box.Remove(t.Context(), got.ID); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := h.box.Add(t.Context(), Input{Kind: Ntfy, Name: " ", Settings: secrets("server", "https://ntfy.sh", "topic", "x")}); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("without a name: %v", err)
	}
	if err := h.box.Remove(t.Context(), 99); !errors.Is(err, nvr.ErrNotFound) {
		t.Error(err)
	}
}

func TestSecretsStayWhereTheyAreGiven(t *testing.T) {
	h := newHouse(t)
	c := h.add(Ntfy, "server", "https://ntfy.example", "topic", "topic-123", "token", "tk_secret")
	if c.Settings["topic"] != Stars || c.Settings["token"] != Stars || c.To != "ntfy.example" {
		t.Errorf("%+v", c)
	}
	// Sent back unchanged, as a form does.
	if _, err := h.box.Change(t.Context(), c.ID, Input{Name: "Mine", Settings: secrets("server", "https://ntfy.example", "topic", Stars, "token", Stars)}); err != nil {
		t.Error(err)
	}
	all, err := h.db.Channels(t.Context())
	if err != nil || all[0].Name != "Mine" || all[0].Settings["token"].Reveal() != "tk_secret" || all[0].Settings["topic"].Reveal() != "topic-123" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, kept := range []string{"topic", "token"} {
		given := map[string]string{"topic": "topic-456", "token": "tk_other"}
		given[kept] = Stars
		_, err := h.box.Change(t.Context(), c.ID, Input{Settings: secrets("server", "https://evil.example", "topic", given["topic"], "token", given["token"])})
		if !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%s goes to another server: %v", kept, err)
		}
	}
	if _, err := h.box.Change(t.Context(), c.ID, Input{Settings: secrets("server", "https://other.example", "topic", "new", "token", "")}); err != nil {
		t.Error(err)
	}
}

func TestSameBrowserIsOneChannel(t *testing.T) {
	h := newHouse(t)
	p := h.phone()
	one, two := h.addPhone(p), h.addPhone(p)
	if one.ID != two.ID || len(h.box.Channels()) != 1 {
		t.Errorf("%+v %+v", one, two)
	}
}

// Nothing that is secret is in a log line or in what pages and programs are shown.
func TestCanaries(t *testing.T) {
	h := newHouse(t)
	refused := receive(t)
	refused.answer(http.StatusForbidden)
	const canary = "canary-7f3a9c11d2e4"
	h.add(Webhook, "url", refused.URL+"/"+canary+"?"+canary, "secret", canary)
	h.add(Webhook, "url", "http://127.0.0.1:1/"+canary)
	h.add(Webhook, "url", "https://no-such-host.invalid/"+canary)
	h.add(Webhook, "url", "http://169.254.169.254/"+canary)
	h.add(Ntfy, "server", refused.URL, "topic", canary, "token", canary)
	h.add(MQTT, "server", "mqtt://127.0.0.1:1", "user", "u", "password", canary)
	h.add(Email, "server", "127.0.0.1:1", "user", "u", "password", canary, "from", "a@example.com", "to", "b@example.com")
	p := h.phone()
	p.answer(http.StatusInternalServerError)
	key, auth := p.Keys()
	h.add(WebPush, "endpoint", p.service.URL+"/"+canary, "p256dh", key, "auth", auth)
	h.send(ring("ring-1"), shot)
	for _, c := range h.box.Channels() {
		tested, err := h.box.Test(t.Context(), c.ID, "Test", "This is a test.")
		if err != nil || tested.Trouble == "" {
			t.Errorf("%s: %+v, %v", c.Kind, tested, err)
		}
	}
	eventually(t, "all failed", func() bool {
		for _, c := range h.box.Channels() {
			if c.Failed == 0 {
				return false
			}
		}
		return true
	})
	channels, err := json.Marshal(h.box.Channels())
	if err != nil {
		t.Fatal(err)
	}
	h.close()
	seen := h.log.String() + string(channels) + fmt.Sprintf("%v %+v", channels, channels)
	for _, secret := range []string{canary, key, auth} {
		if strings.Contains(seen, secret) {
			t.Errorf("a secret is shown:\n%s", seen)
		}
	}
	if !strings.Contains(h.log.String(), "trouble=blocked") || !strings.Contains(h.log.String(), "trouble=denied") {
		t.Errorf("the log does not say why:\n%s", h.log)
	}
	h.open()
}

func TestTestOfAPausedChannel(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	c := h.add(Webhook, "url", r.URL)
	if _, err := h.box.Pause(context.Background(), c.ID, true); err != nil {
		t.Fatal(err)
	}
	got, err := h.box.Test(t.Context(), c.ID, "Test", "It works.")
	if err != nil || got.Trouble != "" || got.Sent == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if body := string(next(t, r.got).body); !strings.Contains(body, `"text":"It works."`) {
		t.Error(body)
	}
}
