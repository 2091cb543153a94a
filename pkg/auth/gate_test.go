package auth

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// refuse answers with a status of its own for each kind.
func refuse(w http.ResponseWriter, _ *http.Request, err error) {
	switch {
	case errors.Is(err, nvr.ErrUnauthorized):
		http.Error(w, err.Error(), http.StatusUnauthorized)
	case errors.Is(err, nvr.ErrForbidden):
		http.Error(w, err.Error(), http.StatusForbidden)
	case errors.Is(err, nvr.ErrTooMany):
		http.Error(w, err.Error(), http.StatusTooManyRequests)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

func newGate(t *testing.T) *Gate {
	t.Helper()
	h, err := household.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return NewGate(NewAccessKey(secret), h, refuse)
}

func request(method, target string, header ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// login returns the cookie of a new session.
func login(t *testing.T, g *Gate) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := g.Login(w, request("POST", "/login"), " "+secret+"\n"); err != nil {
		t.Fatal(err)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("cookies %v", cookies)
	}
	return cookies[0]
}

func TestRequire(t *testing.T) {
	g := newGate(t)
	h := g.Require(teapot)
	session := login(t, g).String()
	const page = "text/html,application/xhtml+xml"
	tests := []struct {
		name   string
		r      *http.Request
		status int
	}{
		{"nobody", request("GET", "/api/v1/cameras"), 401},
		{"nobody's page", request("GET", "/cameras/1?at=2#x", "Accept", page), 303},
		{"nobody's page of the API", request("GET", "/api/v1/cameras", "Accept", page), 401},
		{"nobody's form", request("POST", "/cameras", "Accept", page), 401},
		{"session", request("GET", "/api/v1/cameras", "Cookie", session), 418},
		{"second of two cookies", request("GET", "/", "Cookie", cookieName+"=forged; "+session), 418},
		{"forged session", request("GET", "/", "Cookie", cookieName+"=forged"), 401},
		{"empty session", request("GET", "/", "Cookie", cookieName+"="), 401},
		{"key", request("GET", "/api/v1/cameras", "Authorization", "Bearer "+secret), 418},
		{"key, small letters", request("DELETE", "/api/v1/cameras/1", "Authorization", "bearer "+secret), 418},
		{"wrong key", request("GET", "/", "Authorization", "Bearer "+secret[1:]), 401},
		{"wrong key beside a session", request("GET", "/", "Authorization", "Bearer x", "Cookie", session), 401},
		{"no key", request("GET", "/", "Authorization", "Bearer"), 401},
		{"basic", request("GET", "/", "Authorization", "Basic "+secret), 401},
		{"key as cookie", request("GET", "/", "Cookie", cookieName+"="+secret), 401},
		{"key in the address", request("GET", "/?key="+strings.ReplaceAll(secret, " ", "+")), 401},
		{"health", request("GET", "/api/v1/health"), 418},
		{"sign in", request("POST", "/login"), 418},
		{"sign out", request("POST", "/logout"), 418},
		{"below logout", request("POST", "/logout/x"), 401},
		{"style", request("GET", "/static/stoop.css"), 418},
		{"below health", request("GET", "/api/v1/health/x"), 401},
		{"below login", request("GET", "/login/../api/v1/cameras"), 401},
		{"out of static", request("GET", "/static/../api/v1/cameras"), 401},
		{"out of static, escaped", request("GET", "/static/%2e%2e/api/v1/cameras"), 401},
		{"two slashes", request("GET", "/static//x"), 401},
		{"all of static", request("GET", "/static/"), 401},
		{"other capitals", request("GET", "/Login"), 401},
	}
	for _, test := range tests {
		if got := serve(h, test.r).StatusCode; got != test.status {
			t.Errorf("%s: %d, want %d", test.name, got, test.status)
		}
	}
	if to := serve(h, request("GET", "/cameras/1?at=2", "Accept", page)).Header.Get("Location"); to != "/login?next=%2Fcameras%2F1%3Fat%3D2" {
		t.Errorf("sent to %s", to)
	}
}

func TestWrongKeysAreLimitedEverywhere(t *testing.T) {
	g := newGate(t)
	h := g.Require(teapot)
	for n := range freeTries {
		if n%2 == 0 {
			serve(h, request("GET", "/", "Authorization", "Bearer wrong"))
		} else if err := g.Login(httptest.NewRecorder(), request("POST", "/login"), "wrong"); !errors.Is(err, nvr.ErrUnauthorized) {
			t.Errorf("wrong key: %v", err)
		}
	}
	if err := g.Login(httptest.NewRecorder(), request("POST", "/login"), secret); !errors.Is(err, nvr.ErrTooMany) {
		t.Errorf("signing in: %v", err)
	}
	if got := serve(h, request("GET", "/", "Authorization", "Bearer "+secret)).StatusCode; got != 429 {
		t.Errorf("bearer: %d", got)
	}
}

func TestSessionLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		h := g.Require(teapot)
		c := login(t, g)
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || c.Domain != "" || len(c.Value) < 22 {
			t.Errorf("cookie %+v", c)
		}
		status := func(c *http.Cookie) int {
			return serve(h, request("GET", "/api/v1/x", "Cookie", c.String())).StatusCode
		}
		time.Sleep(sessionFor - time.Second)
		if got := status(c); got != 418 {
			t.Errorf("just before its end: %d", got)
		}
		time.Sleep(time.Second)
		if got := status(c); got != 401 {
			t.Errorf("at its end: %d", got)
		}

		c = login(t, g)
		w := httptest.NewRecorder()
		if err := g.Logout(w, request("POST", "/logout", "Cookie", c.String())); err != nil {
			t.Fatal(err)
		}
		if gone := w.Result().Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 || gone[0].Value != "" {
			t.Errorf("signing out sets %v", gone)
		}
		if got := status(c); got != 401 {
			t.Errorf("signed out: %d", got)
		}

		c = login(t, g)
		h = NewGate(NewAccessKey(secret+"!"), g.sessions, refuse).Require(teapot)
		if got := status(c); got != 401 {
			t.Errorf("with a new key: %d", got)
		}
	})
}

func TestCookieIsSecureOverTLS(t *testing.T) {
	g := newGate(t)
	direct, proxied := request("POST", "/login"), request("POST", "/login", "X-Forwarded-Proto", "https")
	direct.TLS = new(tls.ConnectionState)
	for _, c := range []struct {
		r       *http.Request
		proxies []netip.Prefix
		secure  bool
	}{
		{request("POST", "/login"), nil, false},
		{direct, nil, true},
		{proxied, nil, false}, // anybody can say so
		{proxied, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, true},
	} {
		w := httptest.NewRecorder()
		Behind(c.proxies, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := g.Login(w, r, secret); err != nil {
				t.Error(err)
			}
		})).ServeHTTP(w, c.r)
		if got := w.Result().Cookies()[0]; got.Secure != c.secure {
			t.Errorf("cookie %v by %v", got, c.proxies)
		}
	}
}
