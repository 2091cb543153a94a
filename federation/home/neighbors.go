package home

import (
	"nvrd/federation/feed"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
)

// neighbors is a state of the roster as the feed asks for it. It never changes.
type neighbors struct {
	state    *roster.State
	stewards map[wire.Key]struct{}
}

func neighborsOf(s *roster.State) *neighbors {
	n := &neighbors{state: s, stewards: make(map[wire.Key]struct{}, len(s.Seats))}
	for _, seat := range s.Seats {
		n.stewards[seat.Who] = struct{}{}
	}
	return n
}

// Standing is that of [feed.Roster].
func (n *neighbors) Standing(author wire.Key) (feed.Standing, bool) {
	m := n.state.Members[author]
	if m == nil {
		return feed.Standing{}, false
	}
	_, steward := n.stewards[author]
	s := feed.Standing{Since: m.Since, Until: feed.Always, Left: m.Left, Steward: steward && !m.Out}
	if m.Out {
		s.Until = m.Until
	}
	return s, true
}

// Stewards is that of [feed.Roster].
func (n *neighbors) Stewards() int { return len(n.stewards) }

// judges tells whether the feed gets other answers than before, or other nodes
// connect.
func (n *neighbors) judges(before *neighbors) bool {
	if len(n.state.Members) != len(before.state.Members) || len(n.stewards) != len(before.stewards) {
		return true
	}
	for author, m := range n.state.Members {
		was := before.state.Members[author]
		if was == nil || m.Card.Node != was.Card.Node {
			return true
		}
		mine, _ := n.Standing(author)
		if theirs, _ := before.Standing(author); mine != theirs {
			return true
		}
	}
	return false
}
