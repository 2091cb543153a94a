package online_test

import (
	"testing"
	"time"
)

// Ben founds anew what Anna founded, and she follows over real sockets. 91 days
// later her home leaves the old one by itself, and tells it.
func TestFoundAnew(t *testing.T) {
	anna, ben := live(t, "Anna"), live(t, "Ben")
	anna.turnOn()
	ben.turnOn()
	a, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	b := ben.join(anna.invite(a))
	anew, err := ben.FoundAnew(b)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ben.FoundAnew(b); err != nil || again != anew {
		t.Fatalf("asking again: %v", err)
	}
	anna.until(a, "to be asked", func() bool {
		offers, err := anna.All().Offers(a)
		return err == nil && len(offers) == 1 && offers[0].Invite.Neighborhood == anew.Name()
	})
	if _, err := anna.All().Follow(a, b.Author(), anew.Name()); err != nil {
		t.Fatal(err)
	}
	for anna.All().Successor(a) == nil {
		news := anna.All().News()
		if in := anna.All().In(); len(in) > 1 {
			anna.until(in[1], "to see itself in the roster", func() bool { return anna.All().Successor(a) != nil })
			break
		}
		anna.wait(news, "to be let in")
	}
	who := a.Author()
	anna.stop()
	anna.late = 91 * 24 * time.Hour
	anna.start()
	for {
		news := anna.All().News()
		if in := anna.All().In(); len(in) == 1 {
			if in[0].Name() != anew.Name() {
				t.Error("it left the new one")
			}
			break
		}
		anna.wait(news, "to have left the old one")
	}
	ben.until(b, "to hear of it", func() bool { return b.State().Members[who].Left })
	if b.State().Member(b.Author()) == nil || anew.State().Member(anna.All().In()[0].Author()) == nil {
		t.Error("somebody else is out, or Anna is out of the new one")
	}
}
