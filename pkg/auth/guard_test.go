package auth

import (
	"net/http"
	"testing"
)

func TestHostGuard(t *testing.T) {
	h := HostGuard(teapot, Names("Porch-Pi.fritz.box", []string{"Stoop.example.org", "nvr.lan:8080", ""}), refuse)
	for host, ok := range map[string]bool{
		"192.168.1.5": true, "192.168.1.5:8080": true, "127.0.0.1:8080": true, "[::1]": true, "[::1]:8080": true, "[fe80::1%25eth0]:8080": true,
		"localhost": true, "LOCALHOST:8080": true, "localhost.": true, "porch-pi": true, "porch-pi.local": true, "PORCH-PI.local.:8080": true,
		"stoop.example.org": true, "stoop.example.org:443": true, "nvr.lan": true, "nvr.lan:9": true,
		"": false, ":8080": false, "[": false, "[]": false, "[::1": false, "evil.example": false, "evil.example:8080": false, "porch-pi.fritz.box": true, "PORCH-PI.fritz.box:8080": true, "porch-pi.other.box": false, "a.porch-pi.fritz.box": false,
		"other.local": false, "localhost.evil.example": false, "127.0.0.1.nip.io": false, "192.168.1.5.evil.example": false,
		"a.porch-pi.local": false, "xstoop.example.org": false, "a.stoop.example.org": false, "0x7f000001": false, "2130706433": false, "127.1": false,
		"stoop.example.org, evil.example": false, "stoop.example.org@evil.example": false,
	} {
		for _, method := range []string{"GET", "POST"} {
			r := request(method, "/api/v1/cameras", "X-Forwarded-Host", "localhost", "Forwarded", "host=localhost")
			r.Host = host
			if got := serve(h, r).StatusCode; (got == http.StatusTeapot) != ok || !ok && got != http.StatusForbidden {
				t.Errorf("%s with host %q: %d", method, host, got)
			}
		}
	}
}

func TestSameOrigin(t *testing.T) {
	h := SameOrigin(teapot, refuse)
	tests := []struct {
		header []string
		ok     bool // for what changes something
	}{
		{nil, true}, // not a browser
		{[]string{"Sec-Fetch-Site", "same-origin"}, true},
		{[]string{"Sec-Fetch-Site", "none"}, true},
		{[]string{"Origin", "http://stoop.local:8080"}, true},
		{[]string{"Sec-Fetch-Site", "cross-site"}, false},
		{[]string{"Sec-Fetch-Site", "same-site"}, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "http://stoop.local:8080"}, false},
		{[]string{"Sec-Fetch-Site", "odd"}, false},
		{[]string{"Origin", "null"}, false},
		{[]string{"Origin", "http://evil.example"}, false},
		{[]string{"Origin", "http://stoop.local"}, false},
		{[]string{"Origin", "http://stoop.local:8081"}, false},
		{[]string{"Origin", "http://stoop.local:8080.evil.example"}, false},
		{[]string{"Origin", "http://stoop.local:8080@evil.example"}, false},
		{[]string{"Origin", "://"}, false},
	}
	for _, test := range tests {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "CONNECT", "post", "FOO"} {
			r := request("GET", "http://stoop.local:8080/api/v1/cameras", test.header...)
			r.Method = method
			want := http.StatusForbidden
			if test.ok {
				want = http.StatusTeapot
			}
			if got := serve(h, r).StatusCode; got != want {
				t.Errorf("%s with %v: %d, want %d", method, test.header, got, want)
			}
		}
		if got := serve(h, request("GET", "http://stoop.local:8080/", test.header...)).StatusCode; got != http.StatusTeapot {
			t.Errorf("GET with %v: %d", test.header, got)
		}
	}
}

func TestDirect(t *testing.T) {
	h := Direct(teapot, refuse)
	for header, status := range map[string]int{
		"Accept": http.StatusTeapot, "Via": http.StatusTeapot,
		"X-Forwarded-For": http.StatusForbidden, "x-forwarded-proto": http.StatusForbidden, "X-Forwarded-Host": http.StatusForbidden,
		"Forwarded": http.StatusForbidden, "X-Real-IP": http.StatusForbidden,
	} {
		for _, value := range []string{"", "192.168.1.7"} {
			if got := serve(h, request("GET", "/", header, value)).StatusCode; got != status {
				t.Errorf("%s %q: %d, want %d", header, value, got, status)
			}
		}
	}
}
