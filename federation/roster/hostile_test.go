package roster

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"nvrd/federation/wire"
)

// streetOf is a street of three stewards and so many other homes.
func streetOf(homes int) (*street, wire.Signed) {
	s, head := stewards("anna", "ben", "carla")
	for i := range homes {
		s.admit("anna", 1, fmt.Sprint("home ", i))
	}
	return s, head
}

// out counts who is out.
func (s *State) out() (n int) {
	for _, m := range s.Members {
		if m.Out {
			n++
		}
	}
	return n
}

// A steward alone puts out five homes a day, whatever the dates that it claims.
func TestDatesOfRevocations(t *testing.T) {
	for _, tt := range []struct {
		name string
		at   func(i int) wire.Minute
		out  int
	}{
		{"one day", func(int) wire.Minute { return 5000 }, 5},
		{"days to come", func(i int) wire.Minute { return wire.Minute(100+i/5) * wire.Day }, 0},
		{"the end of time", func(int) wire.Minute { return 1<<32 - 1 - start }, 0},
		{"today, and ten minutes ahead", func(i int) wire.Minute { return later + wire.Minute(i) - start - 9 }, 5},
		{"days before, after a deed of today", func(i int) wire.Minute {
			if i < 6 {
				return 5 * wire.Day
			}
			return wire.Minute(i/5) * wire.Day / 10
		}, 5},
		{"five a day", func(i int) wire.Minute { return wire.Minute(i/5)*wire.Day + 10 }, 35},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := streetOf(40)
			for i := range 40 {
				s.revoke("ben", tt.at(i), fmt.Sprint("home ", i), 0)
			}
			if got := s.resolved(t); got.out() != tt.out {
				t.Errorf("%d are out, want %d; forked %v", got.out(), tt.out, got.Forked)
			}
		})
	}
}

// Of a log nobody shows the end and withholds the beginning.
func TestWithheldBeginning(t *testing.T) {
	s, head := streetOf(20)
	public := len(s.all)
	for i := range 20 {
		s.revoke("ben", 10+wire.Minute(i/5)*wire.Day, fmt.Sprint("home ", i), 0)
	}
	withheld := slices.Clone(s.all[public:])
	s.all = s.all[:public]
	shown := s.admit("ben", 4*wire.Day, "dora")
	r := New(s.genesis)
	hold(t, r, s.all[:public])
	if _, err := r.Add(shown); !errors.Is(err, ErrEarly) {
		t.Fatalf("a deed is held whose log is not: %v", err)
	}
	s.vote(s.drop("anna", head, "ben"), "carla") // at a cut of nothing, which is all that they hold
	before := s.resolved(t).in()
	s.all = append(s.all, withheld...)
	if after := s.resolved(t).in(); after != before {
		t.Errorf("in are %s, were %s", after, before)
	}
}

// What a steward signed later, or a pardon, changes nothing about what stood.
func TestWhatStoodStays(t *testing.T) {
	s, head := streetOf(8)
	first := s.revoke("ben", 5000, "home 0", 50)
	for i := 1; i < 6; i++ {
		s.revoke("ben", 5000+wire.Minute(i), fmt.Sprint("home ", i), 50)
	}
	if got := s.resolved(t); got.out() != 5 || len(got.Revoking) != 1 {
		t.Fatalf("%d are out, %d wait", got.out(), len(got.Revoking))
	}
	s.vote(s.annul("anna", head, first), "carla")
	got := s.resolved(t)
	if got.out() != 4 || got.Members[key("home 5")].Out || got.Members[key("home 0")].Out {
		t.Errorf("with the first annulled %d are out", got.out())
	}
	s.revoke("ben", 5010, "home 5", 50)
	s.revoke("ben", 5010, "home 6", 50)
	if got := s.resolved(t); got.out() != 4 {
		t.Errorf("with more of the same day %d are out", got.out())
	}
}

// A revocation of who held a seat when it was signed is void for good.
func TestStewardStepsDown(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	s.revoke("carla", 20, "ben", 0)
	h := s.head("anna", head)
	h.Minute = start + 100
	s.vote(s.object("ben steps down", wire.DropSteward{Head: h, Seat: seatOf("ben")}), "ben")
	if m := s.resolved(t).Members[key("ben")]; m.Out {
		t.Errorf("Ben is out by what was void: %+v", m)
	}
	s.revoke("carla", 200, "ben", 150)
	if m := s.resolved(t).Members[key("ben")]; !m.Out || m.Until != start+150 {
		t.Errorf("later he can be: %+v", m)
	}
}

func TestOneStewardTwiceIsNotTwo(t *testing.T) {
	s, _ := streetOf(8)
	for i := range 6 {
		s.revoke("ben", 5000, fmt.Sprint("home ", i), 0)
	}
	s.revoke("ben", 5001, "home 5", 0)
	if got := s.resolved(t); got.out() != 5 || len(got.Revoking) != 2 {
		t.Errorf("%d are out, %d wait", got.out(), len(got.Revoking))
	}
}

func TestDeedsOfWhoNeverSat(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	s.add("ben", head, "eve") // one vote of three
	s.admit("eve", 5, "mallory")
	s.revoke("eve", 6, "carla", 0)
	if got := s.resolved(t).in(); got != "anna ben carla" {
		t.Errorf("in are %s", got)
	}
}

func TestStewardWhoLeft(t *testing.T) {
	s, _ := stewards("anna", "ben")
	s.admit("ben", 50, "dora")
	s.object("ben leaves", wire.Leave{Neighborhood: s.genesis.ID, Author: key("ben"), Minute: start + 60})
	s.admit("ben", 70, "mallory")
	if got := s.resolved(t).in(); got != "anna dora" {
		t.Errorf("in are %s", got)
	}
}

func TestVotesThatAreNone(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	r := New(s.genesis)
	hold(t, r, s.all)
	act := s.drop("anna", head, "ben")
	for name, v := range map[string]wire.Vote{
		"on an act that is not held": {Height: 3, Act: act.ID},
		"on a deed":                  {Height: 3, Act: s.all[0].ID},
	} {
		v.Neighborhood, v.Seat = s.genesis.ID, seatOf("carla")
		if _, err := r.Add(s.object(name, v)); !errors.Is(err, ErrEarly) {
			t.Errorf("%s: %v", name, err)
		}
	}
	hold(t, r, []wire.Signed{act})
	if _, err := r.Add(s.object("of another height", wire.Vote{Neighborhood: s.genesis.ID, Seat: seatOf("carla"), Height: 77, Act: act.ID})); !errors.Is(err, ErrEarly) {
		t.Errorf("of another height: %v", err)
	}
	for name, h := range map[string]func(*wire.ActHead){
		"a height left out":  func(h *wire.ActHead) { h.Height++ },
		"after what is none": func(h *wire.ActHead) { h.Prev = s.all[0].ID },
		"beside the genesis": func(h *wire.ActHead) { h.Prev = s.genesis.ID },
	} {
		head := s.head("anna", act)
		h(&head)
		if _, err := r.Add(s.object(name, wire.SetPolicy{Head: head})); !errors.Is(err, ErrEarly) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is settled stays so, whatever clock and neighbors do.
func TestSettledStays(t *testing.T) {
	t.Run("while the head of the invite is withheld", func(t *testing.T) {
		s, head := stewards("anna", "ben", "carla")
		told := slices.Clone(s.all)
		fork := s.add("anna", s.genesis, "mallory")
		r := New(s.genesis)
		r.Restore(head.ID, nil)
		hold(t, r, []wire.Signed{fork})
		r.State(later)
		if !r.State(later + 8*wire.Day).Waiting {
			t.Error("it does not wait")
		}
		hold(t, r, told)
		if got := r.State(later + 8*wire.Day); got.Head != head.ID || got.Waiting {
			t.Errorf("the head is %s", s.names[got.Head])
		}
	})
	t.Run("when the clock goes back", func(t *testing.T) {
		s, head := stewards("anna", "ben", "carla")
		r := New(s.genesis)
		hold(t, r, s.all)
		r.State(later)
		act := s.drop("anna", head, "carla")
		s.vote(act, "ben")
		hold(t, r, s.all)
		r.State(later + wire.Day)
		r.State(later + 8*wire.Day)
		for _, now := range []wire.Minute{later + 8*wire.Day - 1, later, 0} {
			got := r.State(now)
			if final, _ := r.Settled(); final != act.ID || got.Head != act.ID || len(got.Seats) != 2 {
				t.Errorf("at %d: settled is %s, the head %s", now, s.names[final], s.names[got.Head])
			}
		}
	})
	t.Run("only what counted for a week without a break", func(t *testing.T) {
		s, head := stewards("anna", "ben", "carla", "dora", "emil")
		x := s.drop("anna", head, "emil")
		s.vote(x, "dora", "carla")
		r := New(s.genesis)
		hold(t, r, s.all)
		r.State(later)
		s.vote(s.drop("ben", head, "anna"), "carla", "dora", "emil")
		hold(t, r, s.all)
		r.State(later + 1)
		s.vote(x, "ben", "emil")
		hold(t, r, s.all)
		r.State(later + 7*wire.Day)
		if final, _ := r.Settled(); final == x.ID {
			t.Error("settled is what counted for a minute, a week ago")
		}
		r.State(later + 14*wire.Day - 1)
		if final, _ := r.Settled(); final == x.ID {
			t.Error("a minute too early")
		}
		r.State(later + 14*wire.Day)
		if final, _ := r.Settled(); final != x.ID {
			t.Error("not after a week")
		}
	})
	t.Run("after a clock that was years ahead", func(t *testing.T) {
		s, head := stewards("anna", "ben", "carla")
		r := New(s.genesis)
		hold(t, r, s.all)
		for _, now := range []wire.Minute{later + 3650*wire.Day, later, later + 8*wire.Day} {
			r.State(now)
		}
		if final, _ := r.Settled(); final != head.ID {
			t.Errorf("settled is %s", s.names[final])
		}
	})
}

// A head that an invite names counts when its votes are shown.
func TestInviteOfAMinority(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	act := s.drop("carla", head, "anna") // one vote of three
	r := New(s.genesis)
	r.Restore(act.ID, nil)
	hold(t, r, s.all)
	if got := r.State(later); got.Head != head.ID || !got.Waiting {
		t.Errorf("the head is %s, waiting %v", s.names[got.Head], got.Waiting)
	}
	s.vote(act, "ben")
	hold(t, r, s.all)
	if got := r.State(later); got.Head != act.ID || got.Waiting {
		t.Errorf("with its votes the head is %s, waiting %v", s.names[got.Head], got.Waiting)
	}
}

// Who lapsed does not vote on an act that is dated back.
func TestLapsedDateBack(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	at := func(who string, prev wire.Signed, day wire.Minute) wire.ActHead {
		h := s.head(who, prev)
		h.Minute = start + day*wire.Day
		return h
	}
	renewed := s.object("anna renews herself", wire.AddSteward{Head: at("anna", head, 200), Who: key("anna"), Seat: seatOf("anna")})
	s.vote(renewed, "ben")
	drop := s.object("anna drops ben", wire.DropSteward{Head: at("anna", renewed, 400), Seat: seatOf("ben")})
	s.vote(s.object("ben drops anna", wire.DropSteward{Head: at("ben", renewed, 201), Seat: seatOf("anna")}), "carla")
	r := New(s.genesis)
	hold(t, r, s.all)
	if got := r.State(start + 401*wire.Day); got.Head != drop.ID {
		t.Errorf("the head is %s", s.names[got.Head])
	}
}

// Names are changed by who is in, and not ahead of time.
func TestNamesThatWait(t *testing.T) {
	s, _ := stewards("anna", "ben")
	s.admit("anna", 1, "dora")
	s.revoke("anna", 50, "dora", 40)
	for who, minute := range map[string]wire.Minute{"dora": start + 60, "ben": later + 11} {
		c := s.card(who)
		c.Name, c.Minute = "anna", minute
		s.object("card", c)
	}
	r := New(s.genesis)
	hold(t, r, s.all)
	got := r.State(later)
	if name := got.Members[key("dora")].Card.Name; name != "dora" {
		t.Errorf("who is out is called %s", name)
	}
	if name := got.Members[key("ben")].Card.Name; name != "ben" {
		t.Errorf("by a card of the future Ben is called %s", name)
	}
	if name := r.State(later + 1).Members[key("ben")].Card.Name; name != "anna" {
		t.Errorf("a minute later Ben is called %s", name)
	}
}

// A card takes the place of another, also where there is no room for more.
func TestCardsWhereAllIsFull(t *testing.T) {
	s, _ := stewards("anna", "ben")
	first := s.card("ben")
	s.object("card", first)
	r := New(s.genesis)
	hold(t, r, s.all)
	for err := error(nil); !errors.Is(err, ErrFull); {
		_, err = r.Add(s.object("deed", wire.Revoke{Head: s.deed("anna", 0), Who: key("x")}))
	}
	first.Minute++
	if added, err := r.Add(s.object("card", first)); !added || err != nil {
		t.Errorf("a newer card: %v, %v", added, err)
	}
}
