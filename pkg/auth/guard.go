package auth

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"nvrd/pkg/nvr"
)

// Names returns the names, in small letters, by which this machine may be reached: localhost, its own
// name (in full, its first part, and that under .local), and further ones, of
// which some may be addresses.
func Names(machine string, further []string) []string {
	all := []string{"localhost", hostname(machine)}
	if short, _, _ := strings.Cut(strings.ToLower(machine), "."); short != "" {
		all = append(all, short, short+".local")
	}
	for _, name := range further {
		all = append(all, hostname(name))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(name string) bool { return name == "" })
}

// HostGuard passes on requests whose Host header is an address, or one of names
// (see [Names]); ports do not matter. Everything else is denied with [ErrHost]: a foreign name that leads here
// may belong to a page that wants to read what only this network can
// (DNS rebinding).
func HostGuard(next http.Handler, names []string, deny Deny) http.Handler {
	allowed := map[string]bool{}
	for _, name := range names {
		allowed[name] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostname(r.Host)
		if _, err := netip.ParseAddr(host); err != nil && !allowed[host] {
			deny(w, r, ErrHost)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostname returns the host of a Host header without port, brackets and final
// dot, in small letters.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	} else if h, ok := strings.CutPrefix(host, "["); ok {
		host, ok = strings.CutSuffix(h, "]")
		if !ok {
			return ""
		}
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// SameOrigin denies with [nvr.ErrForbidden] what another site's page sends to
// change something, by Sec-Fetch-Site or Origin (see
// [http.CrossOriginProtection]). Requests without either do not come from a
// browser and pass.
func SameOrigin(next http.Handler, deny Deny) http.Handler {
	var protection http.CrossOriginProtection
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		deny(w, r, fmt.Errorf("this was sent by another site's page: %w", nvr.ErrForbidden))
	}))
	return protection.Handler(next)
}

// Direct passes on every request as the household's (see [Asks]), but denies
// with [ErrProxy] what came through a proxy. It is for when there is no access
// key: then only loopback is served, and behind a proxy there everybody who
// reaches the proxy would be let in.
func Direct(next http.Handler, deny Deny) http.Handler {
	admit := As(Household(), next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
			if _, ok := r.Header[name]; ok {
				deny(w, r, ErrProxy)
				return
			}
		}
		admit.ServeHTTP(w, r)
	})
}
