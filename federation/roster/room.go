package roster

import (
	"maps"

	"nvrd/federation/wire"
)

// bounds are how many acts, votes and deeds are held at most. Cards and leavings
// are not counted: there is one of each for each home that a deed admits.
type bounds struct {
	all    int
	deeds  int // what is left is for acts and votes
	share  int // deeds of one room
	voices int // acts and votes of one room
}

// usual are the bounds of a neighborhood.
var usual = bounds{all: MaxObjects, deeds: MaxObjects * 8 / 10, share: MaxDeeds, voices: MaxVoices}

// rooms are what each steward may fill, so that none takes the place of what
// others sign. A seat has its own once an act that gives it could count, which is
// that it and all acts before it have the votes. Others, which whoever has a seat
// may propose without end, share the room of who proposed them. Votes are only
// added, so who has a room keeps it.
type rooms struct {
	bounds bounds
	of     map[wire.Key]wire.Key // by seat that some act held here would give: the seat whose room it has
	by     map[wire.Key]used     // by seat
	used   map[wire.Key]used     // by room
	total  used
	after  map[wire.Hash]*State // by act that could count, and by the genesis: who sits then
}

// used is how many objects there are.
type used struct {
	deeds, voices int
	votes         int // that take nothing of a room
}

func (u used) plus(v used) used {
	return used{u.deeds + v.deeds, u.voices + v.voices, u.votes + v.votes}
}
func (u used) less(v used) used {
	return used{u.deeds - v.deeds, u.voices - v.voices, u.votes - v.votes}
}
func (u used) all() int { return u.deeds + u.voices + u.votes }

func newRooms(genesis wire.Hash, g wire.Genesis) rooms {
	return rooms{
		bounds: usual,
		of:     map[wire.Key]wire.Key{g.Seat: g.Seat},
		by:     map[wire.Key]used{},
		used:   map[wire.Key]used{},
		after:  map[wire.Hash]*State{genesis: found(genesis, g)},
	}
}

// takes returns what an object takes of whose room. A vote for what another
// steward proposed takes nothing of it: there is one for each act, and without it that
// might not count where its seat filled its room before.
func (r *Roster) takes(b wire.Body) (seat wire.Key, u used) {
	of := r.rooms.of
	switch b := b.(type) {
	case wire.Act:
		return b.Act().Seat, used{voices: 1}
	case wire.Vote:
		about, ok := r.objects[b.Act].Body.(wire.Act)
		if ok && of[b.Seat] == b.Seat && of[about.Act().Seat] != b.Seat {
			return b.Seat, used{votes: 1}
		}
		return b.Seat, used{voices: 1}
	case wire.Deed:
		return b.Deed().Seat, used{deeds: 1}
	}
	return seat, used{}
}

// fit tells whether there is room for what a seat signed.
func (r *rooms) fit(seat wire.Key, takes used) bool {
	mine, all := r.used[r.of[seat]].plus(takes), r.total.plus(takes)
	if takes == (used{}) {
		return true
	}
	return all.all() <= r.bounds.all &&
		(takes.deeds == 0 || mine.deeds <= r.bounds.share && all.deeds <= r.bounds.deeds) &&
		(takes.voices == 0 || mine.voices <= r.bounds.voices)
}

// fill notes that it is held.
func (r *rooms) fill(seat wire.Key, takes used) {
	if takes == (used{}) {
		return
	}
	r.by[seat] = r.by[seat].plus(takes)
	r.used[r.of[seat]] = r.used[r.of[seat]].plus(takes)
	r.total = r.total.plus(takes)
}

// has tells whether some act held here would give the seat.
func (r *rooms) has(seat wire.Key) bool {
	_, ok := r.of[seat]
	return ok
}

// propose has a seat share the room of who would give it, if it has none yet.
func (r *rooms) propose(a wire.AddSteward) {
	if _, ok := r.of[a.Seat]; !ok {
		r.of[a.Seat] = r.of[a.Head.Seat]
	}
}

// own gives a seat its own room.
func (r *rooms) own(seat wire.Key) {
	was := r.of[seat]
	r.of[seat] = seat
	if was != seat {
		r.used[was] = r.used[was].less(r.by[seat])
		r.used[seat] = r.used[seat].plus(r.by[seat])
	}
}

// weigh looks whether an act could count now, and then at those that follow it.
func (r *Roster) weigh(a act) {
	head, before := a.body.Act(), r.rooms.after[a.body.Act().Prev]
	if _, could := r.rooms.after[a.id]; could || before == nil || head.Minute < before.Minute || !applies(before, a.body) {
		return
	}
	if votes, need := r.votesFor(a, before.Seats); len(votes) < need {
		return
	}
	next := &State{Seats: before.Seats, held: before.held, Agencies: map[wire.Key]Agency{}}
	switch a.body.(type) {
	case wire.AddSteward, wire.DropSteward:
		next.Seats, next.held = maps.Clone(before.Seats), maps.Clone(before.held)
	}
	apply(next, map[wire.Hash]struct{}{}, a)
	r.rooms.after[a.id] = next
	if add, ok := a.body.(wire.AddSteward); ok {
		r.rooms.own(add.Seat)
	}
	for _, follows := range r.acts[a.id] {
		r.weigh(follows)
	}
}
