package device

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/icholy/digest"

	"nvrd/pkg/nvr"
)

var errTooLate = errors.New("no answer in time")

// Request is one question to a device.
type Request struct {
	Method      string // GET if empty
	Path        string // with its query, as it is sent
	Body        []byte
	ContentType string
	Within      time.Duration // until the answer begins; 10 s if zero
}

func (r Request) within() time.Duration {
	if r.Within > 0 {
		return r.Within
	}
	return 10 * time.Second
}

func (r Request) method() string {
	if r.Method != "" {
		return r.Method
	}
	return http.MethodGet
}

// Ask returns what a page says: at most limit bytes, within 10 s of when it begins
// at the latest. A longer one is a fault of kind [Odd].
func (c *Client) Ask(ctx context.Context, r Request, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.within()+10*time.Second, errTooLate)
	defer cancel()
	res, err := c.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return nil, lost(ctx, err)
	case int64(len(body)) > limit:
		return nil, &Error{Kind: Odd, Status: res.StatusCode, err: fmt.Errorf("more than %d bytes: %w", limit, nvr.ErrTooLarge)}
	}
	return body, nil
}

// Open begins to read a page that may go on for as long as it likes. The caller
// closes its body, which ends with ctx. An answer other than 200 is an [Error].
func (c *Client) Open(ctx context.Context, r Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	late := time.AfterFunc(r.within(), func() { cancel(errTooLate) })
	res, err := c.logIn(ctx, r)
	late.Stop()
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal))
		res.Body.Close()
		cancel(nil)
		return nil, refusal(res.StatusCode, said)
	}
	res.Body = &ending{res.Body, func() { cancel(nil) }}
	return res, nil
}

// ending is a body that lets go of its context when it is closed.
type ending struct {
	io.ReadCloser
	end func()
}

func (e *ending) Close() error {
	e.end()
	return e.ReadCloser.Close()
}

// logIn sends a request, and again with what the device asks for: with a new
// challenge once, and once more if that took the place of an older one.
func (c *Client) logIn(ctx context.Context, r Request) (*http.Response, error) {
	for attempt := 0; ; attempt++ {
		header, fresh, err := c.authorization(r)
		if err != nil {
			return nil, err
		}
		if header != "" {
			if ok, _, _ := c.may(); !ok {
				return nil, &Error{Kind: Waiting}
			}
		}
		res, err := c.send(ctx, r, header)
		if err != nil {
			c.tell(header, LogIns.Undecided)
			return nil, lost(ctx, err)
		}
		if res.StatusCode != http.StatusUnauthorized {
			c.tell(header, LogIns.Accepted)
			return res, nil
		}
		drop(res)
		known := c.learn(res.Header)
		switch {
		case header == "" && known == nil && attempt == 0, header != "" && !fresh && known == nil && attempt < 2:
			// Asked for the first time, or its challenge has expired.
		case known != nil && (header == "" || !fresh):
			c.tell(header, LogIns.Undecided)
			return nil, known
		default:
			c.tell(header, LogIns.Refused)
			c.forget()
			return nil, &Error{Kind: WrongLogIn, Status: res.StatusCode}
		}
	}
}

func (c *Client) may() (bool, time.Duration, <-chan struct{}) {
	if c.config.LogIns == nil {
		return true, 0, nil
	}
	return c.config.LogIns.May(c.config.Party)
}

// tell says what came of a log-in, if there was one.
func (c *Client) tell(header string, what func(LogIns, string)) {
	if c.config.LogIns != nil && header != "" {
		what(c.config.LogIns, c.config.Party)
	}
}

func (c *Client) send(ctx context.Context, r Request, authorization string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method(), c.base.String()+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return c.http.Do(req)
}

// authorization returns what to log in with, if the device asked for it already,
// and whether its challenge is used for the first time.
func (c *Client) authorization(r Request) (header string, fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.basic:
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.config.User+":"+c.config.Password)), true, nil
	case c.challenge == nil:
		return "", false, nil
	}
	c.count++
	body := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
	cred, err := digest.Digest(c.challenge, digest.Options{
		Method: r.method(), URI: r.Path, GetBody: body, Count: c.count, Username: c.config.User, Password: c.config.Password,
	})
	if err != nil {
		return "", false, &Error{Kind: Odd, err: err}
	}
	return cred.String(), c.count == 1, nil
}

// learn takes down what a device asks for.
func (c *Client) learn(h http.Header) error {
	challenge, err := digest.FindChallenge(h)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		for i, qop := range challenge.QOP {
			challenge.QOP[i] = strings.TrimSpace(qop)
		}
		c.challenge, c.count, c.basic = challenge, 0, false
		return nil
	}
	for _, value := range h.Values("WWW-Authenticate") {
		if scheme, _, _ := strings.Cut(strings.TrimSpace(value), " "); strings.EqualFold(scheme, "Basic") {
			if c.base.Scheme != "https" {
				return &Error{Kind: Plain, Status: http.StatusUnauthorized}
			}
			c.basic = true
			return nil
		}
	}
	return &Error{Kind: Odd, Status: http.StatusUnauthorized, err: err}
}

func (c *Client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.challenge, c.count, c.basic = nil, 0, false
}

// drop reads the end of an answer that nobody wants, if it is near.
func drop(res *http.Response) {
	_, _ = io.CopyN(io.Discard, res.Body, maxRefusal)
	res.Body.Close()
}
