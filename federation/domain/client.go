package domain

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// MaxBody is how much of an answer a client reads, unpacked: the longest file of an
// agency's log is a checkpoint with all of its cosignatures, 128 KiB.
const MaxBody = 256 << 10

// What a client refuses.
var (
	ErrAddress  = errors.New("it leads to an address in this home's network, or to none on the internet")
	ErrRedirect = errors.New("it leads on to another address; what is asked for has to be there itself")
	ErrScheme   = errors.New("only https:// is asked")
	ErrLong     = fmt.Errorf("its answer is longer than %d bytes", MaxBody)
)

// Guard is what a client asks by. Homes ask by the zero value; others are for tests,
// which have no internet.
type Guard struct {
	Allow func(netip.Addr) bool // which addresses may be asked; nil is those on the internet
	Roots *x509.CertPool        // who vouches for servers; nil is whom the system trusts

	to string // where all is asked in truth, for tests here; empty is where its name leads
}

// Client returns a client that asks servers whose names others chose, with this
// promise: whatever a name leads to, and however often that changes, nothing in this
// home's network is asked, since the address is judged that is really dialed. It
// speaks HTTPS only, follows no redirect, uses no proxy and keeps no cookies. An answer
// takes 30 s and [MaxBody] at most, or reading it fails.
//
// It is safe for concurrent use. Call CloseIdleConnections when it is used no longer.
func Client() *http.Client { return Guard{}.Client() }

// Client is [Client] by this guard.
func (g Guard) Client() *http.Client {
	if g.Allow == nil {
		g.Allow = internet
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !g.Allow(at.Addr()) {
			return ErrAddress
		}
		return nil
	}}
	return &http.Client{
		Transport: bounded{&http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if g.to != "" {
					address = g.to
				}
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig: &tls.Config{RootCAs: g.Roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 10 * time.Second,
			ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return ErrRedirect },
		Timeout:       30 * time.Second,
	}
}

// bounded asks by HTTPS alone, and lets nobody read more of an answer than MaxBody.
type bounded struct{ *http.Transport }

func (b bounded) RoundTrip(q *http.Request) (*http.Response, error) {
	if q.URL.Scheme != "https" {
		return nil, ErrScheme
	}
	response, err := b.Transport.RoundTrip(q)
	if err != nil {
		return nil, err
	}
	response.Body = &body{response.Body, MaxBody}
	return response, nil
}

type body struct {
	io.ReadCloser
	left int64
}

func (b *body) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into[:min(int64(len(into)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrLong
	}
	return n, err
}
