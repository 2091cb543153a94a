package device

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"nvrd/pkg/nvr"
)

// Kind is what is wrong with a device, as its owner can put it right.
type Kind string

// The kinds.
const (
	BadAddress  Kind = "bad_address" // what was typed is no address
	Unreachable Kind = "unreachable" // nothing answers there
	Silent      Kind = "silent"      // it was there, and says nothing any more
	WrongLogIn  Kind = "wrong_login" // user or password
	Waiting     Kind = "waiting"     // the password was wrong a short time ago; nobody tries
	Plain       Kind = "plain"       // it wants the password unencrypted
	NoRight     Kind = "no_right"    // the user may not do that
	NoPage      Kind = "no_page"     // it has no such page: of another maker, or too old
	Elsewhere   Kind = "elsewhere"   // it sends us to another address
	Full        Kind = "full"        // it serves as many as it can
	Failing     Kind = "failing"     // it says that it failed
	Odd         Kind = "odd"         // what it says can't be understood
)

// words are for the owner: what is wrong, and what to do.
var words = map[Kind]string{
	BadAddress:  "this is not the address of a device: it looks like 192.168.1.20 or https://192.168.1.20",
	Unreachable: "nothing answers at this address: is the device on, and does it still have this address?",
	Silent:      "the device was connected and fell silent",
	WrongLogIn:  "the device refuses user and password",
	Waiting:     "the device refused the password; it is tried again in a few minutes, so that the device does not lock us out",
	Plain:       "the device asks for the password unencrypted: let the address begin with https://, or choose Digest in the device",
	NoRight:     "this user may not hear of events: give it the right to in the device",
	NoPage:      "the device has no such page: is it of this maker, and allowed to talk to other programs?",
	Elsewhere:   "the device sends us to another address: try it with https://",
	Full:        "the device already serves as many programs as it can",
	Failing:     "the device says that it failed",
	Odd:         "the device answers in a way that can't be understood: is it of this maker?",
}

// under gives the kind of failure that other packages know.
var under = map[Kind]error{
	BadAddress: nvr.ErrInvalid, WrongLogIn: nvr.ErrUnauthorized, Waiting: nvr.ErrTooMany,
	NoRight: nvr.ErrForbidden, NoPage: nvr.ErrNotFound, Full: nvr.ErrBusy,
}

// Error is why a device can't be listened to. Its text is a sentence for the
// owner that repeats nothing the device said and no password.
type Error struct {
	Kind   Kind
	Status int // of HTTP, if there was one
	err    error
}

func (e *Error) Error() string { return words[e.Kind] }

// Unwrap returns the kinds of [nvr] that it is, and what caused it.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{under[e.Kind], e.err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// Fault returns an error of a kind; why may be nil.
func Fault(kind Kind, why error) error { return &Error{Kind: kind, err: why} }

// KindOf returns what is wrong, or nothing for an error of another origin.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// refusal judges an answer that is not the wanted one.
func refusal(status int, said []byte) error {
	e := &Error{Kind: Odd, Status: status}
	switch {
	case bytes.Contains(said, []byte("notSupport")):
		e.Kind = NoPage // Hikvision says so with 403
	case status == http.StatusUnauthorized:
		e.Kind = WrongLogIn
	case status == http.StatusForbidden, status == http.StatusNoContent:
		e.Kind = NoRight // DoorBird says 204 to a user without the right
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented, status == http.StatusBadRequest:
		e.Kind = NoPage
	case status >= 300 && status < 400:
		e.Kind = Elsewhere
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests, status == 509:
		e.Kind = Full // DoorBird says 509 when its eight streams are in use
	case status >= 500:
		e.Kind = Failing
	}
	return e
}

// lost judges why nothing was answered.
func lost(ctx context.Context, err error) error {
	if ctx.Err() != nil && context.Cause(ctx) != errTooLate { //nolint:errorlint // it is our own
		return ctx.Err()
	}
	return &Error{Kind: Unreachable, err: err}
}
