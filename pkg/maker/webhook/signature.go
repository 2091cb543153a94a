package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
)

const (
	// Header is where the signature of a call stands: "t=1700000000,v1=0a1b…".
	Header = "Stoop-Signature"
	// skew is how far the clocks of caller and home may be apart.
	skew = 5 * time.Minute
	// maxSeen is how many signatures of one address are remembered: more than its
	// rate allows within twice the skew.
	maxSeen = 512
)

// Sign returns the signature of a call: HMAC-SHA256 over the time, method, path
// with query, each followed by a line feed, and the body.
func Sign(key []byte, at time.Time, method, uri string, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(key, t, method, uri, body))
}

func mac(key []byte, t, method, uri string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(t + "\n" + method + "\n" + uri + "\n"))
	m.Write(body)
	return m.Sum(nil)
}

// signed fails with [nvr.ErrUnauthorized] unless a call is signed with the key, a
// short time ago, and comes for the first time.
func (h *Hooks) signed(by *caller, key []byte, r *http.Request, body []byte, now time.Time) error {
	t, v1, ok := strings.Cut(strings.TrimPrefix(r.Header.Get(Header), "t="), ",v1=")
	seconds, err := strconv.ParseInt(t, 10, 64)
	given, hexErr := hex.DecodeString(v1)
	if !ok || err != nil || hexErr != nil || !hmac.Equal(given, mac(key, t, r.Method, r.URL.RequestURI(), body)) {
		return nvr.ErrUnauthorized
	}
	at := time.Unix(seconds, 0)
	if at.Before(now.Add(-skew)) || at.After(now.Add(skew)) {
		return nvr.ErrUnauthorized
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for seen, until := range by.seen {
		if until.Before(now) {
			delete(by.seen, seen)
		}
	}
	_, again := by.seen[string(given)]
	if again || len(by.seen) >= maxSeen {
		return nvr.ErrUnauthorized
	}
	by.seen[string(given)] = at.Add(skew)
	return nil
}
