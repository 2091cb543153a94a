// Package device asks a device of the home over HTTP: a doorbell that has a page
// of its maker's for programs. It logs in by digest (RFC 7616), or by basic over
// TLS; it follows no redirect, uses no proxy, and talks to the one host that the
// owner named. Everything a device says is bounded here, and every way of failing
// is told in words for the owner ([Error]).
//
// What the pages of a maker mean is no matter of this package.
package device

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/icholy/digest"
)

const (
	// dialTimeout is two packets of the kernel's, as for a camera's streams.
	dialTimeout = 5 * time.Second
	// keepAlive finds out within a minute that a device lost its power while
	// nothing was to be said.
	keepAlive = 15 * time.Second
	// maxHeader is of one answer; devices send less than 1 KiB.
	maxHeader = 16 << 10
	// maxRefusal is how much is read of an answer that is not wanted, so that its
	// connection can be used again.
	maxRefusal = 4 << 10
)

// LogIns is the device's budget of log-ins, as camera.LogIns keeps it.
type LogIns interface {
	May(party string) (ok bool, in time.Duration, changed <-chan struct{})
	Accepted(party string)
	Refused(party string)
	Undecided(party string)
}

// Config says which device is asked, and as whom.
type Config struct {
	Address  string // 192.168.1.20, 192.168.1.20:8080, http://… or https://…; a path is left out
	User     string
	Password string // never printed
	// TLS is for https. nil takes every certificate: devices have some of their
	// own making, for no name in particular. It keeps listeners out.
	TLS *tls.Config
	// Dial opens connections; nil means the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// LogIns is asked before each use of the password, as Party; nil means no bounds.
	LogIns LogIns
	Party  string
	// Heard is told that it is connected, and what the device said, known or not, for the report that the
	// owner may paste (pkg/maker/report). It must not block. nil means nobody.
	Heard func(code, action string, data map[string]string)
}

// String returns the address, so that no password is printed by mistake.
func (c Config) String() string { return c.Address }

// GoString is as [Config.String].
func (c Config) GoString() string { return c.Address }

// LogValue is as [Config.String].
func (c Config) LogValue() slog.Value { return slog.StringValue(c.Address) }

// Say tells Heard, if there is somebody.
func (c Config) Say(code, action string, data map[string]string) {
	if c.Heard != nil {
		c.Heard(code, action, data)
	}
}

// Client asks one device. It is safe for concurrent use.
type Client struct {
	config Config
	base   *url.URL // scheme and host alone
	http   http.Client

	mu        sync.Mutex
	challenge *digest.Challenge // the newest, to log in without being asked again
	count     int               // how often it was answered
	basic     bool              // the device wants the password as it is, and the line is encrypted
}

// New returns a client. It touches nothing; an address that says nothing is a
// fault of kind [BadAddress].
func New(c Config) (*Client, error) {
	base, err := baseOf(c.Address)
	if err != nil {
		return nil, &Error{Kind: BadAddress, err: err}
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}).DialContext
	}
	own := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // see Config.TLS
	if c.TLS != nil {
		own = c.TLS.Clone()
	}
	transport := &http.Transport{
		DialContext:            c.Dial,
		TLSClientConfig:        own,
		TLSHandshakeTimeout:    dialTimeout,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns:           2,
		IdleConnTimeout:        time.Minute,
		DisableCompression:     true, // what is small in transit may be huge in memory
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{config: c, base: base, http: http.Client{Transport: transport, CheckRedirect: stay}}, nil
}

// Close lets go of connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// baseOf takes scheme and host out of what an owner typed.
func baseOf(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "://") {
		if ip, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil && ip.Is6() {
			address = "[" + ip.String() + "]"
		}
		address = "http://" + address
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("not an address") // err repeats what was typed, which may hold a password
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, fmt.Errorf("neither http nor https")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
