package roster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"nvrd/federation/wire"
)

// offer gives a roster the objects until it takes no more of them.
func offer(t testing.TB, r *Roster, objects []wire.Signed) (refused int) {
	t.Helper()
	for news := true; news; {
		news, refused = false, 0
		for _, o := range objects {
			added, err := r.Add(o)
			if err != nil && !errors.Is(err, ErrEarly) && !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			if errors.Is(err, ErrFull) {
				refused++
			}
			news = news || added
		}
	}
	return refused
}

// flood signs something for a seat that costs others room, and returns a seat
// that may go on with it: its own, or one that it proposed without end.
func (s *street) flood(by wire.Key, acts []wire.Signed, random *rand.Rand) (wire.Signed, wire.Key) {
	n := s.genesis.ID
	prev := acts[random.IntN(len(acts))]
	head := s.head("", prev)
	head.Seat = by
	more := key(fmt.Sprint("seat ", s.made))
	switch random.IntN(5) {
	case 0:
		return s.object("flood", wire.AddSteward{Head: head, Who: key("ben"), Seat: more}), more
	case 1:
		return s.object("flood", wire.SetPolicy{Head: head}), by
	case 2:
		if act, ok := prev.Body.(wire.Act); ok {
			return s.object("flood", wire.Vote{Neighborhood: n, Height: act.Act().Height, Act: prev.ID, Seat: by}), by
		}
	case 3:
		card := s.card(fmt.Sprint("phantom ", s.made))
		return s.object("flood", wire.Admit{Head: wire.DeedHead{Neighborhood: n, Seat: by, Minute: start}, Card: card}), by
	}
	return s.object("flood", wire.Revoke{Head: wire.DeedHead{Neighborhood: n, Seat: by, Minute: start}, Who: key("x")}), by
}

// Whatever one steward signs, what others sign is held by all homes, in whatever
// order they hear of it.
func TestFloodWorlds(t *testing.T) {
	for seed := range *worlds / 8 {
		random := rand.New(rand.NewPCG(seed, 7))
		s, head := stewards("anna", "ben", "carla")
		acts := []wire.Signed{s.genesis, head}
		for i := range random.IntN(4) {
			head = s.object("policy", wire.SetPolicy{Head: s.head("anna", head)})
			s.vote(head, "carla")
			acts = append(acts, head)
			s.revoke("carla", wire.Minute(i), fmt.Sprint("home ", i), 0)
			s.admit("anna", wire.Minute(i), fmt.Sprint("house ", i))
			s.object("leave", wire.Leave{Neighborhood: s.genesis.ID, Author: key(fmt.Sprint("house ", i)), Minute: start})
			s.object("card", s.card(fmt.Sprint("house ", i)))
		}
		head = s.drop("anna", head, "ben")
		s.vote(head, "carla")
		honest := slices.Clone(s.all)
		seats := []wire.Key{seatOf("ben")}
		for range 60 {
			o, seat := s.flood(seats[random.IntN(len(seats))], acts, random)
			seats = append(seats, seat)
			if _, ok := o.Body.(wire.Act); ok {
				acts = append(acts, o)
			}
		}
		refused := 0
		for range 3 {
			r := New(s.genesis)
			r.rooms.bounds = bounds{all: 90, deeds: 40, share: 20, voices: 15}
			order := slices.Clone(s.all)
			random.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
			refused += offer(t, r, order)
			for _, o := range honest {
				if _, ok := r.objects[o.ID]; !ok {
					t.Fatalf("street %d: of what others signed, %q is not held", seed, s.names[o.ID])
				}
			}
			if got := r.State(later); got.Head != head.ID || got.seated() != "anna carla" {
				t.Fatalf("street %d: the head is %q", seed, s.names[got.Head])
			}
			counted := map[wire.Key]used{}
			for seat, by := range r.rooms.by {
				counted[r.rooms.of[seat]] = counted[r.rooms.of[seat]].plus(by)
			}
			for seat, want := range counted {
				if got := r.rooms.used[seat]; got != want {
					t.Fatalf("street %d: a room has %+v, and counts %+v", seed, want, got)
				}
			}
		}
		if refused == 0 {
			t.Fatalf("street %d: nothing was refused", seed)
		}
	}
}

// Where one steward filled what can be filled, as a neighborhood really has it,
// that steward loses the seat, homes leave, and others go on.
func TestFlood(t *testing.T) {
	s, head := stewards("anna", "ben", "carla", "dora")
	r := New(s.genesis)
	hold(t, r, s.all)
	before := r.Len()
	seats := []wire.Key{seatOf("ben")}
	for i := range 40 { // seats that nobody voted for
		h := s.head("ben", head)
		more := key(fmt.Sprint("more ", i))
		hold(t, r, []wire.Signed{s.object("sybil", wire.AddSteward{Head: h, Who: key("ben"), Seat: more})})
		hold(t, r, []wire.Signed{s.object("vote", wire.Vote{Neighborhood: s.genesis.ID, Height: head.Body.(wire.Act).Act().Height, Act: head.ID, Seat: more})})
		seats = append(seats, more)
	}
	full := 0
	for i := 0; full < len(seats); i++ {
		_, err := r.Add(s.object("deed", wire.Revoke{Head: wire.DeedHead{Neighborhood: s.genesis.ID, Seat: seats[i%len(seats)]}}))
		if full++; err == nil {
			full = 0
		}
	}
	for full = 0; full < 10; full++ {
		if _, err := r.Add(s.object("act", wire.SetPolicy{Head: s.head("ben", head)})); err == nil {
			full = 0
		}
	}
	if n := r.Len() - before; n != MaxDeeds+MaxVoices {
		t.Fatalf("%d objects are held of the flood", n)
	}
	public := len(s.all)
	s.object("ben leaves", wire.Leave{Neighborhood: s.genesis.ID, Author: key("ben"), Minute: later})
	s.object("ben's card", s.card("ben"))
	s.admit("anna", 10, "emil")
	s.revoke("carla", 10, "frida", 0)
	drop := s.drop("anna", head, "ben")
	s.vote(drop, "carla", "dora")
	hold(t, r, s.all[public:])
	if got := r.State(later); got.seated() != "anna carla dora" || got.in() != "anna carla dora emil" {
		t.Errorf("seated are %s, in are %s", got.seated(), got.in())
	}
}

// A seat has a room of its own once the act that gives it, and each before it,
// has the votes, in whatever order those come.
func TestRooms(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	first := s.add("ben", head, "dora")
	s.vote(first, "anna")
	second := s.add("ben", first, "emil")
	s.vote(second, "anna", "carla")
	lonely := s.add("ben", first, "frida") // one of four
	after := s.add("ben", lonely, "gerd")
	s.vote(after, "anna", "carla", "dora")
	never := s.object("dora's seat for gerd", wire.AddSteward{Head: s.head("anna", second), Who: key("gerd"), Seat: seatOf("dora")})
	s.vote(never, "ben", "carla", "dora", "emil")
	s.vote(s.add("ben", never, "hans"), "anna", "carla", "dora", "emil")
	each := slices.Clone(s.all)
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		random.Shuffle(len(each), func(a, b int) { each[a], each[b] = each[b], each[a] })
		r := New(s.genesis)
		hold(t, r, each)
		for who, room := range map[string]string{"anna": "anna", "ben": "ben", "carla": "carla", "dora": "dora", "emil": "emil", "frida": "ben", "gerd": "ben", "hans": "ben"} {
			if got := r.rooms.of[seatOf(who)]; got != seatOf(room) {
				t.Fatalf("%s has another room than %s's", who, room)
			}
		}
	}
}

// All together fill no more than a neighborhood may have, in acts and votes too.
func TestBounds(t *testing.T) {
	s := crowd(30)
	for _, b := range []bounds{{all: 20, deeds: 99, share: 99, voices: 99}, {all: 99, deeds: 12, share: 99, voices: 99}} {
		r := New(s.genesis)
		r.rooms.bounds = b
		if refused := offer(t, r, s.all); refused == 0 || r.rooms.total.all() != min(b.all, b.deeds+len(s.all)-33) {
			t.Errorf("%+v: %d objects are held, %d refused", b, r.Len(), refused)
		}
	}
}
