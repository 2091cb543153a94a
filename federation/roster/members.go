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
	cut     []wire.Hash // of one that was dropped: its newest deeds that count
}

// members works out who is in from the deeds that count.
func (r *Roster) members(s *State, annulled map[wire.Hash]struct{}) {
	sitting := make(map[wire.Key]struct{}, len(s.Seats))
	for _, seat := range s.Seats {
		sitting[seat.Who] = struct{}{}
	}
	var admits, revokes []*deed
	for _, key := range slices.SortedFunc(maps.Keys(s.held), compareKeys) {
		l := r.logs[key]
		if l == nil {
			continue
		}
		if l.ends > 1 {
			s.Forked = append(s.Forked, key)
		}
		for _, d := range l.counted(s.held[key]) {
			if _, void := annulled[d.id]; void {
				continue
			}
			if d.admit != nil {
				admits = append(admits, d)
			} else if _, sits := sitting[d.revoke.Who]; !sits { // R10
				revokes = append(revokes, d)
			}
		}
	}
	r.admit(s, admits)
	revoke(s, revokes)
	r.leave(s)
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

func byMinute(a, b *deed) int {
	return cmp.Or(cmp.Compare(a.head.Minute, b.head.Minute), wire.Compare(a.id, b.id))
}

// counted returns the deeds of a seat's log that count (R8): all while the seat
// is held, and of a dropped one those that its cut leads back to. A deed that
// claims to be older than its seat, or than one before it in its log, does not
// count: it would have its day's share of revocations again.
func (l *log) counted(of seat) []*deed {
	deeds := l.deeds
	if of.dropped {
		deeds = l.upTo(of.cut)
	}
	counted := make([]*deed, 0, len(deeds))
	for _, d := range deeds {
		backdated := d.head.Minute < of.since || slices.ContainsFunc(d.head.Prev, func(id wire.Hash) bool {
			before := l.byID[id]
			return before != nil && before.head.Minute > d.head.Minute
		})
		if !backdated {
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

// admit lets in whom a deed admits (R9), with the newest card that there is.
func (r *Roster) admit(s *State, admits []*deed) {
	slices.SortFunc(admits, byMinute)
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
	for author, o := range r.cards {
		m := s.Members[author]
		if card := o.Body.(wire.Card); m != nil && card.Minute > m.Card.Minute {
			m.Card = &card
		}
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
// steward wants the same home out (R15). Those that wait are counted as well,
// so that none begins to stand when another is heard of.
func revoke(s *State, revokes []*deed) {
	slices.SortFunc(revokes, byMinute)
	homes := make(map[wire.Key][]want, len(revokes))
	days := map[wire.Key][]wire.Minute{} // by steward: when it first wanted each home out
	for _, d := range revokes {
		w := want{deed: d, steward: s.held[d.head.Seat].who}
		wants := homes[d.revoke.Who]
		if i := slices.IndexFunc(wants, func(o want) bool { return o.steward == w.steward }); i >= 0 {
			w.alone = wants[i].alone
		} else {
			days[w.steward] = append(days[w.steward], d.head.Minute)
			w.alone = within(days[w.steward], d.head.Minute) <= alone
		}
		homes[d.revoke.Who] = append(wants, w)
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

// within counts the minutes of the day that ends with at; they are ascending.
func within(minutes []wire.Minute, at wire.Minute) int {
	n := 0
	for i := len(minutes) - 1; i >= 0 && minutes[i]+wire.Day > at; i-- {
		n++
	}
	return n
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
