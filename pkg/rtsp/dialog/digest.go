package dialog

import (
	"crypto/md5" //nolint:gosec // what cameras ask for
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"net/url"
	"strings"
)

// challenge is one way to log in that a camera offers (RFC 7235, 4.1).
type challenge struct {
	scheme string            // in lower case
	params map[string]string // names in lower case, values as they stand between quotes
}

// Bounds of what is kept of the ways to log in that a camera offers.
const (
	maxChallenges = 16
	maxParams     = 32
)

// readChallenges reads WWW-Authenticate fields. One field may offer several
// ways, and cameras separate, quote and capitalize as they like.
func readChallenges(fields []string) (all []challenge) {
	for _, s := range fields {
		for s != "" && len(all) < maxChallenges {
			s = strings.TrimLeft(s, " ,")
			var word string
			word, s = cut(s, " ,=")
			rest := strings.TrimLeft(s, " ")
			switch {
			case strings.HasPrefix(rest, "="):
				var value string
				value, s = readValue(strings.TrimLeft(rest[1:], " "))
				if n := len(all); n > 0 && len(all[n-1].params) < maxParams {
					all[n-1].params[strings.ToLower(word)] = value
				}
			case word != "":
				all = append(all, challenge{strings.ToLower(word), map[string]string{}})
			}
		}
	}
	return all
}

// cut splits s before the first of the characters.
func cut(s, characters string) (head, tail string) {
	if i := strings.IndexAny(s, characters); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// readValue reads a word or a quoted text. What is quoted is kept as it stands:
// that is what is hashed and sent back (RFC 2617, 3.2.2.1).
func readValue(s string) (value, tail string) {
	if !strings.HasPrefix(s, `"`) {
		return cut(s, " ,")
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:]
		}
	}
	return s[1:], ""
}

// hashes are the algorithms of RFC 2617 and 7616, the best first. SHA-256
// stands first of the two that are equally good: more cameras got it right.
var hashes = []struct {
	name string
	new  func() hash.Hash
}{{"SHA-256", sha256.New}, {"SHA-512-256", sha512.New512_256}, {"MD5", md5.New}}

// algorithm returns the place in hashes and whether it hashes for a session; -1
// stands for one that nobody here knows.
func (c *challenge) algorithm() (place int, session bool) {
	name := c.params["algorithm"]
	if name == "" {
		name = "MD5"
	}
	name, session = strings.CutSuffix(strings.ToUpper(name), "-SESS")
	for i, h := range hashes {
		if h.name == name {
			return i, session
		}
	}
	return -1, false
}

// quality returns the protection to use, which is nothing for cameras that
// know RFC 2069 only; ok is false if none is known here.
func (c *challenge) quality() (qop string, ok bool) {
	said, found := c.params["qop"]
	if !found || said == "" {
		return "", true
	}
	for _, word := range strings.FieldsFunc(strings.ToLower(said), func(r rune) bool { return r == ',' || r == ' ' }) {
		if word == "auth" {
			return word, true
		}
		if word == "auth-int" {
			qop = word
		}
	}
	return qop, qop != ""
}

// best picks the strongest way that is known here, or nil: no listener learns
// more than it has to.
func best(all []challenge) *challenge {
	found, rank := (*challenge)(nil), len(hashes)+1
	for i := range all {
		c, r := &all[i], -1
		switch c.scheme {
		case "basic":
			r = len(hashes)
		case "digest":
			if _, ok := c.quality(); ok && c.params["nonce"] != "" {
				r, _ = c.algorithm()
			}
		}
		if r >= 0 && r < rank {
			found, rank = c, r
		}
	}
	return found
}

// login proves to one camera that the password is known.
type login struct {
	user     *url.Userinfo
	accepted *challenge // nil as long as none was asked for
	nonceFor *request   // the request that the challenge was an answer to
	count    uint32     // of requests under the present nonce (RFC 7616, 3.4)
	cnonce   string
	refused  bool // the password is wrong; it is not tried again
	foreign  bool // the camera asks for a way that is not known here
}

// challenged takes what a camera offered when it refused a request, and tells
// whether to try again. The password is wrong when it is refused under a nonce
// that was made for this very request. An older one may have run out, said or
// unsaid, and one that a camera itself calls stale is replaced once.
func (l *login) challenged(q *request, fields []string) (again bool) {
	name := l.user.Username()
	password, _ := l.user.Password()
	c := best(readChallenges(fields))
	if c == nil || name == "" && password == "" {
		l.refused = l.refused || q.proven != nil
		l.foreign = c == nil && len(fields) > 0
		return false
	}
	if l.refused {
		return false
	}
	if q.proven != nil {
		stale := strings.EqualFold(c.params["stale"], "true") && !q.stale
		renewed := c.scheme == "digest" && c.params["nonce"] != q.proven.params["nonce"]
		if !renewed || l.nonceFor == q && !stale {
			l.refused = true
			return false
		}
		q.stale = q.stale || l.nonceFor == q
	}
	l.accepted, l.nonceFor, l.count, l.cnonce = c, q, 0, rand.Text()
	return true
}

// renewed takes an Authentication-Info field: the camera may name the nonce that
// it wants next (RFC 7616, 3.5).
func (l *login) renewed(info string) {
	if l.accepted == nil || info == "" {
		return
	}
	next := readChallenges([]string{"Digest " + info})[0].params["nextnonce"]
	if next == "" {
		return
	}
	c := challenge{l.accepted.scheme, maps.Clone(l.accepted.params)}
	c.params["nonce"] = next
	l.accepted, l.nonceFor, l.count = &c, nil, 0
}

// prove returns the value of an Authorization field, or nothing as long as
// none is asked for and once the password is refused.
func (l *login) prove(q *request) string {
	q.proven = nil
	if l.accepted == nil || l.refused {
		return ""
	}
	q.proven = l.accepted
	password, _ := l.user.Password()
	if l.accepted.scheme == "basic" {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(l.user.Username()+":"+password))
	}
	l.count++
	return l.digest(q.method, q.uri, q.body, password)
}

// digest is RFC 7616, 3.4.
func (l *login) digest(method, uri string, body []byte, password string) string {
	p := l.accepted.params
	place, session := l.accepted.algorithm()
	qop, _ := l.accepted.quality()
	h := func(parts ...string) string {
		d := hashes[place].new()
		d.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(d.Sum(nil))
	}
	name := l.user.Username()
	a1 := h(name, p["realm"], password)
	if session {
		a1 = h(a1, p["nonce"], l.cnonce)
	}
	a2 := h(method, uri)
	if qop == "auth-int" {
		a2 = h(method, uri, h(string(body)))
	}
	count := fmt.Sprintf("%08x", l.count)
	response := h(a1, p["nonce"], a2)
	if qop != "" {
		response = h(a1, p["nonce"], count, l.cnonce, qop, a2)
	}

	hashed := strings.EqualFold(p["userhash"], "true")
	if hashed {
		name = h(name, p["realm"])
	}
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`,
		strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(plain([]byte(name))), p["realm"], p["nonce"], uri, response)
	if said := p["algorithm"]; said != "" {
		fmt.Fprintf(&b, `, algorithm=%s`, said)
	}
	if opaque, ok := p["opaque"]; ok {
		fmt.Fprintf(&b, `, opaque="%s"`, opaque)
	}
	if qop != "" {
		fmt.Fprintf(&b, `, qop=%s, nc=%s`, qop, count)
	}
	if qop != "" || session {
		fmt.Fprintf(&b, `, cnonce="%s"`, l.cnonce)
	}
	if hashed {
		b.WriteString(`, userhash=true`)
	}
	return b.String()
}
