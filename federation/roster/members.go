package roster

import (
	"cmp"
	"maps"
	"slices"

	"nvrd/federation/wire"
)

// alone is how many homes a steward may put out in a day without a second one (R15).
const alone = 5

// seat is a seat that is or was.
type seat struct {
	who     wire.Key
	since   wire.Minute
	dropped bool
	until   wire.Minute // of one that was dropped: when
	cut     []wire.Hash // and its newest deeds that count
}

// Sat tells whether the home held a seat at a minute: a revocation of that minute
// is void (R10).
func (s *State) Sat(who wire.Key, at wire.Minute) bool {
	for _, seat := range s.held {
		if seat.who == who && seat.since <= at && (!seat.dropped || at <= seat.until) {
			return true
		}
	}
	return false
}

// members works out who is in from the deeds that count.
func (r *Roster) members(s *State, annulled map[wire.Hash]struct{}, now wire.Minute) {
	var admits, revokes []*deed
	stewards := map[wire.Key]struct{}{} // who sits or sat
	for _, key := range slices.SortedFunc(maps.Keys(s.held), compareKeys) {
		l, seat := r.logs[key], s.held[key]
		stewards[seat.who] = struct{}{}
		if l == nil {
			continue
		}
		if l.ends > 1 {
			s.Forked = append(s.Forked, key)
		}
		until := now + ahead
		if left, ok := r.left[seat.who]; ok { // who left does nothing any more
			until = min(until, left.Body.(wire.Leave).Minute)
		}
		for _, d := range l.counted(seat, until) {
			if d.revoke != nil {
				revokes = append(revokes, d)
			} else if _, void := annulled[d.id]; !void {
				admits = append(admits, d)
			}
		}
	}
	admit(s, admits)
	revoke(s, revokes, func(d *deed) bool {
		_, void := annulled[d.id]
		if _, steward := stewards[d.revoke.Who]; steward && !void {
			_, sits := s.SeatOf(d.revoke.Who)
			void = sits || s.Sat(d.revoke.Who, d.head.Minute) // R10
		}
		return void
	})
	r.leave(s)
	r.rename(s, now)
	r.foundings(s, now)
	for author, m := range s.Members {
		if m.Out {
			continue
		}
		// Each node proved that it belongs to its author, so two authors of one
		// node are one machine: whichever, but the same everywhere.
		if other, ok := s.nodes[m.Card.Node]; !ok || compareKeys(author, other) < 0 {
			s.nodes[m.Card.Node] = author
		}
	}
}

// inOrder sorts deeds by their minutes. Those of one log and minute stand in the
// order in which they were signed.
func inOrder(deeds []*deed) {
	slices.SortFunc(deeds, func(a, b *deed) int {
		return cmp.Or(cmp.Compare(a.head.Minute, b.head.Minute), cmp.Compare(a.depth, b.depth), wire.Compare(a.id, b.id))
	})
}

// counted returns the deeds of a seat's log that count (R8): all while the seat
// is held, and of a dropped one those that its cut leads back to. A deed that
// claims to be older than its seat, or than any before it in its log, does not
// count: it would have its day's share of revocations again. Nor does, as yet, one
// of the future, for the same reason.
func (l *log) counted(of seat, until wire.Minute) []*deed {
	deeds := l.deeds
	if of.dropped {
		deeds = l.upTo(of.cut)
	}
	counted := make([]*deed, 0, len(deeds))
	for _, d := range deeds {
		if at := d.head.Minute; at >= of.since && at >= d.floor && at <= until {
			counted = append(counted, d)
		}
	}
	return counted
}

// upTo returns the deeds of a cut and all before them.
func (l *log) upTo(cut []wire.Hash) []*deed {
	var kept []*deed
	seen := make(map[wire.Hash]struct{})
	for open := slices.Clone(cut); len(open) > 0; {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		d := l.byID[id]
		if _, ok := seen[id]; ok || d == nil {
			continue
		}
		seen[id] = struct{}{}
		kept = append(kept, d)
		open = append(open, d.head.Prev...)
	}
	return kept
}

// admit lets in whom a deed admits (R9), with the newest card of those.
func admit(s *State, admits []*deed) {
	inOrder(admits)
	members := make([]Member, 0, len(admits)) // one allocation for all, which never grows
	for _, d := range admits {
		card := &d.admit.Card
		m := s.Members[card.Author]
		if m == nil {
			members = append(members, Member{Card: card, Since: d.head.Minute, By: d.head.Seat})
			m = &members[len(members)-1]
			s.Members[card.Author] = m
		}
		if card.Minute > m.Card.Minute {
			m.Card = card
		}
		if m.Succeeds == (wire.Key{}) {
			m.Succeeds = d.admit.Succeeds
		}
	}
}

// rename gives homes the newest card that they signed. Who is out keeps the
// name that neighbors knew, and a card of the future waits.
func (r *Roster) rename(s *State, now wire.Minute) {
	for author, o := range r.cards {
		m := s.Members[author]
		card := o.Body.(wire.Card)
		if m != nil && !m.Out && card.Minute > m.Card.Minute && card.Minute <= now+ahead {
			m.Card = &card
		}
	}
}

// foundings takes in who founded the neighborhood anew: what they say counts as
// long as what they wrote at that minute does, and is not of the future.
func (r *Roster) foundings(s *State, now wire.Minute) {
	for author, o := range r.anew {
		is := o.Body.(wire.Anew)
		m := s.Members[author]
		if m == nil || m.Left || is.Minute < m.Since || m.Out && is.Minute > m.Until || is.Minute > now+ahead {
			continue
		}
		if s.Anew == nil {
			s.Anew = map[wire.Key]*wire.Anew{}
		}
		s.Anew[author] = &is
	}
}

// want is one steward's wish that a home is out.
type want struct {
	deed    *deed
	steward wire.Key
	alone   bool // it needs no second steward
}

// revoke puts homes out for good; of several revocations the lowest cut counts.
// A steward's first five homes of a day stand alone, others where a second
// steward wants the same home out (R15). All are counted, also those that wait or
// are void, so what stands depends only on what its steward had signed before it:
// nothing that comes later in a log, and no pardon, changes it.
func revoke(s *State, revokes []*deed, void func(*deed) bool) {
	inOrder(revokes)
	homes := make(map[wire.Key][]want, len(revokes))
	stewards := map[wire.Key]*share{}
	for _, d := range revokes {
		w := want{deed: d, steward: s.held[d.head.Seat].who}
		of := stewards[w.steward]
		if of == nil {
			of = &share{first: map[wire.Key]bool{}}
			stewards[w.steward] = of
		}
		if w.alone = of.take(d.revoke.Who, d.head.Minute); !void(d) {
			homes[d.revoke.Who] = append(homes[d.revoke.Who], w)
		}
	}
	for who, wants := range homes {
		m := s.Members[who]
		agreed := slices.ContainsFunc(wants, func(w want) bool { return w.steward != wants[0].steward })
		for _, w := range wants {
			switch cut := w.deed.revoke.Cut; {
			case !agreed && !w.alone:
				s.Revoking = append(s.Revoking, w.deed.id)
			case m != nil && (!m.Out || cut < m.Until):
				m.Out, m.Until = true, cut
			}
		}
	}
	slices.SortFunc(s.Revoking, wire.Compare)
}

// share is what of a steward's day is used up.
type share struct {
	first map[wire.Key]bool // by home: whether the first revocation of it stands alone
	last  []wire.Minute     // of the newest homes, at most as many as a day has
}

// take tells whether the steward's revocation of a home stands alone. Minutes
// come in ascending order.
func (s *share) take(home wire.Key, at wire.Minute) bool {
	stands, again := s.first[home]
	if again {
		return stands
	}
	stands = len(s.last) < alone || at-s.last[0] >= wire.Day
	s.first[home] = stands
	if s.last = append(s.last, at); len(s.last) > alone {
		s.last = s.last[1:]
	}
	return stands
}

// leave puts out who left by themselves.
func (r *Roster) leave(s *State) {
	for author, o := range r.left {
		m := s.Members[author]
		if m == nil {
			continue
		}
		if at := o.Body.(wire.Leave).Minute; !m.Out || at < m.Until {
			m.Until = at
		}
		m.Out, m.Left = true, true
	}
}
