package feed

import (
	"slices"

	"nvrd/federation/wire"
)

// reply gathers what a link says at once. Entries go by reference until they are
// written, so that a month of them takes no memory twice.
type reply struct {
	messages []wire.Message
	entries  []wire.Carried
	size     int // of those entries as a message
}

// bare is the size of a message of entries without any.
const bare = 16

// carriedSize is how many bytes an entry takes in a message at most.
func carriedSize(c wire.Carried) int { return 7 + len(c.Entry) + len(c.Payload) }

// say adds a message, if there is room for it in this hour.
func (l *Link) say(r *reply, m wire.Message) {
	if l.spent.out < MaxOut {
		l.spent.out += wire.Size(m)
		r.messages = append(r.messages, m)
	}
}

// full tells whether nothing more can be said in this hour.
func (l *Link) full(r *reply) bool { return l.spent.out+r.size >= MaxOut }

// has tells whether the peer is known to have an entry.
func (l *Link) has(h *record) bool {
	_, ok := l.passed[h.ID.Print()]
	return ok
}

// offerAll offers entries, the newest first.
func (l *Link) offerAll(r *reply, held []*record) {
	for _, h := range slices.SortedFunc(slices.Values(held), func(a, b *record) int { return compare(b.Item, a.Item) }) {
		if l.full(r) {
			return
		}
		l.offer(r, h)
	}
}

// offer sends an entry that the peer is not known to have; before it what the peer
// has to know first.
func (l *Link) offer(r *reply, h *record) {
	if l.has(h) {
		return
	}
	for _, before := range l.set.before(h) {
		if !l.has(before) {
			l.carry(r, before)
		}
	}
	l.carry(r, h)
}

// before returns what has to be known before a record: what it died of, or a peer
// would ask where its payload is, and that a label was taken back, or it would
// destroy what others have kept.
func (s *Set) before(h *record) []*record {
	switch {
	case h.Entry.Says == wire.SaysLabel:
		return s.retractions(h.Item)
	case h.dead == TakenBack || h.dead == Destroyed:
		return s.causes(h.Item)
	}
	return nil
}

func (l *Link) carry(r *reply, h *record) {
	c := wire.Carried{Entry: h.Raw, Payload: h.Payload}
	if r.size+carriedSize(c) > wire.MaxMessage-bare || len(r.entries) == wire.MaxCarried {
		l.flush(r)
	}
	if l.full(r) {
		return
	}
	l.passed[h.ID.Print()] = struct{}{}
	r.entries = append(r.entries, c)
	r.size += carriedSize(c)
}

// flush makes a message of the entries that were gathered.
func (l *Link) flush(r *reply) {
	if len(r.entries) > 0 {
		m := wire.Entries{Entries: r.entries}
		r.entries, r.size = nil, 0
		l.say(r, m)
	}
}
