package membership

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"nvrd/federation/feed"
	"nvrd/federation/home"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Post tells the neighborhood something, for as many days as it says; 0 is as
// long as the policy has it. Of the post the salt is chosen here.
//
// It returns the entry's id. Errors are nvr.ErrInvalid for what can't be said
// (the message says what), nvr.ErrTooMany for what the day's budget does not
// have room for, nvr.ErrForbidden for whoever is no member, and those of writing
// to disk; then nothing was said.
func (m *Membership) Post(p wire.Post, days int) (wire.Hash, error) {
	if days == 0 {
		days = int(m.State().Policy.ExpireDays)
	}
	if days < 1 || days > wire.MaxExpireDays {
		return wire.Hash{}, fmt.Errorf("%w: a post stays for 1 to %d days", nvr.ErrInvalid, wire.MaxExpireDays)
	}
	p.Salt = salt()
	return m.say(p, wire.Hash{}, wire.Minute(days)*wire.Day)
}

// Comment answers a post or a comment, or appeals against a label. Errors are
// those of [Membership.Post].
func (m *Membership) Comment(on wire.Hash, text string) (wire.Hash, error) {
	return m.say(wire.Comment{Salt: salt(), Text: text}, on, wire.Day*wire.Minute(m.State().Policy.ExpireDays))
}

// React gives an entry a reaction. One that this home gave already stays, and its
// id is returned. Errors are those of [Membership.Post], and nvr.ErrNotFound if
// the entry is gone.
func (m *Membership) React(on wire.Hash, is wire.ReactionIs) (wire.Hash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if given := m.home.Feed().Reacted(m.Author(), on, is); len(given) > 0 {
		return given[0], nil
	}
	return m.saying(wire.Reaction{Salt: salt(), Is: is}, on, wire.Day*wire.Minute(m.State().Policy.ExpireDays))
}

// Unreact takes back a reaction of this home, however often it was given; nothing
// happens if it was not. Errors are those of [Membership.Retract]; what was taken
// back before one stays so.
func (m *Membership) Unreact(on wire.Hash, is wire.ReactionIs) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, given := range m.home.Feed().Reacted(m.Author(), on, is) {
		if _, err := m.saying(nil, given, retracted); err != nil {
			return err
		}
	}
	return nil
}

// Label judges an entry, as a steward; the label of two stewards counts for good.
func (m *Membership) Label(on wire.Hash, is wire.LabelIs, reason string) (wire.Hash, error) {
	return m.say(wire.Label{Salt: salt(), Is: is, Reason: reason}, on, wire.MaxExpireDays*wire.Day)
}

// Retract takes back what this home said: at every home that hears of it what it
// said is gone, and the keys of its pictures.
func (m *Membership) Retract(what wire.Hash) (wire.Hash, error) {
	return m.say(nil, what, retracted)
}

// retracted is for how long homes are told that something was taken back: longer
// than it may live anywhere.
const retracted = wire.MaxExpireDays * wire.Day

func salt() (s wire.Salt) {
	rand.Read(s[:])
	return s
}

// say signs an entry that stays for so long, and holds it.
func (m *Membership) say(says wire.Payload, on wire.Hash, stays wire.Minute) (wire.Hash, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saying(says, on, stays)
}

// saying is say. m.mu is held.
func (m *Membership) saying(says wire.Payload, on wire.Hash, stays wire.Minute) (wire.Hash, error) {
	if m.behind != nil {
		return wire.Hash{}, m.behind
	}
	now := m.now()
	e := wire.Entry{Neighborhood: m.entry.Name, Author: m.Author(), Minute: now, Says: wire.SaysRetract, On: on, Expires: now + stays}
	if on != (wire.Hash{}) {
		about, dead, ok := m.home.Feed().Get(on)
		if !ok || dead != feed.Alive {
			return wire.Hash{}, fmt.Errorf("%w: it is no longer there", nvr.ErrNotFound)
		}
		if says == nil && about.Entry.Author != e.Author {
			return wire.Hash{}, fmt.Errorf("%w: only who said it takes it back", nvr.ErrForbidden)
		}
	}
	if room, ok := m.home.Feed().Room(e.Author, now); ok && left(room, says) <= 0 {
		return wire.Hash{}, refused(feed.OverBudget) // it might take the place of what was said before
	}
	var payload []byte
	if says != nil {
		var err error
		if payload, err = wire.Pack(says); err != nil {
			return wire.Hash{}, invalid(err)
		}
		e.Says, e.Payload, e.Length = says.Says(), sha256.Sum256(payload), uint16(len(payload))
	}
	signed, err := wire.Sign(e, m.keys.Author)
	if err != nil {
		return wire.Hash{}, invalid(err)
	}
	item, err := feed.NewItem(signed, payload)
	if err != nil {
		return wire.Hash{}, invalid(err)
	}
	outcome, actions := m.home.Say(item, now)
	if err := refused(outcome); err != nil {
		return wire.Hash{}, err
	}
	return item.ID, m.do(actions)
}

// left returns how many of its kind may be said still today.
func left(r feed.Room, says wire.Payload) int {
	switch says.(type) {
	case wire.Post:
		return r.Posts
	case wire.Comment:
		return r.Comments
	case wire.Reaction:
		return r.Reactions
	case nil:
		return r.Retractions
	}
	return 1 // of labels the set says who may give them
}

// refused tells why an entry was not held.
func refused(o feed.Outcome) error {
	switch o {
	case feed.Added, feed.Known:
		return nil
	case feed.NotMember, feed.Revoked, feed.Foreign:
		return fmt.Errorf("%w: this home is not in the neighborhood", nvr.ErrForbidden)
	case feed.NotSteward:
		return fmt.Errorf("%w: only stewards label", nvr.ErrForbidden)
	case feed.Future, feed.Gone:
		return fmt.Errorf("%w: this home's clock is wrong; set it and try again", nvr.ErrInvalid)
	}
	return fmt.Errorf("%w: today's share is used up (%v); try again tomorrow", nvr.ErrTooMany, o)
}

// invalid makes of an error of federation/wire one of whoever typed it: what is
// wrong, without the kind, which is for programs.
func invalid(err error) error {
	for _, kind := range []error{wire.ErrRange, wire.ErrTooLarge, wire.ErrUnknown, wire.ErrMalformed} {
		if errors.Is(err, kind) {
			return fmt.Errorf("%s: %w", strings.ReplaceAll(err.Error(), kind.Error()+": ", ""), nvr.ErrInvalid)
		}
	}
	return err
}

// Days returns what was posted, by day, the newest first; what is in it is not to
// be changed.
func (m *Membership) Days() []feed.Day {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.home.Feed().Days(m.now())
}

// Delivery tells how far a post of this home is known to have come. Nobody else is told.
func (m *Membership) Delivery(post wire.Hash) home.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.home.Delivery(post)
}

// Room returns what this home may still say today, and false if it is not in.
func (m *Membership) Room() (feed.Room, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.home.Feed().Room(m.Author(), m.now())
}

// Media returns the photos and clips that every home fetches, the newest day
// first; see [feed.Set.Fetch].
func (m *Membership) Media() []feed.Wanted {
	m.mu.Lock()
	defer m.mu.Unlock()
	today := m.now().Day()
	var all []feed.Wanted
	for day := today + 1; day+feed.KeepDays > today; day-- {
		all = append(all, m.home.Feed().Fetch(day, int(m.home.State().Policy.MediaMiB))...)
	}
	return all
}

// Said returns what an entry says, and false if that is gone or never came.
func (m *Membership) Said(id wire.Hash) (wire.Payload, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	item, dead, ok := m.home.Feed().Get(id)
	if !ok || dead != feed.Alive || item.Says == nil {
		return nil, false
	}
	return item.Says, true
}
