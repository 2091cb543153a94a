package membership

import (
	"fmt"
	"slices"

	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Invite makes an invite that lets one home in, in the next days. Doors returns
// where one may knock with its ticket until a minute. Lost is the author key of a
// neighbor whose machine and paper are lost, and who is to be let in with this
// invite as who they were: the key is put out then. It is zero for anybody else.
//
// Errors are nvr.ErrForbidden where the policy leaves inviting to stewards, and
// for whoever holds no seat and names a lost key; nvr.ErrTooMany while
// store.MaxInvites are open; where the lost key's place can't be taken
// nvr.ErrInvalid if it holds a seat, nvr.ErrExists if somebody has, nvr.ErrNotFound
// if it was no member; those of doors, and those of writing to disk.
func (m *Membership) Invite(doors func(ticket wire.Hash, until wire.Minute) ([]wire.Door, error), days int, lost wire.Key) (wire.Invite, error) {
	s := m.State()
	self := s.Member(m.Author())
	if self == nil {
		return wire.Invite{}, fmt.Errorf("%w: this home is not in the neighborhood", nvr.ErrForbidden)
	}
	if s.Policy.Invites == wire.InvitesByStewards && !m.Steward() {
		return wire.Invite{}, errNoSeat
	}
	if lost != (wire.Key{}) {
		if !m.Steward() {
			return wire.Invite{}, errNoSeat
		}
		if err := succeedable(s, lost); err != nil {
			return wire.Invite{}, err
		}
	}
	now := m.now()
	v := wire.Invite{
		Version: wire.Version, Neighborhood: m.entry.Name, Title: m.Genesis().Title, From: self.Card.Name, Head: s.Head,
		Secret: salt(), Expires: now + wire.Minute(days)*wire.Day,
	}
	var err error
	if v.Doors, err = doors(v.Secret.Ticket(), v.Expires); err != nil {
		return wire.Invite{}, err
	}
	if _, err := v.Text(); err != nil {
		return wire.Invite{}, invalid(err)
	}
	return v, m.store.AddInvite(m.ctx, m.entry.Name, store.Invite{Secret: v.Secret, Expires: v.Expires, Succeeds: lost}, now)
}

// Tickets returns what the open invites are named by at doors.
func (m *Membership) Tickets() ([]wire.Hash, error) {
	invites, err := m.store.Invites(m.ctx, m.entry.Name, m.now())
	var tickets []wire.Hash
	for _, v := range invites {
		tickets = append(tickets, v.Secret.Ticket())
	}
	return tickets, err
}

// Asker asks a steward's home to let in whom a card names, and returns the
// object that does. An error means that no such home can be reached now.
type Asker func(card []byte) (admit []byte, err error)

// Answer answers whoever knocks with an invite of this home. It is let in by
// this home if it holds a seat, else by a steward's home that ask reaches. Doors
// are nodes of members that it may link to. Who knocks again with the same keys,
// since the answer was lost, gets the same answer.
//
// nvr.ErrNotFound is an invite that this home knows nothing of; any other error
// means that there is no answer, and that it may knock again.
func (m *Membership) Answer(ticket wire.Hash, knock []byte, doors []wire.Door, ask Asker) ([]byte, error) {
	invites, err := m.store.Invites(m.ctx, m.entry.Name, m.now())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(invites, func(v store.Invite) bool { return v.Secret.Ticket() == ticket })
	if i < 0 {
		return nil, fmt.Errorf("invite: %w", nvr.ErrNotFound)
	}
	k, err := wire.OpenKnock(knock, invites[i].Secret)
	if err != nil {
		return nil, err
	}
	w := wire.Welcome{Answer: wire.AnswerNo}
	if card, ok := m.cardIn(k.Card); ok {
		if may, ok := m.may(invites[i], k, card); ok {
			if w.Answer, w.Admit, err = m.letIn(card, k.Returns, invites[i].Succeeds, may, ask); err != nil {
				return nil, err
			}
		}
	}
	if w.Answer == wire.AnswerYes {
		w.Genesis, w.Doors = m.genesis.Raw, doors[:min(len(doors), wire.MaxWelcomes)]
	}
	return wire.SealWelcome(w, invites[i].Secret)
}

// cardIn opens a card of this neighborhood.
func (m *Membership) cardIn(raw []byte) (wire.Signed, bool) {
	signed, err := wire.Open(raw)
	if err != nil {
		return signed, false
	}
	card, ok := signed.Body.(wire.Card)
	return signed, ok && card.Neighborhood == m.entry.Name
}

// may returns how an invite is used up by a home; ok is false for who has to be
// called and does not prove it.
func (m *Membership) may(v store.Invite, k wire.Knock, card wire.Signed) (may func(who wire.Key) (bool, error), ok bool) {
	if !v.Called {
		return func(who wire.Key) (bool, error) {
			return m.store.UseInvite(m.ctx, m.entry.Name, v.Secret, who, m.now())
		}, true
	}
	called, ok := m.called(k.Follow, card)
	return func(who wire.Key) (bool, error) { return m.store.UseCall(m.ctx, m.entry.Name, called, who) }, ok
}

func (m *Membership) letIn(card wire.Signed, returns bool, lost wire.Key, may func(wire.Key) (bool, error), ask Asker) (wire.Answer, []byte, error) {
	m.mu.Lock()
	answer, admit, err := m.judge(card, returns, lost, may)
	m.mu.Unlock()
	if answer != wire.AnswerLater || err != nil || lost != (wire.Key{}) { // whose place it is no other home knows
		return answer, admit, err
	}
	if admit, err = ask(card.Raw); err == nil && m.admits(admit, card.Body.(wire.Card).Author) {
		return wire.AnswerYes, admit, nil
	}
	return wire.AnswerLater, nil, nil
}

// admits tells whether an object lets in this author.
func (m *Membership) admits(raw []byte, author wire.Key) bool {
	o, err := wire.Open(raw)
	admit, ok := o.Body.(wire.Admit)
	return err == nil && ok && admit.Head.Neighborhood == m.entry.Name && admit.Card.Author == author
}

// judge lets in whom a card names, if may says so; who returns is let in only
// if it is a member, and with the node that its card names. Lost is the author
// key whose place it takes, zero for none. It answers AnswerLater for a home that
// is to be let in by a steward. m.mu is held.
func (m *Membership) judge(card wire.Signed, returns bool, lost wire.Key, may func(who wire.Key) (bool, error)) (wire.Answer, []byte, error) {
	is := card.Body.(wire.Card)
	if was := m.home.State().Members[is.Author]; was != nil && was.Out {
		return wire.AnswerNo, nil, nil
	}
	if returns && m.home.State().Member(is.Author) == nil {
		return wire.AnswerNo, nil, nil
	}
	ok, err := may(is.Author)
	if err != nil || !ok {
		return wire.AnswerUsed, nil, err
	}
	if m.home.State().Member(is.Author) != nil {
		for _, o := range m.home.Roster().Objects() {
			if admit, ok := o.Body.(wire.Admit); ok && admit.Card.Author == is.Author {
				if returns {
					return wire.AnswerYes, o.Raw, m.hold(card)
				}
				return wire.AnswerYes, o.Raw, nil
			}
		}
	}
	if lost != (wire.Key{}) {
		return m.succeed(card, lost)
	}
	if _, ok := m.sits(); !ok {
		return wire.AnswerLater, nil, nil
	}
	admit, err := m.admit(card)
	return wire.AnswerYes, admit.Raw, err
}

// vouchedADay is how many homes a member may have let in by a steward's home in a
// day: a street that begins.
const vouchedADay = 20

// Vouch lets in whom a member vouches for, if the policy lets members invite and
// this home holds a seat; it returns the object that does. nvr.ErrForbidden is
// anything that the asking home may not have, nvr.ErrTooMany more than its day's share.
func (m *Membership) Vouch(node wire.Key, raw []byte) ([]byte, error) {
	card, ok := m.cardIn(raw)
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.home.State()
	_, member := s.AuthorOf(node)
	_, sits := m.sits()
	if !ok || !member || s.Policy.Invites != wire.InvitesByMembers || !sits {
		return nil, fmt.Errorf("vouch: %w", nvr.ErrForbidden)
	}
	answer, admit, err := m.judge(card, false, wire.Key{}, func(who wire.Key) (bool, error) {
		return s.Member(who) != nil || m.vouched.take(node, m.now(), vouchedADay), nil
	})
	switch {
	case err != nil:
		return nil, err
	case answer == wire.AnswerYes:
		return admit, nil
	case answer == wire.AnswerUsed:
		return nil, fmt.Errorf("vouch: %w", nvr.ErrTooMany)
	}
	return nil, fmt.Errorf("vouch: %w", nvr.ErrForbidden)
}
