package auth

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// TestBehind: what is said of who sent a request is believed of named proxies alone.
func TestBehind(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("172.17.0.0/16"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("fd00::1/128")}
	for _, c := range []struct {
		peer, said, proto string
		want              string
		proxied, secure   bool
	}{
		{"172.17.0.2:1", "192.168.1.7", "https", "192.168.1.7/32", true, true},
		{"[::ffff:172.17.0.2]:1", "192.168.1.7", "HTTPS ", "192.168.1.7/32", true, true},
		{"[fd00::1%eth0]:1", "2001:db8:1:2:3::1", "http", "2001:db8:1:2::/64", true, false},
		{"127.0.0.1:1", "6.6.6.6, 192.168.1.7", "http, https", "192.168.1.7/32", true, true},
		{"127.0.0.1:1", "6.6.6.6,192.168.1.7", "https, http", "192.168.1.7/32", true, false},
		{"127.0.0.1:1", "6.6.6.6\n192.168.1.7, 172.17.0.9", "https", "192.168.1.7/32", true, true}, // two headers, two proxies
		{"127.0.0.1:1", "", "", "127.0.0.1/32", true, false},
		{"127.0.0.1:1", "192.168.1.7, unknown", "", "127.0.0.1/32", true, false},
		{"127.0.0.1:1", "192.168.1.7,", "", "127.0.0.1/32", true, false},
		{"127.0.0.1:1", "172.17.0.3", "", "127.0.0.1/32", true, false}, // itself, by way of itself
		{"127.0.0.2:1", "6.6.6.6", "https", "127.0.0.2/32", false, false},
		{"192.168.1.9:1", "127.0.0.1", "https", "192.168.1.9/32", false, false},
		{"[2001:db8::7]:1", "127.0.0.1", "https", "2001:db8::/64", false, false},
		{"@", "127.0.0.1", "https", "invalid Prefix", false, false},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-Proto": {c.proto}}}
		for said := range strings.SplitSeq(c.said, "\n") {
			r.Header.Add("X-Forwarded-For", said)
		}
		Behind(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if from, proxied, secure := remote(r).String(), Proxied(r), Secure(r); from != c.want || proxied != c.proxied || secure != c.secure {
				t.Errorf("%+v: %s, proxied %v, secure %v", c, from, proxied, secure)
			}
		})).ServeHTTP(nil, r)
	}
}

// FuzzBehind: nothing that is said makes a stranger somebody else.
func FuzzBehind(f *testing.F) {
	for _, said := range []string{"", "192.168.1.7", "6.6.6.6, 192.168.1.7", ",", "fe80::1%eth0", "127.0.0.1,", "[::1]:80"} {
		f.Add(said, "https")
	}
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	f.Fuzz(func(t *testing.T, said, proto string) {
		for peer, named := range map[string]bool{"127.0.0.1:1": true, "192.168.1.9:1": false} {
			r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {said}, "X-Forwarded-Proto": {proto}}}
			Behind(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if from := remote(r); !from.IsValid() || !named && (from.String() != "192.168.1.9/32" || Secure(r)) {
					t.Errorf("%s says %q, %q: %v", peer, said, proto, from)
				}
			})).ServeHTTP(nil, r)
		}
	})
}
