package feed

import (
	"slices"

	"nvrd/federation/wire"
)

// Settle judges what is held by another roster, or the same at another minute.
// What an earlier roster kept out is not here: it comes by sync. It costs what
// the authors wrote who stand otherwise now.
func (s *Set) Settle(roster Roster, now wire.Minute) []Change {
	was := s.roster
	s.roster = roster
	if s.due(now) {
		return s.settle(now)
	}
	s.now = now
	return s.rejudge(was)
}

// due tells whether by now, or again at it, something expires or a day goes.
func (s *Set) due(now wire.Minute) bool { return now < s.now || now >= s.next }

// Load offers items that were written down before a restart, in any order, to a
// set that holds nothing yet. What it returns is how that differs from what was
// written down: what was dropped or is dead by now.
func (s *Set) Load(items []*Item, now wire.Minute) []Change {
	return s.refill(items, now)
}

// settle offers what is held to an empty set, which is what the rules say it is:
// no rule is written twice.
func (s *Set) settle(now wire.Minute) []Change {
	old := make([]*Item, 0, len(s.held))
	for _, r := range s.held {
		old = append(old, r.Item)
	}
	return s.refill(old, now)
}

// refill empties the set and offers it items; it tells which of them are held
// otherwise than they are, or not.
func (s *Set) refill(items []*Item, now wire.Minute) []Change {
	items = slices.SortedFunc(slices.Values(items), func(a, b *Item) int {
		if a.judges() != b.judges() { // first, since what they are about may be held only for them
			if a.judges() {
				return -1
			}
			return 1
		}
		return compare(a, b)
	})
	s.clear(now)
	var added, changes []Change
	for _, i := range items {
		s.add(i, &added)
	}
	freed := map[wire.Hash]bool{}
	for _, i := range items {
		c := Change{Is: IsDropped, Item: i}
		if stays := s.held[i.ID]; stays != nil {
			if stays.Item == i {
				continue
			}
			c = Change{Is: IsDead, Item: stays.Item}
		}
		for a := range addresses(i) {
			if s.media[a] == 0 && !freed[a] {
				c.Free, freed[a] = append(c.Free, a), true
			}
		}
		changes = append(changes, c)
	}
	return changes
}

// rejudge is settle where only some authors stand otherwise than with the roster
// before.
func (s *Set) rejudge(was Roster) (changes []Change) {
	judges, others := s.restanding(was)
	gone := slices.DeleteFunc(judges, func(r *record) bool {
		_, outcome := s.admit(r.Item)
		return outcome == Added
	})
	for _, r := range gone { // all, before what they are about is looked at
		s.remove(r, &changes)
	}
	for _, r := range gone {
		s.judged(r.Item, &changes)
	}
	for _, r := range others {
		delete(s.slots, r.slot) // a post that was a newcomer's may be none
	}
	for _, r := range others {
		if s.held[r.ID] != r {
			continue // it went with what it was dead of
		}
		standing, outcome := s.admit(r.Item)
		slot, most := slotOf(r.Entry, standing)
		if outcome != Added || len(s.slots[slot]) == most {
			s.remove(r, &changes)
			continue
		}
		r.slot = slot
		s.slots[slot] = append(s.slots[slot], r)
	}
	return changes
}

// restanding returns what is held of authors who stand otherwise than with the
// roster before, in order: what judges, and the rest.
func (s *Set) restanding(was Roster) (judges, others []*record) {
	differs := map[wire.Key]bool{}
	for slot, records := range s.slots {
		is, ok := differs[slot.author]
		if !ok {
			before, member := was.Standing(slot.author)
			after, still := s.roster.Standing(slot.author)
			is = before != after || member != still
			differs[slot.author] = is
		}
		switch {
		case !is:
		case records[0].judges(): // what a slot holds is of one kind
			judges = append(judges, records...)
		default:
			others = append(others, records...)
		}
	}
	inOrder := func(a, b *record) int { return compare(a.Item, b.Item) }
	slices.SortFunc(judges, inOrder)
	slices.SortFunc(others, inOrder)
	return judges, others
}
