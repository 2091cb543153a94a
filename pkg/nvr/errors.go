package nvr

import "errors"

// Kinds of failure. Wrap them with %w; match them with errors.Is. Each has one
// HTTP status (in pkg/api) and one exit status (in cmd/nvrd).
var (
	ErrInvalid  = errors.New("invalid")        // the caller's input is wrong and can be corrected
	ErrNotFound = errors.New("not found")      // nothing is there, or the caller may not know that it is
	ErrExists   = errors.New("already exists") // the name or place is taken
	ErrTooLarge = errors.New("too large")      // a limit; the message says which
	ErrBusy     = errors.New("busy")           // somebody else holds it; try later
	ErrDamaged  = errors.New("damaged")        // stored bytes do not parse
)
