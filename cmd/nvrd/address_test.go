package main

import (
	"fmt"
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
			if got := everywhere("http://", c.host, 8080, own); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	for tls, want := range map[bool]string{false: "http://127.0.0.1:80", true: "https://127.0.0.1:80"} {
		if got := whereabouts(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, tls); got != want {
			t.Error(got)
		}
	}
}

func TestProxy(t *testing.T) {
	for text, want := range map[string]string{
		"172.17.0.2": "[172.17.0.2/32]", "172.17.0.2/16": "[172.17.0.0/16]", "fd00::1, 10.0.0.1 ": "[fd00::1/128 10.0.0.1/32]", "::ffff:10.0.0.1": "[10.0.0.1/32]", "": "[]",
		"0.0.0.0/0": "", "::/0": "", "caddy": "", "10.0.0.1:80": "", "10.0.0.0/33": "",
	} {
		got, err := proxy(text)
		if (err != nil) != (want == "") || err == nil && fmt.Sprint(got) != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
