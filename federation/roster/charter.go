package roster

import (
	"cmp"
	"maps"
	"slices"

	"nvrd/federation/wire"
)

const (
	// finality is for how long an act must have counted here to count for good (R6).
	finality = 7 * wire.Day
	// ahead is how far a clock may be ahead of this home's.
	ahead = 10
)

// State returns what is held amounts to at now. Acts of a later minute than
// now, by more than what clocks differ, do not count yet, nor do such deeds. Acts
// that have counted here for a week without a break are settled by this call: see
// [Roster.Settled]. Nothing that is settled is ever taken back, whatever the clock
// says.
func (r *Roster) State(now wire.Minute) *State {
	if r.state != nil && r.at == now {
		return r.state
	}
	r.state, r.at = r.resolve(now), now
	if r.state.Waiting {
		return r.state // what counts here is not known
	}
	settled := 0 // acts, those up to the final one
	if act, ok := r.objects[r.final].Body.(wire.Act); ok {
		settled = int(act.Act().Height)
	}
	counts := make(map[wire.Hash]wire.Minute, len(r.state.Charter))
	for i, id := range r.state.Charter {
		since, ok := r.passed[id]
		if !ok || since > now { // a clock that was ahead is believed no longer
			since = now
		}
		counts[id] = since
		if i >= settled && now >= since+finality {
			r.final = id
		}
	}
	r.passed = counts
	return r.state
}

// Settled returns the newest act that counts here for good, and since when each
// act that counts has done so: what has to be kept for [Roster.Restore]. The map
// is not to be changed, and does not change.
func (r *Roster) Settled() (final wire.Hash, since map[wire.Hash]wire.Minute) {
	return r.final, r.passed
}

// Restore takes up what [Roster.Settled] returned before a restart. A home that
// joins gives the head that its invite names, and no times.
func (r *Roster) Restore(final wire.Hash, since map[wire.Hash]wire.Minute) {
	r.final, r.passed, r.state = final, since, nil
}

// resolve computes the state from nothing but what is held, what is settled,
// and now.
func (r *Roster) resolve(now wire.Minute) *State {
	s := found(r.genesis.ID, r.genesis.Body.(wire.Genesis))
	s.Members = make(map[wire.Key]*Member, len(r.authors))
	s.nodes = make(map[wire.Key]wire.Key, len(r.authors))
	annulled := map[wire.Hash]struct{}{}
	settled, known := r.settled()
	s.Waiting = !known
	for height := uint32(1); ; height++ {
		ballot := r.count(s, height, now, settled[height])
		s.Doubles = append(s.Doubles, r.doubles(s, height)...)
		next := slices.IndexFunc(ballot, func(c candidate) bool { return len(c.votes) >= c.need })
		if forced, ok := settled[height]; ok {
			for _, c := range ballot {
				if len(c.votes) >= c.need && c.id != forced {
					s.Splits = append(s.Splits, Split{Settled: forced, Act: c.id})
				}
			}
			next = slices.IndexFunc(ballot, func(c candidate) bool { return c.id == forced && len(c.votes) >= c.need })
			s.Waiting = s.Waiting || next < 0 // for its votes: whoever named it as settled has to show them
		}
		if next < 0 {
			for _, c := range ballot {
				s.Proposed = append(s.Proposed, Proposal{Act: c.id, Votes: c.votes, Need: c.need})
			}
			break
		}
		apply(s, annulled, ballot[next].act)
		s.Votes[ballot[next].id] = ballot[next].votes
	}
	r.members(s, annulled, now)
	return s
}

// found returns the charter of a neighborhood that has no acts yet.
func found(genesis wire.Hash, g wire.Genesis) *State {
	return &State{
		Head: genesis, Minute: g.Minute, Policy: g.Policy,
		Seats:    map[wire.Key]Seat{g.Seat: {Who: g.Founder, Since: g.Minute, Renewed: g.Minute}},
		Agencies: map[wire.Key]Agency{}, Votes: map[wire.Hash][]wire.Key{},
		held: map[wire.Key]seat{g.Seat: {who: g.Founder, since: g.Minute}},
	}
}

// settled returns the acts that count for good, by height, and whether all of
// them are held.
func (r *Roster) settled() (map[uint32]wire.Hash, bool) {
	chain := map[uint32]wire.Hash{}
	for id := r.final; id != r.genesis.ID; {
		b, ok := r.objects[id].Body.(wire.Act)
		if !ok {
			return nil, false
		}
		chain[b.Act().Height] = id
		id = b.Act().Prev
	}
	return chain, true
}

// candidate is an act that could follow the head.
type candidate struct {
	act
	votes []wire.Key
	need  int
}

// count returns the acts that could be the next of the charter, best first:
// those that have the votes, of them that with the most, then that with the
// smaller id (R5). Between acts of different minutes, votes of seats that had
// lapsed by the later one decide nothing: else who lapsed would vote on an act
// that is dated back. The one that is settled at this height is not too early.
func (r *Roster) count(s *State, height uint32, now wire.Minute, settled wire.Hash) []candidate {
	var ballot []candidate
	for _, a := range r.acts[s.Head] {
		head := a.body.Act()
		if head.Height != height || head.Minute < s.Minute || head.Minute > now+ahead && a.id != settled || !applies(s, a.body) {
			continue
		}
		if votes, need := r.votesFor(a, s.Seats); len(votes) > 0 {
			ballot = append(ballot, candidate{a, slices.SortedFunc(maps.Keys(votes), compareKeys), need})
		}
	}
	var latest wire.Minute
	for _, c := range ballot {
		if len(c.votes) >= c.need {
			latest = max(latest, c.body.Act().Minute)
		}
	}
	electorate := voters(s.Seats, latest)
	weight := func(c candidate) (n int) {
		if len(c.votes) < c.need {
			return -1
		}
		for _, seat := range c.votes {
			if _, ok := electorate[seat]; ok {
				n++
			}
		}
		return n
	}
	slices.SortFunc(ballot, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(len(b.votes), len(a.votes)), wire.Compare(a.id, b.id))
	})
	return ballot
}

// votesFor returns which of these seats voted for an act, and how many have to.
func (r *Roster) votesFor(a act, seats map[wire.Key]Seat) (votes map[wire.Key]struct{}, need int) {
	head := a.body.Act()
	electorate := voters(seats, head.Minute)
	votes = map[wire.Key]struct{}{}
	if _, ok := electorate[head.Seat]; ok {
		votes[head.Seat] = struct{}{}
	}
	for seat := range r.votes[a.id] {
		if _, ok := electorate[seat]; ok {
			votes[seat] = struct{}{}
		}
	}
	return votes, len(electorate)/2 + 1
}

// doubles finds seats that voted for two of the acts that follow the head.
func (r *Roster) doubles(s *State, height uint32) []Double {
	first := map[wire.Key]wire.Hash{}
	var found []Double
	acts := slices.Clone(r.acts[s.Head])
	slices.SortFunc(acts, func(a, b act) int { return wire.Compare(a.id, b.id) })
	for _, a := range acts {
		if a.body.Act().Height != height {
			continue
		}
		seats := map[wire.Key]struct{}{a.body.Act().Seat: {}}
		for seat := range r.votes[a.id] {
			seats[seat] = struct{}{}
		}
		for _, seat := range slices.SortedFunc(maps.Keys(seats), compareKeys) {
			if _, ok := s.Seats[seat]; !ok {
				continue
			}
			if before, ok := first[seat]; ok {
				found = append(found, Double{Seat: seat, A: before, B: a.id})
			} else {
				first[seat] = a.id
			}
		}
	}
	return found
}

// applies tells whether an act has a meaning after the head.
func applies(s *State, a wire.Act) bool {
	switch a := a.(type) {
	case wire.AddSteward:
		if now, ok := s.Seats[a.Seat]; ok {
			return now.Who == a.Who // renewed
		}
		_, had := s.held[a.Seat] // a key that was dropped never returns (R8)
		_, sits := s.SeatOf(a.Who)
		return !had && !sits && len(s.Seats) < MaxSeats
	case wire.DropSteward:
		_, ok := s.Seats[a.Seat]
		return ok
	}
	return true
}

// apply makes an act the head.
func apply(s *State, annulled map[wire.Hash]struct{}, a act) {
	head := a.body.Act()
	switch b := a.body.(type) {
	case wire.AddSteward:
		now, ok := s.Seats[b.Seat]
		if !ok {
			now = Seat{Who: b.Who, Since: head.Minute}
			s.held[b.Seat] = seat{who: b.Who, since: head.Minute}
		}
		now.Renewed = head.Minute
		s.Seats[b.Seat] = now
	case wire.DropSteward:
		gone := s.held[b.Seat]
		gone.dropped, gone.until, gone.cut = true, head.Minute, b.Cut
		s.held[b.Seat] = gone
		delete(s.Seats, b.Seat)
	case wire.SetPolicy:
		s.Policy = b.Policy
	case wire.AdmitAgency:
		s.Agencies[b.Agency.Key] = Agency{Agency: b.Agency, Cells: b.Cells, Since: head.Minute}
		if old, ok := s.Agencies[b.Succeeds]; ok {
			old.Suspended, old.Reason, old.Heir = true, "", b.Agency.Key
			s.Agencies[b.Succeeds] = old
		}
	case wire.SuspendAgency:
		if agency, ok := s.Agencies[b.Agency]; ok {
			agency.Suspended, agency.Reason = true, b.Reason
			s.Agencies[b.Agency] = agency
		}
	case wire.Annul:
		annulled[b.Deed] = struct{}{}
	}
	s.Head, s.Minute = a.id, head.Minute
	s.Charter = append(s.Charter, a.id)
}

// Voted returns the act at this height after prev that the seat voted for, if
// it did for one. An honest seat votes for one.
func (r *Roster) Voted(seat wire.Key, prev wire.Hash, height uint32) (wire.Hash, bool) {
	for _, a := range r.acts[prev] {
		if a.body.Act().Height != height {
			continue
		}
		if _, ok := r.votes[a.id][seat]; ok || a.body.Act().Seat == seat {
			return a.id, true
		}
	}
	return wire.Hash{}, false
}
