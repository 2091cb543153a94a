// Package onvif talks to one device by ONVIF: it finds devices on the home's own
// network when a person asks, asks one for its streams, listens to what it tells
// of buttons, motion and inputs, and switches its relays.
//
// What a device says is read generously and believed little. All answers are
// bounded. Another port of the device is fine, another machine is never followed:
// where an answer names one, the machine that was asked stands in its place.
// Nothing that this package returns or tells holds a password.
//
// It does not decide which device to ask (pkg/find does) nor what a signal means
// for the home, and it does not come back after a connection has ended.
package onvif

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/icholy/digest"

	"nvrd/pkg/nvr"
)

// The namespaces that are spoken.
const (
	nsSOAP       = "http://www.w3.org/2003/05/soap-envelope"
	nsSOAP11     = "http://schemas.xmlsoap.org/soap/envelope/"
	nsSchema     = "http://www.onvif.org/ver10/schema"
	nsDevice     = "http://www.onvif.org/ver10/device/wsdl"
	nsMedia      = "http://www.onvif.org/ver10/media/wsdl"
	nsMedia2     = "http://www.onvif.org/ver20/media/wsdl"
	nsEvents     = "http://www.onvif.org/ver10/events/wsdl"
	nsError      = "http://www.onvif.org/ver10/error"
	nsNotify     = "http://docs.oasis-open.org/wsn/b-2"
	nsAddressing = "http://www.w3.org/2005/08/addressing"
	nsDiscovery  = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
)

// usualPath is where a device service is, unless somebody says otherwise (ONVIF
// Core Specification, 5.1).
const usualPath = "/onvif/device_service"

// patience is how long a device may take for an answer. Cameras wake up within 3 s.
const patience = 8 * time.Second

// LogIns is the budget of log-ins that all who talk to a device share; a
// camera.LogIns is one, which says what its methods mean.
type LogIns interface {
	May(party string) (ok bool, in time.Duration, changed <-chan struct{})
	Accepted(party string)
	Refused(party string)
	Undecided(party string)
}

// Config says which device to talk to, and as whom.
type Config struct {
	// Address is that of the device service, http or https. Without a path it is
	// the usual one.
	Address        string
	User, Password string
	// LogIns is the budget that log-ins come from; nil for one of two tries.
	LogIns LogIns
	// DialContext opens connections; nil means a [net.Dialer].
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Heard is told that a device was subscribed to, and what it tells Listen, known or
	// not: topic, operation, and the values of its items. It must not block. nil means nobody. A report.Log (of
	// pkg/maker) takes it, since it may hold names and addresses.
	Heard func(code, action string, data map[string]string)
}

// Fault is the error of this package: why something was not to be had.
type Fault struct {
	Reason nvr.Reason    // Unreachable, WrongPassword, Refused, BadStream or Unsupported
	Text   string        // for logs and curious people; holds no password
	Wait   time.Duration // how long not to log in, if the budget says so
}

// Error implements error.
func (f *Fault) Error() string { return f.Text }

func faulty(reason nvr.Reason, format string, args ...any) *Fault {
	return &Fault{Reason: reason, Text: printable(fmt.Sprintf(format, args...))}
}

// Device is one device that is talked to. It is for one goroutine at a time.
type Device struct {
	config Config
	asked  *url.URL // the device service, as it was asked for
	client *http.Client

	offset   time.Duration // the device's clock minus ours
	timed    bool          // offset is known
	how      how           // it logs in, if that was accepted
	digest   *digest.Challenge
	count    int    // how often the challenge was answered
	refused  int    // log-ins in a row
	tries    int    // log-ins that were refused in all
	locked   *Fault // why there are no more
	services map[string]*url.URL
	moved    bool // an answer named another machine
}

// New returns a device that nothing was asked of yet. It fails with
// [nvr.ErrInvalid] if the address is none of the web.
func New(c Config) (*Device, error) {
	u, err := url.Parse(strings.TrimSpace(c.Address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil, fmt.Errorf("the address of a device is one of the web, such as http://192.168.1.20/: %w", nvr.ErrInvalid)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = usualPath
	}
	u.Fragment = ""
	if c.DialContext == nil {
		c.DialContext = (&net.Dialer{Timeout: patience}).DialContext
	}
	return &Device{config: c, asked: u, client: &http.Client{
		Transport: &http.Transport{
			Proxy:       nil, // cameras are asked directly, whatever the environment says
			DialContext: c.DialContext,
			// Cameras sign their certificates themselves, and nobody could check them.
			TLSClientConfig:        &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as for rtsps
			MaxResponseHeaderBytes: 16 << 10,                              // the longest challenge has 500 bytes
			MaxConnsPerHost:        2,
			IdleConnTimeout:        30 * time.Second,
		},
		// A redirect would take the password elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close closes connections that wait for more to ask.
func (d *Device) Close() { d.client.CloseIdleConnections() }

// Offset returns by how much the device's clock is ahead of ours, and whether
// that is known.
func (d *Device) Offset() (time.Duration, bool) { return d.offset, d.timed }

// Moved tells whether an answer named another machine, in whose place the one
// that was asked was put.
func (d *Device) Moved() bool { return d.moved }

// Tries returns how many log-ins were refused.
func (d *Device) Tries() int { return d.tries }

// at returns the address that an answer names, on the machine that was asked.
func (d *Device) at(address string) (*url.URL, error) {
	u, err := url.Parse(unescaped(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("it names no address of the web")
	}
	u.User, u.Fragment = nil, ""
	if !strings.EqualFold(u.Hostname(), d.asked.Hostname()) {
		d.moved = true
		host := d.asked.Host
		if port := u.Port(); port != "" {
			host = net.JoinHostPort(d.asked.Hostname(), port)
		}
		u.Host = host
	}
	return u, nil
}

// unescaped undoes what some firmware escapes twice.
func unescaped(address string) string {
	return strings.ReplaceAll(strings.TrimSpace(address), "&amp;", "&")
}

// printable makes a text that a device had a part in fit for one line, and bounds it.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
	return cut(text, maxText)
}

// cut returns the first bytes of a text, without half a letter at the end.
func cut(text string, bytes int) string {
	if len(text) > bytes {
		text = strings.ToValidUTF8(text[:bytes], "")
	}
	return text
}
