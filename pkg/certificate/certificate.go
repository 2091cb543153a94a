// Package certificate has what this machine proves with, to browsers, that it is
// itself: certificates of the home's own authority ([Authority]), or one that the
// owner has from elsewhere ([Files]).
//
// It opens no connection and asks nobody outside for anything: there is no ACME
// here, which would need a public name and tell the world that it is there
// (docs/adr/0024-own-authority.md).
package certificate

import (
	"crypto/tls"
	"time"
)

// written is before any clock that is right: one that shows less, as machines
// without a battery do after they were off, was not set yet.
var written = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// clock is what time it is, or written while the clock is not set.
func clock() time.Time {
	if now := time.Now(); now.After(written) {
		return now
	}
	return written
}

// config is TLS 1.2 or later, the standard library's own least version, with
// HTTP/2.
func config(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{GetCertificate: get, NextProtos: []string{"h2", "http/1.1"}}
}
