package membership

import (
	"crypto/ed25519"
	"fmt"
	"slices"

	"nvrd/federation/identity"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// A steward's deeds and acts. Each returns nvr.ErrForbidden for a home that
// holds no seat, nvr.ErrInvalid for what the rules refuse, and errors of writing
// to disk; then nothing was done.

var errNoSeat = fmt.Errorf("%w: only stewards may do this", nvr.ErrForbidden)

// Steward tells whether this home holds a seat.
func (m *Membership) Steward() bool {
	_, ok := m.State().SeatOf(m.Author())
	return ok
}

// Revoke puts a home out for good: of what it says later than cut nothing stays.
func (m *Membership) Revoke(who wire.Key, cut wire.Minute) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	head, err := m.deed()
	if err != nil {
		return err
	}
	return m.declare(wire.Revoke{Head: head, Who: who, Cut: cut}, m.keys.Seat)
}

// admit lets in whom a card names. m.mu is held.
func (m *Membership) admit(card wire.Signed) (wire.Signed, error) {
	head, err := m.deed()
	if err != nil {
		return wire.Signed{}, err
	}
	admit, err := m.signAdmit(head, card, wire.Key{})
	if err != nil {
		return wire.Signed{}, err
	}
	return admit, m.hold(admit)
}

func (m *Membership) signAdmit(head wire.DeedHead, card wire.Signed, succeeds wire.Key) (wire.Signed, error) {
	admit, err := wire.Sign(wire.Admit{Head: head, Card: card.Body.(wire.Card), Signature: card.Signature(), Succeeds: succeeds}, m.keys.Seat)
	return admit, invalid(err)
}

// deed returns the head of this steward's next deed. m.mu is held.
func (m *Membership) deed() (wire.DeedHead, error) {
	seat, ok := m.sits()
	if !ok {
		return wire.DeedHead{}, errNoSeat
	}
	before, last := m.home.Roster().Log(seat)
	return wire.DeedHead{Neighborhood: m.entry.Name, Minute: max(m.now(), last), Seat: seat, Prev: before}, nil
}

// sits returns the seat that this home holds, if it does. m.mu is held.
func (m *Membership) sits() (seat wire.Key, ok bool) {
	seat, ok = m.home.State().SeatOf(m.Author())
	return seat, ok && seat == m.Seat()
}

// AddSteward proposes to give a member a seat; seat is the key that the member
// told (see [Membership.Seat]).
func (m *Membership) AddSteward(who, seat wire.Key) error {
	return m.propose(func(head wire.ActHead) wire.Body { return wire.AddSteward{Head: head, Who: who, Seat: seat} })
}

// DropSteward proposes to take a seat away; what its holder did, as far as this
// home knows, stays.
func (m *Membership) DropSteward(seat wire.Key) error {
	return m.propose(func(head wire.ActHead) wire.Body {
		cut, _ := m.home.Roster().Log(seat)
		return wire.DropSteward{Head: head, Seat: seat, Cut: cut}
	})
}

// SetPolicy proposes another policy.
func (m *Membership) SetPolicy(p wire.Policy) error {
	return m.propose(func(head wire.ActHead) wire.Body { return wire.SetPolicy{Head: head, Policy: p} })
}

// AdmitAgency proposes to let an agency ask homes here, as it says of itself in a
// card (see [wire.ParseAgency]), or to take what it says now for what it said before.
// Cells are where the neighborhood lies, as far as this agency is concerned; succeeds
// is a key that the same agency had, which counts no longer, or zero.
func (m *Membership) AdmitAgency(card wire.Signed, cells []wire.Cell, succeeds wire.Key) error {
	says, ok := card.Body.(wire.Agency)
	if !ok {
		return fmt.Errorf("%w: a %v is no agency", nvr.ErrInvalid, card.Body.Kind())
	}
	return m.propose(func(head wire.ActHead) wire.Body {
		return wire.AdmitAgency{Head: head, Agency: says, Signature: card.Signature(), Cells: wire.SortCells(cells), Succeeds: succeeds}
	})
}

// SuspendAgency proposes to take nothing more of an agency, for a reason that all
// members read. nvr.ErrNotFound means that it was not admitted, or is suspended.
func (m *Membership) SuspendAgency(agency wire.Key, reason string) error {
	if is, ok := m.State().Agencies[agency]; !ok || is.Suspended {
		return fmt.Errorf("no such agency may ask here: %w", nvr.ErrNotFound)
	}
	return m.propose(func(head wire.ActHead) wire.Body {
		return wire.SuspendAgency{Head: head, Agency: agency, Reason: reason}
	})
}

// Annul proposes to make a deed as if it never was.
func (m *Membership) Annul(deed wire.Hash) error {
	return m.propose(func(head wire.ActHead) wire.Body { return wire.Annul{Head: head, Deed: deed} })
}

// propose signs an act that follows what counts here. Its steward has voted for
// it by that, and may not have voted for another one.
func (m *Membership) propose(act func(wire.ActHead) wire.Body) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.home.State()
	seat, ok := m.sits()
	if !ok {
		return errNoSeat
	}
	height := uint32(len(s.Charter)) + 1
	if voted, ok := m.home.Roster().Voted(seat, s.Head, height); ok {
		return fmt.Errorf("%w: this home voted for another proposal (%v), which has to pass or fail first", nvr.ErrInvalid, voted)
	}
	head := wire.ActHead{Neighborhood: m.entry.Name, Height: height, Prev: s.Head, Minute: max(m.now(), s.Minute), Seat: seat}
	return m.declare(act(head), m.keys.Seat)
}

// Vote consents to a proposal of another steward.
func (m *Membership) Vote(act wire.Hash) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.home.State()
	seat, ok := m.sits()
	if !ok {
		return errNoSeat
	}
	if !slices.ContainsFunc(s.Proposed, func(p roster.Proposal) bool { return p.Act == act }) {
		return fmt.Errorf("%w: it is no longer proposed", nvr.ErrNotFound)
	}
	height := uint32(len(s.Charter)) + 1
	if voted, ok := m.home.Roster().Voted(seat, s.Head, height); ok && voted != act {
		return fmt.Errorf("%w: this home voted for another proposal already; a steward votes once", nvr.ErrInvalid)
	}
	return m.declare(wire.Vote{Neighborhood: m.entry.Name, Height: height, Act: act, Seat: seat}, m.keys.Seat)
}

// Seat returns the key with which this home would hold a seat: to be told to a
// steward who proposes to give it one.
func (m *Membership) Seat() wire.Key { return wire.PublicKey(m.keys.Seat) }

// Rename changes what neighbors call this home.
func (m *Membership) Rename(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.declareCard(func(c *wire.Card) { c.Name = name })
}

// declareCard says of this home what was said before, changed. m.mu is held.
func (m *Membership) declareCard(change func(*wire.Card)) error {
	c := cardOf(m.entry.Name, m.keys, m.node, "", m.now())
	if self := m.home.State().Member(m.Author()); self != nil {
		c.Name, c.Sponsors = self.Card.Name, self.Card.Sponsors
		c.Minute = max(c.Minute, self.Card.Minute+1) // two of one minute would be one
	}
	change(&c)
	return m.declare(c, m.keys.Author)
}

// cardOf says of this home what neighbors know.
func cardOf(neighborhood wire.Hash, keys identity.Keys, node ed25519.PrivateKey, name string, now wire.Minute) wire.Card {
	c := wire.Card{
		Neighborhood: neighborhood, Author: wire.PublicKey(keys.Author), Node: wire.PublicKey(node),
		Seal: wire.Key(keys.Seal.PublicKey().Bytes()), Name: name, Minute: now,
		Cosigner: wire.PublicKey(keys.Cosigner),
	}
	c.Proof = wire.ProveNode(node, c.Neighborhood, c.Author)
	return c
}

// declare signs an object of the roster, and holds it. m.mu is held.
func (m *Membership) declare(b wire.Body, key []byte) error {
	signed, err := wire.Sign(b, key)
	if err != nil {
		return invalid(err)
	}
	return m.hold(signed)
}

// hold holds objects, all or none of which are on disk then. m.mu is held.
func (m *Membership) hold(objects ...wire.Signed) error {
	if m.behind != nil {
		return m.behind
	}
	a, refused := m.home.Declare(m.now(), objects...)
	if err := m.do(a); err != nil || refused == nil {
		return err
	}
	return fmt.Errorf("%w: %w", nvr.ErrInvalid, refused)
}
