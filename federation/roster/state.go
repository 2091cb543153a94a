package roster

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"nvrd/federation/wire"
)

// State is what a roster's objects amount to. It is shared: readers change
// nothing in it.
type State struct {
	Charter  []wire.Hash              // the acts that count, from height 1 on
	Head     wire.Hash                // the newest of them; the genesis if there is none
	Votes    map[wire.Hash][]wire.Key // seats whose votes count, ascending, by act of the charter
	Minute   wire.Minute              // of the head
	Waiting  bool                     // an act that is settled here, such as the head that an invite named, is not held yet
	Policy   wire.Policy
	Seats    map[wire.Key]Seat
	Members  map[wire.Key]*Member // also those who are out: their earlier entries count
	Agencies map[wire.Key]Agency
	Anew     map[wire.Key]*wire.Anew // by author: who founded the neighborhood anew, and asks to go on there (R16)
	Proposed []Proposal              // acts above the head that lack votes
	Revoking []wire.Hash             // revocations that wait for a second steward (R15)

	Doubles []Double   // seats that voted for two acts where one was asked for (R5)
	Forked  []wire.Key // seats whose log has branches that none of their deeds joins (R13)
	Splits  []Split    // acts that passed beside what is settled here (R6)

	nodes map[wire.Key]wire.Key // author by node key
	held  map[wire.Key]seat     // every seat there ever was
}

// Seat is a seat that votes, or will when it is renewed.
type Seat struct {
	Who     wire.Key // author key of the steward
	Since   wire.Minute
	Renewed wire.Minute // it votes in acts of up to a year later (R15)
}

// Lapse is how long a seat votes without being renewed.
const Lapse = 365 * wire.Day

// Member is a home that is in, or was.
type Member struct {
	Card     *wire.Card
	Since    wire.Minute // from when its entries count
	By       wire.Key    // the seat that admitted it first
	Succeeds wire.Key    // an earlier key of the same person; zero for none
	Out      bool
	Left     bool        // of its own will: nothing that it wrote stays
	Until    wire.Minute // of a home that is out: the last minute whose entries count
}

// Agency is an agency that the charter names.
type Agency struct {
	wire.Agency
	Cells     []wire.Cell // where the neighborhood lies for it
	Since     wire.Minute
	Suspended bool     // nothing of it is taken
	Reason    string   // of stewards who suspended it; empty where it goes on with another key
	Heir      wire.Key // the key that it has now; zero while it is this one
}

// Proposal is an act that may yet count.
type Proposal struct {
	Act   wire.Hash
	Votes []wire.Key // seats, ascending
	Need  int        // how many votes make it count
}

// Double proves that a seat voted for two acts at one height after one act.
type Double struct {
	Seat wire.Key
	A, B wire.Hash
}

// Split is an act that has the votes and does not count, because another had
// been settled here before.
type Split struct{ Settled, Act wire.Hash }

// Member returns the member with this author key, or nil if there is none who
// is in.
func (s *State) Member(author wire.Key) *Member {
	if m := s.Members[author]; m != nil && !m.Out {
		return m
	}
	return nil
}

// AuthorOf returns the member that connects with this node key, if one does
// and is in.
func (s *State) AuthorOf(node wire.Key) (wire.Key, bool) {
	author, ok := s.nodes[node]
	return author, ok
}

// Heirs returns, by author keys that are lost, the member who is in and whom
// stewards know to be the same person ([Member.Succeeds], over several losses
// too). A key that is in is nobody else's, whatever a steward says, nor is that of
// who left. Of several who are said to be one person who came first is.
func (s *State) Heirs() map[wire.Key]wire.Key {
	var in []wire.Key
	for author, m := range s.Members {
		if !m.Out && m.Succeeds != (wire.Key{}) {
			in = append(in, author)
		}
	}
	slices.SortFunc(in, func(a, b wire.Key) int {
		return cmp.Or(cmp.Compare(s.Members[a].Since, s.Members[b].Since), compareKeys(a, b))
	})
	heirs := map[wire.Key]wire.Key{}
	for _, heir := range in {
		for lost := s.Members[heir].Succeeds; ; lost = s.Members[lost].Succeeds {
			m := s.Members[lost]
			if _, taken := heirs[lost]; taken || m == nil || !m.Out || m.Left {
				break
			}
			heirs[lost] = heir
		}
	}
	return heirs
}

// Equal tells whether both say the same, whatever is asked of them.
func (s *State) Equal(o *State) bool {
	return s == o || s.Head == o.Head && s.Minute == o.Minute && s.Waiting == o.Waiting &&
		slices.Equal(s.Charter, o.Charter) && maps.EqualFunc(s.Votes, o.Votes, slices.Equal) && s.Policy.Equal(o.Policy) &&
		maps.Equal(s.Seats, o.Seats) && maps.EqualFunc(s.Members, o.Members, sameMember) && maps.EqualFunc(s.Agencies, o.Agencies, sameAgency) &&
		maps.EqualFunc(s.Anew, o.Anew, sameAnew) &&
		slices.EqualFunc(s.Proposed, o.Proposed, func(a, b Proposal) bool {
			return a.Act == b.Act && a.Need == b.Need && slices.Equal(a.Votes, b.Votes)
		}) &&
		slices.Equal(s.Revoking, o.Revoking) && slices.Equal(s.Doubles, o.Doubles) &&
		slices.Equal(s.Forked, o.Forked) && slices.Equal(s.Splits, o.Splits)
}

func sameAgency(a, b Agency) bool {
	return a.Since == b.Since && a.Suspended == b.Suspended && a.Reason == b.Reason && a.Heir == b.Heir && slices.Equal(a.Cells, b.Cells) && a.Key == b.Key && a.Minute == b.Minute &&
		a.Title == b.Title && a.Class == b.Class && a.Domain == b.Domain && a.Contact == b.Contact && a.Policy == b.Policy && slices.Equal(a.Jurisdiction, b.Jurisdiction)
}

func sameAnew(a, b *wire.Anew) bool {
	return a == b || a.Neighborhood == b.Neighborhood && a.Author == b.Author && a.Minute == b.Minute && bytes.Equal(a.Invite, b.Invite)
}

func sameMember(a, b *Member) bool {
	return (a.Card == b.Card || a.Card.Equal(*b.Card)) && a.Since == b.Since && a.By == b.By && a.Succeeds == b.Succeeds &&
		a.Out == b.Out && a.Left == b.Left && a.Until == b.Until
}

// SeatOf returns the seat that the member holds.
func (s *State) SeatOf(author wire.Key) (wire.Key, bool) {
	for key, seat := range s.Seats {
		if seat.Who == author {
			return key, true
		}
	}
	return wire.Key{}, false
}

// Holder returns the author key of the steward who holds a seat, or held it.
func (s *State) Holder(seat wire.Key) (author wire.Key, ok bool) {
	held, ok := s.held[seat]
	return held.who, ok
}

// voters returns the seats whose votes decide on an act of this minute: those
// that were renewed within a year. If none was, a neighborhood is not left
// without any: then all do.
func voters(seats map[wire.Key]Seat, at wire.Minute) map[wire.Key]struct{} {
	fresh, all := map[wire.Key]struct{}{}, map[wire.Key]struct{}{}
	for key, seat := range seats {
		all[key] = struct{}{}
		if at < seat.Renewed+Lapse {
			fresh[key] = struct{}{}
		}
	}
	if len(fresh) == 0 {
		return all
	}
	return fresh
}

func compareKeys(a, b wire.Key) int { return wire.Compare(wire.Hash(a), wire.Hash(b)) }
