package notify

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"nvrd/pkg/nvr"
)

// The kinds of channels.
const (
	WebPush = "webpush"
	Webhook = "webhook"
	Ntfy    = "ntfy"
	MQTT    = "mqtt"
	Email   = "email"
)

// Field is one setting of a kind of channels.
type Field struct {
	Name    string
	Secret  bool // shown as three stars
	Needed  bool
	Usual   string   // if nothing is given
	Choices []string // nil for any text
	form    func(string) bool
	like    string // what form wants, in English
}

const (
	maxSetting = 2048 // addresses of push services have up to 1,000 letters
	minSecret  = 16   // of a webhook: less can be guessed
)

var (
	topicForm = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)
	// prefixForm has no wildcards, and nothing that brokers keep for themselves.
	prefixForm = regexp.MustCompile(`^[-_A-Za-z0-9]{1,32}(/[-_A-Za-z0-9]{1,32}){0,3}$`)
)

// Fields returns the settings of a kind of channels, in the order in which they are
// asked for; nil if there is no such kind.
func Fields(kind string) []Field {
	web := func(s string) bool { return isURL(s, "http", "https") }
	switch kind {
	case WebPush:
		return []Field{{Name: "endpoint", Secret: true, Needed: true}, {Name: "p256dh", Secret: true, Needed: true}, {Name: "auth", Secret: true, Needed: true}}
	case Webhook:
		return []Field{
			{Name: "url", Secret: true, Needed: true, form: web, like: "an address such as https://example.com/hook"},
			{Name: "secret", Secret: true, form: func(s string) bool { return len(s) >= minSecret }, like: "16 letters or more"},
		}
	case Ntfy:
		return []Field{
			{Name: "server", Needed: true, form: web, like: "an address such as https://ntfy.sh"},
			{Name: "topic", Secret: true, Needed: true, form: topicForm.MatchString, like: "at most 64 letters, digits, - and _"},
			{Name: "token", Secret: true, form: printable, like: "a token without blanks"},
		}
	case MQTT:
		return []Field{
			{Name: "server", Needed: true, form: func(s string) bool { return isURL(s, "mqtt", "mqtts") && isBare(s) }, like: "an address such as mqtt://192.168.1.5 or mqtts://broker.example"},
			{Name: "user"},
			{Name: "password", Secret: true},
			{Name: "prefix", Usual: "stoop", form: prefixForm.MatchString, like: "letters, digits, - and _, such as stoop"},
			{Name: "discovery", Usual: "homeassistant", form: prefixForm.MatchString, like: "letters, digits, - and _, such as homeassistant"},
		}
	case Email:
		return []Field{
			{Name: "server", Needed: true, form: isServer, like: "a machine such as mail.example.com or mail.example.com:587"},
			{Name: "security", Usual: startTLS, Choices: []string{startTLS, implicitTLS, noTLS}},
			{Name: "user"},
			{Name: "password", Secret: true},
			{Name: "from", Needed: true, form: isMailbox, like: "an address such as stoop@example.com"},
			{Name: "to", Needed: true, form: isMailbox, like: "an address such as you@example.com"},
		}
	}
	return nil
}

// check refuses what a field can't be, without repeating it.
func (f Field) check(value string) error {
	switch {
	case value == "" && f.Needed:
		return fmt.Errorf("%s is needed: %w", f.Name, nvr.ErrInvalid)
	case value == "":
		return nil
	case len(value) > maxSetting || value != oneLine(value):
		return fmt.Errorf("%s is too long, or has more than one line: %w", f.Name, nvr.ErrInvalid)
	case f.Choices != nil && !slices.Contains(f.Choices, value):
		return fmt.Errorf("%s is one of %s: %w", f.Name, strings.Join(f.Choices, ", "), nvr.ErrInvalid)
	case f.form != nil && !f.form(value):
		return fmt.Errorf("%s must be %s: %w", f.Name, f.like, nvr.ErrInvalid)
	}
	return nil
}

// Fine tells whether a field takes a value.
func (f Field) Fine(value string) bool { return f.check(value) == nil }

// isURL tells whether s is an address with one of the schemes and a host, and without
// user and password, which have fields of their own.
func isURL(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && slices.Contains(schemes, u.Scheme) && u.Hostname() != "" && u.User == nil && u.Fragment == "" && printable(s)
}

// isBare tells whether an address has nothing behind the host and port.
func isBare(s string) bool {
	u, err := url.Parse(s)
	return err == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return ""
	}
	return hostName(u.Hostname())
}

func isServer(s string) bool {
	host, _, err := splitServer(s, 1)
	return err == nil && host != "" && printable(s) && !strings.ContainsAny(s, "/@?#")
}

func isMailbox(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}
