// Package domain is the proof that a domain belongs to an agency: what the agency
// says of itself lies there, signed, for anybody to read.
//
// Homes of stewards and sponsors ask, and nobody else's: a domain learns the address
// of the home that asks it. What is found stays there.
package domain

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"nvrd/federation/wire"
)

// Path is where a domain shows its agency's card, as [wire.AgencyText] writes it.
const Path = "/.well-known/stoop-agency"

// ErrUnproved is what all errors of [Prove] are.
var ErrUnproved = errors.New("the domain does not show that it is this agency's")

const (
	maxShown  = 64 << 10 // ten times the longest card
	proveTime = 10 * time.Second
)

// Prove asks the domain that a card names whether it is that agency's own. It is if it
// shows a card that the same key signed for the same domain, whatever else that says
// by now. The card must be one that [wire.ParseAgency] read.
//
// It takes ten seconds at most. Errors are ErrUnproved, and say what is wrong in words
// that nobody else chose.
func Prove(ctx context.Context, card wire.Agency) error {
	c := Client()
	defer c.CloseIdleConnections()
	return prove(ctx, c, card)
}

func prove(ctx context.Context, c *http.Client, card wire.Agency) error {
	if card.Domain == "" {
		return fmt.Errorf("%w: it names none", ErrUnproved)
	}
	ctx, cancel := context.WithTimeout(ctx, proveTime)
	defer cancel()
	url := "https://" + card.Domain + Path
	shown, err := shown(ctx, c, url)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnproved, url, err)
	}
	there, err := wire.ParseAgency(shown)
	if err != nil {
		return fmt.Errorf("%w: %s is not what `nvrd agency card` prints", ErrUnproved, url)
	}
	switch says := there.Body.(wire.Agency); {
	case says.Key != card.Key:
		return fmt.Errorf("%w: %s is the card of another key", ErrUnproved, url)
	case says.Domain != card.Domain:
		return fmt.Errorf("%w: the card at %s names another domain", ErrUnproved, url)
	}
	return nil
}

// shown returns what is at an address.
func shown(ctx context.Context, c *http.Client, url string) (string, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := c.Do(q)
	if err != nil {
		return "", plain(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers %d, %s", response.StatusCode, http.StatusText(response.StatusCode))
	}
	b, err := io.ReadAll(io.LimitReader(response.Body, maxShown+1))
	if err != nil {
		return "", plain(err)
	}
	if len(b) > maxShown {
		return "", fmt.Errorf("it is longer than %d bytes", maxShown)
	}
	return string(b), nil
}

// plain says why nothing was read, and nothing that the server said.
func plain(err error) error {
	for _, known := range []error{ErrAddress, ErrRedirect, ErrLong, ErrScheme} {
		if errors.Is(err, known) {
			return known
		}
	}
	var unknown *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var late interface{ Timeout() bool }
	switch {
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return errors.New("there is no such domain")
	case errors.As(err, &untrusted):
		return errors.New("its certificate is not one that browsers trust for it")
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &late) && late.Timeout():
		return errors.New("it does not answer")
	}
	return errors.New("it can't be reached by HTTPS")
}
