package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

var hosts = []string{"localhost", "porch-pi", "porch-pi.local", "porch-pi.fritz.box", "stoop.example.org", "192.168.1.10", "203.0.113.7", "2001:db8::7"}

func open(t *testing.T, data string, hosts ...string) *Authority {
	t.Helper()
	a, err := Open(data, hosts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// roots is what a device believes that trusts a and nobody else.
func roots(a *Authority) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.PEM())
	return pool
}

// TestVouches: a device that trusts the authority believes each name and each
// address of the machine, and no other.
func TestVouches(t *testing.T) {
	a := open(t, t.TempDir(), hosts...)
	pair, err := a.leafFor(netip.MustParseAddr("192.168.1.5"))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"localhost": true, "porch-pi": true, "porch-pi.local": true, "porch-pi.fritz.box": true, "stoop.example.org": true,
		"127.0.0.1": true, "::1": true, "192.168.1.5": true, "192.168.1.10": true, "203.0.113.7": true, "2001:db8::7": true,
		"192.168.1.6": false, "10.0.0.1": false, "8.8.8.8": false, "bank.example": false, "other.local": false, "example.org": false, "a.localhost": false,
	} {
		_, err := cert.Verify(x509.VerifyOptions{DNSName: name, Roots: roots(a), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if life := cert.NotAfter.Sub(cert.NotBefore); life > 398*24*time.Hour || cert.IsCA {
		t.Errorf("it lives %v, authority %v", life, cert.IsCA)
	}
	if !regexp.MustCompile(`^Stoop home [0-9A-F]{4}-[0-9A-F]{4}$`).MatchString(a.Name()) || !regexp.MustCompile(`^([0-9A-F]{2}:){31}[0-9A-F]{2}$`).MatchString(a.Fingerprint()) || len(a.Unfit()) > 0 {
		t.Error(a.Name(), a.Fingerprint(), a.Unfit())
	}
}

// TestStolen: whoever has the authority's key can't play somebody outside with it.
func TestStolen(t *testing.T) {
	data := t.TempDir()
	open(t, data, "localhost")
	for host, ok := range map[string]bool{
		"bank.example": false, "8.8.8.8": false, "2606:4700::1": false, "local.example": false, "xlocal": false, "172.32.0.1": false,
		"nas.local": true, "nas.home.arpa": true, "172.31.0.1": true, "fd12::1": true, "fe80::1": true,
	} {
		a := open(t, data)
		if ip, err := netip.ParseAddr(host); err == nil {
			a.addresses = []netip.Addr{ip}
		} else {
			a.names = []string{host}
		}
		l, err := a.sign(netip.Addr{}, clock())
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(l.Certificate.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err = cert.Verify(x509.VerifyOptions{DNSName: host, Roots: roots(a)}); (err == nil) != ok {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// TestUnfit: what the authority may not speak for stays out, and spoils nothing.
func TestUnfit(t *testing.T) {
	data := t.TempDir()
	open(t, data, "porch-pi", "stoop.example.org")
	a := open(t, data, "porch-pi", "stoop.example.org", "other.example.org", "nas.local", "9.9.9.9", "10.1.2.3", "ä.local", "a..local", strings.Repeat("a", 64)+".local", "*.local", "new-name")
	want := []string{"other.example.org", "9.9.9.9", "ä.local", "a..local", strings.Repeat("a", 64) + ".local", "*.local", "new-name"}
	if !slices.Equal(a.Unfit(), want) {
		t.Errorf("%q", a.Unfit())
	}
	pair, err := a.leafFor(netip.MustParseAddr("9.9.9.9"))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil || !slices.Equal(cert.DNSNames, []string{"porch-pi", "stoop.example.org", "nas.local"}) || len(cert.IPAddresses) != 3 {
		t.Errorf("%q %v %v", cert.DNSNames, cert.IPAddresses, err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{DNSName: "nas.local", Roots: roots(a)}); err != nil {
		t.Error(err)
	}
}

// TestKept: the authority stays over restarts, is whole, and is nobody else's to read.
func TestKept(t *testing.T) {
	data := t.TempDir()
	if _, err := Load(data); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("before the first: %v", err)
	}
	a, b := open(t, data, "localhost"), open(t, data, "localhost")
	loaded, err := Load(data)
	if err != nil || a.Fingerprint() != b.Fingerprint() || a.Fingerprint() != loaded.Fingerprint() || open(t, t.TempDir()).Fingerprint() == a.Fingerprint() {
		t.Errorf("%s %s %v", a.Fingerprint(), b.Fingerprint(), err)
	}
	path := filepath.Join(data, folder, file)
	for p, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		if info, err := os.Stat(p); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v %v", p, info, err)
		}
	}
	other, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh := t.TempDir()
	open(t, fresh)
	foreign, err := os.ReadFile(filepath.Join(fresh, folder, file))
	if err != nil {
		t.Fatal(err)
	}
	first, rest := pem.Decode(other)
	_, second := pem.Decode(foreign)
	for what, text := range map[string][]byte{
		"nothing": {}, "no PEM": []byte("hello"), "half": other[:len(other)/2], "no key": pem.EncodeToMemory(first), "no certificate": rest,
		"another's key": append(pem.EncodeToMemory(first), second...),
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(data, nil)
		if !errors.Is(err, nvr.ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != string(text) {
			t.Errorf("%s: it was changed: %v", what, err)
		}
	}
}

// conn is a connection that came to an address.
type conn struct {
	net.Conn
	to net.Addr
}

func (c conn) LocalAddr() net.Addr { return c.to }

func serial(t *testing.T, a *Authority, to string, name string) string {
	t.Helper()
	pair, err := a.TLS().GetCertificate(&tls.ClientHelloInfo{ServerName: name, Conn: conn{to: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(to), 8080))}})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if now := clock(); now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		t.Errorf("at %v it is good from %v to %v", now, cert.NotBefore, cert.NotAfter)
	}
	return cert.SerialNumber.String()
}

// TestRenewal: a certificate is replaced a third of its life before its end, and
// when the clock is set. The first one is made by a clock that was never set:
// bubbles begin in 2000.
func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		a := open(t, t.TempDir(), "localhost")
		unset := serial(t, a, "192.168.1.5", "")
		if again := serial(t, a, "192.168.1.5", ""); again != unset {
			t.Error("each connection has a certificate of its own while the clock is not set")
		}
		time.Sleep(time.Until(written.Add(200 * day)))
		first := serial(t, a, "192.168.1.5", "")
		if first == unset {
			t.Error("the certificate of before the clock was set stays")
		}
		time.Sleep(60*day - time.Second)
		if serial(t, a, "192.168.1.5", "") != first {
			t.Error("it is replaced early")
		}
		time.Sleep(time.Second)
		second := serial(t, a, "192.168.1.5", "")
		if second == first {
			t.Error("it is not replaced")
		}
		a.leaves[netip.MustParseAddr("192.168.1.5")].from = time.Now().Add(day) // as if it was made by a clock that was ahead
		if serial(t, a, "192.168.1.5", "") == second {
			t.Error("what is not good yet stays")
		}
		time.Sleep(time.Until(a.Until()) - time.Hour) // an hour before the authority's end
		serial(t, a, "192.168.1.5", "")
	})
}

// TestAddressChange: a connection gets what fits the address to which it came,
// whichever the machine has by now, and what is kept of them is bounded.
func TestAddressChange(t *testing.T) {
	a := open(t, t.TempDir(), "localhost")
	seen := map[string]string{}
	for _, to := range []string{"192.168.1.5", "192.168.1.77", "::ffff:192.168.1.77", "fd00::1", "127.0.0.1", "127.9.9.9", "::1", "9.9.9.9", "2001:db8::1"} {
		seen[to] = serial(t, a, to, "")
	}
	if seen["192.168.1.5"] == seen["192.168.1.77"] || seen["192.168.1.77"] != seen["::ffff:192.168.1.77"] || seen["127.0.0.1"] != seen["::1"] || seen["127.0.0.1"] != seen["127.9.9.9"] || seen["9.9.9.9"] != seen["127.0.0.1"] || seen["2001:db8::1"] != seen["127.0.0.1"] {
		t.Errorf("%v", seen)
	}
	for at := netip.MustParseAddr("10.0.0.1"); at.Less(netip.MustParseAddr("10.0.1.0")); at = at.Next() {
		if _, err := a.leafFor(at); err != nil || len(a.leaves) > maxLeaves {
			t.Fatal(len(a.leaves), err)
		}
	}
}

// names that others may ask for.
var asked = []string{"", "localhost", "bank.example", "BANK.example", "*.local", "porch-pi.local", "evil.local", strings.Repeat("a.", 120) + "local", "\x00", "a\nb", "10.0.0.1", "xn--bcher-kva.example", "../../etc/passwd", "porch-pi.local."}

// FuzzServerName: whatever name is asked for, only ours are signed.
func FuzzServerName(f *testing.F) {
	for _, name := range asked {
		f.Add(name)
	}
	a, err := Open(f.TempDir(), hosts)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		pair, err := a.TLS().GetCertificate(&tls.ClientHelloInfo{ServerName: name, Conn: conn{to: &net.TCPAddr{IP: net.IPv4(192, 168, 1, 5)}}})
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil || len(a.leaves) != 1 {
			t.Fatal(err, len(a.leaves))
		}
		for _, n := range cert.DNSNames {
			if !slices.Contains(hosts, n) {
				t.Errorf("%q had %q signed", name, n)
			}
		}
	})
}
