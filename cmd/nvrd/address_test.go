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

func TestReached(t *testing.T) {
	lan := []netip.Addr{netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("fd00::5")}
	proxies := []netip.Prefix{netip.MustParsePrefix("172.17.0.0/16")}
	for name, c := range map[string]struct {
		s         settings
		at        string
		container bool
		own       []netip.Addr
		want      string
	}{
		"everywhere":             {settings{}, "0.0.0.0:8443", false, lan, "https://192.168.1.5:8443"},
		"everywhere, no network": {settings{}, "[::]:8443", false, nil, ""},
		"one address":            {settings{}, "192.168.1.9:8443", false, lan, "https://192.168.1.9:8443"},
		"this machine alone":     {settings{}, "127.0.0.1:8080", false, lan, ""},
		"a name":                 {settings{hosts: []string{"door.example", "x"}}, "0.0.0.0:8443", false, lan, "https://door.example:8443"},
		"a container":            {settings{}, "0.0.0.0:8443", true, lan, ""},
		"a container's name":     {settings{hosts: []string{"door.example"}}, "0.0.0.0:8443", true, lan, "https://door.example:8443"},
		"a proxy":                {settings{proxies: proxies}, "0.0.0.0:8080", false, lan, ""},
		"a proxy's name":         {settings{hosts: []string{"door.example"}, proxies: proxies}, "127.0.0.1:8080", false, lan, "https://door.example"},
		"a proxy's address":      {settings{hosts: []string{"fd00::7"}, proxies: proxies}, "127.0.0.1:8080", false, lan, "https://[fd00::7]"},
	} {
		t.Run(name, func(t *testing.T) {
			at := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.at))
			if got := c.s.reached(at, true, c.container, c.own); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
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
