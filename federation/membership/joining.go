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
	follow  []byte      // that it was in the neighborhood in whose place this one is; nil for who has an invite
	by      wire.Key    // who called it, by author key there
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
	return a.ask(invite, name, false, nil, wire.Key{})
}

// Return asks to be let in again as the member that this home was before its
// machine was lost: its seed was restored from paper. It keeps its keys, what it
// said, its seat, and changes its node and its name.
func (a *All) Return(invite, name string) (*Joining, error) {
	return a.ask(invite, name, true, nil, wire.Key{})
}

// ask asks to be let in with an invite, or as who is in the old neighborhood in
// whose place the other one is, if old is not nil; by founded that one.
func (a *All) ask(invite, name string, returns bool, old *Membership, by wire.Key) (*Joining, error) {
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
	if j.By = by; old != nil {
		as := wire.PublicKey(a.seed.Keys(identity.Place{Neighborhood: j.Place}).Author)
		if j.Follow, err = old.follows(v.Neighborhood, as); err != nil {
			return nil, err
		}
	}
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
	j := &Joining{all: a, row: kept.Place, place: kept.Place, Name: kept.Name, Invite: v, Returns: kept.Returns, follow: kept.Follow, by: kept.By}
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

// Doors returns where to knock: as the invite says, or who called the home since.
func (j *Joining) Doors() []wire.Door {
	for _, m := range j.all.In() {
		if is := m.State().Anew[j.by]; is != nil {
			if v := is.To(); v.Neighborhood == j.Invite.Neighborhood && v.Secret == j.Invite.Secret {
				return v.Doors
			}
		}
	}
	return j.Invite.Doors
}

// Knock returns what to say at a door.
func (j *Joining) Knock() (ticket wire.Hash, knock []byte, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	knock, err = wire.SealKnock(wire.Knock{Card: j.card, Returns: j.Returns, Follow: j.follow}, j.Invite.Secret)
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
	founds, founded := genesis.Body.(wire.Genesis)
	is, ok := admit.Body.(wire.Admit)
	j.mu.Lock()
	place, machine := j.place, j.machine
	j.mu.Unlock()
	if !founded || !ok || !j.leads(founds) || genesis.ID != j.Invite.Neighborhood || is.Head.Neighborhood != genesis.ID ||
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

// leads tells whether a neighborhood that its members follow to is in the place of
// theirs.
func (j *Joining) leads(to wire.Genesis) bool {
	if j.follow == nil {
		return true
	}
	o, err := wire.Open(j.follow)
	is, ok := o.Body.(wire.Follow)
	return err == nil && ok && is.Neighborhood == to.Succeeds
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
