package roster

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"nvrd/federation/wire"
)

// street writes objects of one neighborhood. Signatures are left out, since
// the roster takes what was opened; an object's id is its number.
type street struct {
	genesis wire.Signed
	made    uint64
	all     []wire.Signed
	names   map[wire.Hash]string
	bucket  bool                   // all ids begin alike
	logs    map[string][]wire.Hash // the newest deeds of a steward
}

func key(name string) wire.Key { return wire.Key(sha256.Sum256([]byte(name))) }

// start is when every street begins.
const start = wire.Minute(29_000_000)

// newStreet founds a neighborhood whose first seat anna holds.
func newStreet() *street {
	s := &street{names: map[wire.Hash]string{}, logs: map[string][]wire.Hash{}}
	s.genesis = s.object("genesis", wire.Genesis{Minute: start, Founder: key("anna"), Seat: key("anna's seat")})
	s.all = nil
	return s
}

func (s *street) object(name string, b wire.Body) wire.Signed {
	s.made++
	o := wire.Signed{ID: sha256.Sum256(binary.BigEndian.AppendUint64([]byte(name), s.made)), Body: b}
	if s.bucket {
		o.ID[0] = 7
	}
	s.names[o.ID] = name
	s.all = append(s.all, o)
	return o
}

func seatOf(who string) wire.Key { return key(who + "'s seat") }

// head is that of an act by who upon prev.
func (s *street) head(who string, prev wire.Signed) wire.ActHead {
	h := wire.ActHead{Neighborhood: s.genesis.ID, Height: 1, Prev: prev.ID, Minute: start, Seat: seatOf(who)}
	if a, ok := prev.Body.(wire.Act); ok {
		h.Height, h.Minute = a.Act().Height+1, a.Act().Minute+1
	}
	return h
}

func (s *street) add(by string, prev wire.Signed, who string) wire.Signed {
	return s.object(by+" adds "+who, wire.AddSteward{Head: s.head(by, prev), Who: key(who), Seat: seatOf(who)})
}

func (s *street) drop(by string, prev wire.Signed, who string, cut ...wire.Signed) wire.Signed {
	d := wire.DropSteward{Head: s.head(by, prev), Seat: seatOf(who)}
	for _, o := range cut {
		d.Cut = append(d.Cut, o.ID)
	}
	return s.object(by+" drops "+who, d)
}

func (s *street) annul(by string, prev, deed wire.Signed) wire.Signed {
	return s.object(by+" annuls", wire.Annul{Head: s.head(by, prev), Deed: deed.ID})
}

func (s *street) vote(act wire.Signed, seats ...string) {
	for _, who := range seats {
		s.object(who+" votes", wire.Vote{Neighborhood: s.genesis.ID, Height: act.Body.(wire.Act).Act().Height, Act: act.ID, Seat: seatOf(who)})
	}
}

// deed is the head of a steward's next deed.
func (s *street) deed(who string, at wire.Minute) wire.DeedHead {
	return wire.DeedHead{Neighborhood: s.genesis.ID, Minute: start + at, Seat: seatOf(who), Prev: slices.Clone(s.logs[who])}
}

func (s *street) did(who string, o wire.Signed) wire.Signed {
	s.logs[who] = []wire.Hash{o.ID}
	return o
}

func (s *street) card(who string) wire.Card {
	return wire.Card{Neighborhood: s.genesis.ID, Author: key(who), Node: key(who + "'s node"), Name: who, Minute: start}
}

func (s *street) admit(by string, at wire.Minute, who string) wire.Signed {
	return s.did(by, s.object(by+" admits "+who, wire.Admit{Head: s.deed(by, at), Card: s.card(who)}))
}

func (s *street) revoke(by string, at wire.Minute, who string, cut wire.Minute) wire.Signed {
	return s.did(by, s.object(by+" revokes "+who, wire.Revoke{Head: s.deed(by, at), Who: key(who), Cut: start + cut}))
}

// stewards founds a street with these stewards, all of whom voted for each.
func stewards(names ...string) (s *street, head wire.Signed) {
	s = newStreet()
	head = s.genesis
	for i, who := range names {
		s.admit("anna", 0, who)
		if i > 0 {
			head = s.add(names[0], head, who)
			s.vote(head, names[:i]...)
		}
	}
	return s, head
}

// hold gives a roster the objects, as often as it takes for all that rest on
// one another to be held.
func hold(t testing.TB, r *Roster, objects []wire.Signed) {
	t.Helper()
	for news := true; news; {
		news = false
		for _, o := range objects {
			added, err := r.Add(o)
			if err != nil && !errors.Is(err, ErrEarly) {
				t.Fatal(err)
			}
			news = news || added
		}
	}
}

// resolved is the state of a home that holds all objects of the street.
func (s *street) resolved(t testing.TB) *State {
	t.Helper()
	r := New(s.genesis)
	hold(t, r, s.all)
	return r.State(later)
}

// later is when the stories are over.
const later = start + 6*wire.Day

// in lists who is in, in words.
func (s *State) in() string {
	var in []string
	for _, m := range s.Members {
		if !m.Out {
			in = append(in, m.Card.Name)
		}
	}
	slices.Sort(in)
	return strings.Join(in, " ")
}

// seated lists who holds a seat.
func (s *State) seated() string {
	var in []string
	for _, m := range s.Members {
		if _, ok := s.SeatOf(m.Card.Author); ok {
			in = append(in, m.Card.Name)
		}
	}
	slices.Sort(in)
	return strings.Join(in, " ")
}
