// Package devicesim is a device of the home that speaks HTTP, for tests: it asks
// for a log-in as devices do, and counts. What its pages say is up to who makes it.
package devicesim

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/icholy/digest"
)

// Device is a simulated device. Fields are set before it is first asked.
type Device struct {
	User, Password string
	Algorithm      string   // of the digest; empty means MD5, unsaid
	QOP            []string // as offered
	Basic          bool     // it asks for the password as it is
	Uses           int      // how often a nonce is good for; 0 means forever
	Pages          http.Handler

	server *httptest.Server

	mu       sync.Mutex
	nonce    string
	used     int
	refusals int
	asked    []string
}

// Start serves d until the test ends, over TLS if it is asked to. It returns the
// address.
func (d *Device) Start(t testing.TB, encrypted bool) string {
	t.Helper()
	d.server = httptest.NewUnstartedServer(d)
	if encrypted {
		d.server.StartTLS()
	} else {
		d.server.Start()
	}
	t.Cleanup(func() {
		d.server.CloseClientConnections()
		d.server.Close()
	})
	return d.server.URL
}

// Cut ends all connections, as a device does that lost its power.
func (d *Device) Cut() { d.server.CloseClientConnections() }

// Refusals is how often somebody came with a wrong user or password.
func (d *Device) Refusals() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refusals
}

// Asked returns all requests, as method, path and query.
func (d *Device) Asked() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.asked...)
}

// ServeHTTP lets who logs in through to the pages.
func (d *Device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.asked = append(d.asked, r.Method+" "+r.URL.RequestURI())
	ok := d.allowed(r)
	challenge := (&digest.Challenge{Realm: "device", Nonce: d.nonce, Algorithm: d.Algorithm, QOP: d.QOP}).String()
	d.mu.Unlock()
	if ok {
		d.Pages.ServeHTTP(w, r)
		return
	}
	if d.Basic {
		challenge = `Basic realm="device"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	w.WriteHeader(http.StatusUnauthorized)
}

// allowed judges a request, and makes a new nonce if one is needed.
func (d *Device) allowed(r *http.Request) bool {
	if d.User == "" {
		return true
	}
	if d.Basic {
		user, password, ok := r.BasicAuth()
		good := ok && user == d.User && password == d.Password
		if ok && !good {
			d.refusals++
		}
		return good
	}
	cred, err := digest.ParseCredentials(r.Header.Get("Authorization"))
	stale := err == nil && (cred.Nonce != d.nonce || d.Uses > 0 && d.used >= d.Uses)
	if err != nil || stale {
		d.nonce, d.used = fresh(), 0
		return false
	}
	d.used++
	var qop []string
	if cred.QOP != "" {
		qop = []string{cred.QOP} // it chose among those that were offered
	}
	want, err := digest.Digest(&digest.Challenge{Realm: "device", Nonce: d.nonce, Algorithm: d.Algorithm, QOP: qop}, digest.Options{
		Method: r.Method, URI: r.URL.RequestURI(), Username: d.User, Password: d.Password, Cnonce: cred.Cnonce, Count: cred.Nc,
	})
	good := err == nil && cred.Username == d.User && cred.URI == r.URL.RequestURI() && subtle.ConstantTimeCompare([]byte(want.Response), []byte(cred.Response)) == 1
	if !good {
		d.refusals++
	}
	return good
}

func fresh() string {
	b := make([]byte, 12)
	rand.Read(b)
	return hex.EncodeToString(b)
}
