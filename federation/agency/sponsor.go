package agency

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"nvrd/federation/sponsor"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// MaxSponsors is how many an agency has at most: two are enough, and each is told all.
const MaxSponsors = 32

// AddSponsor writes down a sponsor, or that its certificate has changed: nvr.ErrInvalid
// for one of another agency, nvr.ErrTooLarge if there are too many.
func (a *Agency) AddSponsor(ctx context.Context, s wire.Sponsor) error {
	if s.Agency != a.Key {
		return fmt.Errorf("this is for the agency %s, and yours is %s: %w", s.Agency, a.Key, nvr.ErrInvalid)
	}
	err := a.db.Update(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO sponsor (url, spki) VALUES (?, ?) ON CONFLICT DO UPDATE SET spki = excluded.spki`, s.URL, s.SPKI[:]); err != nil {
			return err
		}
		all, err := a.sponsors(ctx, tx)
		if len(all) > MaxSponsors {
			err = fmt.Errorf("%d sponsors are all: %w", MaxSponsors, nvr.ErrTooLarge)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("add a sponsor: %w", err)
	}
	return nil
}

// RemoveSponsor takes one away by its host: nvr.ErrNotFound if there is none.
func (a *Agency) RemoveSponsor(ctx context.Context, host string) error {
	err := a.db.Update(ctx, func(tx *sqlite.Tx) error {
		done, err := tx.ExecContext(ctx, `DELETE FROM sponsor WHERE url = 'https://' || ?`, host)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("there is no sponsor at %q; `nvrd agency sponsor list` lists them: %w", host, nvr.ErrNotFound))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove a sponsor: %w", err)
	}
	return nil
}

// Sponsors lists them.
func (a *Agency) Sponsors(ctx context.Context) ([]wire.Sponsor, error) {
	return a.sponsors(ctx, a.db.Reader())
}

func (a *Agency) sponsors(ctx context.Context, from sqlite.Querier) ([]wire.Sponsor, error) {
	all, err := sqlite.All(ctx, from, func(row sqlite.Row) (wire.Sponsor, error) {
		s := wire.Sponsor{Agency: a.Key}
		var spki []byte
		err := row.Scan(&s.URL, &spki)
		copy(s.SPKI[:], spki)
		return s, err
	}, `SELECT url, spki FROM sponsor ORDER BY url`)
	if err != nil {
		return nil, fmt.Errorf("read the sponsors: %w", err)
	}
	return all, nil
}

// Visit is what came of asking one sponsor.
type Visit struct {
	Sponsor wire.Sponsor
	Err     error // the message says what to do; nil if all went well
}

// visit asks all sponsors, one after the other: one that is away is waited for at most
// [patience].
func (a *Agency) visit(ctx context.Context, ask func(context.Context, gateway) error) ([]Visit, error) {
	all, err := a.Sponsors(ctx)
	if err != nil {
		return nil, err
	}
	var visits []Visit
	for _, s := range all {
		client := clientFor(s)
		err := ask(ctx, gateway{s, client, a.key, a.now})
		client.CloseIdleConnections()
		visits = append(visits, Visit{s, err})
	}
	return visits, nil
}

// gateway is the door of one sponsor.
type gateway struct {
	wire.Sponsor

	client *http.Client
	key    ed25519.PrivateKey
	now    func() time.Time
}

// patience is how long one answer may take: a piece is there in that time over a slow
// line.
const patience = 30 * time.Second

// errAnswer is of a sponsor that answers what makes no sense.
var errAnswer = errors.New("it answers what a sponsor does not; ask its owner whether the address is right")

// errStranger is of one that does not know the agency.
var errStranger = errors.New("it is no sponsor of this agency, or its clock is off by more than 10 minutes; ask its owner")

// clientFor returns a client that talks to nobody but who has the key that the sponsor
// named, follows nothing and takes no more than it asked for.
func clientFor(s wire.Sponsor) *http.Client {
	return &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{
				MinVersion:         tls.VersionTLS13,
				InsecureSkipVerify: true, //nolint:gosec // no authority vouches for it: the key is compared
				VerifyConnection: func(c tls.ConnectionState) error {
					if len(c.PeerCertificates) == 0 || sha256.Sum256(c.PeerCertificates[0].RawSubjectPublicKeyInfo) != s.SPKI {
						return errors.New("it has another certificate than it was added with; ask its owner for the text to add")
					}
					return nil
				},
			},
			MaxResponseHeaderBytes: 16 << 10,
			DisableCompression:     true,
		},
	}
}

// ask sends a question and returns an answer of at most so many bytes. Mailboxes are
// asked for with a signature.
func (g gateway) ask(ctx context.Context, method, path string, body []byte, most int64) ([]byte, error) {
	q, err := http.NewRequestWithContext(ctx, method, g.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	} else {
		minute := wire.MinuteOf(g.now())
		sign := func(b []byte) []byte { return ed25519.Sign(g.key, b) }
		q.Header.Set("Authorization", sponsor.MailboxAuthorization(sign, method, path, g.SPKI.String(), minute))
	}
	r, err := g.client.Do(q)
	if err != nil {
		return nil, errors.Unwrap(err) // what is wrong, without the address
	}
	defer r.Body.Close()
	switch r.StatusCode {
	case http.StatusOK, http.StatusNoContent:
	case http.StatusNotFound:
		return nil, errStranger
	case http.StatusServiceUnavailable:
		return nil, fmt.Errorf("it can't now: %w", nvr.ErrBusy)
	default:
		return nil, fmt.Errorf("%w (status %d)", errAnswer, r.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%w (more than %d bytes)", errAnswer, most)
	}
	return b, err
}

// parse reads an answer strictly.
func parse(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errAnswer
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errAnswer
	}
	return nil
}
