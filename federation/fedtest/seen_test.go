package fedtest

import (
	"slices"
	"testing"
	"time"

	"nvrd/federation/wire"
)

// TestSeen: what is said is seen by who says it and who hears it, to the last byte and
// microsecond: also what nobody answers, of which nothing else in the world is changed.
func TestSeen(t *testing.T) {
	says := func(agency byte) wire.Message {
		return wire.Logs{Logs: []wire.LogPrint{{Agency: wire.Key{agency}}}} // which nobody knows
	}
	run := func(m wire.Message, to int, later time.Duration) *Street {
		w := New(Plan{Seed: 1, Streets: 1, Homes: 4, Stewards: 1, Links: 1, Verbatim: true})
		s := w.Streets[0]
		w.Run(5 * time.Minute)
		if m != nil {
			s.Homes[0].Tell(s.Homes[to], m, later)
		}
		w.Run(time.Second)
		return s
	}
	as := run(says(1), 1, 0)
	for _, tt := range []struct {
		what  string
		is    *Street
		other bool // than as it was
	}{
		{"the same", run(says(1), 1, 0), false},
		{"nothing", run(nil, 1, 0), true},
		{"another byte", run(says(2), 1, 0), true},
		{"a microsecond later", run(says(1), 1, time.Microsecond), true},
		{"to another neighbor", run(says(1), 3, 0), true},
	} {
		for n, h := range as.Homes[:2] {
			if other := !slices.Equal(h.Seen(), tt.is.Homes[n].Seen()); other != tt.other {
				t.Errorf("%s: home %d sees what differs: %v", tt.what, n, other)
			}
		}
		if !slices.Equal(as.Homes[2].Seen(), tt.is.Homes[2].Seen()) {
			t.Errorf("%s: others see it, too", tt.what)
		}
	}
}
