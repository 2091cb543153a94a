package roster

import (
	"errors"
	"fmt"
	"testing"

	"nvrd/federation/wire"
)

func TestMajority(t *testing.T) { // R4
	names := []string{"anna", "ben", "carla", "dora", "emil", "frida", "gerd"}
	for seats, need := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 4, 7: 4} {
		for votes := 1; votes <= seats; votes++ {
			s, head := stewards(names[:seats]...)
			act := s.drop("anna", head, names[seats-1]) // the target's own seat counts among all
			s.vote(act, names[:votes]...)
			s.vote(act, "anna", "stranger") // twice, and without a seat
			got := s.resolved(t)
			if counts := got.Head == act.ID; counts != (votes >= need) {
				t.Errorf("%d of %d seats voted: counts is %v", votes, seats, counts)
			}
			if votes < need && (len(got.Proposed) != 1 || got.Proposed[0].Need != need || len(got.Proposed[0].Votes) != votes) {
				t.Errorf("%d of %d seats voted: proposed are %+v", votes, seats, got.Proposed)
			}
		}
	}
}

func TestActsThatDoNotApply(t *testing.T) {
	s, head := stewards("anna", "ben")
	head0 := s.head("anna", head)
	changed := func(change func(*wire.ActHead)) wire.ActHead {
		h := head0
		change(&h)
		return h
	}
	for name, b := range map[string]wire.Body{
		"a second seat for one who has one": wire.AddSteward{Head: head0, Who: key("ben"), Seat: key("another")},
		"a seat of somebody else":           wire.AddSteward{Head: head0, Who: key("carla"), Seat: seatOf("ben")},
		"to drop who has none":              wire.DropSteward{Head: head0, Seat: key("nobody")},
		"a height left out":                 wire.SetPolicy{Head: changed(func(h *wire.ActHead) { h.Height++ })},
		"older than what it follows":        wire.SetPolicy{Head: changed(func(h *wire.ActHead) { h.Minute = start - 1 })},
		"of the future":                     wire.SetPolicy{Head: changed(func(h *wire.ActHead) { h.Minute = later + 11 })},
		"after nothing that is known":       wire.SetPolicy{Head: changed(func(h *wire.ActHead) { h.Prev = wire.Hash{1} })},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.all)
			s.vote(s.object(name, b), "ben")
			if got := s.resolved(t); got.Head != head.ID || len(got.Proposed) != 0 {
				t.Errorf("it counts, or may: %+v", got.Proposed)
			}
			s.all = s.all[:before]
		})
	}
	act := s.object("of a clock that is fast", wire.SetPolicy{Head: changed(func(h *wire.ActHead) { h.Minute = later + 10 })})
	s.vote(act, "ben")
	if got := s.resolved(t); got.Head != act.ID {
		t.Error("a clock that is ten minutes fast is refused")
	}
}

func TestSeats64(t *testing.T) {
	s := newStreet()
	var head = s.genesis
	for i := range MaxSeats + 1 {
		head2 := s.add("anna", head, fmt.Sprint("steward ", i))
		for j := range i {
			s.vote(head2, fmt.Sprint("steward ", j))
		}
		if i < MaxSeats-1 {
			head = head2
		}
	}
	if got := s.resolved(t); len(got.Seats) != MaxSeats {
		t.Errorf("%d seats", len(got.Seats))
	}
}

func TestSeatsLapse(t *testing.T) { // R15
	s, head := stewards("anna", "ben", "carla")
	at := func(prev wire.Signed, minute wire.Minute) wire.ActHead {
		h := s.head("anna", prev)
		h.Minute = minute
		return h
	}
	resolved := func(now wire.Minute) *State {
		r := New(s.genesis)
		hold(t, r, s.all)
		return r.State(now)
	}
	renewed := s.object("anna renews herself", wire.AddSteward{Head: at(head, start+200*wire.Day), Who: key("anna"), Seat: seatOf("anna")})
	s.vote(renewed, "ben")
	s.object("anna sets the policy", wire.SetPolicy{Head: at(renewed, start+300*wire.Day), Policy: wire.Policy{ExpireDays: 7}})
	if got := resolved(start + 300*wire.Day); got.Head != renewed.ID {
		t.Error("one of three seats is enough before the others lapsed")
	}
	after := s.object("anna sets it a year later", wire.SetPolicy{Head: at(renewed, start+366*wire.Day), Policy: wire.Policy{ExpireDays: 9}})
	got := resolved(start + 366*wire.Day)
	if got.Head != after.ID || got.Policy.ExpireDays != 9 {
		t.Errorf("after the others lapsed, the head is %q", s.names[got.Head])
	}
	if len(got.Seats) != 3 {
		t.Errorf("%d seats: one that lapsed can be renewed", len(got.Seats))
	}
	// If all lapsed, all vote as before.
	last := s.object("ben sets it two years later", wire.SetPolicy{Head: func() wire.ActHead {
		h := at(after, start+800*wire.Day)
		h.Seat = seatOf("ben")
		return h
	}()})
	if got := resolved(start + 800*wire.Day); got.Head != after.ID {
		t.Error("one of three is enough when all lapsed")
	}
	s.vote(last, "carla")
	if got := resolved(start + 800*wire.Day); got.Head != last.ID {
		t.Error("two of three are not enough when all lapsed")
	}
}

func TestFiveRevocationsADay(t *testing.T) { // R15
	s, _ := stewards("anna", "ben")
	for i := range 8 {
		s.admit("anna", 1, fmt.Sprint("home ", i))
	}
	out := func() (n int) {
		for _, m := range s.resolved(t).Members {
			if m.Out {
				n++
			}
		}
		return n
	}
	for i := range 6 {
		s.revoke("ben", 5000+wire.Minute(i), fmt.Sprint("home ", i), 50)
	}
	if got := s.resolved(t); out() != 5 || len(got.Revoking) != 1 {
		t.Errorf("%d are out, %d wait", out(), len(got.Revoking))
	}
	s.revoke("ben", 5006, "home 0", 40) // the same home again is no sixth
	if m := s.resolved(t).Members[key("home 0")]; out() != 5 || m.Until != start+40 {
		t.Errorf("%d are out; home 0 %+v", out(), m)
	}
	s.revoke("anna", 5200, "home 5", 50)
	if got := s.resolved(t); out() != 6 || len(got.Revoking) != 0 {
		t.Errorf("with a second steward %d are out, %d wait", out(), len(got.Revoking))
	}
	s.revoke("ben", 5001+wire.Day, "home 6", 50) // 24 h after the second of the six
	if out() != 7 {
		t.Errorf("on the next day %d are out", out())
	}
	// To claim an earlier day gives no other five.
	s.logs["ben"] = nil
	s.revoke("ben", 0, "home 7", 0)
	if out() != 8 {
		t.Fatalf("a fork of the log, on a day with room, gives %d", out())
	}
	s.all = s.all[:len(s.all)-1]
	h := s.deed("ben", 0)
	h.Minute = start - 2*wire.Day // before ben had a seat
	s.object("backdated", wire.Revoke{Head: h, Who: key("home 7")})
	if out() != 7 {
		t.Errorf("a deed before its seat puts out %d", out())
	}
}

func TestDeedOlderThanTheOneBefore(t *testing.T) {
	s, _ := stewards("anna", "ben")
	s.admit("anna", 1, "carla")
	s.admit("ben", 500, "dora")
	s.revoke("ben", 100, "carla", 0)
	if got := s.resolved(t).in(); got != "anna ben carla dora" {
		t.Errorf("in are %s", got)
	}
}

func TestCardsAndLeaving(t *testing.T) {
	s, _ := stewards("anna", "ben")
	moved := s.card("ben")
	moved.Minute, moved.Node, moved.Name = start+5, key("ben's new node"), "Ben"
	older := s.card("ben")
	older.Minute, older.Node = start+3, key("ben's lost node")
	s.object("card", moved)
	s.object("older card", older)
	each(s.all[len(s.all)-2:], func(cards []wire.Signed) {
		r := New(s.genesis)
		hold(t, r, s.all[:len(s.all)-2])
		hold(t, r, cards)
		got := r.State(later)
		if author, ok := got.AuthorOf(key("ben's new node")); !ok || author != key("ben") || got.Members[key("ben")].Card.Name != "Ben" {
			t.Errorf("of two cards the newer counts: %+v", got.Members[key("ben")])
		}
		for _, node := range []string{"ben's node", "ben's lost node"} {
			if _, ok := got.AuthorOf(key(node)); ok {
				t.Errorf("%s is still let in", node)
			}
		}
		if want := 1 + len(s.all) - 1; r.Len() != want { // genesis, and all but one card
			t.Errorf("%d objects are held, want %d", r.Len(), want)
		}
	})
	s.object("leaves", wire.Leave{Neighborhood: s.genesis.ID, Author: key("ben"), Minute: start + 90})
	s.object("leaves earlier", wire.Leave{Neighborhood: s.genesis.ID, Author: key("ben"), Minute: start + 80})
	s.admit("anna", 100, "ben")
	got := s.resolved(t)
	if m := got.Members[key("ben")]; !m.Out || m.Until != start+80 {
		t.Errorf("Ben left, and is %+v", m)
	}
	if _, ok := got.AuthorOf(key("ben's new node")); ok {
		t.Error("the node of one who left is let in")
	}
}

func TestLeavingAndRevoked(t *testing.T) {
	for _, tt := range []struct{ left, cut, want wire.Minute }{{80, 50, 50}, {40, 50, 40}} {
		s, _ := stewards("anna", "ben")
		s.revoke("anna", 60, "carla", tt.cut)
		s.logs["anna"] = nil
		s.admit("anna", 1, "carla")
		s.object("leaves", wire.Leave{Neighborhood: s.genesis.ID, Author: key("carla"), Minute: start + tt.left})
		if m := s.resolved(t).Members[key("carla")]; !m.Out || !m.Left || m.Until != start+tt.want {
			t.Errorf("left at %d, cut at %d: %+v", tt.left, tt.cut, m)
		}
	}
}

func TestSucceeds(t *testing.T) {
	s, _ := stewards("anna", "ben")
	s.admit("anna", 1, "ben the first")
	s.revoke("anna", 10, "ben the first", 10)
	s.object("again", wire.Admit{Head: s.deed("anna", 11), Card: s.card("ben the second"), Succeeds: key("ben the first")})
	got := s.resolved(t)
	if m := got.Member(key("ben the second")); m == nil || m.Succeeds != key("ben the first") {
		t.Errorf("%+v", m)
	}
	if m := got.Members[key("ben the first")]; !m.Out {
		t.Error("the lost keys are in")
	}
}

// Heirs are those whom stewards let in as somebody whose keys are out.
func TestHeirs(t *testing.T) {
	anew := func(s *street, at wire.Minute, who, lost string) {
		s.did("anna", s.object(who+" for "+lost, wire.Admit{Head: s.deed("anna", at), Card: s.card(who), Succeeds: key(lost)}))
	}
	for _, tt := range []struct {
		name string
		tell func(s *street)
		want map[string]string
	}{
		{"put out, and let in again", func(s *street) { s.revoke("anna", 10, "ben", 10); anew(s, 10, "ben 2", "ben") }, map[string]string{"ben": "ben 2"}},
		{"is in", func(s *street) { anew(s, 10, "eve", "ben") }, nil},
		{"holds a seat", func(s *street) { s.revoke("anna", 10, "carla", 10); anew(s, 10, "eve", "carla") }, nil},
		{"was never in", func(s *street) { anew(s, 10, "eve", "dora") }, nil},
		{"left", func(s *street) {
			anew(s, 10, "eve", "ben")
			s.object("leaves", wire.Leave{Neighborhood: s.genesis.ID, Author: key("ben"), Minute: start + 20})
		}, nil},
		{"lost it twice", func(s *street) {
			s.revoke("anna", 10, "ben", 10)
			anew(s, 10, "ben 2", "ben")
			s.revoke("anna", 20, "ben 2", 20)
			anew(s, 20, "ben 3", "ben 2")
		}, map[string]string{"ben": "ben 3", "ben 2": "ben 3"}},
		{"two say so", func(s *street) {
			s.revoke("anna", 10, "ben", 10)
			anew(s, 11, "ben 2", "ben")
			anew(s, 12, "eve", "ben")
		}, map[string]string{"ben": "ben 2"}},
		{"the first was a liar", func(s *street) {
			s.revoke("anna", 10, "ben", 10)
			anew(s, 11, "eve", "ben")
			s.revoke("anna", 12, "eve", 0)
			anew(s, 13, "ben 2", "ben")
		}, map[string]string{"ben": "ben 2"}},
		{"each of the other", func(s *street) {
			s.revoke("anna", 10, "ben", 10)
			anew(s, 11, "ben 2", "ben")
			s.revoke("anna", 12, "ben 2", 12)
			anew(s, 13, "ben", "ben 2")
			anew(s, 14, "ben 3", "ben 2")
		}, map[string]string{"ben": "ben 3", "ben 2": "ben 3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := stewards("anna", "carla")
			s.admit("anna", 1, "ben")
			tt.tell(s)
			got := s.resolved(t).Heirs()
			if len(got) != len(tt.want) {
				t.Errorf("%d heirs", len(got))
			}
			for lost, heir := range tt.want {
				if got[key(lost)] != key(heir) {
					t.Errorf("%s is not %s", lost, heir)
				}
			}
		})
	}
}

// Who founds anew is heard as long as what they wrote counts: of their foundings
// the newest, not what they date ahead, and not from who left or was never in.
func TestAnew(t *testing.T) {
	for _, tt := range []struct {
		name string
		tell func(s *street, founds func(who string, at wire.Minute))
		want wire.Minute // of the founding that counts, 0 for none
	}{
		{"a member", func(_ *street, founds func(string, wire.Minute)) { founds("ben", 20) }, 20},
		{"twice", func(_ *street, founds func(string, wire.Minute)) { founds("ben", 30); founds("ben", 20) }, 30},
		{"before it came", func(_ *street, founds func(string, wire.Minute)) { founds("ben", 0) }, 0},
		{"in days to come", func(_ *street, founds func(string, wire.Minute)) { founds("ben", 7*wire.Day) }, 0},
		{"put out since", func(s *street, founds func(string, wire.Minute)) { founds("ben", 20); s.revoke("anna", 30, "ben", 30) }, 20},
		{"put out for what it did before", func(s *street, founds func(string, wire.Minute)) {
			founds("ben", 20)
			s.revoke("anna", 30, "ben", 19)
		}, 0},
		{"after it was put out", func(s *street, founds func(string, wire.Minute)) { s.revoke("anna", 10, "ben", 10); founds("ben", 20) }, 0},
		{"left", func(s *street, founds func(string, wire.Minute)) {
			founds("ben", 20)
			s.object("leaves", wire.Leave{Neighborhood: s.genesis.ID, Author: key("ben"), Minute: start + 40})
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := stewards("anna")
			s.admit("anna", 1, "ben")
			tt.tell(s, func(who string, at wire.Minute) {
				s.object(who+" founds", wire.Anew{Neighborhood: s.genesis.ID, Author: key(who), Minute: start + at})
			})
			got := s.resolved(t).Anew
			switch is := got[key("ben")]; {
			case tt.want == 0 && len(got) > 0:
				t.Error("it counts")
			case tt.want > 0 && (is == nil || is.Minute != start+tt.want):
				t.Errorf("counts %+v", is)
			}
			r := New(s.genesis)
			if _, err := r.Add(s.object("eve founds", wire.Anew{Neighborhood: s.genesis.ID, Author: key("eve")})); !errors.Is(err, ErrEarly) {
				t.Errorf("who was never in is held: %v", err)
			}
			if _, err := r.Add(s.object("ben follows", wire.Follow{Neighborhood: s.genesis.ID, Author: key("ben")})); !errors.Is(err, ErrForeign) {
				t.Errorf("what is said at a door is held: %v", err)
			}
		})
	}
}

func TestNotHeld(t *testing.T) {
	s, head := stewards("anna", "ben")
	r := New(s.genesis)
	hold(t, r, s.all)
	other := newStreet()
	other.made = 1000
	for name, o := range map[string]wire.Signed{
		"another neighborhood's genesis": other.object("genesis", wire.Genesis{Seat: key("x")}),
		"an entry":                       other.object("entry", wire.Entry{Neighborhood: wire.Hash{1}}),
		"a report to a steward":          other.object("report", wire.Report{Neighborhood: wire.Hash{1}}),
		"another neighborhood's deed":    other.object("deed", wire.Revoke{Head: wire.DeedHead{Neighborhood: wire.Hash{1}, Seat: seatOf("anna")}}),
	} {
		if _, err := r.Add(o); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	n := s.genesis.ID
	for name, b := range map[string]wire.Body{
		"an act":  wire.SetPolicy{Head: wire.ActHead{Neighborhood: n, Height: 2, Prev: head.ID, Seat: seatOf("eve")}},
		"a vote":  wire.Vote{Neighborhood: n, Seat: seatOf("eve")},
		"a deed":  wire.Revoke{Head: wire.DeedHead{Neighborhood: n, Seat: seatOf("eve")}},
		"a card":  s.card("eve"),
		"leaving": wire.Leave{Neighborhood: n, Author: key("eve")},
	} {
		if _, err := r.Add(s.object(name, b)); !errors.Is(err, ErrEarly) {
			t.Errorf("%s of a stranger: %v", name, err)
		}
	}
	if added, err := r.Add(s.all[0]); added || err != nil {
		t.Errorf("what is held: %v, %v", added, err)
	}
	for range MaxDeeds - 2 { // anna admitted two
		if _, err := r.Add(s.object("deed", wire.Revoke{Head: s.deed("anna", 0), Who: key("x")})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Add(s.object("one more", wire.Revoke{Head: s.deed("anna", 0)})); !errors.Is(err, ErrFull) {
		t.Errorf("deed %d: %v", MaxDeeds+1, err)
	}
	if _, err := r.Add(s.object("ben's", wire.Revoke{Head: s.deed("ben", 0)})); err != nil {
		t.Errorf("a deed of another steward: %v", err)
	}
}

// An agency is admitted, said anew, suspended, and goes on with another key.
func TestAgencies(t *testing.T) {
	s, head := stewards("anna")
	next := func(what string, b func(wire.ActHead) wire.Body) {
		t.Helper()
		head = s.object(what, b(s.head("anna", head)))
	}
	admit := func(name, title string, succeeds wire.Key) func(wire.ActHead) wire.Body {
		return func(h wire.ActHead) wire.Body {
			return wire.AdmitAgency{Head: h, Agency: brigade(name, title), Cells: []wire.Cell{{Row: 7, Col: 7}}, Succeeds: succeeds}
		}
	}
	suspend := func(name string) func(wire.ActHead) wire.Body {
		return func(h wire.ActHead) wire.Body {
			return wire.SuspendAgency{Head: h, Agency: key(name), Reason: "Asks too much."}
		}
	}
	is := func(name, title string, suspended bool, heir wire.Key) {
		t.Helper()
		got := s.resolved(t).Agencies[key(name)]
		if got.Title != title || got.Suspended != suspended || got.Heir != heir || (got.Reason != "") != (suspended && heir == wire.Key{}) || len(got.Cells) != 1 || len(got.Jurisdiction) != 3 {
			t.Errorf("%s is %+v", name, got)
		}
	}
	next("admit", admit("fire", "Fire brigade", wire.Key{}))
	is("fire", "Fire brigade", false, wire.Key{})
	next("suspend who is none", suspend("police"))
	if got := s.resolved(t).Agencies; len(got) != 1 {
		t.Errorf("%+v", got)
	}
	next("suspend", suspend("fire"))
	is("fire", "Fire brigade", true, wire.Key{})
	next("admit again", admit("fire", "Fire and rescue", wire.Key{}))
	is("fire", "Fire and rescue", false, wire.Key{})
	next("another key", admit("fire anew", "Fire and rescue", key("fire")))
	is("fire", "Fire and rescue", true, key("fire anew"))
	is("fire anew", "Fire and rescue", false, wire.Key{})
	next("in the place of nobody", admit("police", "Police", key("nobody")))
	is("police", "Police", false, wire.Key{})
	if got := s.resolved(t).Agencies; len(got) != 3 {
		t.Errorf("%+v", got)
	}
}

// brigade is what an agency says of itself.
func brigade(name, title string) wire.Agency {
	return wire.Agency{Key: key(name), Title: title, Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted after 30 days.", Jurisdiction: []wire.Point{{Lat: 1}, {Lon: 1}, {Lat: 1, Lon: 1}}}
}

// A seat votes once; what it voted for is found again after a restart.
func TestVoted(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	r := New(s.genesis)
	hold(t, r, s.all)
	if _, ok := r.Voted(seatOf("ben"), head.ID, 3); ok {
		t.Error("nothing was asked yet")
	}
	act := s.drop("anna", head, "carla")
	s.vote(act, "ben")
	hold(t, r, s.all)
	for _, who := range []string{"anna", "ben"} {
		if got, ok := r.Voted(seatOf(who), head.ID, 3); !ok || got != act.ID {
			t.Errorf("%s voted for %v, %v", who, got, ok)
		}
	}
	if _, ok := r.Voted(seatOf("carla"), head.ID, 3); ok {
		t.Error("Carla did not vote")
	}
}

func BenchmarkState(b *testing.B) {
	s, _ := stewards("anna", "ben", "carla")
	for i := range MaxObjects - len(s.all) - 100 {
		if i%4 == 3 {
			s.revoke([]string{"anna", "ben", "carla"}[i%3], wire.Minute(i), fmt.Sprint("home ", i-1), wire.Minute(i))
		} else {
			s.admit([]string{"anna", "ben", "carla"}[i%3], wire.Minute(i), fmt.Sprint("home ", i))
		}
	}
	r := New(s.genesis)
	r.rooms.bounds = bounds{MaxObjects, MaxObjects, MaxObjects, MaxObjects} // the most that is held in all
	hold(b, r, s.all)
	b.ReportMetric(float64(r.Len()), "objects")
	for b.Loop() {
		r.state = nil
		r.State(later)
	}
}
