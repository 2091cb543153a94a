package fedtest

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"nvrd/federation/home"
	"nvrd/federation/wire"
)

// Street is one neighborhood.
type Street struct {
	w       *World
	Number  int
	Homes   []*Home
	genesis wire.Signed
	founded []wire.Signed // the roster to begin with
	Written []*Said       // the oldest first
	Agency  *Agency       // nil for a street without one
	apart   bool
	healed  time.Duration // when it last was no longer
}

// elder is how old neighborhoods are when a world begins: nobody is a newcomer.
const elder = 40 * wire.Day

// found makes a street whose homes all know its roster, and connects them: in a
// ring, and each to others by chance.
func (w *World) found(number int) *Street {
	s := &Street{w: w, Number: number}
	for n := range w.Homes {
		h := &Home{w: w, Street: s, Number: n, on: true, by: map[wire.Key]*link{}, deedAt: w.Begin - elder}
		h.author, h.node, h.seat = h.key("author"), h.key("node"), h.key("seat")
		if w.Skew > 0 {
			h.skew = w.between(-w.Skew, w.Skew)
		}
		s.Homes = append(s.Homes, h)
	}
	if w.Sponsors > 0 {
		s.Agency = newAgency(s)
	}
	s.genesis = s.sign(wire.Genesis{
		Minute: w.Begin - elder, Title: fmt.Sprint("Street ", number), Policy: policy,
		Founder: s.Homes[0].authorKey(), Seat: wire.PublicKey(s.Homes[0].seat), Salt: wire.Salt{byte(number), byte(number >> 8)},
	}, s.Homes[0].seat)
	s.founded = s.founding()
	for _, h := range s.Homes {
		h.core = home.New(s.genesis, w.openers(), h.Cosigner())
		h.core.Load(s.founded, s.genesis.ID, nil, nil, h.minute())
	}
	for n := range s.Homes {
		s.link(n, (n+1)%len(s.Homes))
		for range w.Links - 1 {
			s.link(n, w.IntN(len(s.Homes)))
		}
	}
	for _, h := range s.Homes {
		w.In(w.between(0, time.Minute), h.tick)
	}
	for n := range w.Liars {
		s.corrupt(n)
	}
	return s
}

var policy = wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: 30, MediaMiB: 1024}

// founding is the roster that a street begins with: its members, and its stewards.
func (s *Street) founding() []wire.Signed {
	var objects []wire.Signed
	founder := s.Homes[0]
	for _, h := range s.Homes {
		objects = append(objects, founder.admit(h))
	}
	prev := s.genesis.ID
	for n := 1; n < s.w.Stewards; n++ {
		h := s.Homes[n]
		head := wire.ActHead{Neighborhood: s.genesis.ID, Height: uint32(n), Prev: prev, Minute: s.w.Begin - elder, Seat: wire.PublicKey(founder.seat)}
		act := s.sign(wire.AddSteward{Head: head, Who: h.authorKey(), Seat: wire.PublicKey(h.seat)}, founder.seat)
		objects = append(objects, act)
		for _, voter := range s.Homes[1:n] {
			objects = append(objects, s.sign(wire.Vote{Neighborhood: s.genesis.ID, Height: uint32(n), Act: act.ID, Seat: wire.PublicKey(voter.seat)}, voter.seat))
		}
		prev = act.ID
	}
	if s.Agency != nil {
		act := s.Agency.admission(uint32(s.w.Stewards), prev)
		objects = append(objects, act)
		for _, voter := range s.Homes[1:s.w.Stewards] {
			objects = append(objects, s.sign(wire.Vote{Neighborhood: s.genesis.ID, Height: uint32(s.w.Stewards), Act: act.ID, Seat: wire.PublicKey(voter.seat)}, voter.seat))
		}
	}
	return objects
}

// sign makes an object that all homes of the world then know how to read.
func (s *Street) sign(b wire.Body, key ed25519.PrivateKey) wire.Signed {
	o, err := wire.Sign(b, key)
	if err != nil {
		panic(err) // the bodies of this package are within their bounds
	}
	s.w.objects[string(o.Raw)] = o
	return o
}

func (s *Street) link(a, b int) {
	x, y := s.Homes[a], s.Homes[b]
	if x == y || x.by[y.nodeKey()] != nil {
		return
	}
	l := &link{w: s.w, ends: [2]*Home{x, y}, latency: s.w.between(5*time.Millisecond, 60*time.Millisecond)}
	x.by[y.nodeKey()], y.by[x.nodeKey()] = l, l
	x.links, y.links = append(x.links, l), append(y.links, l)
	l.soon(0, 5*time.Second)
	if s.w.Breaks > 0 {
		l.wear()
	}
}

// Fall has the street fall apart in two; no stream between them stands until it heals.
func (s *Street) Fall() {
	s.apart = true
	for n, h := range s.Homes {
		h.part = n % 2
	}
	for l := range s.links {
		if l.ends[0].part != l.ends[1].part {
			l.cut()
		}
	}
}

// Heal ends that.
func (s *Street) Heal() {
	s.apart, s.healed = false, s.w.now
	for _, h := range s.Homes {
		h.part = 0
	}
	for l := range s.links {
		l.soon(0, 5*time.Second)
	}
}

// links yields each link once.
func (s *Street) links(yield func(*link) bool) {
	for _, h := range s.Homes {
		for _, l := range h.links {
			if l.ends[0] == h && !yield(l) {
				return
			}
		}
	}
}

// deed is the head of a steward's next deed.
func (h *Home) deed() wire.DeedHead {
	h.deedAt = max(h.deedAt, h.dated())
	return wire.DeedHead{Neighborhood: h.Street.genesis.ID, Minute: h.deedAt, Seat: wire.PublicKey(h.seat), Prev: h.heads}
}

// dated is the minute of what the home signs: that of the founding while there is no core yet.
func (h *Home) dated() wire.Minute {
	if h.core == nil {
		return h.w.Begin - elder
	}
	return h.minute()
}

func (h *Home) admit(other *Home) wire.Signed {
	s := h.Street
	card := wire.Card{
		Neighborhood: s.genesis.ID, Author: other.authorKey(), Node: other.nodeKey(), Name: fmt.Sprint("home ", other.Number), Minute: h.dated(),
		Proof: wire.ProveNode(other.node, s.genesis.ID, other.authorKey()),
	}
	if s.Agency != nil {
		card.Sponsors = s.Agency.sponsored(other)
	}
	if key := other.Cosigner(); key != nil {
		card.Cosigner = wire.PublicKey(key)
	}
	signed := s.sign(card, other.author)
	o := s.sign(wire.Admit{Head: h.deed(), Card: card, Signature: wire.Signature(signed.Raw[len(signed.Raw)-len(wire.Signature{}):])}, h.seat)
	h.heads = []wire.Hash{o.ID}
	return o
}

// Revoke has a steward put a home out, with what it said until now staying.
func (h *Home) Revoke(other *Home) {
	h.w.Figures.revoked[other.authorKey()] = h.w.Figures.begin(h)
	h.declare(h.Revocation(other, h.minute()))
}

// Seat has a steward propose to give another home a seat.
func (h *Home) Seat(other *Home) {
	h.declare(h.Street.sign(wire.AddSteward{Head: h.act(), Who: other.authorKey(), Seat: wire.PublicKey(other.seat)}, h.seat))
}

// Drop has a steward propose to take another's seat; of its deeds all stay that it has made known here.
func (h *Home) Drop(other *Home, cut []wire.Hash) {
	h.declare(h.Street.sign(wire.DropSteward{Head: h.act(), Seat: wire.PublicKey(other.seat), Cut: cut}, h.seat))
}

// act is the head of an act that follows what the home holds for the newest.
func (h *Home) act() wire.ActHead {
	s := h.core.State()
	return wire.ActHead{
		Neighborhood: h.Street.genesis.ID, Height: uint32(len(s.Charter)) + 1, Prev: s.Head,
		Minute: max(s.Minute, h.minute()), Seat: wire.PublicKey(h.seat),
	}
}

func (h *Home) declare(o wire.Signed) {
	a, err := h.core.Declare(h.minute(), o)
	if err != nil {
		panic(fmt.Sprintf("home %d of street %d: %v", h.Number, h.Street.Number, err)) // the plan of a test is wrong
	}
	h.do(a)
}

// noticed is what the owner of a home does about a roster that changed: a
// steward votes for what is proposed, once.
func (s *Street) noticed(h *Home) {
	state := h.core.State()
	for author, r := range s.w.Figures.revoked {
		if m := state.Members[author]; m != nil && m.Out {
			s.w.Figures.reached(r, h)
		}
	}
	seat := wire.PublicKey(h.seat)
	if _, sits := state.Seats[seat]; !sits || !h.honest() || len(state.Proposed) == 0 {
		return
	}
	height := uint32(len(state.Charter)) + 1
	if _, voted := h.core.Roster().Voted(seat, state.Head, height); voted {
		return
	}
	vote := s.sign(wire.Vote{Neighborhood: s.genesis.ID, Height: height, Act: state.Proposed[0].Act, Seat: seat}, h.seat)
	s.w.In(s.w.between(0, 2*time.Minute), func() {
		if _, voted := h.core.Roster().Voted(seat, state.Head, height); !voted && h.on {
			h.declare(vote)
		}
	})
}
