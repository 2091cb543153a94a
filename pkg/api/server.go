package api

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/net/netutil"

	"nvrd/pkg/auth"
)

const (
	// maxConnections has room for all views, event streams and exports that
	// there can be at once. It is half of the 1,024 files that careful systems
	// let a program open: the other half is for footage.
	maxConnections = 512
	// bodyTime is how long a request's body may take to arrive.
	bodyTime = 10 * time.Second
)

// Limit returns a listener that leaves further connections waiting while too
// many are open, so that visitors cannot use up the files that footage needs.
func Limit(l net.Listener) net.Listener { return netutil.LimitListener(l, maxConnections) }

// Server returns a server for handler with limits against those who send or
// read slowly; a body has 10 s to arrive. Whoever answers for longer than half a minute moves the write
// deadline, as the media handlers of this package do.
func Server(handler http.Handler, log *slog.Logger) *http.Server {
	s := &http.Server{
		Handler:           timely(handler),
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      stalled,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // mostly other ends that broke off
	}
	endWithShutdown(s)
	return s
}

// timely gives the body of every request a deadline. A timeout of the server's
// would end long answers as well.
func timely(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			control := http.NewResponseController(w)
			_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // fails for a connection that is gone
			r.Body = timedBody{r.Body, control}
		}
		next.ServeHTTP(w, r)
	})
}

// timedBody lifts the deadline at its end. It stays for a body that is not
// read to the end: the server waits for the rest.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Guards says who may come in.
type Guards struct {
	Names   []string       // that this machine answers to, see [auth.Names]
	TLS     bool           // TLS is offered (see [Offer]): what comes without, other than from Proxies and this machine, is sent there
	Proxies []netip.Prefix // who is believed about whom they pass on, see [auth.Behind]
	Gate    *auth.Gate     // nil lets in everybody who reaches this machine without a proxy
	Page    auth.Deny      // answers people whose request is for another name, or came through a proxy; nil answers as to programs
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
	if next = auth.SameOrigin(next, deny); g.TLS {
		next = encrypted(next, g.Gate, deny)
	}
	return headers(auth.HostGuard(auth.Behind(g.Proxies, next), g.Names, deny))
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
