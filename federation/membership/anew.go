package membership

import (
	"cmp"
	"fmt"
	"slices"

	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// callDays is for how many days a founder's home lets in who is called.
const callDays = 30

// Offer is a neighborhood that a neighbor founded in the place of one that this
// home is in (R16).
type Offer struct {
	By     wire.Key // author key of who founded it, in the old one
	Invite wire.Invite
}

// FoundAnew begins a neighborhood in the place of one that the home is in: its
// title, rules and name of this home are those of the old one, and this home holds
// the first seat. Who is in the old one now may follow, once [All.Call] has asked
// them. Done again it returns the same. Errors are nvr.ErrForbidden if the home is
// not in the old one, nvr.ErrExists if it goes on elsewhere already, and those of
// writing to disk.
func (a *All) FoundAnew(old *Membership) (*Membership, error) {
	s := old.State()
	self := s.Member(old.Author())
	if self == nil {
		return nil, fmt.Errorf("%w: this home is not in the neighborhood", nvr.ErrForbidden)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.in {
		switch {
		case m.Genesis().Succeeds != old.Name():
		case m.founded():
			return m, nil
		default:
			return nil, fmt.Errorf("this home goes on in what a neighbor founded: %w", nvr.ErrExists)
		}
	}
	var called []wire.Key
	for author := range s.Members {
		if s.Member(author) != nil && author != old.Author() {
			called = append(called, author)
		}
	}
	return a.begin(wire.Genesis{Title: old.Genesis().Title, Policy: s.Policy, Succeeds: old.Name(), Head: s.Head}, self.Card.Name, called)
}

// founded tells whether this home founded the neighborhood.
func (m *Membership) founded() bool { return m.Genesis().Founder == m.Author() }

// Call asks all who are in the old neighborhood to go on in one that this home
// founded in its place; done again it tells new doors, and keeps them open for
// longer. Doors are as for [Membership.Invite]. Errors are nvr.ErrNotFound if the
// home left the old one, nvr.ErrForbidden if it founded neither, those of doors,
// and those of writing to disk.
func (a *All) Call(anew *Membership, doors func(ticket wire.Hash, until wire.Minute) ([]wire.Door, error)) error {
	old, err := a.Of(anew.Genesis().Succeeds)
	if err != nil {
		return err
	}
	self := anew.State().Member(anew.Author())
	if self == nil || !anew.founded() {
		return fmt.Errorf("%w: only who founded a neighborhood calls others to it", nvr.ErrForbidden)
	}
	v := wire.Invite{
		Version: wire.Version, Neighborhood: anew.Name(), Title: anew.Genesis().Title, From: self.Card.Name, Head: anew.State().Head,
		Secret: salt(), Expires: anew.now() + callDays*wire.Day,
	}
	if v.Secret, err = anew.store.Call(anew.ctx, anew.Name(), store.Invite{Secret: v.Secret, Expires: v.Expires}); err != nil {
		return err
	}
	if v.Doors, err = doors(v.Secret.Ticket(), v.Expires); err != nil {
		return err
	}
	to, err := v.Bytes()
	if err != nil {
		return invalid(err)
	}
	old.mu.Lock()
	defer old.mu.Unlock()
	minute := old.now()
	if before := old.home.State().Anew[old.Author()]; before != nil {
		minute = max(minute, before.Minute+1)
	}
	return old.declare(wire.Anew{Neighborhood: old.Name(), Author: old.Author(), Minute: minute, Invite: to}, old.keys.Author)
}

// Offers returns what the owner is to be asked: where neighbors go on who founded
// the neighborhood anew. Each is there until the owner followed, is in it, or it has
// ended; none is of somebody who is muted, or whom the owner declined to follow.
func (a *All) Offers(old *Membership) ([]Offer, error) {
	quiet, err := old.Quiet()
	if err != nil {
		return nil, err
	}
	known := map[wire.Hash]bool{}
	for _, m := range a.In() {
		known[m.Name()] = true
	}
	for _, j := range a.Joining() {
		known[j.Invite.Neighborhood] = true
	}
	var offers []Offer
	for author, is := range old.State().Anew {
		v := is.To()
		if author != old.Author() && !known[v.Neighborhood] && v.Expires > old.now() && quiet[author] == 0 {
			offers = append(offers, Offer{author, v})
		}
	}
	slices.SortFunc(offers, func(x, y Offer) int { return cmp.Compare(x.By.String(), y.By.String()) })
	return offers, nil
}

// Follow asks to be let into a neighborhood that a member offers, under the name
// that the home has in the old one, and proves that it is in there. Errors are
// nvr.ErrNotFound if it is not offered any more, and those of [All.Join].
func (a *All) Follow(old *Membership, by wire.Key, anew wire.Hash) (*Joining, error) {
	offers, err := a.Offers(old)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(offers, func(o Offer) bool { return o.By == by && o.Invite.Neighborhood == anew })
	self := old.State().Member(old.Author())
	if i < 0 || self == nil {
		return nil, fmt.Errorf("where a neighbor goes on: %w", nvr.ErrNotFound)
	}
	text, err := offers[i].Invite.Text()
	if err != nil {
		return nil, invalid(err)
	}
	return a.ask(text, self.Card.Name, false, old, by)
}

// Decline has the owner not asked again to follow a member, wherever that one
// goes. It is written down at home, and nobody is told.
func (a *All) Decline(old *Membership, by wire.Key) error { return old.Hush(by, store.Hidden) }

// follows signs that this home comes to a neighborhood with an author key.
func (m *Membership) follows(anew wire.Hash, as wire.Key) ([]byte, error) {
	o, err := wire.Sign(wire.Follow{Neighborhood: m.Name(), Author: m.Author(), Anew: anew, As: as}, m.keys.Author)
	return o.Raw, invalid(err)
}

// called returns who is called and proves to come here with the card, by their
// author key in the old neighborhood.
func (m *Membership) called(follow []byte, card wire.Signed) (wire.Key, bool) {
	o, err := wire.Open(follow)
	is, ok := o.Body.(wire.Follow)
	ok = ok && err == nil && is.Neighborhood == m.Genesis().Succeeds && is.Anew == m.Name() && is.As == card.Body.(wire.Card).Author
	return is.Author, ok
}

// Successor returns where the home goes on from a neighborhood; nil if it does
// nowhere, or is not let in yet.
func (a *All) Successor(old *Membership) *Membership {
	for _, m := range a.In() {
		if m.Genesis().Succeeds == old.Name() && m.State().Member(m.Author()) != nil {
			return m
		}
	}
	return nil
}

// Spent returns what is left of itself: neighborhoods from which the home goes on
// elsewhere, and where nothing stands any more of what was said before the other
// one was founded.
func (a *All) Spent() []*Membership {
	var spent []*Membership
	for _, old := range a.In() {
		if m := a.Successor(old); m != nil && old.now() >= m.Genesis().Minute+wire.MaxExpireDays*wire.Day {
			spent = append(spent, old)
		}
	}
	return spent
}
