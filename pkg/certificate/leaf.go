package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

const (
	// leafLife is well below what devices accept at most: 825 days of an authority
	// that was added by hand on iOS.
	leafLife = 90 * 24 * time.Hour
	// renewBefore is a third of that.
	renewBefore = leafLife / 3
	// backdated lets in devices whose clock is behind.
	backdated = 24 * time.Hour
	// maxLeaves bounds what is kept of addresses that come and go: a machine has a
	// few, of which some change daily (RFC 8981).
	maxLeaves = 64
)

// itself are the addresses of the machine for itself.
var itself = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}

// leaf is a certificate with what its life is.
type leaf struct {
	tls.Certificate
	from, until time.Time
}

// TLS returns what a server needs. Each connection gets a certificate for all
// names of this machine and for the one of its addresses to which it came,
// whatever that is today. Which name the other end asks for (SNI) is never looked
// at: nobody can have a name signed that is not ours, nor learn of our other
// addresses.
//
// Certificates are made when they are first asked for, live 90 days, and are
// replaced 30 days before. They and their keys are only in memory.
func (a *Authority) TLS() *tls.Config {
	return config(func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return a.leafFor(local(hello.Conn))
	})
}

// local returns the address of this machine that c came to; the zero Addr if it
// is none of a network.
func local(c net.Conn) netip.Addr {
	if at, ok := c.LocalAddr().(*net.TCPAddr); ok {
		return at.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// leafFor returns a certificate for all names, and for at if the authority may
// speak for it.
func (a *Authority) leafFor(at netip.Addr) (*tls.Certificate, error) {
	if at.IsLoopback() || !at.IsValid() || !speaksForAddress(a.cert, at) {
		at = netip.Addr{} // one for all of these
	}
	now := clock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.leaves[at]; l != nil && !now.Before(l.from) && now.Before(l.until.Add(-renewBefore)) {
		return &l.Certificate, nil
	}
	l, err := a.sign(at, now)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	if len(a.leaves) >= maxLeaves {
		clear(a.leaves) // making one takes less than a millisecond
	}
	a.leaves[at] = l
	return &l.Certificate, nil
}

func (a *Authority) sign(at netip.Addr, now time.Time) (*leaf, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	l := &leaf{from: later(now.Add(-backdated), a.cert.NotBefore), until: now.Add(leafLife)}
	if a.cert.NotAfter.Before(l.until) {
		l.until = a.cert.NotAfter
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Stoop"},
		NotBefore: l.from, NotAfter: l.until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              a.names,
	}
	addresses := append(append([]netip.Addr{}, itself...), a.addresses...)
	if at.IsValid() && !slices.Contains(addresses, at) {
		addresses = append(addresses, at)
	}
	for _, ip := range addresses {
		template.IPAddresses = append(template.IPAddresses, ip.AsSlice())
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	l.Certificate = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return l, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
