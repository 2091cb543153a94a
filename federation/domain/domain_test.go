package domain

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/wire"
)

const at = "example.com" // whom httptest's certificate names

// card is what an agency says of itself.
func card(t *testing.T, seed byte, domain, title string) wire.Signed {
	t.Helper()
	key := ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
	signed, err := wire.Sign(wire.Agency{
		Key: wire.PublicKey(key), Title: title, Class: wire.ClassFire, Domain: domain, Contact: "Desk", Policy: "Deleted after 30 days.",
		Jurisdiction: []wire.Point{{}, {Lon: 9_000}, {Lat: 9_000}},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func anywhere(netip.Addr) bool { return true }

// serve has a server that is example.com to the client that it returns.
func serve(t *testing.T, g Guard, h http.HandlerFunc) *http.Client {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	g.Roots, g.to = x509.NewCertPool(), s.Listener.Addr().String()
	g.Roots.AddCert(s.Certificate())
	c := g.Client()
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// TestProve: nothing but the card of this key for this domain proves it.
func TestProve(t *testing.T) {
	own := card(t, 1, at, "Brigade")
	text := wire.AgencyText(own)
	forged := own
	forged.Raw = bytes.Replace(own.Raw, []byte("Desk"), []byte("Dusk"), 1)
	for _, c := range []struct {
		what  string
		shows http.HandlerFunc
		want  string // what the error says; empty for none
	}{
		{"its card", says(text), ""},
		{"its card with a line feed", says(text + "\n"), ""},
		{"a newer card of it", says(wire.AgencyText(card(t, 1, at, "Fire and rescue"))), ""},
		{"another agency's", says(wire.AgencyText(card(t, 2, at, "Brigade"))), "another key"},
		{"its card for another domain", says(wire.AgencyText(card(t, 1, "www."+at, "Brigade"))), "names another domain"},
		{"its card for none", says(wire.AgencyText(card(t, 1, "", "Brigade"))), "names another domain"},
		{"a card that nobody signed", says(wire.AgencyText(forged)), "not what `nvrd agency card` prints"},
		{"nothing", says(""), "not what"},
		{"a page", says("<html><script>alert(1)</script>"), "not what"},
		{"another status", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, http.StatusNotFound) }, "404, Not Found"},
		{"a redirect to it", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == Path {
				http.Redirect(w, r, "/evil", http.StatusFound)
			}
			_, _ = io.WriteString(w, text)
		}, ErrRedirect.Error()},
		{"more than is read", says(text + strings.Repeat(" ", maxShown)), "longer than 65536 bytes"},
		{"a megabyte that is packed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, text+strings.Repeat(" ", 64*maxShown))
			_ = z.Close()
		}, "longer than 65536 bytes"},
		{"a header without end", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Evil", strings.Repeat("evil", 64<<10))
		}, "can't be reached by HTTPS"},
		{"no answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "can't be reached by HTTPS"},
	} {
		t.Run(c.what, func(t *testing.T) {
			err := prove(t.Context(), serve(t, Guard{Allow: anywhere}, c.shows), own.Body.(wire.Agency))
			if c.want == "" && err == nil {
				return
			}
			if !errors.Is(err, ErrUnproved) || c.want == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "evil") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if err := Prove(t.Context(), card(t, 1, "", "Brigade").Body.(wire.Agency)); !errors.Is(err, ErrUnproved) || !strings.Contains(err.Error(), "names none") {
		t.Errorf("a card without a domain: %v", err)
	}
}

// Who vouches for nobody, and a name that is not the certificate's, prove nothing.
func TestProveCertificate(t *testing.T) {
	own := card(t, 1, "another.example", "Brigade")
	c := serve(t, Guard{Allow: anywhere}, says(wire.AgencyText(own)))
	if err := prove(t.Context(), c, own.Body.(wire.Agency)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("by another's certificate: %v", err)
	}
}

// silent never says anything.
type silent struct{}

func (silent) RoundTrip(q *http.Request) (*http.Response, error) {
	<-q.Context().Done()
	return nil, q.Context().Err()
}

// A domain that says nothing is waited for ten seconds.
func TestProveWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := prove(t.Context(), &http.Client{Transport: silent{}}, card(t, 1, at, "Brigade").Body.(wire.Agency))
		if took := time.Since(began); !errors.Is(err, ErrUnproved) || !strings.Contains(err.Error(), "does not answer") || took != proveTime {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// A client asks nothing in the home's network, wherever a name leads: the address
// that is dialed is judged, not the one that was looked up.
func TestClientStaysOut(t *testing.T) {
	asked := false
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTPS_PROXY", "https://127.0.0.1:"+port) // no proxy is asked instead
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		_, err := get(t, Client(), "https://"+net.JoinHostPort(strings.Trim(host, "[]"), port))
		if !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v", host, err)
		}
	}
	led := serve(t, Guard{}, func(http.ResponseWriter, *http.Request) { asked = true })
	if _, err := get(t, led, "https://"+at); !errors.Is(err, ErrAddress) {
		t.Errorf("a name that leads home: %v", err)
	}
	if asked {
		t.Error("a server in the home's network was asked")
	}
}

func get(t *testing.T, c *http.Client, url string) (string, error) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.Do(q)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	return string(b), err
}

// TestClient: HTTPS alone, no redirects, and answers up to a length.
func TestClient(t *testing.T) {
	long := 0
	c := serve(t, Guard{Allow: anywhere}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/on" {
			http.Redirect(w, r, "https://"+at+"/", http.StatusMovedPermanently)
			return
		}
		_, _ = io.WriteString(w, strings.Repeat("x", long))
	})
	if _, err := get(t, c, "http://"+at); !errors.Is(err, ErrScheme) {
		t.Errorf("without encryption: %v", err)
	}
	if _, err := get(t, c, "https://"+at+"/on"); !errors.Is(err, ErrRedirect) {
		t.Errorf("elsewhere: %v", err)
	}
	for long = MaxBody - 1; long <= MaxBody+1; long++ {
		read, err := get(t, c, "https://"+at)
		if fits := long <= MaxBody; errors.Is(err, ErrLong) == fits || fits && (err != nil || len(read) != long) {
			t.Errorf("of %d bytes %d are read: %v", long, len(read), err)
		}
	}
}

// TestPublic tells the internet from what is not.
func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"1.1.1.1": true, "93.184.215.14": true, "223.255.255.255": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.255.255": true, "100.128.0.1": true,
		"192.88.98.1": true, "192.88.99.1": false, "2606:4700:4700::1111": true, "2a01::1": true, "::ffff:1.1.1.1": true, "64:ff9b::1.1.1.1": true,
		"0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false, "127.255.255.254": false,
		"169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "192.0.0.8": false, "192.0.2.1": false,
		"198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.1.1.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "2a01::1%eth0": false, "fc00::1": false, "fd12:3456::1": false, "fec0::1": false, "ff02::1": false,
		"2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false, "3fff::1": false, "::127.0.0.1": false, "::1.1.1.1": false, "::ffff:10.0.0.1": false,
		"64:ff9b::10.0.0.1": false, "64:ff9b::127.0.0.1": false, "64:ff9b:1::1.1.1.1": false, "5f00::1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is on the internet: %v", address, got)
		}
	}
}

// What is in a network that this machine is in is not asked, whatever its address.
func TestNearby(t *testing.T) {
	own := []net.Addr{&net.IPNet{IP: net.ParseIP("2a01:db8:1:2::7"), Mask: net.CIDRMask(64, 128)}, &net.IPNet{IP: net.IPv4(93, 184, 7, 1), Mask: net.CIDRMask(24, 32)}}
	for address, want := range map[string]bool{
		"2a01:db8:1:2::7": true, "2a01:db8:1:2:ffff::1": true, "2a01:db8:1:3::7": false, "93.184.7.200": true, "::ffff:93.184.7.200": true, "93.184.8.200": false,
	} {
		if got := nearby(netip.MustParseAddr(address), own); got != want {
			t.Errorf("%s is nearby: %v", address, got)
		}
	}
	for address, want := range map[string]bool{"1.1.1.1": true, "192.0.2.1": false, "10.254.253.252": false, "fd00:1:2:3::4": false} {
		if got := internet(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s may be asked: %v", address, got)
		}
	}
	if here := ownPublic(t); here.IsValid() && internet(here) {
		t.Errorf("%s is asked, which is this machine's", here)
	}
}

// ownPublic returns an address of the internet that this machine has, if it has one.
func ownPublic(t *testing.T) netip.Addr {
	t.Helper()
	own, err := net.InterfaceAddrs()
	if err != nil || len(own) == 0 {
		t.Fatalf("this machine has no address: %v", err)
	}
	for _, o := range own {
		p, err := netip.ParsePrefix(o.String())
		if err == nil && !nearby(p.Addr(), own) {
			t.Errorf("%s is far away", o)
		}
		if err == nil && public(p.Addr()) {
			return p.Addr()
		}
	}
	return netip.Addr{}
}

// Who asks no longer waits no longer.
func TestProveEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := prove(ctx, &http.Client{Transport: silent{}}, card(t, 1, at, "Brigade").Body.(wire.Agency))
	if !errors.Is(err, context.Canceled) {
		t.Error(fmt.Errorf("it goes on: %w", err))
	}
}
