package rtsp

import (
	"crypto/md5" //nolint:gosec // what cameras ask for
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"regexp"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

// lock is a camera's side of Digest (RFC 2617 and 7616), written from the RFCs
// and not from what it tests.
type lock struct {
	offer    string // fields without the nonce, which stands for %s
	hash     func() hash.Hash
	qop      string          // that it insists on
	session  bool            // the algorithm is one for sessions
	userhash bool            // the user's name comes hashed
	keep     int             // how many requests a nonce is good for; 0 is any number
	open     map[string]bool // methods that anybody may use
	password string

	made, used int
	nonce      string
	counts     map[string]bool
}

const lockUser, lockPassword, lockRealm = "admin", `p@ss:w/ö"rd%?#`, "Login to 4C00"

func (l *lock) h(parts ...string) string {
	h := l.hash()
	h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

var param = regexp.MustCompile(`(\w+)=("[^"]*"|[^ ,]+)`)

// admit is for scripted cameras.
func (l *lock) admit(q ask) string {
	if l.open[q.method] {
		return ""
	}
	p := map[string]string{}
	for _, m := range param.FindAllStringSubmatch(q.fields["authorization"], -1) {
		p[m[1]] = strings.Trim(m[2], `"`)
	}
	if l.nonce != "" && p["nonce"] == l.nonce && (l.keep == 0 || l.used < l.keep) && l.right(q, p) {
		l.used++
		return ""
	}
	if l.nonce == "" || l.keep > 0 && l.used >= l.keep {
		l.made++
		l.nonce, l.used, l.counts = fmt.Sprintf("n0nce/%d+=", l.made), 0, map[string]bool{}
	}
	return strings.ReplaceAll(l.offer, "%s", l.nonce) + "\r\n"
}

func (l *lock) right(q ask, p map[string]string) bool {
	name := lockUser
	if l.userhash {
		name = l.h(lockUser, lockRealm)
	}
	if p["username"] != name || p["realm"] != lockRealm || p["uri"] != q.uri || p["qop"] != l.qop {
		return false
	}
	a1 := l.h(lockUser, lockRealm, l.password)
	if l.session {
		a1 = l.h(a1, l.nonce, p["cnonce"])
	}
	a2 := l.h(q.method, q.uri)
	if l.qop == "auth-int" {
		a2 = l.h(q.method, q.uri, l.h(""))
	}
	if l.qop == "" {
		return p["response"] == l.h(a1, l.nonce, a2)
	}
	if p["cnonce"] == "" || len(p["nc"]) != 8 || l.counts[p["nc"]] {
		return false // a count that comes again is a replay (RFC 7616, 3.4)
	}
	l.counts[p["nc"]] = true
	return p["response"] == l.h(a1, l.nonce, p["nc"], p["cnonce"], l.qop, a2)
}

// TestLogin has cameras ask for a password in all the ways of the RFCs.
func TestLogin(t *testing.T) {
	const digest = `WWW-Authenticate: Digest realm="` + lockRealm + `", nonce="%s"`
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(lockUser+":"+lockPassword))
	for _, tt := range []struct {
		name string
		lock lock
	}{
		{"RFC 2069", lock{offer: digest, hash: md5.New}},
		{"algorithm in quotes, stale unsaid", lock{offer: digest + `, algorithm="MD5", stale="FALSE"`, hash: md5.New}},
		{"MD5 with qop", lock{offer: digest + `, qop="auth"`, hash: md5.New, qop: "auth"}},
		{"qop without quotes", lock{offer: digest + `,qop=auth,opaque="x"`, hash: md5.New, qop: "auth"}},
		{"two qops", lock{offer: digest + `, qop="auth-int, auth"`, hash: md5.New, qop: "auth"}},
		{"auth-int only", lock{offer: digest + `, qop="auth-int"`, hash: md5.New, qop: "auth-int"}},
		{"SHA-256", lock{offer: digest + `, algorithm=SHA-256`, hash: sha256.New}},
		{"SHA-256 with qop", lock{offer: digest + `, algorithm=sha-256, qop="auth"`, hash: sha256.New, qop: "auth"}},
		{"MD5 and SHA-256", lock{offer: digest + ", algorithm=MD5, qop=\"auth\"\r\n" + digest + `, algorithm=SHA-256, qop="auth"`, hash: sha256.New, qop: "auth"}},
		{"SHA-256 and MD5", lock{offer: digest + ", algorithm=SHA-256\r\n" + digest, hash: sha256.New}},
		{"in one field", lock{offer: `WWW-Authenticate: Basic realm="x", Digest realm="` + lockRealm + `", nonce="%s", algorithm=FOO, DIGEST nonce = "%s", Realm = "` + lockRealm + `"`, hash: md5.New}},
		{"Basic beside Digest", lock{offer: "WWW-Authenticate: Basic realm=\"x\"\r\n" + digest, hash: md5.New}},
		{"an algorithm that is not known, and MD5", lock{offer: digest + ", algorithm=SHA3-512\r\n" + digest, hash: md5.New}},
		{"a qop that is not known, and MD5", lock{offer: digest + ", algorithm=SHA-256, qop=\"token\"\r\n" + digest, hash: md5.New}},
		{"MD5-sess", lock{offer: digest + `, algorithm=MD5-sess, qop="auth"`, hash: md5.New, qop: "auth", session: true}},
		{"SHA-256-sess", lock{offer: digest + `, algorithm="SHA-256-sess", qop="auth"`, hash: sha256.New, qop: "auth", session: true}},
		{"userhash", lock{offer: digest + `, algorithm=SHA-256, qop="auth", userhash=true`, hash: sha256.New, qop: "auth", userhash: true}},
		{"a nonce for each request", lock{offer: digest + `, qop="auth"`, hash: md5.New, qop: "auth", keep: 1}},
		{"a nonce for two requests, called stale", lock{offer: digest + `, stale=true`, hash: md5.New, keep: 2}},
		{"only DESCRIBE is open", lock{offer: digest, hash: md5.New, open: map[string]bool{"OPTIONS": true, "DESCRIBE": true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.lock.password = lockPassword
			s := &scripted{admit: tt.lock.admit}
			if _, err := Probe(t.Context(), Config{URL: s.open(t), User: lockUser, Password: lockPassword}); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("Basic only", func(t *testing.T) {
		s := &scripted{admit: func(q ask) string {
			if q.fields["authorization"] == basic {
				return ""
			}
			return "www-authenticate: basic\r\n"
		}}
		if _, err := Probe(t.Context(), Config{URL: s.open(t), User: lockUser, Password: lockPassword}); err != nil {
			t.Error(err)
		}
	})
}

// TestNextNonce has a camera name the nonce that it wants next: nothing is
// refused but the first request.
func TestNextNonce(t *testing.T) {
	l := lock{offer: `WWW-Authenticate: Digest realm="` + lockRealm + `", nonce="%s", qop="auth"`, hash: md5.New, qop: "auth", password: lockPassword}
	refused := 0
	s := &scripted{
		admit: func(q ask) string {
			fields := l.admit(q)
			if fields != "" {
				refused++
			}
			return fields
		},
		answer: func(_ ask, usual string) string {
			l.nonce, l.counts = l.nonce+"x", map[string]bool{}
			return strings.Replace(usual, "\r\nCSeq", "\r\nAuthentication-Info: qop=auth, nextnonce=\""+l.nonce+"\"\r\nCSeq", 1)
		},
	}
	if _, err := Probe(t.Context(), Config{URL: s.open(t), User: lockUser, Password: lockPassword}); err != nil || refused != 1 {
		t.Errorf("%d requests were refused; %v", refused, err)
	}
}

// TestWrongPassword counts how often a password is tried that is wrong: many
// cameras lock an account after five.
func TestWrongPassword(t *testing.T) {
	const digest = `WWW-Authenticate: Digest realm="` + lockRealm + `", nonce="%s"`
	for _, tt := range []struct {
		name, offer string
		keep        int
		user        string
		reason      nvr.Reason
		tries       int32
	}{
		{"one nonce", digest, 0, lockUser, nvr.WrongPassword, 1},
		{"one nonce, with qop", digest + `, qop="auth"`, 0, lockUser, nvr.WrongPassword, 1},
		{"many ways", digest + ", algorithm=SHA-256\r\n" + digest + "\r\nWWW-Authenticate: Basic realm=x", 0, lockUser, nvr.WrongPassword, 1},
		{"always a new nonce", digest, -1, lockUser, nvr.WrongPassword, 1},
		{"always a new nonce, called stale", digest + `, stale=true`, -1, lockUser, nvr.WrongPassword, 2},
		{"Basic", `WWW-Authenticate: Basic realm="x"`, 0, lockUser, nvr.WrongPassword, 1},
		{"no password is known", digest, 0, "", nvr.WrongPassword, 0},
		{"a way that is not known", `WWW-Authenticate: Negotiate YWJj==`, 0, lockUser, nvr.Refused, 0},
		{"no way is said", "X: y", 0, lockUser, nvr.WrongPassword, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			s := &scripted{admit: func(ask) string {
				if n == 0 || tt.keep < 0 {
					n++
				}
				return strings.ReplaceAll(tt.offer, "%s", fmt.Sprint(n)) + "\r\n"
			}}
			c := Config{URL: s.open(t), User: tt.user}
			if tt.user != "" {
				c.Password = "wrong"
			}
			_, err := Probe(t.Context(), c)
			if got := reasonOf(t, err); got != tt.reason || s.logins.Load() != tt.tries {
				t.Errorf("%s, %v after %d attempts, want %s after %d", got, err, s.logins.Load(), tt.reason, tt.tries)
			}
			taken, err := LogIn(t.Context(), c)
			if got := reasonOf(t, err); taken || got != tt.reason || s.logins.Load() != 2*tt.tries {
				t.Errorf("to log in: %t, %s, %v after %d attempts, want %s after %d", taken, got, err, s.logins.Load()-tt.tries, tt.reason, tt.tries)
			}
		})
	}
}

// TestLogIn asks cameras whether a password is right, at a stream that is there and at
// one that is not: nothing is set up.
func TestLogIn(t *testing.T) {
	const digest = `WWW-Authenticate: Digest realm="` + lockRealm + `", nonce="%s"`
	missing := when("DESCRIBE", func(q ask, _ string) string {
		return "RTSP/1.0 404 Not Found\r\nCSeq: " + q.fields["cseq"] + "\r\n\r\n"
	})
	for name, c := range map[string]struct {
		asks, missing, taken bool
	}{
		"there": {true, false, true}, "not there": {true, true, true}, "open to all": {false, false, false}, "open to all, not there": {false, true, false},
	} {
		s := &scripted{}
		if c.asks {
			s.admit = (&lock{offer: digest, hash: md5.New, password: lockPassword}).admit
		}
		if c.missing {
			s.answer = missing
		}
		taken, err := LogIn(t.Context(), Config{URL: s.open(t), User: lockUser, Password: lockPassword})
		if err != nil || taken != c.taken || s.count("SETUP")+s.count("PLAY") > 0 {
			t.Errorf("%s: %t, %v, %d set up", name, taken, err, s.count("SETUP"))
		}
	}
	if _, err := LogIn(t.Context(), Config{URL: "rtsp://127.0.0.1:1/"}); reasonOf(t, err) != nvr.Unreachable {
		t.Errorf("nobody there: %v", err)
	}
}

// TestKeepAlive has a camera refuse what keeps its session up.
func TestKeepAlive(t *testing.T) {
	const digest = `WWW-Authenticate: Digest realm="` + lockRealm + `", qop="auth", nonce="%s"`
	brief := swap("SETUP", "timeout=60", "timeout=1") // it is asked each 0.8 s
	pings := func(s *scripted) int { return s.count("GET_PARAMETER") + s.count("OPTIONS") }
	for _, tt := range []struct {
		name string
		s    *scripted
		over func(s *scripted) bool
	}{
		{"in want of a new nonce", &scripted{answer: brief, admit: (&lock{offer: digest, hash: md5.New, qop: "auth", password: lockPassword, keep: 6}).admit},
			func(s *scripted) bool { return pings(s) > 6 }},
		// The session outlives it, and the account is not locked by trying again.
		{"because the password is another now", &scripted{answer: brief, admit: func(q ask) string {
			if q.method == "GET_PARAMETER" || q.fields["authorization"] == "" {
				return strings.ReplaceAll(digest, "%s", q.fields["cseq"]) + "\r\n"
			}
			return ""
		}}, func(s *scripted) bool { return pings(s) > 6 && s.logins.Load() < 9 }},
		{"as it does not know GET_PARAMETER, with the CSeq of one before", &scripted{answer: both(brief, when("GET_PARAMETER", func(q ask, _ string) string {
			var n int
			_, _ = fmt.Sscanf(q.fields["cseq"], "%d", &n)
			return fmt.Sprintf("RTSP/1.0 400 Bad Request\r\nCSeq: %d\r\n\r\n", n-1)
		}))}, func(s *scripted) bool { return s.count("GET_PARAMETER") == 1 && s.count("OPTIONS") > 2 }},
		{"without a word", &scripted{answer: both(brief, when("GET_PARAMETER", func(ask, string) string { return "" }))},
			func(s *scripted) bool { return pings(s) > 3 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := newMemory(t)
			stop := session(t, Config{URL: tt.s.open(t), User: lockUser, Password: lockPassword}, sink)
			sink.wait("it is kept up", func() bool { return sink.ended || sink.count(0) > 100 && tt.over(tt.s) })
			if err := stop(); err != nil || len(sink.formats) != 1 {
				t.Errorf("%d formats; %v", len(sink.formats), err)
			}
		})
	}
}
