package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"time"
)

// client returns a client that goes only where r allows, follows no redirect, uses no
// proxy of the environment, and keeps connections for the next message.
func (o *Outbox) client(r reach) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            o.out.dial(r),
			TLSClientConfig:        &tls.Config{RootCAs: o.c.Roots},
			TLSHandshakeTimeout:    connectTime,
			ResponseHeaderTimeout:  attemptTime,
			MaxResponseHeaderBytes: 16 << 10,
			IdleConnTimeout:        5 * time.Minute, // a second ring often follows the first
			MaxIdleConnsPerHost:    2,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// do sends a body, and returns what is wrong with the answer.
func do(ctx context.Context, client *http.Client, method, address string, body []byte, header http.Header) error {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header = header
	r.Header.Set("User-Agent", "Stoop")
	// Absent on the wire; it lets the client try a new connection where one that it
	// had kept turns out to be closed.
	if r.Header.Get("Idempotency-Key") == "" {
		r.Header["Idempotency-Key"] = nil
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 4<<10) // so that the connection can be used again; what it says is nobody's business
	return answered(answer.StatusCode)
}
