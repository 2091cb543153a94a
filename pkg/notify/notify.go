// Package notify tells the household what happens at the door, by the channels that
// it set up: Web Push, webhook, ntfy, MQTT with Home Assistant, e-mail. It delivers;
// what is worth a message, and to whom, is decided by whoever calls it.
//
// Nothing is sent, asked or looked up anywhere until a channel is set up. All
// connections go through one dialer (see [dialer]).
package notify

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Message is what is told about one event.
type Message struct {
	// ID names what is told: a later message of the same ID takes the place of the
	// earlier one. At most 100 bytes.
	ID         string       `json:"id"`
	Camera     nvr.CameraID `json:"camera"`
	CameraName string       `json:"camera_name"`
	Kind       string       `json:"kind"` // as that of an event, such as [nvr.RingEvent]
	At         nvr.Time     `json:"at"`
	Title      string       `json:"title"`
	Text       string       `json:"text"`
	Why        string       `json:"why"`  // why the household gets this
	Link       string       `json:"link"` // the page that shows it: a path of this home
	Urgent     bool         `json:"urgent"`
	// Gone tells that it needs nobody any more, such as a ring that was answered:
	// the earlier message of the same ID is closed.
	Gone bool `json:"gone"`
	// Missed tells of a ring that nobody answered, or nobody could be told of in time.
	Missed bool `json:"missed"`
}

// WhyLink is the page of this home that says why the household gets m: the line of
// what was told; empty if m does not say why.
func (m Message) WhyLink() string {
	if m.Why == "" {
		return ""
	}
	return "/settings/alerts?told=" + url.QueryEscape(m.ID) + "#told"
}

// What may be left out of a message is cut, so that every channel can take it.
const (
	maxID    = 100
	maxTitle = 200
	maxText  = 600
	maxWhy   = 400
	maxLink  = 400
)

// fitting returns m as every channel can take it.
func (m Message) fitting() Message {
	m.ID, m.Link = cut(m.ID, maxID), cut(m.Link, maxLink)
	if !strings.HasPrefix(m.Link, "/") || strings.HasPrefix(m.Link, "//") {
		m.Link = "/" // only pages of this home
	}
	m.CameraName, m.Title = cut(oneLine(m.CameraName), maxTitle), cut(oneLine(m.Title), maxTitle)
	m.Text, m.Why = cut(m.Text, maxText), cut(m.Why, maxWhy)
	return m
}

// oneLine is s without what could begin a new line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// cut returns the beginning of s that has at most so many bytes, all of them whole letters.
func cut(s string, most int) string {
	if len(s) <= most {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.ToValidUTF8(s[:most], "\uFFFD")
}

// Camera is what channels show of a camera even if nothing happens.
type Camera struct {
	ID   nvr.CameraID
	Name string
}

// Config is what an Outbox needs.
type Config struct {
	Home *household.DB
	// Cameras returns the home's cameras, for those who want to know them before
	// something happens; nil for none.
	Cameras func(context.Context) ([]Camera, error)
	// Address is where this home is reached, such as https://stoop.local:8443, for
	// links in messages; empty for messages without links.
	Address string
	// Ports are those that this program listens at: nothing is sent there.
	Ports []uint16
	// PushHosts are push services that may be in the home's own network.
	PushHosts []string
	// Roots are who may vouch for servers; nil means whom this machine trusts.
	Roots *x509.CertPool
	// Words returns what is said without whoever sends a message, in the language of
	// the household; nil for nothing.
	Words func(context.Context) Words
	Log   *slog.Logger
}

const (
	// ringLife is how long a ring is news: who stands at the door is gone then.
	ringLife = time.Minute
	// life is how long anything else is.
	life = time.Hour
)

// lifeOf is how long m is worth telling.
func lifeOf(m Message) time.Duration {
	if m.Kind == nvr.RingEvent && !m.Missed && !m.Gone {
		return ringLife
	}
	return life
}

// Words are what an Outbox itself says, in one language.
type Words struct {
	Missed    string // {camera}, the title of a ring that was missed
	Unreached string // of one that could not be told in time
	Why       string // on a button that leads to why one was told
	Ring      string // the button of a door, in Home Assistant
	Motion    string // whether something moves there, likewise
	Picture   string // the newest picture of a message, likewise
}

// late is what is told of a ring that could not be told in time. Anything else is not
// told any more, as the empty Message says.
func (w Words) late(m Message) Message {
	if m.Kind != nvr.RingEvent || m.Missed || m.Gone {
		return Message{}
	}
	m.Missed, m.Urgent = true, false
	m.Title, m.Text = strings.ReplaceAll(w.Missed, "{camera}", m.CameraName), w.Unreached
	return m
}
