package roster

import (
	"fmt"
	"slices"
	"testing"

	"nvrd/federation/wire"
)

// Each story is one that has a wrong outcome in rosters that go by time, by
// seniority or by order of arrival.

func TestTwoStewardsDropEachOther(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	a := s.drop("anna", head, "ben")
	b := s.drop("ben", head, "anna")
	if got := s.resolved(t).seated(); got != "anna ben carla" {
		t.Errorf("with a vote each, seated are %s", got)
	}
	s.vote(a, "carla")
	if got := s.resolved(t).seated(); got != "anna carla" {
		t.Errorf("with Carla's vote, seated are %s", got)
	}
	if got := s.resolved(t).Doubles; len(got) != 0 {
		t.Errorf("%d are said to have voted twice", len(got))
	}
	s.vote(b, "carla")
	got := s.resolved(t)
	if got.Doubles == nil || got.Doubles[0].Seat != seatOf("carla") || len(got.Doubles) != 1 {
		t.Errorf("Carla voted for both: %v", got.Doubles)
	}
	if want := min(a.ID.String(), b.ID.String()); got.Head.String() != want {
		t.Errorf("of two with as many votes the smaller id counts: %v", got.Head)
	}
}

func TestDroppedStewardBackdates(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	drop := s.drop("anna", head, "ben")
	s.vote(drop, "carla")
	before := s.resolved(t)
	// As if it was an hour earlier.
	s.vote(s.drop("ben", head, "anna"), "ben")
	s.vote(s.add("ben", head, "eve"), "ben")
	s.revoke("ben", 1, "dora", 0)
	s.admit("ben", 1, "eve")
	after := s.resolved(t)
	if before.in() != after.in() || before.seated() != after.seated() || before.Head != after.Head {
		t.Errorf("in are %s (seated %s), were %s (%s)", after.in(), after.seated(), before.in(), before.seated())
	}
}

func TestStewardRevokesStewardWhoAdmittedMany(t *testing.T) {
	s, _ := stewards("anna", "ben", "carla")
	for i := range 200 {
		s.admit("ben", 10, fmt.Sprint("home ", i))
	}
	before := s.resolved(t).in()
	s.revoke("carla", 20, "ben", 0)
	if got := s.resolved(t).in(); got != before {
		t.Errorf("somebody is out: in are %s", got)
	}
}

func TestRevokedHomeIsAnnulledBack(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	s.admit("ben", 10, "home 7")
	out := s.revoke("carla", 30, "home 7", 5)
	got := s.resolved(t)
	if m := got.Members[key("home 7")]; !m.Out || m.Until != start+5 || got.in() != "anna ben carla" {
		t.Errorf("home 7: %+v, in are %s", m, got.in())
	}
	s.vote(s.annul("anna", head, out), "ben")
	got = s.resolved(t)
	if m := got.Member(key("home 7")); m == nil || m.Card.Node != key("home 7's node") {
		t.Errorf("home 7 is not back: %+v", m)
	}
	if author, ok := got.AuthorOf(key("home 7's node")); !ok || author != key("home 7") {
		t.Error("its node is not let in")
	}
}

func TestDroppedStewardReleasesWithheldDeeds(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	shown := s.admit("ben", 10, "dora")
	log := slices.Clone(s.logs["ben"])
	s.vote(s.drop("anna", head, "ben", shown), "carla")
	s.admit("ben", 11, "eve")    // after the cut
	s.logs["ben"] = nil          // and beside it
	s.admit("ben", 9, "mallory") // a log of its own
	s.logs["ben"] = log
	s.admit("ben", 10, "mallory 2") // a second one that follows what was shown
	if got := s.resolved(t).in(); got != "anna ben carla dora" {
		t.Errorf("in are %s", got)
	}
}

func TestHomesAdmittedBeforeTheCutStay(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	s.admit("ben", 10, "dora")
	last := s.admit("ben", 11, "emil")
	s.vote(s.drop("anna", head, "ben", last), "carla")
	got := s.resolved(t)
	if got.in() != "anna ben carla dora emil" || got.seated() != "anna carla" {
		t.Errorf("in are %s, seated %s", got.in(), got.seated())
	}
}

func TestHonestAdmitThatNobodySaw(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	seen := s.admit("ben", 10, "dora")
	s.admit("ben", 11, "emil")
	s.vote(s.drop("anna", head, "ben", seen), "carla")
	if got := s.resolved(t).in(); got != "anna ben carla dora" {
		t.Errorf("in are %s", got)
	}
	s.admit("carla", 12, "emil")
	if m := s.resolved(t).Member(key("emil")); m == nil || m.By != seatOf("carla") {
		t.Errorf("Emil, with the same keys: %+v", m)
	}
}

func TestAdmitAndRevokeInAnyOrder(t *testing.T) {
	s := newStreet()
	s.admit("anna", 0, "anna")
	s.admit("anna", 1, "ben")
	s.revoke("anna", 12, "ben", 12)
	s.admit("anna", 13, "ben")
	s.revoke("anna", 14, "ben", 9)
	each(s.all, func(order []wire.Signed) {
		r := New(s.genesis)
		hold(t, r, order)
		got := r.State(later)
		if m := got.Members[key("ben")]; !m.Out || m.Until != start+9 {
			t.Fatalf("Ben is %+v", m)
		}
	})
}

// each calls f with every order of the objects.
func each(objects []wire.Signed, f func([]wire.Signed)) {
	var permute func(n int)
	permute = func(n int) {
		if n == 1 {
			f(objects)
			return
		}
		for i := range n {
			permute(n - 1)
			j := 0
			if n%2 == 0 {
				j = i
			}
			objects[j], objects[n-1] = objects[n-1], objects[j]
		}
	}
	objects = slices.Clone(objects)
	permute(len(objects))
}

func TestThreeOfFiveForkLater(t *testing.T) {
	s, head := stewards("anna", "ben", "carla", "dora", "emil")
	act := s.drop("anna", head, "emil")
	s.vote(act, "ben", "carla", "dora")
	before := s.resolved(t)
	other := s.drop("emil", head, "anna")
	s.vote(other, "carla", "dora")
	after := s.resolved(t)
	if after.Head != before.Head || after.Head != act.ID {
		t.Errorf("three votes count for more than four: %s", s.names[after.Head])
	}
	var proven []string
	for _, d := range after.Doubles {
		for _, who := range []string{"anna", "ben", "carla", "dora", "emil"} {
			if d.Seat == seatOf(who) {
				proven = append(proven, who)
			}
		}
	}
	slices.Sort(proven)
	if !slices.Equal(proven, []string{"carla", "dora"}) {
		t.Errorf("proven are %v", proven)
	}
}

func TestStewardRestoredFromBackup(t *testing.T) {
	s, _ := stewards("anna", "ben", "carla")
	backup := slices.Clone(s.logs["anna"])
	s.admit("anna", 10, "dora")
	s.logs["anna"] = backup // the machine is restored, and goes on from there
	s.admit("anna", 11, "emil")
	got := s.resolved(t)
	if got.in() != "anna ben carla dora emil" {
		t.Errorf("in are %s", got.in())
	}
	if !slices.Equal(got.Forked, []wire.Key{seatOf("anna")}) {
		t.Errorf("forked are %v", got.Forked)
	}
	// It hears of its own other branch, and joins them.
	var ends []wire.Hash
	for _, o := range s.all[len(s.all)-2:] {
		ends = append(ends, o.ID)
	}
	slices.SortFunc(ends, wire.Compare)
	s.logs["anna"] = ends
	s.admit("anna", 12, "frida")
	if got := s.resolved(t); len(got.Forked) != 0 || got.in() != "anna ben carla dora emil frida" {
		t.Errorf("after joining them, forked are %v, in are %s", got.Forked, got.in())
	}
}

func TestStolenFounderKeyForksTheBeginning(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	r := New(s.genesis)
	hold(t, r, s.all)
	before := r.State(later)
	r.State(later + 8*wire.Day) // a week goes by
	other := s.add("anna", s.genesis, "mallory")
	for range 50 { // whatever id it gets
		s.add("anna", s.genesis, "mallory")
	}
	hold(t, r, s.all)
	after := r.State(later + 8*wire.Day)
	if after.Head != before.Head || after.Head != head.ID || after.seated() != "anna ben carla" {
		t.Errorf("the past is rewritten: seated are %s", after.seated())
	}
	if len(after.Splits) != 51 || !slices.Contains(after.Splits, Split{Settled: before.Charter[0], Act: other.ID}) {
		t.Errorf("the split is not shown: %d", len(after.Splits))
	}
	if len(after.Doubles) == 0 || after.Doubles[0].Seat != seatOf("anna") {
		t.Errorf("nothing is proven: %v", after.Doubles)
	}
	// Who joins now takes the invite's word for it.
	joined := New(s.genesis)
	joined.Restore(head.ID, nil)
	if !joined.State(later).Waiting {
		t.Error("it does not say that it waits for the head that it was told")
	}
	hold(t, joined, s.all)
	if got := joined.State(later); got.Head != head.ID || got.Waiting {
		t.Errorf("a home that joins is told another past: %s", s.names[got.Head])
	}
}

func TestDroppedSeatNeverReturns(t *testing.T) {
	s, head := stewards("anna", "ben", "carla")
	head = s.drop("anna", head, "ben")
	s.vote(head, "carla")
	again := s.add("anna", head, "ben")
	s.vote(again, "carla")
	if got := s.resolved(t).seated(); got != "anna carla" {
		t.Errorf("seated are %s", got)
	}
	anew := s.object("anna adds ben with another key", wire.AddSteward{Head: s.head("anna", head), Who: key("ben"), Seat: key("ben's second seat")})
	s.vote(anew, "carla")
	if got := s.resolved(t).seated(); got != "anna ben carla" {
		t.Errorf("with another key, seated are %s", got)
	}
}
