// Package feed is the set of entries that one home holds of one neighborhood:
// what is let in, what goes, and how two homes find out what the other lacks.
// It does no I/O, has no clock and starts nothing; federation/store writes down
// what changes, federation/node carries the messages.
//
// A set, not a chain: which entries a home holds follows from all that it was
// ever offered, the roster and the minute, in whatever order they came
// (docs/adr/0014-a-set-instead-of-chains.md):
//
//   - Held is what a member wrote while it was one, dated not more than
//     [Ahead] into the future, on one of the last [KeepDays] days. All entries of
//     a day go on the same day, so that none makes room for another.
//   - Of each author, day and class the first by minute and id are held, as many
//     as the budget has.
//   - An entry whose payload is gone is held if it is dead here too: taken back,
//     destroyed by two stewards, or expired. Every other entry has its payload.
//
// A [Set] and its links are for one goroutine at a time; items may be shared by
// all.
package feed

import (
	"math"
	"slices"

	"nvrd/federation/wire"
)

// Roster says who is a neighbor. It must answer the same until the set was told
// of another one by [Set.Settle].
type Roster interface {
	// Standing returns how it stands with an author, and false for whoever never was a member.
	Standing(author wire.Key) (Standing, bool)
	// Stewards returns how many hold a seat.
	Stewards() int
}

// Standing is how it stands with one author.
type Standing struct {
	Since   wire.Minute // of the admission
	Until   wire.Minute // the last minute of which entries count: the cut of a revocation; [Always] for none
	Left    bool        // of its own will: nothing stays
	Steward bool        // holds a seat now
}

// Always is the Until of a member.
const Always wire.Minute = math.MaxUint32

// Set is what one home holds. Make one with [New].
type Set struct {
	neighborhood wire.Hash
	roster       Roster
	now          wire.Minute
	next         wire.Minute // when something of what is held expires, or a day goes

	held  map[wire.Hash]*record
	about map[wire.Hash][]*record // by the id that they are about, held or not
	slots map[slot][]*record      // in order; none longer than its budget
	media map[wire.Hash]int       // by address: how many living entries name it
	tree  tree
}

// record is an item in one set.
type record struct {
	*Item
	dead Death
	slot slot
}

// New returns the empty set of a neighborhood.
func New(neighborhood wire.Hash, roster Roster) *Set {
	s := &Set{neighborhood: neighborhood, roster: roster}
	s.clear(0)
	return s
}

func (s *Set) clear(now wire.Minute) {
	s.now, s.next = now, (now/wire.Day+1)*wire.Day
	s.held, s.about, s.slots, s.media = map[wire.Hash]*record{}, map[wire.Hash][]*record{}, map[slot][]*record{}, map[wire.Hash]int{}
	s.tree = tree{}
}

// Len returns how many entries are held.
func (s *Set) Len() int { return len(s.held) }

// Get returns what is held under an id, and why it is dead.
func (s *Set) Get(id wire.Hash) (*Item, Death, bool) {
	if r := s.held[id]; r != nil {
		return r.Item, r.dead, true
	}
	return nil, Alive, false
}

// Items yields what is held, the oldest hour first, to be shown or written down.
func (s *Set) Items(yield func(*Item, Death) bool) {
	for _, d := range s.tree.days {
		for _, h := range d.hours {
			for _, r := range h.held {
				if !yield(r.Item, r.dead) {
					return
				}
			}
		}
	}
}

// Change is one thing that happened to the set. Several are told in the order in
// which they happened, and are to be written down in that order.
type Change struct {
	Is   ChangeIs
	Item *Item // as it is held now; of what was dropped, as it was
	// New tells, of what was added, that it took nobody's place. Only this is
	// passed on at once: an author who writes ever earlier entries would have all
	// homes pass on every one.
	New bool
	// Free are addresses of media that no living entry names any longer.
	Free []wire.Hash
}

// ChangeIs is what happened.
type ChangeIs uint8

// What happens to entries.
const (
	IsAdded   ChangeIs = iota + 1
	IsDead             // its payload is gone, the entry stays
	IsDropped          // it is no longer held
)

// Add offers an item, and tells what became of it and what else changed. An item
// that is not let in was ignored: nobody is at fault for having sent it.
func (s *Set) Add(i *Item, now wire.Minute) (Outcome, []Change) {
	changes := s.Advance(now)
	outcome := s.add(i, &changes)
	return outcome, changes
}

// Early tells whether an entry is dated so far ahead that it is not held yet.
func (s *Set) Early(i *Item) bool { return i.Entry.Minute > s.now+Ahead }

// Advance lets time pass, or go back: what expired by now is dead, and days that
// are over for all are gone. It is cheap as long as nothing is due, and to be
// called every minute or so; Add and links do the same.
func (s *Set) Advance(now wire.Minute) []Change {
	if s.due(now) {
		return s.settle(now)
	}
	s.now = now
	return nil
}

// add is Add at the minute of the set.
func (s *Set) add(i *Item, changes *[]Change) Outcome {
	if s.held[i.ID] != nil {
		return Known
	}
	standing, outcome := s.admit(i)
	if outcome != Added {
		return outcome
	}
	r := &record{Item: i, dead: s.death(i)}
	if r.dead != Alive {
		r.Item = i.bare
	} else if i.lacksPayload() {
		return PayloadMissing
	}
	var most int
	r.slot, most = slotOf(i.Entry, standing)
	return s.put(r, most, changes)
}

// put takes a record in, if it is among the first of its slot.
func (s *Set) put(r *record, most int, changes *[]Change) Outcome {
	at, _ := slices.BinarySearchFunc(s.slots[r.slot], r, func(a, b *record) int { return compare(a.Item, b.Item) })
	if at == most {
		return OverBudget
	}
	full := len(s.slots[r.slot]) == most
	if full {
		s.drop(s.slots[r.slot][most-1], changes)
	}
	s.slots[r.slot] = slices.Insert(s.slots[r.slot], at, r)
	s.held[r.ID] = r
	if r.Entry.Says != wire.SaysPost {
		s.about[r.Entry.On] = append(s.about[r.Entry.On], r)
	}
	s.tree.put(r)
	for a := range addresses(r.Item) {
		s.media[a]++
	}
	if r.dead == Alive && !r.judges() {
		s.next = min(s.next, r.Entry.Expires)
	}
	*changes = append(*changes, Change{Is: IsAdded, Item: r.Item, New: !full})
	s.judged(r.Item, changes)
	return Added
}

// drop takes an entry out of the set, and looks again at what it was about.
func (s *Set) drop(r *record, changes *[]Change) {
	s.remove(r, changes)
	s.judged(r.Item, changes)
}

// remove takes an entry out of the set.
func (s *Set) remove(r *record, changes *[]Change) {
	delete(s.held, r.ID)
	without(s.slots, r.slot, r)
	without(s.about, r.Entry.On, r)
	s.tree.drop(r)
	*changes = append(*changes, Change{Is: IsDropped, Item: r.Item, Free: s.free(r.Item)})
}

// without takes r out of one of the lists of a map.
func without[K comparable](lists map[K][]*record, key K, r *record) {
	at := slices.Index(lists[key], r)
	if at < 0 {
		return // a post is about nothing
	}
	if lists[key] = slices.Delete(lists[key], at, at+1); len(lists[key]) == 0 {
		delete(lists, key)
	}
}

// addresses yields where the media of an item lie.
func addresses(i *Item) func(func(wire.Hash) bool) {
	return func(yield func(wire.Hash) bool) {
		for _, m := range i.media() {
			if !yield(m.Full.Address) || !yield(m.Thumbnail.Address) {
				return
			}
		}
	}
}

// free forgets that a living entry names its media, and returns those that none
// names now. Another author's post may name the same: taking back one must not
// take away the other's.
func (s *Set) free(i *Item) (free []wire.Hash) {
	for a := range addresses(i) {
		if s.media[a]--; s.media[a] == 0 {
			delete(s.media, a)
			free = append(free, a)
		}
	}
	return free
}
