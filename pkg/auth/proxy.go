package auth

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// forwarded is the key of what a named proxy said in a context.
type forwarded struct{}

// passed is what a named proxy says of a request: who sent it (the zero Addr if
// it doesn't say), and whether that was by TLS.
type passed struct {
	client netip.Addr
	secure bool
}

// Behind passes on every request, and takes down what proxies say of those that
// come from them: X-Forwarded-For and X-Forwarded-Proto. What anybody else says
// there is not believed. An empty list believes nobody.
func Behind(proxies []netip.Prefix, next http.Handler) http.Handler {
	named := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if named(peer(r)) {
			said := passed{client: client(r, named), secure: strings.EqualFold(strings.TrimSpace(last(r, "X-Forwarded-Proto")), "https")}
			r = r.WithContext(context.WithValue(r.Context(), forwarded{}, said))
		}
		next.ServeHTTP(w, r)
	})
}

// Proxied tells whether r came from a named proxy (see [Behind]).
func Proxied(r *http.Request) bool {
	_, ok := r.Context().Value(forwarded{}).(passed)
	return ok
}

// Secure tells whether r came by TLS, here or to a named proxy.
func Secure(r *http.Request) bool {
	said, _ := r.Context().Value(forwarded{}).(passed)
	return r.TLS != nil || said.secure
}

// peer returns the address of the other end of the connection; the zero Addr if
// it is not one of TCP.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// client returns the newest address in X-Forwarded-For that is no named proxy's:
// each proxy adds the one that it took the request from, and before those stands
// what anybody may have made up.
func client(r *http.Request, named func(netip.Addr) bool) netip.Addr {
	all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(all) {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return netip.Addr{}
		}
		if a = a.Unmap().WithZone(""); !named(a) {
			return a
		}
	}
	return netip.Addr{}
}

// last returns the last of the values in a header, which a list may be.
func last(r *http.Request, name string) string {
	all := strings.Join(r.Header.Values(name), ",")
	return all[strings.LastIndexByte(all, ',')+1:]
}
