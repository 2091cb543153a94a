package membership

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"nvrd/federation/roster"
	"nvrd/federation/wire"
)

// Act is what stewards decided, or may yet.
type Act struct {
	ID   wire.Hash
	Says wire.Act
	By   wire.Key   // author key of the steward who proposed it
	For  []wire.Key // author keys of all whose votes count, in the order of their seats
	Need int        // how many votes make it count; 0 for what counts
}

// Minute is that of the act.
func (a Act) Minute() wire.Minute { return a.Says.Act().Minute }

// Agency is an agency as the directory has it.
type Agency struct {
	roster.Agency
	Acts    []Act   // that count and are about it, the oldest first
	Fraud   bool    // it showed two logs: nothing more of it is taken, whatever stewards decide
	Figures Figures // of what it published, as far as this home has it
}

// May tells whether it may ask homes here.
func (a Agency) May() bool { return !a.Suspended && !a.Fraud }

// Agencies returns all that the charter names: those that may ask come first, by
// their titles. It is the same at every home that holds the same roster and the same logs.
func (m *Membership) Agencies() []Agency {
	s := m.State()
	all := map[wire.Key]Agency{}
	for _, l := range m.Logs() {
		if is, ok := s.Agencies[l.Key]; ok {
			all[l.Key] = Agency{Agency: is, Fraud: l.Fraud, Figures: l.figures(m.now())}
		}
	}
	for _, act := range m.acts(s, s.Charter) {
		for _, key := range About(act.Says) {
			if is, ok := all[key]; ok {
				is.Acts = append(is.Acts, act)
				all[key] = is
			}
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Agency) int {
		if a.May() != b.May() {
			return map[bool]int{true: -1, false: 1}[a.May()]
		}
		return cmp.Or(strings.Compare(a.Title, b.Title), wire.Compare(wire.Hash(a.Key), wire.Hash(b.Key)))
	})
}

// Cells returns where the neighborhood lies for the agency that was let in last, which
// is where it lies for the next one if stewards don't say otherwise; nil if there is none.
func (m *Membership) Cells() []wire.Cell {
	var last roster.Agency
	for _, is := range m.State().Agencies {
		if is.Since > last.Since || is.Since == last.Since && wire.Compare(wire.Hash(is.Key), wire.Hash(last.Key)) > 0 {
			last = is
		}
	}
	return last.Cells
}

// About returns the keys of the agencies that an act is about: of one that goes on
// with another key both, the new one first.
func About(says wire.Act) []wire.Key {
	switch is := says.(type) {
	case wire.AdmitAgency:
		if is.Succeeds != (wire.Key{}) {
			return []wire.Key{is.Agency.Key, is.Succeeds}
		}
		return []wire.Key{is.Agency.Key}
	case wire.SuspendAgency:
		return []wire.Key{is.Agency}
	}
	return nil
}

// Proposals returns the acts on which stewards vote, those with the most votes first.
func (m *Membership) Proposals() []Act {
	s := m.State()
	ids := make([]wire.Hash, len(s.Proposed))
	for i, p := range s.Proposed {
		ids[i] = p.Act
	}
	all := m.acts(s, ids)
	for i, a := range all {
		for _, p := range s.Proposed {
			if p.Act == a.ID {
				all[i].For, all[i].Need = holders(s, p.Votes), p.Need
			}
		}
	}
	return all
}

// acts returns acts by their ids, in that order; one that is not held is left out.
func (m *Membership) acts(s *roster.State, ids []wire.Hash) []Act {
	if len(ids) == 0 {
		return nil
	}
	held := map[wire.Hash]wire.Act{}
	for _, o := range m.Objects() {
		if says, ok := o.Body.(wire.Act); ok {
			held[o.ID] = says
		}
	}
	var all []Act
	for _, id := range ids {
		if says := held[id]; says != nil {
			by, _ := s.Holder(says.Act().Seat)
			all = append(all, Act{ID: id, Says: says, By: by, For: holders(s, s.Votes[id])})
		}
	}
	return all
}

func holders(s *roster.State, seats []wire.Key) (authors []wire.Key) {
	for _, seat := range seats {
		if who, ok := s.Holder(seat); ok {
			authors = append(authors, who)
		}
	}
	return authors
}
