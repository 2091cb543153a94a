package ui_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"nvrd/federation/identity"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
)

// TestAnew has Ben found Maple Row anew, since Anna, whose seat is the only one,
// is gone: Cora goes on there with one tap.
func TestAnew(t *testing.T) {
	s, anna, ben, cora := maple(t)
	cora.says(wire.Post{Category: wire.CategoryQuestion, Happened: "A word of before."})
	old := anna.in
	ben.shows("/stewards", says("found the neighborhood anew"), has("a", "href", ben.at("/anew")))
	ben.shows("/anew", says("Found Maple Row anew", "You are its first steward.", "Nobody learns who said no."))
	ben.fails("/anew", http.StatusUnprocessableEntity, []string{"do", "found"}, says("Tick the box"))
	if w := post(ben.pages(teller), ben.at("/anew"), values("do", "found", "sure", "yes")); w.Code != http.StatusForbidden {
		t.Errorf("who may only write founds: %d", w.Code)
	}
	ben.err = errors.New("no relay <b>yet</b>")
	ben.fails("/anew", http.StatusServiceUnavailable, []string{"do", "found", "sure", "yes"}, says("Your neighbors can't be asked yet: no relay <b>yet</b>.", "Ask again"))
	ben.err = nil
	to := goes(t, ben.pages(auth.Household()), ben.at("/anew"), "do", "again")
	s.carry()
	anew := ben.all.In()[1]
	if to == ben.at("") || len(ben.all.In()) != 2 || !anew.Steward() {
		t.Fatalf("it leads to %s", to)
	}
	run(t, get(ben.pages(auth.Household()), to).Body.String(), append(everyPage, says("Maple Row", "Maple Row, as it was"), lacks("A word of before."))...)
	run(t, get(ben.pages(auth.Household()), to+"/stewards").Body.String(), append(everyPage, says("The blue gate founded Maple Row anew", "North end"))...)
	ben.shows("", says("Your home goes on in Maple Row, founded anew.", "A word of before."), lacks("Write to your neighbors"))
	ben.shows("/anew", says("You founded it anew", "Ask again"), has("a", "href", to))

	by := key(ben)
	asked := []check{says("The blue gate founded this neighborhood anew", "It is called Maple Row, and The blue gate is its first steward.", "You would be Cora there", "Nobody learns if you say no."), has("input", "value", anew.Name().String())}
	cora.shows("", asked...)
	cora.shows("/stewards", says("The blue gate founded Maple Row anew elsewhere, and asks to go on there"))
	run(t, get(cora.pages(reader), cora.at("")).Body.String(), append(everyPage, lacks("founded this neighborhood anew"))...)
	cora.fails("/anew", http.StatusNotFound, []string{"do", "follow", "by", by, "what", strings.Repeat("0", 64)})
	cora.fails("/anew", http.StatusBadRequest, []string{"do", "dance"})
	if to := goes(t, cora.pages(auth.Household()), cora.at("/anew"), "do", "follow", "by", by, "what", anew.Name().String()); to != "/street/waiting" {
		t.Errorf("going on leads to %s", to)
	}
	before := cora.in
	ben.in = anew
	cora.knock(cora.all.Joining()[0], ben)
	anew.Connect(ben)
	clear(ben.up)
	clear(cora.up)
	s.carry()
	if anew.State().Member(cora.in.Author()) == nil || cora.in == before {
		t.Fatal("Cora is not in")
	}
	cora.in = before
	cora.shows("", says("Your home goes on in Maple Row, founded anew.", "A word of before."), lacks("founded this neighborhood anew"))
	cora.shows("/anew", says("Your home goes on in Maple Row, which a neighbor founded."), lacks("Ask again"))

	// Anna came back. She declines, of which nothing is said, and is not asked again.
	anna.shows("", says("The blue gate founded this neighborhood anew"))
	anna.out = nil
	if to := goes(t, anna.pages(auth.Household()), anna.at("/anew"), "do", "decline", "by", by); to != anna.at("") || len(anna.out) > 0 {
		t.Errorf("declining leads to %s, and says %d messages", to, len(anna.out))
	}
	anna.shows("", lacks("founded this neighborhood anew"), says("A word of before."))
	if anna.in != old || len(anna.all.In()) != 1 || len(anna.all.Joining()) != 0 {
		t.Error("Anna is somewhere else")
	}
}

// TestHostileFounders has each of them found the street anew, under whatever name.
func TestHostileFounders(t *testing.T) {
	s, anna, _, _ := maple(t)
	for name, is := range hostile {
		rude := s.join(anna, is.name)
		s.carry()
		seed, _, err := store.Seed(rude.dir)
		if err != nil {
			t.Fatal(err)
		}
		v := wire.Invite{Neighborhood: wire.Hash{byte(len(name)), name[0]}, Title: is.name, From: is.name, Expires: wire.MinuteOf(s.now) + wire.Day, Doors: []wire.Door{{Addresses: []string{"/dns/evil.example/tcp/80"}}}}
		to, err := v.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		o, err := wire.Sign(wire.Anew{Neighborhood: rude.in.Name(), Author: rude.in.Author(), Minute: wire.MinuteOf(s.now), Invite: to},
			seed.Keys(identity.Place{Neighborhood: rude.in.Place()}).Author)
		if err != nil {
			t.Fatal(err)
		}
		if err := anna.in.Hear(wire.PublicKey(rude.in.Node()), wire.Objects{Objects: [][]byte{o.Raw}}); err != nil {
			t.Fatal(err)
		}
		checks := []check{plain, isolated(is.name), says(is.name + " founded this neighborhood anew")}
		anna.shows("", checks...)
		anna.shows("/stewards", checks[:2]...)
	}
}
