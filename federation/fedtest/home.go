package fedtest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"nvrd/federation/feed"
	"nvrd/federation/home"
	"nvrd/federation/wire"
)

// Home is one home of a street.
type Home struct {
	w      *World
	Street *Street
	Number int

	Faults int // of neighbors, that this home found
	Sent   Traffic

	core               *home.Home
	author, node, seat ed25519.PrivateKey
	heads              []wire.Hash // the newest of its deeds
	deedAt             wire.Minute
	links              []*link
	by                 map[wire.Key]*link // by the node at the other end
	skew               time.Duration
	on                 bool
	since              time.Duration // when it came on last
	part               int           // of a street that fell apart
	lie                *lie          // nil for an honest home
	seen               []Seen
	tells              Tells // nil for a home that tells what its core says
}

func (h *Home) key(use string) ed25519.PrivateKey {
	b := fmt.Appendf(nil, "%s %d %d ", use, h.Street.Number, h.Number)
	seed := sha256.Sum256(binary.LittleEndian.AppendUint64(b, h.w.Seed))
	return ed25519.NewKeyFromSeed(seed[:])
}

func (h *Home) nodeKey() wire.Key   { return wire.PublicKey(h.node) }
func (h *Home) authorKey() wire.Key { return wire.PublicKey(h.author) }

// minute is what the clock of the home says.
func (h *Home) minute() wire.Minute { return h.w.Begin + wire.Minute((h.w.now+h.skew)/time.Minute) }

// honest tells whether the home does as it should.
func (h *Home) honest() bool { return h.lie == nil }

// counts tells whether the home should hold what others hold: it is on, honest,
// and in, as the founder knows.
func (h *Home) counts() bool {
	return h.on && h.honest() && h.Street.Homes[0].core.State().Member(h.authorKey()) != nil
}

// refuses tells whether the home lets no stream to another one stand: it knows
// that it is no neighbor any longer.
func (h *Home) refuses(other *Home) bool {
	m := h.core.State().Members[other.authorKey()]
	return h.honest() && m != nil && m.Out
}

// Off switches the home off.
func (h *Home) Off() {
	h.on = false
	for _, l := range h.links {
		l.cut()
	}
}

// On switches it on again; it connects within seconds.
func (h *Home) On() {
	if h.on {
		return
	}
	h.on, h.since = true, h.w.now
	for _, l := range h.links {
		l.soon(0, 3*time.Second)
	}
}

// tick is each minute of the home.
func (h *Home) tick() {
	if h.on {
		h.do(h.core.Minute(h.minute()))
		if h.lie != nil && h.lie.minute != nil {
			h.lie.minute(h)
		}
	}
	h.w.In(time.Minute, h.tick)
}

// do does what the core wants.
func (h *Home) do(a home.Actions) {
	for _, s := range a.Send {
		l := h.by[s.To]
		if l == nil || !l.up {
			continue
		}
		for _, m := range h.lie.told(h, s.Message) {
			if h.tells != nil {
				h.tells(l.other(h), m, h.Tell)
			} else {
				l.send(h, m)
			}
		}
	}
	for _, c := range a.Feed {
		if c.Is == feed.IsAdded {
			h.w.Figures.reached(h.w.Figures.entries[c.Item.ID], h)
		}
	}
	if len(a.Save.Objects) > 0 {
		h.Street.noticed(h)
	}
	for _, node := range a.Close {
		if l := h.by[node]; l != nil && h.honest() {
			l.soonCut()
		}
	}
}

// soonCut ends a stream once what was sent on it has arrived.
func (l *link) soonCut() {
	number := l.number
	l.w.In(time.Second, func() {
		if l.number == number {
			l.cut()
		}
	})
}
