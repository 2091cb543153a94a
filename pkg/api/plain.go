package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// encrypted passes on what nobody on the network reads: what came by TLS, from a
// named proxy, or from this machine; and what is no secret (see [public]). Other
// pages are asked for again by TLS, and programs are told to. A session that was
// sent in the clear is ended: whoever saw it has nothing.
func encrypted(next http.Handler, gate *auth.Gate, deny auth.Deny) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil || auth.Proxied(r) || within(r) || public(r.URL.Path) || calls(r) {
			next.ServeHTTP(w, r)
			return
		}
		if gate != nil && r.Header.Get("Cookie") != "" {
			if err := gate.Logout(w, r); err != nil {
				deny(w, r, err)
				return
			}
		}
		to := "https://" + r.Host + r.URL.RequestURI()
		if r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasPrefix(r.URL.Path, "/api/") {
			deny(w, r, fmt.Errorf("others on the network could read this; send it to https://%s: %w", r.Host, nvr.ErrInvalid))
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		// Not for good: the owner may go back to an address without TLS.
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	})
}

// public tells whether p may be sent in the clear: how to trust this home, which
// comes before TLS, what pages are made of, and whether the program is well. A
// path that is not clean is not, since what it leads to is decided elsewhere.
func public(p string) bool {
	return path.Clean(p) == p && (p == "/trust" || strings.HasPrefix(p, "/trust/") || strings.HasPrefix(p, "/static/") || p == "/api/v1/health")
}

// calls tells whether r is what a doorbell of the home's network tells, most of which
// know no certificate of a home: who reads its address there could ring, and nothing
// else.
func calls(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || path.Clean(r.URL.Path) != r.URL.Path || !strings.HasPrefix(r.URL.Path, "/api/v1/bells/") {
		return false
	}
	a := from.Addr().Unmap()
	return a.IsPrivate() || a.IsLinkLocalUnicast()
}

// within tells whether r never left this machine: its two ends are loopback, or
// one address. The kernel takes no such packet from outside.
func within(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	to, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return false
	}
	a := from.Addr().Unmap()
	return a == to.AddrPort().Addr().Unmap() || a.IsLoopback() && to.IP.IsLoopback()
}
