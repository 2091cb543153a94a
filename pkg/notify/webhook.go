package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"nvrd/pkg/household"
)

// told is what programs are told of a message; docs/ref/notifications.md describes it.
type told struct {
	Message
	WhyLink    string `json:"why_link,omitempty"`    // the page that says why: a path of this home
	Address    string `json:"address,omitempty"`     // of the page that shows it, in full
	WhyAddress string `json:"why_address,omitempty"` // of the page that says why, in full
}

// told returns m as programs are told of it.
func (o *Outbox) told(m Message) told {
	return told{m, m.WhyLink(), o.address(m.Link), o.address(m.WhyLink())}
}

// hooked is what a webhook is told.
type hooked struct {
	told
	Picture []byte `json:"picture,omitempty"` // a JPEG, base64
}

// webhook posts to one program.
type webhook struct {
	o       *Outbox
	address string
	secret  household.Secret
}

func (o *Outbox) webhook(settings map[string]household.Secret) (sender, error) {
	return webhook{o, settings["url"].Reveal(), settings["secret"]}, nil
}

func (w webhook) send(ctx context.Context, m Message, jpeg []byte) error {
	body, err := json.Marshal(hooked{w.o.told(m), jpeg})
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {idempotencyKey(m, jpeg)}}
	if w.secret != "" {
		header.Set("Stoop-Signature", sign(w.secret, body, time.Now()))
	}
	return do(ctx, w.o.typed, http.MethodPost, w.address, body, header)
}

func (webhook) patience() time.Duration { return 0 }
func (webhook) close(bool)              {}

// sign returns the time and, under the secret, HMAC-SHA256 of the time, a point and
// the body: who checks both knows that nobody else sent it, nor again later.
func sign(secret household.Secret, body []byte, now time.Time) string {
	seconds := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// idempotencyKey is the same for each try of the same thing.
func idempotencyKey(m Message, jpeg []byte) string {
	key := m.ID
	switch {
	case jpeg != nil:
		key += "/picture"
	case m.Gone:
		key += "/gone"
	case m.Missed:
		key += "/missed"
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// Address returns where this home is reached, for links in messages, as in
// https://stoop.local:8443; empty if that is not known, and messages have no links.
func (o *Outbox) Address() string { return o.c.Address }

// address returns the full address of a page of this home; empty if there is no such
// page, or the home does not know its own address.
func (o *Outbox) address(link string) string {
	if o.c.Address == "" || link == "" {
		return ""
	}
	return o.c.Address + link
}
