// Package roster knows who belongs to a neighborhood: it turns the signed
// objects that a home holds into seats, members, policy and agencies, by the
// rules R1 to R16 of docs/design/neighborhood.md.
//
// What comes out depends on which objects are held, and not on the order in
// which they came: two homes that hold the same are of one mind. The one
// exception is deliberate (R6): what a home has taken for settled for a week
// stays settled there, so that a stolen key can't rewrite the past.
//
// It does no I/O and reads no clock. Objects come from [wire.Open], so they are
// well formed and signed; who was allowed to sign them is decided here.
package roster

import (
	"errors"
	"fmt"
	"slices"

	"nvrd/federation/wire"
)

// Bounds of what a home holds.
const (
	MaxSeats   = 64     // more is no group that agrees on anything
	MaxObjects = 20_000 // acts, votes and deeds; 10 MB: 1,000 homes that each change their keys every year for ten years
	MaxDeeds   = 8_000  // of one steward, of 16,000 of all: two do what one can't
	MaxVoices  = 1_000  // acts and votes of one steward: two a week for ten years
)

// Why an object is not held. Only ErrForeign is a fault of the peer that sent it.
var (
	ErrForeign = errors.New("roster: an object of another neighborhood, or of none")
	ErrEarly   = errors.New("roster: by somebody of whom nothing is known yet") // may be offered again, when what it rests on is held
	ErrFull    = errors.New("roster: as many objects as a neighborhood, or a steward in it, may have")
)

// Roster is what one home holds of one neighborhood. It is not safe for
// concurrent use. The zero Roster is of no use: see [New].
type Roster struct {
	genesis wire.Signed
	objects map[wire.Hash]wire.Signed
	acts    map[wire.Hash][]act                 // by the act before
	votes   map[wire.Hash]map[wire.Key]struct{} // by act: seats that voted for it by a vote
	logs    map[wire.Key]*log                   // by seat
	rooms   rooms
	authors map[wire.Key]struct{}    // that some deed held here admits
	cards   map[wire.Key]wire.Signed // by author: the newest
	left    map[wire.Key]wire.Signed // by author: the earliest
	anew    map[wire.Key]wire.Signed // by author: the newest
	buckets [256]bucket              // ids, for links
	gone    []wire.Hash              // see Replaced

	final  wire.Hash                 // the newest act that is settled here for good; the genesis at first
	passed map[wire.Hash]wire.Minute // acts that count, and since when they do here without a break
	state  *State                    // of what is held; nil if that has changed
	at     wire.Minute               // what state was computed for
}

type act struct {
	id   wire.Hash
	body wire.Act
}

// log is the deeds of one seat. What a deed names before it is in it.
type log struct {
	deeds    []*deed
	byID     map[wire.Hash]*deed
	followed map[wire.Hash]struct{} // deeds that others come after
	ends     int                    // deeds that none comes after
}

type deed struct {
	id     wire.Hash
	head   wire.DeedHead
	depth  int          // 0 without any before it
	floor  wire.Minute  // the latest minute of those before it
	admit  *wire.Admit  // one of the two
	revoke *wire.Revoke // is nil
}

// Log returns the newest deeds that a seat signed, ascending, and the latest
// minute of any: its next deed names those, and is dated no earlier. After a fork
// they may be more than a deed can name; any of them will do then.
func (r *Roster) Log(seat wire.Key) (heads []wire.Hash, last wire.Minute) {
	l := r.logs[seat]
	if l == nil {
		return nil, 0
	}
	for _, d := range l.deeds {
		last = max(last, d.head.Minute)
		if _, ok := l.followed[d.id]; !ok {
			heads = append(heads, d.id)
		}
	}
	slices.SortFunc(heads, wire.Compare)
	return heads[:min(len(heads), wire.MaxHeads)], last
}

// add adds a deed, if the log has all that it names before it.
func (l *log) add(d *deed) bool {
	for _, id := range d.head.Prev {
		before := l.byID[id]
		if before == nil {
			return false
		}
		d.depth = max(d.depth, before.depth+1)
		d.floor = max(d.floor, before.floor, before.head.Minute)
	}
	l.deeds = append(l.deeds, d)
	l.byID[d.id] = d
	l.ends++
	for _, id := range d.head.Prev {
		if _, ok := l.followed[id]; !ok {
			l.followed[id] = struct{}{}
			l.ends--
		}
	}
	return true
}

// New returns a roster that holds only its genesis.
func New(genesis wire.Signed) *Roster {
	g := genesis.Body.(wire.Genesis)
	r := &Roster{
		genesis: genesis,
		objects: map[wire.Hash]wire.Signed{genesis.ID: genesis},
		acts:    map[wire.Hash][]act{},
		votes:   map[wire.Hash]map[wire.Key]struct{}{},
		logs:    map[wire.Key]*log{},
		rooms:   newRooms(genesis.ID, g),
		authors: map[wire.Key]struct{}{g.Founder: {}},
		cards:   map[wire.Key]wire.Signed{},
		left:    map[wire.Key]wire.Signed{},
		anew:    map[wire.Key]wire.Signed{},
		final:   genesis.ID,
		passed:  map[wire.Hash]wire.Minute{},
	}
	r.buckets[genesis.ID[0]].put(genesis.ID)
	return r
}

// Neighborhood returns the name of the neighborhood.
func (r *Roster) Neighborhood() wire.Hash { return r.genesis.ID }

// Len returns how many objects are held.
func (r *Roster) Len() int { return len(r.objects) }

// Objects returns what is held, in the order of ids. Offered to another roster
// of this neighborhood until it takes no more, they make it equal.
func (r *Roster) Objects() []wire.Signed {
	all := make([]wire.Signed, 0, len(r.objects))
	for _, o := range r.objects {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b wire.Signed) int { return wire.Compare(a.ID, b.ID) })
	return all
}

// Replaced returns the objects that are no longer held since it was last asked:
// the cards, leavings and foundings whose place a better one took.
func (r *Roster) Replaced() []wire.Hash {
	gone := r.gone
	r.gone = nil
	return gone
}

// Add holds an object, and tells whether it was new. Of what is not held the
// error tells why; what an object does, if anything, is seen in the state.
//
// Held is what is signed by somebody whom another object held here makes a
// steward or a member, and names only what is held: an act the act before, a vote
// its act, a deed those before it. So nothing that is shown can rest on something
// withheld. Whether an object counts is not asked, since that may change, so
// homes end with equal sets in whatever order they hear.
func (r *Roster) Add(o wire.Signed) (bool, error) {
	if _, ok := r.objects[o.ID]; ok {
		return false, nil
	}
	if of(o.Body) != r.genesis.ID {
		return false, ErrForeign
	}
	seat, takes := r.takes(o.Body)
	if !r.rooms.fit(seat, takes) {
		return false, ErrFull
	}
	ok, old := r.take(o)
	if !ok {
		return false, fmt.Errorf("%w: %v", ErrEarly, o.Body.Kind())
	}
	if old.ID == o.ID { // what is held already is newer
		return false, nil
	}
	if _, ok := r.objects[old.ID]; ok {
		delete(r.objects, old.ID)
		r.buckets[old.ID[0]].drop(old.ID)
		r.gone = append(r.gone, old.ID)
	}
	r.objects[o.ID] = o
	r.buckets[o.ID[0]].put(o.ID)
	r.rooms.fill(seat, takes)
	r.state = nil
	return true, nil
}

// take puts an object where it is found again, if it rests on what is held.
// Of cards, leaves and foundings one per author stays: old is the one that does not, which
// may be the object itself.
func (r *Roster) take(o wire.Signed) (ok bool, old wire.Signed) {
	switch b := o.Body.(type) {
	case wire.Act:
		head := b.Act()
		if !r.rooms.has(head.Seat) || !r.follows(head) {
			return false, old
		}
		a := act{o.ID, b}
		r.acts[head.Prev] = append(r.acts[head.Prev], a)
		if add, ok := b.(wire.AddSteward); ok {
			r.rooms.propose(add)
		}
		r.weigh(a)
	case wire.Vote:
		body, held := r.objects[b.Act].Body.(wire.Act)
		if !held || !r.rooms.has(b.Seat) || body.Act().Height != b.Height {
			return false, old
		}
		if r.votes[b.Act] == nil {
			r.votes[b.Act] = map[wire.Key]struct{}{}
		}
		r.votes[b.Act][b.Seat] = struct{}{}
		r.weigh(act{b.Act, body})
	case wire.Deed:
		head := b.Deed()
		if !r.rooms.has(head.Seat) {
			return false, old
		}
		l := r.logs[head.Seat]
		if l == nil {
			l = &log{byID: map[wire.Hash]*deed{}, followed: map[wire.Hash]struct{}{}}
			r.logs[head.Seat] = l
		}
		d := &deed{id: o.ID, head: head}
		switch b := b.(type) {
		case wire.Admit:
			d.admit = &b
		case wire.Revoke:
			d.revoke = &b
		}
		if !l.add(d) {
			return false, old
		}
		if d.admit != nil {
			r.authors[d.admit.Card.Author] = struct{}{}
		}
	case wire.Card:
		return r.one(r.cards, b.Author, o, func(a, b wire.Signed) bool { return newer(a.Body.(wire.Card), a.ID, b.Body.(wire.Card), b.ID) })
	case wire.Leave:
		return r.one(r.left, b.Author, o, func(a, b wire.Signed) bool { return earlier(a, b) })
	case wire.Anew:
		return r.one(r.anew, b.Author, o, newest)
	default:
		return false, old
	}
	return true, old
}

// follows tells whether what an act names as before it is held, one lower.
func (r *Roster) follows(head wire.ActHead) bool {
	if head.Prev == r.genesis.ID {
		return head.Height == 1
	}
	before, ok := r.objects[head.Prev].Body.(wire.Act)
	return ok && before.Act().Height+1 == head.Height
}

// one keeps of two objects of one author the better.
func (r *Roster) one(of map[wire.Key]wire.Signed, author wire.Key, o wire.Signed, better func(a, b wire.Signed) bool) (ok bool, old wire.Signed) {
	if _, ok := r.authors[author]; !ok {
		return false, old
	}
	held, ok := of[author]
	if ok && !better(o, held) {
		return true, o
	}
	of[author] = o
	return true, held
}

// newer tells whether card a, with its id, replaces b.
func newer(a wire.Card, aID wire.Hash, b wire.Card, bID wire.Hash) bool {
	if a.Minute != b.Minute {
		return a.Minute > b.Minute
	}
	return wire.Compare(aID, bID) < 0
}

func earlier(a, b wire.Signed) bool {
	x, y := a.Body.(wire.Leave).Minute, b.Body.(wire.Leave).Minute
	if x != y {
		return x < y
	}
	return wire.Compare(a.ID, b.ID) < 0
}

// newest is newer for foundings.
func newest(a, b wire.Signed) bool {
	x, y := a.Body.(wire.Anew).Minute, b.Body.(wire.Anew).Minute
	if x != y {
		return x > y
	}
	return wire.Compare(a.ID, b.ID) < 0
}

// of returns the neighborhood that an object names; zero for what belongs to no roster.
func of(b wire.Body) wire.Hash {
	switch b := b.(type) {
	case wire.Act:
		return b.Act().Neighborhood
	case wire.Deed:
		return b.Deed().Neighborhood
	case wire.Vote:
		return b.Neighborhood
	case wire.Card:
		return b.Neighborhood
	case wire.Leave:
		return b.Neighborhood
	case wire.Anew:
		return b.Neighborhood
	}
	return wire.Hash{}
}
