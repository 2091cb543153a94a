package nvr

import "errors"

// Kinds of failure. Wrap them with %w; match them with errors.Is. Each has one
// status of HTTP (see [Kind]) and one exit status (in cmd/nvrd).
var (
	ErrInvalid      = errors.New("invalid")           // the caller's input is wrong and can be corrected
	ErrUnauthorized = errors.New("unauthorized")      // nobody knows who asks, or what should prove it is wrong
	ErrForbidden    = errors.New("forbidden")         // whoever asks may not; what they may not know of is ErrNotFound
	ErrNotFound     = errors.New("not found")         // nothing is there, or the caller may not know that it is
	ErrExists       = errors.New("already exists")    // the name or place is taken
	ErrTooLarge     = errors.New("too large")         // a limit; the message says which
	ErrTooMany      = errors.New("too many attempts") // too many wrong ones; the message says when to try again
	ErrBusy         = errors.New("busy")              // somebody else holds it; try later
	ErrMethod       = errors.New("method")            // this is never done there
	ErrCodec        = errors.New("codec")             // who asks cannot take what there is, as it is encoded
	ErrReordered    = errors.New("reordered")         // nor pictures that are not sent in the order they are shown
	ErrDamaged      = errors.New("damaged")           // stored bytes do not parse
)

// Kind is a kind of failure as it is told over HTTP.
type Kind struct {
	Err    error  // one of those above; nil for a failure that is nobody's business but ours
	Name   string // in answers of the API; never changes its meaning
	Status int
}

// Internal is the kind of every failure that is not the caller's: what it says
// is for the log alone.
var Internal = Kind{nil, "internal", 500}

// Kinds returns the kinds whose message is meant for the caller, each with its
// status: the one table of them. [ErrDamaged] is not among them, since whoever
// asks can do nothing about it.
func Kinds() []Kind {
	return []Kind{
		{ErrInvalid, "invalid", 400},
		{ErrUnauthorized, "unauthorized", 401},
		{ErrForbidden, "forbidden", 403},
		{ErrNotFound, "not_found", 404},
		{ErrMethod, "method", 405},
		{ErrCodec, "codec", 406},
		{ErrReordered, "b_frames", 406},
		{ErrExists, "exists", 409},
		{ErrTooLarge, "too_large", 413},
		{ErrTooMany, "too_many", 429},
		{ErrBusy, "busy", 503},
	}
}

// KindOf returns the kind of err, which is [Internal] if it has none.
func KindOf(err error) Kind {
	for _, k := range Kinds() {
		if errors.Is(err, k.Err) {
			return k
		}
	}
	return Internal
}
