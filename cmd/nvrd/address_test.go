package main

import (
	"net"
	"net/netip"
	"testing"
)

func TestEverywhere(t *testing.T) {
	for name, c := range map[string]struct {
		host string
		own  []string
		want string
	}{
		"name and address":  {"pi.fritz.box", []string{"192.168.1.5", "2001:db8::5", "fe80::5"}, "http://pi.fritz.box:8080 and http://192.168.1.5:8080"},
		"two networks":      {"pi", []string{"192.168.1.5", "10.0.0.5"}, "http://pi:8080 and http://192.168.1.5:8080 and http://10.0.0.5:8080"},
		"no lease":          {"pi", []string{"169.254.1.5", "127.0.0.1"}, "http://pi:8080"},
		"IPv6 alone":        {"", []string{"fe80::5", "fd00::5"}, "http://[fd00::5]:8080"},
		"nothing":           {"", nil, "http://localhost:8080"},
		"a name of nothing": {"localhost", []string{"192.168.1.5"}, "http://192.168.1.5:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			var own []netip.Addr
			for _, a := range c.own {
				own = append(own, netip.MustParseAddr(a))
			}
			if got := everywhere(c.host, 8080, own); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	if got := whereabouts(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}); got != "http://127.0.0.1:80" {
		t.Error(got)
	}
}
