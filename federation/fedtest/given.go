package fedtest

import (
	"crypto/ed25519"

	"nvrd/federation/wire"
)

// What follows gives the people of a street, and what they sign, to a world of
// another kind, whose homes have a network.

// Genesis returns what the street began with.
func (s *Street) Genesis() wire.Signed { return s.genesis }

// Founded returns the roster of its founding, what others rest on first.
func (s *Street) Founded() []wire.Signed { return s.founded }

// Node returns the key that the home connects with.
func (h *Home) Node() ed25519.PrivateKey { return h.node }

// Neighbors returns the homes that it has a link to.
func (h *Home) Neighbors() (all []*Home) {
	for _, l := range h.links {
		all = append(all, l.ends[1-l.side(h)])
	}
	return all
}

// Revocation signs that the home, a steward's, puts another out at a minute,
// with what it said until then staying.
func (h *Home) Revocation(other *Home, at wire.Minute) wire.Signed {
	h.deedAt = max(h.deedAt, at)
	o := h.Street.sign(wire.Revoke{Head: h.deed(), Who: other.authorKey(), Cut: at}, h.seat)
	h.heads = []wire.Hash{o.ID}
	return o
}
