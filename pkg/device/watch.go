package device

import (
	"context"
	"errors"
	"io"
	"time"
)

// chunk is how much is read at once: more than what a device says of one event.
const chunk = 4 << 10

// Reader takes what a device says, piece by piece, for as long as it lasts. Both
// methods are called from one goroutine.
type Reader interface {
	// Take is handed what came. It must not keep it.
	Take(b []byte)
	// Quiet tells that nothing came for a quarter of a second: what is there is
	// all, for now.
	Quiet()
	// Patience is how long the device may say nothing from now on.
	Patience() time.Duration
}

// quiet is how long a device pauses within one event at most: it sends one in a
// piece or two.
const quiet = 250 * time.Millisecond

// Listen reads a page that has no end, until it ends all the same, ctx does, or the
// device is silent for longer than the reader has patience. The error is never nil.
func (c *Client) Listen(ctx context.Context, q Request, r Reader) error {
	res, err := c.Open(ctx, q)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	c.config.Say("connected", "", nil)
	return Watch(ctx, res.Body, r)
}

// Watch reads body until it ends, ctx does, or the device is silent for longer
// than the reader has patience. Then body is closed. The error is never nil.
func Watch(ctx context.Context, body io.ReadCloser, r Reader) error {
	pieces, ended := make(chan []byte), make(chan error, 1)
	stop := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			b := make([]byte, chunk)
			n, err := body.Read(b)
			if n > 0 {
				select {
				case pieces <- b[:n]:
				case <-stop:
					return
				}
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	defer func() {
		close(stop)
		body.Close()
		<-gone
	}()
	still, silence := time.NewTimer(quiet), time.NewTimer(r.Patience())
	defer still.Stop()
	defer silence.Stop()
	for {
		select {
		case b := <-pieces:
			r.Take(b)
			still.Reset(quiet)
			silence.Reset(r.Patience())
		case <-still.C:
			r.Quiet()
		case <-silence.C:
			return &Error{Kind: Silent}
		case err := <-ended:
			r.Quiet()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return &Error{Kind: Silent, err: err}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
