package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// ntfy publishes to one topic of an ntfy server.
type ntfy struct {
	o             *Outbox
	server, topic string
	token         household.Secret
}

func (o *Outbox) ntfy(settings map[string]household.Secret) (sender, error) {
	return ntfy{o, strings.TrimRight(settings["server"].Reveal(), "/"), settings["topic"].Reveal(), settings["token"]}, nil
}

// published is a message as ntfy takes it in JSON.
type published struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Message  string   `json:"message"`
	Priority int      `json:"priority"`
	Tags     []string `json:"tags,omitempty"`
	Click    string   `json:"click,omitempty"`
	Actions  []viewed `json:"actions,omitempty"`
	Sequence string   `json:"sequence_id"` // since ntfy 2.16; older servers show each message by itself
}

// viewed is a button of ntfy that opens a page.
type viewed struct {
	Action string `json:"action"` // always view
	Label  string `json:"label"`
	URL    string `json:"url"`
}

// Priorities of ntfy.
const (
	quiet   = 2 // no sound
	usual   = 3
	loudest = 5
)

func (n ntfy) send(ctx context.Context, m Message, jpeg []byte) error {
	sum := sha256.Sum256([]byte(m.ID))
	p := published{
		Topic: n.topic, Title: m.Title, Message: m.Text, Priority: usual, Click: n.o.address(m.Link), Sequence: hex.EncodeToString(sum[:16]),
	}
	if m.Why != "" {
		p.Message = strings.TrimSpace(p.Message + "\n\n" + m.Why)
	}
	if why := n.o.address(m.WhyLink()); why != "" {
		p.Actions = []viewed{{"view", n.o.words(ctx).Why, why}}
	}
	if m.Kind == nvr.RingEvent {
		p.Tags = []string{"bell"}
	}
	switch {
	case jpeg != nil || m.Gone:
		p.Priority = quiet
	case m.Urgent:
		p.Priority = loudest
	}
	header := http.Header{}
	if n.token != "" {
		header.Set("Authorization", "Bearer "+n.token.Reveal())
	}
	if jpeg != nil {
		return n.attach(ctx, p, jpeg, header)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	header.Set("Content-Type", "application/json")
	return do(ctx, n.o.typed, http.MethodPost, n.server+"/", body, header)
}

// attach publishes the picture, with the words beside it, in the place of the text.
func (n ntfy) attach(ctx context.Context, p published, jpeg []byte, header http.Header) error {
	query := url.Values{"title": {p.Title}, "message": {p.Message}, "priority": {strconv.Itoa(p.Priority)}, "filename": {"picture.jpg"}}
	if p.Click != "" {
		query.Set("click", p.Click)
	}
	if len(p.Actions) > 0 {
		actions, err := json.Marshal(p.Actions)
		if err != nil {
			return err
		}
		query.Set("actions", string(actions))
	}
	if len(p.Tags) > 0 {
		query.Set("tags", strings.Join(p.Tags, ","))
	}
	header.Set("Content-Type", "image/jpeg")
	header.Set("X-Sequence-Id", p.Sequence)
	return do(ctx, n.o.typed, http.MethodPut, n.server+"/"+url.PathEscape(n.topic)+"?"+query.Encode(), jpeg, header)
}

func (ntfy) patience() time.Duration { return 0 }
func (ntfy) close(bool)              {}
