package fedtest

import (
	"fmt"
	"slices"
	"time"

	"nvrd/federation/wire"
)

// Figures is what is measured in a world.
type Figures struct {
	Message func(m wire.Message, size int) // sees every message that is sent, if it is not nil

	entries map[wire.Hash]*spread
	revoked map[wire.Key]*spread // by whom it puts out
}

// spread is how something that one home said comes to others.
type spread struct {
	by   *Home
	born time.Duration
	took []time.Duration // of homes that were on all the while, and not apart
	late int             // of others
	seen map[*Home]struct{}
}

func (f *Figures) begin(by *Home) *spread {
	return &spread{by: by, born: by.w.now, seen: map[*Home]struct{}{by: {}}}
}

// reached notes that a home has it.
func (f *Figures) reached(s *spread, h *Home) {
	if s == nil {
		return
	}
	if _, ok := s.seen[h]; ok {
		return
	}
	s.seen[h] = struct{}{}
	if h.since > s.born || s.by.since > s.born || h.Street.apart || h.Street.healed > s.born || !h.counts() {
		s.late++
		return
	}
	s.took = append(s.took, h.w.now-s.born)
}

// Times are how long something took, sorted.
type Times []time.Duration

// At returns what a share of them took at most; 0 for none.
func (t Times) At(share float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	return t[min(int(share*float64(len(t))), len(t)-1)]
}

// Spread returns how long entries took to come to homes that were on all the while.
func (f *Figures) Spread() Times { return times(f.entries) }

// Revocations returns the same of revocations.
func (f *Figures) Revocations() Times { return times(f.revoked) }

func times[K comparable](of map[K]*spread) Times {
	var all Times
	for _, s := range of {
		all = append(all, s.took...)
	}
	slices.Sort(all)
	return all
}

// Reach tells of entries and homes that are honest, in and on now how many of
// all that should be have come.
func (f *Figures) Reach() string {
	reached, all := 0, 0
	for id, s := range f.entries {
		for _, h := range s.by.Street.Homes {
			if !h.counts() {
				continue
			}
			all++
			if _, _, ok := h.core.Feed().Get(id); ok {
				reached++
			}
		}
	}
	return fmt.Sprintf("%d of %d (%.3f %%)", reached, all, 100*float64(reached)/float64(max(all, 1)))
}
