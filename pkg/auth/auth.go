// Package auth decides who is let in, and what they may do. Who asks is found
// out at the gate and goes along in the request's context (see [Asks]); what for
// is said by each route (see [Mux]); and [Can] decides.
//
// Its first form knows one secret, the access key of the home: whoever has it
// is the household and may do everything. A browser trades it for a session
// cookie, a script sends it as a bearer token. Beside it stand the guards that
// hold with or without a key: which names this machine answers to, and that
// other sites' pages cannot change anything.
//
// It writes no page and no answer of its own: what is refused goes to the deny
// function it was given.
package auth

import (
	"fmt"

	"nvrd/pkg/nvr"
)

// Refusals that only the start of the program can change; both are [nvr.ErrForbidden].
var (
	ErrHost  = fmt.Errorf("this name is not known here; start with --host and the name, or with STOOP_HOST, to allow it: %w", nvr.ErrForbidden)
	ErrProxy = fmt.Errorf("this came through a proxy, and whoever reaches that would be let in; start with --access-key-file: %w", nvr.ErrForbidden)
)
