package onvifsim

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what the profile asks for
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/icholy/digest"
)

// tokenAge is how far a token's time may be from the device's clock.
const tokenAge = 5 * time.Second

// admits tells whether a request is logged in as the device wants it, and answers
// it if not.
func (d *Device) admits(w http.ResponseWriter, r *http.Request, body string) bool {
	byDigest, triedDigest := d.digested(r)
	byToken, triedToken := d.tokened(body)
	ok := map[Auth]bool{Open: true, Digest: byDigest, Token: byToken, Both: byDigest && byToken, Either: byDigest || byToken}[d.Auth]
	d.mu.Lock()
	switch {
	case ok && (triedDigest || triedToken):
		d.accepted++
	case d.Auth == Both && byDigest && !triedToken:
	case !ok && (triedDigest || triedToken):
		d.logIns++
	}
	d.mu.Unlock()
	if ok {
		return true
	}
	if d.Auth == Token || d.Auth == Both && byDigest {
		code := "ter:NotAuthorized"
		if d.has(SaysAuthorized) {
			code = ""
		}
		d.fault(w, http.StatusBadRequest, code, "Sender not Authorized")
		return false
	}
	d.challenge(w, triedDigest)
	return false
}

func (d *Device) challenge(w http.ResponseWriter, tried bool) {
	random := make([]byte, 8)
	rand.Read(random)
	nonce := hex.EncodeToString(random)
	d.mu.Lock()
	d.nonces[nonce] = 0
	stale := ""
	if d.has(StaleFirst) && tried && !d.stale {
		d.stale, stale = true, `, stale="true"`
		d.logIns-- // a device that says so does not count it
	}
	d.mu.Unlock()
	line := `Digest realm="camera", nonce="` + nonce + `", qop="auth", algorithm=MD5` + stale
	if d.has(TwoChallenges) {
		line = `Basic realm="camera", ` + line
	}
	w.Header().Set("WWW-Authenticate", line)
	w.Header().Set("Date", time.Now().Add(d.Clock).UTC().Format(http.TimeFormat))
	w.WriteHeader(http.StatusUnauthorized)
}

// digested verifies HTTP digest (RFC 7616, 3.4).
func (d *Device) digested(r *http.Request) (ok, tried bool) {
	said := r.Header.Get("Authorization")
	if said == "" {
		return false, false
	}
	c, err := digest.ParseCredentials(said)
	if err != nil {
		return false, true
	}
	d.mu.Lock()
	last, known := d.nonces[c.Nonce]
	d.nonces[c.Nonce] = max(last, c.Nc)
	first := d.has(StaleFirst) && !d.stale
	d.mu.Unlock()
	if !known || first || c.Nc <= last || d.has(OneNonce) && last > 0 || c.URI != r.URL.RequestURI() {
		return false, true
	}
	want, err := digest.Digest(&digest.Challenge{Realm: "camera", Nonce: c.Nonce, QOP: []string{"auth"}, Algorithm: "MD5"},
		digest.Options{Method: r.Method, URI: c.URI, Count: c.Nc, Cnonce: c.Cnonce, Username: d.User, Password: d.Password})
	return err == nil && want.Response == c.Response && c.Username == d.User, true
}

// tokened verifies a UsernameToken and its time.
func (d *Device) tokened(body string) (ok, tried bool) {
	token := between(body, "UsernameToken>", "UsernameToken>")
	if token == "" {
		return false, false
	}
	value := func(name string) string {
		return first(regexp.MustCompile(`<(?:[\w-]+:)?`+name+`(?: [^>]*)?>([^<]*)<`), token)
	}
	nonce, err := base64.StdEncoding.DecodeString(value("Nonce"))
	if err != nil {
		return false, true
	}
	created := value("Created")
	at, err := time.Parse(time.RFC3339, created)
	if age := time.Now().Add(d.Clock).Sub(at); err != nil || age.Abs() > tokenAge {
		return false, true
	}
	sum := sha1.Sum([]byte(string(nonce) + created + d.Password)) //nolint:gosec // as above
	return value("Password") == base64.StdEncoding.EncodeToString(sum[:]) && strings.TrimSpace(value("Username")) == d.User, true
}
