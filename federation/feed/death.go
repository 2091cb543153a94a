package feed

import "nvrd/federation/wire"

// Death is why an entry has no payload any longer.
type Death uint8

// The deaths.
const (
	Alive     Death = iota
	TakenBack       // by its author
	Destroyed       // two stewards found it unlawful
	Expired
)

func (d Death) String() string {
	return [...]string{"alive", "taken back", "destroyed", "expired"}[d]
}

// death says how it stands with an item, held or not, by what is held about it.
// What judges others is never dead: else it would matter who judged first.
func (s *Set) death(i *Item) Death {
	if i.judges() {
		return Alive
	}
	switch causes := s.causes(i); {
	case len(causes) == 1:
		return TakenBack
	case len(causes) == 2:
		return Destroyed
	case i.Entry.Expires <= s.now:
		return Expired
	}
	return Alive
}

// causes returns what an item died of: a retraction by its author, or the labels
// of two stewards, or nothing.
func (s *Set) causes(i *Item) []*record {
	if by := s.retractions(i); len(by) > 0 {
		return by[:1]
	}
	var labels []*record
	for _, r := range s.about[i.ID] {
		if r.label() == wire.LabelUnlawful && !s.takenBack(r.Item) && len(labels) < 2 && (len(labels) == 0 || labels[0].Entry.Author != r.Entry.Author) {
			labels = append(labels, r)
		}
	}
	if len(labels) < 2 {
		return nil
	}
	return labels
}

// takenBack tells whether a steward no longer holds to a label. It stays
// to be seen.
func (s *Set) takenBack(label *Item) bool { return len(s.retractions(label)) > 0 }

// retractions returns by what its author takes an item back.
func (s *Set) retractions(i *Item) (by []*record) {
	for _, r := range s.about[i.ID] {
		if r.Entry.Says == wire.SaysRetract && r.Entry.Author == i.Entry.Author {
			by = append(by, r)
		}
	}
	return by
}

// judged looks again at what an item is about that came or went.
func (s *Set) judged(i *Item, changes *[]Change) {
	if !i.judges() {
		return
	}
	r := s.held[i.Entry.On]
	if r != nil && r.Entry.Says == wire.SaysLabel && i.Entry.Says == wire.SaysRetract {
		r = s.held[r.Entry.On] // a label that was taken back, and what it was on
	}
	if r == nil || r.judges() {
		return
	}
	was := r.dead
	switch r.dead = s.death(r.Item); {
	case was == Alive && r.dead != Alive:
		free := s.free(r.Item)
		r.Item = r.bare
		*changes = append(*changes, Change{Is: IsDead, Item: r.Item, Free: free})
	case was != Alive && r.dead == Alive: // whoever has the payload still may bring it
		s.drop(r, changes)
	}
}
