package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"nvrd/pkg/nvr"
)

const (
	cookieName = "stoop_session"
	// sessionFor is long because a tablet on the wall should stay signed in.
	sessionFor = 90 * 24 * time.Hour
	loginPath  = "/login"
	logoutPath = "/logout" // whose session has ended may sign out, too
)

// Sessions remembers who is signed in, by hash, also across restarts.
type Sessions interface {
	AddSession(ctx context.Context, hash [32]byte, expires nvr.Time) error
	// Session fails with nvr.ErrNotFound if there is none of that hash.
	Session(ctx context.Context, hash [32]byte) (expires nvr.Time, err error)
	RemoveSession(ctx context.Context, hash [32]byte) error
}

// Deny answers a request that is refused, with an error of a kind of this
// package or of pkg/nvr.
type Deny func(w http.ResponseWriter, r *http.Request, err error)

// Gate lets in who has the access key. It is safe for use from several goroutines.
type Gate struct {
	key      AccessKey
	sessions Sessions
	deny     Deny
	limit    limiter
}

// NewGate returns a gate for key.
func NewGate(key AccessKey, sessions Sessions, deny Deny) *Gate {
	return &Gate{key: key, sessions: sessions, deny: deny}
}

// Require passes on requests with a session cookie or with the key as bearer
// token, saying that the household asks (see [Asks]); and those for what
// everybody may see, by whomever: the sign-in page, what it is made of,
// the authority that devices may trust, and whether the program is well. A page request of anybody else is sent to the
// sign-in page, any other goes to deny, whatever there is at its address.
func (g *Gate) Require(next http.Handler) http.Handler {
	admit := As(Household(), next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if public(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		err := g.authenticate(r)
		switch {
		case err == nil:
			admit.ServeHTTP(w, r.WithContext(g.keep(r)))
		case errors.Is(err, nvr.ErrUnauthorized) && WantsPage(r):
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, loginPath+"?"+url.Values{"next": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
		default:
			g.deny(w, r, err)
		}
	})
}

// Login trades the key for a session and sets its cookie. It fails with
// [nvr.ErrUnauthorized] or [nvr.ErrTooMany].
func (g *Gate) Login(w http.ResponseWriter, r *http.Request, key string) error {
	if err := g.limit.try(remote(r), func() bool { return g.key.Is(strings.TrimSpace(key)) }); err != nil {
		return err
	}
	token := rand.Text() // 130 bits
	expires := time.Now().Add(sessionFor)
	if err := g.sessions.AddSession(r.Context(), g.key.bind(token), nvr.TimeOf(expires)); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	http.SetCookie(w, cookie(r, token, int(sessionFor/time.Second)))
	return nil
}

// Logout ends the session of r and removes its cookie.
func (g *Gate) Logout(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, cookie(r, "", -1))
	for _, c := range r.CookiesNamed(cookieName) {
		if err := g.sessions.RemoveSession(r.Context(), g.key.bind(c.Value)); err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
	}
	return nil
}

// cookie is Lax and not Strict so that a link in a message opens the page it
// names; a GET changes nothing here, and [SameOrigin] guards what does.
func cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: Secure(r), SameSite: http.SameSiteLaxMode,
	}
}

// authenticate returns nil for a request that carries a session or the key.
func (g *Gate) authenticate(r *http.Request) error {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, key, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return fmt.Errorf("send Authorization: Bearer with the access key: %w", nvr.ErrUnauthorized)
		}
		return g.limit.try(remote(r), func() bool { return g.key.Is(strings.TrimSpace(key)) })
	}
	for _, c := range r.CookiesNamed(cookieName) {
		expires, err := g.sessions.Session(r.Context(), g.key.bind(c.Value))
		if err == nil && nvr.Now() < expires {
			return nil
		}
		if err != nil && !errors.Is(err, nvr.ErrNotFound) {
			return err
		}
	}
	return fmt.Errorf("sign in, or send the access key: %w", nvr.ErrUnauthorized)
}

// public tells whether everybody may ask for p, where each route's action is
// [Enter]. A path that is not clean is not, since what it leads to is decided
// elsewhere.
func public(p string) bool {
	if strings.HasSuffix(p, "/") && p != "/" || path.Clean(p) != p {
		return false
	}
	return p == loginPath || p == logoutPath || p == "/api/v1/health" || strings.HasPrefix(p, "/api/v1/bells/") || p == "/trust" || strings.HasPrefix(p, "/trust/") || p == "/sw.js" || p == "/manifest.webmanifest" || strings.HasPrefix(p, "/static/")
}

// WantsPage tells whether a person is waiting for a page.
func WantsPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && !strings.HasPrefix(r.URL.Path, "/api/") &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}
