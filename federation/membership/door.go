package membership

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"nvrd/federation/identity"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Invite makes an invite that lets one home in, in the next days. Doors returns
// where one may knock with its ticket until a minute.
//
// Errors are nvr.ErrForbidden where the policy leaves inviting to stewards,
// nvr.ErrTooMany while [store.MaxInvites] are open, those of doors, and those of
// writing to disk.
func (m *Membership) Invite(doors func(ticket wire.Hash, until wire.Minute) ([]wire.Door, error), days int) (wire.Invite, error) {
	s := m.State()
	self := s.Member(m.Author())
	if self == nil {
		return wire.Invite{}, fmt.Errorf("%w: this home is not in the neighborhood", nvr.ErrForbidden)
	}
	if s.Policy.Invites == wire.InvitesByStewards && !m.Steward() {
		return wire.Invite{}, errNoSeat
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
	return v, m.store.AddInvite(m.ctx, m.entry.Name, v.Secret, v.Expires, now)
}

// Tickets returns what the open invites are named by at doors.
func (m *Membership) Tickets() ([]wire.Hash, error) {
	secrets, err := m.store.Invites(m.ctx, m.entry.Name, m.now())
	var tickets []wire.Hash
	for _, s := range secrets {
		tickets = append(tickets, s.Ticket())
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
	secrets, err := m.store.Invites(m.ctx, m.entry.Name, m.now())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(secrets, func(s wire.Salt) bool { return s.Ticket() == ticket })
	if i < 0 {
		return nil, fmt.Errorf("invite: %w", nvr.ErrNotFound)
	}
	k, err := wire.OpenKnock(knock, secrets[i])
	if err != nil {
		return nil, err
	}
	w := wire.Welcome{Answer: wire.AnswerNo}
	if card, ok := m.cardIn(k.Card); ok {
		if w.Answer, w.Admit, err = m.letIn(card, k.Returns, secrets[i], ask); err != nil {
			return nil, err
		}
	}
	if w.Answer == wire.AnswerYes {
		w.Genesis, w.Doors = m.genesis.Raw, doors[:min(len(doors), wire.MaxWelcomes)]
	}
	return wire.SealWelcome(w, secrets[i])
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

func (m *Membership) letIn(card wire.Signed, returns bool, secret wire.Salt, ask Asker) (wire.Answer, []byte, error) {
	m.mu.Lock()
	answer, admit, err := m.judge(card, returns, func(who wire.Key) (bool, error) {
		return m.store.UseInvite(m.ctx, m.entry.Name, secret, who, m.now())
	})
	m.mu.Unlock()
	if answer != wire.AnswerLater || err != nil {
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
// if it is a member, and with the node that its card names. It answers
// AnswerLater for a home that is to be let in by a steward. m.mu is held.
func (m *Membership) judge(card wire.Signed, returns bool, may func(who wire.Key) (bool, error)) (wire.Answer, []byte, error) {
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
	if !m.sits() {
		return wire.AnswerLater, nil, nil
	}
	admit, err := m.admit(is, card.Signature(), wire.Key{})
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
	if _, member := s.AuthorOf(node); !ok || !member || s.Policy.Invites != wire.InvitesByMembers || !m.sits() {
		return nil, fmt.Errorf("vouch: %w", nvr.ErrForbidden)
	}
	answer, admit, err := m.judge(card, false, func(who wire.Key) (bool, error) {
		return s.Member(who) != nil || m.share(node), nil
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

// share takes one of a node's share of the day, if there is one left. m.mu is held.
func (m *Membership) share(node wire.Key) bool {
	day := m.now() / wire.Day
	if m.vouched.day != day {
		m.vouched.day, m.vouched.by = day, map[wire.Key]int{}
	}
	m.vouched.by[node]++
	return m.vouched.by[node] <= vouchedADay
}

func (m *Membership) sits() bool {
	seat, ok := m.home.State().SeatOf(m.Author())
	return ok && seat == wire.PublicKey(m.keys.Seat)
}

// Joining is a neighborhood that this home asks to join. It is safe for
// concurrent use.
type Joining struct {
	Name    string // as which the home wants to be known
	Invite  wire.Invite
	Returns bool // it was a member, and its machine was lost

	all *All
	row uint32 // place as which it is written down

	mu      sync.Mutex
	place   uint32 // of the keys with which it asks
	machine uint32
	card    []byte
	answer  wire.Answer // the last; 0 while there is none
}

// maxPlaces is how many places a home that returns tries: so many neighborhoods
// its owner may have been in before.
const maxPlaces = 16

// Join asks to be let into a neighborhood, until [All.GiveUp] or an answer: also
// after a restart. Errors are nvr.ErrInvalid for an invite that can't be used (the
// message says why), nvr.ErrExists for one of a neighborhood that the home is in,
// and those of writing to disk.
func (a *All) Join(invite, name string) (*Joining, error) {
	return a.ask(invite, name, false)
}

// Return asks to be let in again as the member that this home was before its
// machine was lost: its seed was restored from paper. It keeps its keys, what it
// said, its seat, and changes its node and its name.
func (a *All) Return(invite, name string) (*Joining, error) {
	return a.ask(invite, name, true)
}

func (a *All) ask(invite, name string, returns bool) (*Joining, error) {
	v, err := wire.ParseInvite(invite)
	if err != nil {
		return nil, invalid(err)
	}
	if err := wire.CheckName(name); err != nil {
		return nil, invalid(err)
	}
	if v.Expires <= wire.MinuteOf(a.clock()) {
		return nil, fmt.Errorf("%w: this invite is too old; ask %s for another one", nvr.ErrInvalid, v.From)
	}
	text, err := v.Text()
	if err != nil {
		return nil, invalid(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.in {
		if m.Name() == v.Neighborhood {
			return nil, fmt.Errorf("this home in %s: %w", v.Title, nvr.ErrExists)
		}
	}
	for _, j := range a.joining {
		if j.Invite.Neighborhood == v.Neighborhood {
			return nil, fmt.Errorf("this home asks to join %s already: %w", v.Title, nvr.ErrExists)
		}
	}
	j := store.Joining{Place: a.places, Invite: text, Name: name, Returns: returns}
	if err := a.store.Ask(a.ctx, j); err != nil {
		return nil, err
	}
	a.places++
	if err := a.resume(j); err != nil {
		return nil, err
	}
	a.tell()
	return a.joining[len(a.joining)-1], nil
}

// resume takes up an invite that is written down. a.mu is held, or a is not shared yet.
func (a *All) resume(kept store.Joining) error {
	v, err := wire.ParseInvite(kept.Invite)
	if err != nil {
		return fmt.Errorf("invite of place %d: %w", kept.Place, err)
	}
	if kept.Welcome != nil { // the roster is on its way
		for _, m := range a.in {
			if m.entry.Place == kept.Place {
				return m.learn(kept.Welcome, v.Secret)
			}
		}
		return a.store.Joined(a.ctx, kept.Place) // it has left since
	}
	j := &Joining{all: a, row: kept.Place, place: kept.Place, Name: kept.Name, Invite: v, Returns: kept.Returns}
	if j.Returns {
		j.place = 0
		// No machine before had this number, so none is taken for another one.
		j.machine = uint32(wire.MinuteOf(a.clock()))
	}
	if err := j.sign(); err != nil {
		return invalid(err)
	}
	a.joining = append(a.joining, j)
	return nil
}

// sign makes the card with which the home asks. j.mu is held, or j is not shared yet.
func (j *Joining) sign() error {
	place := identity.Place{Neighborhood: j.place}
	keys, node := j.all.seed.Keys(place), j.all.seed.Node(place, j.machine)
	at := wire.MinuteOf(j.all.clock())
	if j.Returns {
		at++ // the card of the lost machine may be of this minute
	}
	card, err := wire.Sign(cardOf(j.Invite.Neighborhood, keys, node, j.Name, at), keys.Author)
	j.card = card.Raw
	return err
}

// other has a home that returns ask with other keys, if there are some left that
// it may have been a member with.
func (j *Joining) other() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.Returns || j.place+1 >= maxPlaces {
		return false
	}
	j.place++
	return j.sign() == nil
}

// learn takes from a welcome who may be linked to while the roster is not there.
func (m *Membership) learn(welcome []byte, secret wire.Salt) error {
	w, err := wire.OpenWelcome(welcome, secret)
	if err != nil {
		return err
	}
	for _, d := range w.Doors {
		m.doors[d.Node] = d
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arrived = false
	m.arrive() // the home may have ended between the two
	return nil
}

// Doors returns where a home that was just let in finds members.
func (m *Membership) Doors() []wire.Door {
	var doors []wire.Door
	for _, d := range m.doors {
		doors = append(doors, d)
	}
	return doors
}

// Joining returns what the home asks for.
func (a *All) Joining() []*Joining {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.joining)
}

// Knock returns what to say at a door.
func (j *Joining) Knock() (ticket wire.Hash, knock []byte, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	knock, err = wire.SealKnock(wire.Knock{Card: j.card, Returns: j.Returns}, j.Invite.Secret)
	return j.Invite.Secret.Ticket(), knock, err
}

// Answered returns what was answered last; 0 while nothing was.
func (j *Joining) Answered() wire.Answer {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.answer
}

func (j *Joining) answered(with wire.Answer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.answer = with
}

// Hear takes the answer. Once the home is let in it returns the membership,
// which learns from the members that the answer names who else is one. Errors
// are the door's fault, or those of writing to disk.
func (j *Joining) Hear(welcome []byte) (*Membership, error) {
	w, err := wire.OpenWelcome(welcome, j.Invite.Secret)
	if err != nil {
		return nil, err
	}
	a := j.all
	if w.Answer == wire.AnswerNo && j.other() {
		return nil, nil
	}
	if w.Answer != wire.AnswerYes {
		j.answered(w.Answer)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.tell()
		return nil, nil
	}
	genesis, err := wire.Open(w.Genesis)
	if err != nil {
		return nil, err
	}
	admit, err := wire.Open(w.Admit)
	if err != nil {
		return nil, err
	}
	_, founded := genesis.Body.(wire.Genesis)
	is, ok := admit.Body.(wire.Admit)
	j.mu.Lock()
	place, machine := j.place, j.machine
	j.mu.Unlock()
	if !founded || !ok || genesis.ID != j.Invite.Neighborhood || is.Head.Neighborhood != genesis.ID ||
		is.Card.Author != wire.PublicKey(a.seed.Keys(identity.Place{Neighborhood: place}).Author) {
		return nil, fmt.Errorf("%w: a welcome to somewhere else", wire.ErrMalformed)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.joining, j) {
		return nil, context.Canceled // somebody gave up meanwhile
	}
	n := store.Neighborhood{Name: genesis.ID, Place: place, Machine: machine, Settled: j.Invite.Head}
	if err := a.store.Welcomed(a.ctx, j.row, welcome, n, store.Object{ID: genesis.ID, Raw: genesis.Raw}); err != nil {
		return nil, err
	}
	m, err := take(a.ctx, a.store, a.seed, n, a.clock)
	if err != nil {
		return nil, err
	}
	if err := m.learn(welcome, j.Invite.Secret); err != nil {
		return nil, err
	}
	j.answered(wire.AnswerYes)
	a.joining = slices.DeleteFunc(a.joining, func(o *Joining) bool { return o == j })
	a.in = append(a.in, m)
	a.tell()
	return m, nil
}

// GiveUp ends the asking.
func (a *All) GiveUp(j *Joining) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.joining, j) {
		return nil // it is in meanwhile
	}
	if err := a.store.GiveUp(a.ctx, j.row, j.Invite.Neighborhood, wire.MinuteOf(a.clock())); err != nil && !errors.Is(err, store.ErrNotShredded) {
		return err
	}
	a.joining = slices.DeleteFunc(a.joining, func(o *Joining) bool { return o == j })
	a.tell()
	return nil
}
