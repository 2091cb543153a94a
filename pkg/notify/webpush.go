package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/notify/push"
	"nvrd/pkg/nvr"
)

// subject is whom a push service may ask about messages. It says nothing of the home.
const subject = "mailto:nobody@example.com"

// pushed is what a browser is told (ui/static/src/worker.ts reads it).
type pushed struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	At      nvr.Time `json:"at"`
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	Link    string   `json:"link"`
	WhyLink string   `json:"why_link,omitempty"`
	Picture bool     `json:"picture"` // the home has one at /api/v1/messages/{id}/picture.jpg
	Urgent  bool     `json:"urgent"`
	Gone    bool     `json:"gone"`
	Missed  bool     `json:"missed"`
}

// text returns m as JSON that fits, whatever stands in it.
func (p pushed) text() ([]byte, error) {
	for {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(p); err != nil {
			return nil, err
		}
		text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
		if len(text) <= push.MaxText {
			return text, nil
		}
		p.Text, p.Title = cut(p.Text, len(p.Text)/2), cut(p.Title, max(len(p.Title)/2, 20))
		if p.Text == "" {
			p.Link, p.WhyLink = "/", ""
		}
	}
}

// webPush sends to one browser.
type webPush struct {
	o            *Outbox
	client       *http.Client
	endpoint     string
	subscription push.Subscription
	key          push.Key
}

func (o *Outbox) webPush(ctx context.Context, settings map[string]household.Secret) (sender, error) {
	s, err := push.ParseSubscription(settings["p256dh"].Reveal(), settings["auth"].Reveal())
	if err != nil {
		return nil, err
	}
	key, err := o.pushKey(ctx)
	if err != nil {
		return nil, err
	}
	client := o.pushed
	if slices.Contains(o.c.PushHosts, hostOf(settings["endpoint"].Reveal())) {
		client = o.allowed
	}
	return webPush{o, client, settings["endpoint"].Reveal(), s, key}, nil
}

func (w webPush) send(ctx context.Context, m Message, jpeg []byte) error {
	text, err := pushed{m.ID, m.Kind, m.At, m.Title, m.Text, m.Link, m.WhyLink(), jpeg != nil, m.Urgent, m.Gone, m.Missed}.text()
	if err != nil {
		return err
	}
	body, err := push.Seal(w.subscription, text)
	if err != nil {
		return err
	}
	authorization, err := w.key.Authorization(w.endpoint, subject, time.Now())
	if err != nil {
		return err
	}
	topic, err := w.key.Topic(m.ID)
	if err != nil {
		return err
	}
	urgency := "normal"
	switch {
	case m.Urgent:
		urgency = "high"
	case m.Gone:
		urgency = "low"
	}
	err = do(ctx, w.client, http.MethodPost, w.endpoint, body, http.Header{
		"Authorization":    {authorization},
		"Content-Encoding": {"aes128gcm"},
		"Content-Type":     {"application/octet-stream"},
		"Ttl":              {strconv.Itoa(int(lifeOf(m) / time.Second))},
		"Topic":            {topic},
		"Urgency":          {urgency},
	})
	if err == nil {
		return nil
	}
	f := judge(err)
	f.gone = f.trouble == Missing // RFC 8030, 7.3: the subscription is no more
	return f
}

func (webPush) patience() time.Duration { return 0 }
func (webPush) close(bool)              {}

// pushKey returns the home's key, making it at first use.
func (o *Outbox) pushKey(ctx context.Context) (push.Key, error) {
	kept, err := o.c.Home.PushKey(ctx, func() (household.Secret, error) {
		key, err := push.NewKey()
		if err != nil {
			return "", err
		}
		text, err := key.Text()
		return household.Secret(text), err
	})
	if err != nil {
		return push.Key{}, err
	}
	return push.ParseKey(kept.Reveal())
}

// PushKey returns the key that browsers ask a push service for this home's messages
// with: a point of P-256, base64url. It is made at first use and never changes.
func (o *Outbox) PushKey(ctx context.Context) (string, error) {
	key, err := o.pushKey(ctx)
	if err != nil {
		return "", err
	}
	return key.Public()
}

// checkPush looks at what a browser gave.
func checkPush(settings map[string]household.Secret) error {
	if !strings.HasPrefix(settings["endpoint"].Reveal(), "https://") || hostOf(settings["endpoint"].Reveal()) == "" {
		return fmt.Errorf("endpoint must be an address that begins with https://: %w", nvr.ErrInvalid)
	}
	_, err := push.ParseSubscription(settings["p256dh"].Reveal(), settings["auth"].Reveal())
	return err
}
