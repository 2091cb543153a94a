package rtsp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/dialog"
)

// LogIn asks for the description of a stream, to learn whether the camera lets user
// and password in, and hangs up: nothing is set up or played. The stream need not be
// there. At most one log-in is made, and redirects are not followed.
//
// It tells whether the camera asked for a log-in and took it. Its error is a
// [*Fault]; that there is no such stream is none. It takes no longer than ctx.
func LogIn(ctx context.Context, c Config) (taken bool, err error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Patience <= 0 {
		c.Patience = openTime
	}
	address, err := c.address()
	if err != nil {
		return false, faultOf(err)
	}
	d := newDialer(c, address, address.User)
	client := newClient(address, gortsplib.TransportTCP, d)
	client.ReadTimeout = c.Patience
	if err := client.Start2(); err != nil {
		return false, faultOf(err)
	}
	defer hangUp(client, d)
	defer context.AfterFunc(ctx, d.cut)()
	_, _, err = client.Describe(bare(address))
	if ctx.Err() != nil {
		return false, &Fault{nvr.Unreachable, fmt.Sprintf("the camera did not answer in time: %v", ctx.Err())}
	}
	var redirect *dialog.Redirect
	if err == nil || errors.As(err, &redirect) {
		return d.loggedIn(), nil
	}
	fault := faultOf(err)
	var status liberrors.ErrClientBadStatusCode
	if errors.As(err, &status) && fault.Reason != nvr.WrongPassword {
		return d.loggedIn(), nil
	}
	return false, &Fault{fault.Reason, printable(scrub(fault.Text, address.User))}
}

// loggedIn tells whether the camera asked for a log-in and took it.
func (d *dialer) loggedIn() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dialog != nil && d.dialog.LoggedIn()
}
