package api

import (
	"log/slog"
	"net/http"
	"time"

	"nvrd/pkg/auth"
)

// Server returns a server for handler with limits against those who send or
// read slowly. Whoever answers for longer than half a minute moves the write
// deadline, as the media handlers of this package do.
func Server(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      stalled,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // mostly other ends that broke off
	}
}

// Guards says who may come in.
type Guards struct {
	Machine string     // this machine's name
	Hosts   []string   // further names it answers to
	Gate    *auth.Gate // nil lets in everybody who reaches this machine without a proxy
	Page    auth.Deny  // answers people whose request is for another name, or came through a proxy; nil answers as to programs
	Log     *slog.Logger
}

// Secure puts the guards and the headers that protect pages in front of
// everything, pages and API alike.
func Secure(next http.Handler, g Guards) http.Handler {
	answer := Deny(g.Log)
	deny := func(w http.ResponseWriter, r *http.Request, err error) {
		if g.Page != nil && auth.WantsPage(r) {
			g.Page(w, r, err)
			return
		}
		answer(w, r, err)
	}
	if g.Gate != nil {
		next = g.Gate.Require(next)
	} else {
		next = auth.Direct(next, deny)
	}
	return headers(auth.HostGuard(auth.SameOrigin(next, deny), g.Machine, g.Hosts, deny))
}

// policy lets a page load, run and talk to nothing but what comes from here;
// players need blob: for what they assemble in memory.
const policy = "default-src 'self'; media-src 'self' blob:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: forms would be sent with "Origin: null" then, and on
		// plain HTTP browsers send nothing else to tell them from forged ones.
		h.Set("Referrer-Policy", "same-origin")
		// Other sites' pages can neither embed nor keep hold of ours.
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
