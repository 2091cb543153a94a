package fedtest

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"time"

	"nvrd/federation/wire"
)

// lie is how a home does not do as it should.
type lie struct {
	name   string
	tell   func(h *Home, m wire.Message) []wire.Message // what it says instead
	minute func(h *Home)                                // what it does every minute; nil for nothing
}

// told is what a home says where its core wants to say m.
func (l *lie) told(h *Home, m wire.Message) []wire.Message {
	if l == nil || l.tell == nil {
		return []wire.Message{m}
	}
	return l.tell(h, m)
}

// lies are those of the liars of a street, one after the other.
var lies = []lie{
	{name: "false fingerprints", tell: func(h *Home, m wire.Message) []wire.Message { return []wire.Message{h.w.falsify(m)} }},
	{name: "forked deeds", minute: (*Home).fork},
	{name: "flood", minute: (*Home).flood},
	{name: "withheld entries", tell: withhold},
	{name: "backdated acts", minute: (*Home).backdate},
}

// Lie has the home do what those do who want to learn of others: it passes nothing on,
// and asks its neighbors every five minutes what they have of the agency's log, of
// which it says that it has nothing.
func (h *Home) Lie() { h.lie = &lie{name: "questions", tell: withhold, minute: (*Home).question} }

func (h *Home) question() {
	if h.w.now%(5*time.Minute) >= time.Minute {
		return
	}
	agency := h.Street.Agency.Key()
	h.broadcast(func(int) wire.Message { return wire.Logs{Logs: []wire.LogPrint{{Agency: agency}}} })
	h.broadcast(func(n int) wire.Message { return wire.LogAsk{Agency: agency, Bare: n%2 == 0} })
}

// corrupt makes one home of the street a liar: a steward for lies about the
// roster, the last one; anybody for others.
func (s *Street) corrupt(n int) {
	l := lies[(s.Number+n)%len(lies)]
	h := s.Homes[len(s.Homes)-1-n]
	if l.name == "forked deeds" || l.name == "backdated acts" {
		h = s.Homes[s.w.Stewards-1-n]
	}
	h.lie = &l
}

// Liars are the homes of the street that lie.
func (s *Street) Liars() (liars []*Home) {
	for _, h := range s.Homes {
		if !h.honest() {
			liars = append(liars, h)
		}
	}
	return liars
}

// broadcast says something to every neighbor that listens.
func (h *Home) broadcast(says func(n int) wire.Message) {
	for n, l := range h.links {
		if l.up {
			l.send(h, says(n))
		}
	}
}

func (w *World) anyPrint() (p wire.Print) {
	binary.BigEndian.PutUint64(p[:], w.Uint64())
	return p
}

// falsify gives a message other fingerprints.
func (w *World) falsify(m wire.Message) wire.Message {
	switch m := m.(type) {
	case wire.Root:
		m.Print = w.anyPrint()
		return m
	case wire.Roster:
		m.Print = w.anyPrint()
		return m
	case wire.Days:
		m.Days = append([]wire.DayPrint(nil), m.Days...)
		for i := range m.Days {
			m.Days[i].Print = w.anyPrint()
		}
		return m
	case wire.Hours:
		m.Hours = append([]wire.HourPrint(nil), m.Hours...)
		for i := range m.Hours {
			m.Hours[i].Print = w.anyPrint()
		}
		return m
	case wire.Buckets:
		m.Buckets = append([]wire.BucketPrint(nil), m.Buckets...)
		for i := range m.Buckets {
			m.Buckets[i].Print = w.anyPrint()
		}
		return m
	}
	return m
}

// withhold passes nothing on that others wrote.
func withhold(h *Home, m wire.Message) []wire.Message {
	switch m.(type) {
	case wire.Entries, wire.Objects, wire.LogPart, wire.LogTexts:
		return nil
	}
	return []wire.Message{m}
}

// fork makes two deeds after the same ones every half hour, and tells each
// neighbor of one of them.
func (h *Home) fork() {
	if h.w.now%(30*time.Minute) >= time.Minute || h.w.now > 3*time.Hour {
		return
	}
	before, at := h.heads, h.deedAt
	var branches [2]wire.Signed
	for i := range branches {
		h.heads, h.deedAt = before, at
		branches[i] = h.admit(h.phantom(i))
	}
	h.broadcast(func(n int) wire.Message { return wire.Objects{Objects: [][]byte{branches[n%2].Raw}} })
}

// phantom is a home that nobody lives in.
func (h *Home) phantom(n int) *Home {
	p := &Home{w: h.w, Street: h.Street, Number: 1_000_000 + int(h.w.now/time.Second) + n}
	p.author, p.node = p.key("author"), p.key("node")
	return p
}

// flood says for an hour whatever costs others something: posts beyond any
// budget, ever earlier ones, fingerprints that always differ, and at last what
// nobody signed.
func (h *Home) flood() {
	if h.w.now < 30*time.Minute || h.w.now > 90*time.Minute {
		return
	}
	at := h.minute() - 60 - wire.Minute((h.w.now-30*time.Minute)/time.Minute)*5
	for range 3 {
		i := h.Write(h.w.Post(), wire.Hash{}, at)
		h.broadcast(func(int) wire.Message {
			return wire.Entries{Entries: []wire.Carried{{Entry: i.Raw, Payload: i.Payload}}}
		})
	}
	if h.w.now > 80*time.Minute { // whoever hears this hangs up
		h.broadcast(func(int) wire.Message {
			return wire.Entries{Entries: []wire.Carried{{Entry: []byte("nobody signed this")}}}
		})
	}
	for range 200 {
		h.broadcast(func(int) wire.Message {
			return wire.Root{First: uint32(h.minute()/wire.Day) - 90, Print: h.w.anyPrint()}
		})
	}
}

// backdate claims, every ten minutes once the seat is lost, that things were
// done while it was held: that an honest home was put out, that others were let
// in, that another act came at the height of the one that took the seat.
func (h *Home) backdate() {
	state := h.core.State()
	if _, sits := state.Seats[wire.PublicKey(h.seat)]; sits || h.w.now%(10*time.Minute) >= time.Minute {
		return
	}
	s := h.Street
	was := wire.DeedHead{Neighborhood: s.genesis.ID, Minute: h.w.Begin - wire.Day, Seat: wire.PublicKey(h.seat)}
	victim := s.Homes[s.w.Stewards+s.w.IntN(10)]
	revoke := s.sign(wire.Revoke{Head: was, Who: victim.authorKey(), Cut: h.w.Begin - wire.Day}, h.seat)
	height := uint32(len(state.Charter))
	prev := s.genesis.ID
	if height > 1 {
		prev = state.Charter[height-2]
	}
	act := s.sign(wire.AddSteward{
		Head: wire.ActHead{Neighborhood: s.genesis.ID, Height: height, Prev: prev, Minute: h.w.Begin - wire.Day, Seat: wire.PublicKey(h.seat)},
		Who:  victim.authorKey(), Seat: wire.PublicKey(h.phantomSeat()),
	}, h.seat)
	h.broadcast(func(int) wire.Message { return wire.Objects{Objects: [][]byte{revoke.Raw, act.Raw}} })
}

func (h *Home) phantomSeat() ed25519.PrivateKey { return h.key(fmt.Sprint("seat at ", h.w.now)) }
