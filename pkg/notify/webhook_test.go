package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func TestWebhook(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	const secret = "0123456789abcdef"
	h.add(Webhook, "url", r.URL+"/hook?x=1", "secret", secret)
	h.send(ring("ring-1"), shot)
	text, withPicture := next(t, r.got), next(t, r.got)
	for _, got := range []posted{text, withPicture} {
		var seconds int64
		var sum string
		if _, err := fmt.Sscanf(got.header.Get("Stoop-Signature"), "t=%d,v1=%s", &seconds, &sum); err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%d.%s", seconds, got.body)
		if hex.EncodeToString(mac.Sum(nil)) != sum || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute {
			t.Errorf("signature %s of %d", sum, seconds)
		}
		if got.method != "POST" || got.path != "/hook" || got.query["x"][0] != "1" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%+v", got)
		}
	}
	var m struct {
		ID, Kind, Title, Text, Why, Link, Address, At string
		Camera                                        int
		Name                                          string `json:"camera_name"`
		Urgent, Gone                                  bool
		Picture                                       []byte
	}
	if err := json.Unmarshal(text.body, &m); err != nil || m.ID != "ring-1" || m.Kind != "ring" || m.Camera != 1 || m.Name != "Front door" ||
		!m.Urgent || m.Picture != nil || m.Address != "https://stoop.test/cameras/1" || m.Why == "" {
		t.Errorf("%+v, %v", m, err)
	}
	if err := json.Unmarshal(withPicture.body, &m); err != nil || string(m.Picture) != string(jpeg) {
		t.Errorf("picture of %d bytes, %v", len(m.Picture), err)
	}
	if text.header.Get("Idempotency-Key") == withPicture.header.Get("Idempotency-Key") {
		t.Error("text and picture look like one request sent twice")
	}
}

func TestWebhookWithoutSecret(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	h.add(Webhook, "url", r.URL)
	h.send(ring("ring-1"), nil)
	if got := next(t, r.got); got.header.Get("Stoop-Signature") != "" {
		t.Error(got.header)
	}
}

func TestNtfy(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	h.add(Ntfy, "server", r.URL+"/", "topic", "stoop-123", "token", "tk_abc")
	m := ring("ring-1")
	m.Text = "Jemand läutet 🔔"
	h.send(m, shot)
	text, withPicture := next(t, r.got), next(t, r.got)
	var p published
	if err := json.Unmarshal(text.body, &p); err != nil || text.path != "/" || p.Topic != "stoop-123" || p.Title != "Front door" || p.Priority != loudest ||
		p.Message != m.Text+"\n\n"+m.Why || p.Click != "https://stoop.test/cameras/1" || len(p.Sequence) != 32 {
		t.Errorf("%+v, %v", p, err)
	}
	q := withPicture.query
	if withPicture.method != "PUT" || withPicture.path != "/stoop-123" || string(withPicture.body) != string(jpeg) || q["filename"][0] != "picture.jpg" ||
		q["message"][0] != p.Message || q["priority"][0] != "2" || withPicture.header.Get("X-Sequence-Id") != p.Sequence {
		t.Errorf("%s %s %v", withPicture.method, withPicture.path, q)
	}
	for _, got := range []posted{text, withPicture} {
		if got.header.Get("Authorization") != "Bearer tk_abc" {
			t.Error(got.header)
		}
	}
	m.Gone = true
	h.send(m, nil)
	if err := json.Unmarshal(next(t, r.got).body, &p); err != nil || p.Priority != quiet || p.Sequence != withPicture.header.Get("X-Sequence-Id") {
		t.Errorf("%+v, %v", p, err)
	}
}
