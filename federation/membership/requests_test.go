package membership_test

import (
	"testing"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
)

// What is closed, over, of a suspended agency or asked elsewhere can't be answered.
func TestAskedState(t *testing.T) {
	const now = wire.Minute(29_700_000)
	for name, c := range map[string]struct {
		is   membership.Asked
		want membership.State
		open bool
	}{
		"open":                     {membership.Asked{Request: wire.Request{Expires: now + 1}}, membership.StateOpen, true},
		"open elsewhere":           {membership.Asked{Request: wire.Request{Expires: now + 1}, Elsewhere: true}, membership.StateOpen, false},
		"over":                     {membership.Asked{Request: wire.Request{Expires: now}}, membership.StateExpired, false},
		"over, of one suspended":   {membership.Asked{Request: wire.Request{Expires: now}, Suspended: true}, membership.StateExpired, false},
		"of one suspended":         {membership.Asked{Request: wire.Request{Expires: now + 1}, Suspended: true}, membership.StateSuspended, false},
		"resolved":                 {membership.Asked{Request: wire.Request{Expires: now + 1}, Closed: wire.ClosingResolved}, membership.StateResolved, false},
		"withdrawn, and then over": {membership.Asked{Request: wire.Request{Expires: now}, Closed: wire.ClosingWithdrawn}, membership.StateWithdrawn, false},
	} {
		if got := c.is.State(now); got != c.want || c.is.Open(now) != c.open {
			t.Errorf("%s: it is %v, open %v", name, got, c.is.Open(now))
		}
	}
}
