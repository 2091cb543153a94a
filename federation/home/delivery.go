package home

import (
	"nvrd/federation/wire"
)

// Delivery is how far a post of this home is known to have come. There are no
// more states, and no count: who posts learns that it arrived, not whom it reached.
type Delivery uint8

// The states.
const (
	Unconfirmed Delivery = iota // by no other home yet
	Left                        // another home holds it
	Spread                      // at least [SpreadHomes] do, or all others where there are fewer
)

// SpreadHomes is how many homes lose a post only together.
const SpreadHomes = 3

// outbox knows when each post of this home was said, in the order of saying: a
// peer that later held the same as this home holds it. What was said before a
// restart has no place in it, and every peer that held the same since has it.
type outbox struct {
	said  map[wire.Hash]int
	count int
}

// put takes in a post that was said just now.
func (o *outbox) put(post wire.Hash, gone func(wire.Hash) bool) {
	if o.said == nil {
		o.said = map[wire.Hash]int{}
	}
	for id := range o.said {
		if gone(id) {
			delete(o.said, id)
		}
	}
	o.count++
	o.said[post] = o.count
}

// agreed takes in that p just said that it holds the same as this home, and
// tells whether it is now known to hold more.
func (h *Home) agreed(p *peer, m wire.Message) bool {
	if _, root := m.(wire.Root); !root || p.feed.Deaf() || !p.feed.Equal() || p.holds > h.outbox.count {
		return false
	}
	p.holds = h.outbox.count + 1
	return true
}

// Delivery tells how far a post of this home came, by what neighbors answered;
// one that lies is believed. It is known anew after a restart, once neighbors
// answered again.
func (h *Home) Delivery(post wire.Hash) Delivery {
	item, _, ok := h.set.Get(post)
	if !ok {
		return Unconfirmed
	}
	others, holders := 0, 0
	for author, m := range h.State().Members {
		if !m.Out && author != item.Entry.Author {
			others++
		}
	}
	for _, p := range h.peers {
		if _, in := h.State().AuthorOf(p.node); in && p.holds > h.outbox.said[post] {
			holders++
		}
	}
	switch {
	case holders == 0:
		return Unconfirmed
	case holders >= min(SpreadHomes, others):
		return Spread
	}
	return Left
}
