package ui_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
)

// cardOf is what an agency says of itself, as text; its key is that of a seed.
func cardOf(t *testing.T, seed byte, says wire.Agency) string {
	t.Helper()
	private := ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
	says.Key = wire.PublicKey(private)
	card, err := wire.Sign(says, private)
	if err != nil {
		t.Fatal(err)
	}
	return wire.AgencyText(card)
}

// brigade may ask in a square of 11 by 8 km.
var brigade = wire.Agency{
	Minute: 29_000_000, Title: "Fire brigade", Class: wire.ClassFire, Domain: "fire.example", Contact: "Desk, 555 0100", Policy: "Deleted after 30 days.",
	Jurisdiction: []wire.Point{{Lat: 40_600_000, Lon: -74_000_000}, {Lat: 40_600_000, Lon: -73_900_000}, {Lat: 40_700_000, Lon: -73_900_000}, {Lat: 40_700_000, Lon: -74_000_000}},
}

// ticked returns the squares that are ticked on a page.
func ticked(t *testing.T, page string) (cells []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range elements(root, "input") {
		name, _ := attr(in, "name")
		value, _ := attr(in, "value")
		if _, on := attr(in, "checked"); on && name == "cell" {
			cells = append(cells, value)
		}
	}
	return cells
}

// TestLetAgencyIn has a steward look at what an agency sent, and let it in.
func TestLetAgencyIn(t *testing.T) {
	_, anna, ben, _ := maple(t)
	ben.shows("/agencies", says("No agency may ask homes here."), lacks("Let an agency in"))
	ben.shows("/agencies/new", says("Only stewards let agencies in."))
	text := "Dear neighbors,\nplease let us in: " + strings.ToLower(cardOf(t, 1, brigade))
	ben.fails("/agencies/new", http.StatusForbidden, []string{"do", "look", "card", text, "at", "40.65,-73.95", "radius", "300"}, says("Only stewards let agencies in."))
	anna.shows("/agencies", has("a", "href", anna.at("/agencies/new")))
	anna.shows("/agencies/new", keeps("radius", "300"))

	const page, wrong = "/agencies/new", http.StatusUnprocessableEntity
	anna.fails(page, wrong, []string{"do", "look", "card", text[:200], "at", "40.65,-73.95", "radius", "300"}, blames("card", "This is not what an agency sends, or a part of it is missing. It begins with STOOP-AGENCY; copy it again, to its last letter."), keeps("at", "40.65,-73.95"))
	crossed := brigade
	crossed.Jurisdiction = []wire.Point{{}, {Lat: 9, Lon: 9}, {Lat: 9}, {Lon: 9}}
	anna.fails(page, wrong, []string{"do", "look", "card", cardOf(t, 1, crossed), "at", "40.65,-73.95", "radius", "300"}, blames("card", "Where it may ask is no area that can be drawn. The agency has to say it anew."))
	for _, c := range []struct{ at, radius, field, message string }{
		{"", "300", "at", "The agency has to know which requests are for here: where is that?"},
		{"Elm Street 4", "300", "at", "Latitude and longitude in degrees, with a comma between, such as 40.7,-73.99."},
		{"89,0", "300", "at", "Latitude and longitude in degrees, with a comma between, such as 40.7,-73.99."},
		{"40.65,-73.95", "wide", "radius", "A number of metres, such as 300."},
		{"40.65,-73.95", "-5", "radius", "A number of metres, such as 300."},
		{"40.65,-73.95", "NaN", "radius", "A number of metres, such as 300."},
		{"40.65,-73.95", "5000", "radius", "That is more than 64 squares. Take a shorter way, or clear some squares."},
	} {
		anna.fails(page, wrong, []string{"do", "look", "card", text, "at", c.at, "radius", c.radius}, blames(c.field, c.message))
	}
	if len(anna.asked) > 0 {
		t.Errorf("domains were asked: %q", anna.asked)
	}

	anna.err = errors.New("there is <b>no</b> such domain")
	whole := wire.PublicKey(ed25519.NewKeyFromSeed(append(make([]byte, 31), 1)))
	look := post(anna.pages(auth.Household()), anna.at(page), values("do", "look", "card", text, "at", "40.65,-73.95", "radius", "300"))
	run(t, look.Body.String(), append(everyPage,
		says("Fire brigade", "Fire and rescue", hex.EncodeToString(whole[:]), "Desk, 555 0100", "Deleted after 30 days.", "fire.example", "94 km². Of the 16 squares of this neighborhood 16 lie in there as a whole.", "there is <b>no</b> such domain", "I know by other means"),
		lacks("None of these squares"))...)
	cells := ticked(t, look.Body.String())
	around, err := area.Around(wire.Point{Lat: 40_650_000, Lon: -73_950_000}, 300)
	if err != nil || look.Code != http.StatusOK || !slices.Equal(anna.asked, []string{"fire.example"}) {
		t.Fatalf("%d, asked %q (%v)", look.Code, anna.asked, err)
	}
	var want []string
	for _, c := range around {
		want = append(want, area.CellText(c))
	}
	if slices.Sort(cells); !slices.Equal(cells, want) {
		t.Errorf("ticked are %q, want %q", cells, want)
	}

	propose := []string{"do", "propose", "card", text, "cell", cells[3], "cell", cells[0], "cell", "nonsense"}
	anna.fails(page, wrong, []string{"do", "propose", "card", text}, says("Tick at least one square."))
	anna.fails(page, wrong, propose, says("there is <b>no</b> such domain"))
	anna.fails(page, wrong, append(propose, "succeeds", strings.Repeat("0", 64), "anyway", "yes"))
	anna.fails(page, http.StatusBadRequest, []string{"do", "dance", "card", text})
	if len(anna.in.State().Agencies) > 0 {
		t.Fatal("it was let in")
	}
	times := len(anna.asked)
	anna.does(page, append(propose, "anyway", "yes")...)
	if len(anna.asked) != times {
		t.Errorf("a domain was asked whose owner is known: %q", anna.asked)
	}
	anna.err = nil
	ben.shows("/stewards", says("One agency may ask homes here"), has("a", "href", ben.at("/agencies")))
	ben.shows("/agencies", says("Fire brigade", "May ask", "94 km². Of the 2 squares of this neighborhood 2 lie in there as a whole.", "Let in as Fire brigade, as Anna and Tom proposed", "For it: Anna and Tom"), lacks("Suspend it"))
	ben.shows("/agencies", says("In as it is since"+ben.in.Agencies()[0].Since.Time().In(zone).Format("2 January 2006")))
	if is := ben.in.Cells(); len(is) != 2 {
		t.Errorf("the neighborhood lies at %v", is)
	}
	run(t, get(anna.pages(reader), anna.at("/agencies")).Body.String(), append(everyPage, says("Fire brigade"), lacks("Suspend it"), lacks("Let an agency in"))...)

	// Later its squares are known, and it says of itself what is new.
	anew := brigade
	anew.Title, anew.Domain = "Fire and flood", ""
	again := post(anna.pages(auth.Household()), anna.at(page), values("do", "look", "card", cardOf(t, 1, anew)))
	run(t, again.Body.String(), append(everyPage, says("It names no domain", "Fire brigade is here with this key already"), lacks("I know by other means"), lacks("Is this a new key"))...)
	if got := ticked(t, again.Body.String()); len(got) != 2 {
		t.Errorf("ticked are %q", got)
	}
	far := post(anna.pages(auth.Household()), anna.at(page), values("do", "draw", "card", cardOf(t, 1, anew), "at", "0,180", "radius", "100", "cell", cells[0]))
	run(t, far.Body.String(), append(everyPage, says("None of these squares lies wholly where it may ask"))...)
	if got := ticked(t, far.Body.String()); !slices.Equal(got, []string{"45000:179999", "45000:0", "44999:179999", "44999:0"}) {
		t.Errorf("over the antimeridian %q are ticked", got)
	}
	scattered := post(anna.pages(auth.Household()), anna.at(page), values("do", "look", "card", cardOf(t, 1, anew), "cell", "1:1", "cell", "80000:90000"))
	if got := ticked(t, scattered.Body.String()); !slices.Equal(got, []string{"1:1", "80000:90000"}) {
		t.Errorf("far apart %q are ticked", got)
	}
	anna.fails(page, wrong, []string{"do", "draw", "card", text, "cell", cells[0]}, blames("at", "The agency has to know which requests are for here: where is that?"))
}

// TestAgencyDecisions: where there are two stewards both read what is proposed, ask its
// domain themselves, and agree; all members read what was decided.
func TestAgencyDecisions(t *testing.T) {
	s, anna, ben, cora := maple(t)
	anna.does("/stewards", "do", "add", "who", key(ben), "seat", ben.in.Seat().String())
	s.pass(time.Minute)
	cell := area.CellText(area.CellOf(wire.Point{Lat: 40_650_000, Lon: -73_950_000}))
	anna.does("/agencies/new", "do", "propose", "card", cardOf(t, 1, brigade), "cell", cell)
	cora.shows("/agencies", says("Stewards vote", "Anna and Tom proposed to admit Fire brigade", "1 of 2 votes", "No agency may ask homes here."))
	cora.shows("/stewards", says("Anna and Tom proposed to admit Fire brigade", "Deleted after 30 days.", "94 km². Of the 1 squares of this neighborhood 1 lie"), lacks("Ask its domain"))
	act := cora.in.Proposals()[0].ID.String()
	ask := func(want string) {
		t.Helper()
		w := post(ben.pages(auth.Household()), ben.at("/stewards"), values("do", "prove", "what", act))
		run(t, w.Body.String(), append(everyPage, says(want, "Vote for it"))...)
	}
	ben.err = errors.New("there is no such domain")
	ask("so far this one does not speak for it: there is no such domain")
	ben.err = nil
	ask("Just now https://fire.example showed that it is this agency's.")
	cora.fails("/stewards", http.StatusForbidden, []string{"do", "prove", "what", act}, says("Only stewards may do this."))
	ben.fails("/stewards", http.StatusNotFound, []string{"do", "prove", "what", strings.Repeat("0", 64)})
	if !slices.Equal(ben.asked, []string{"fire.example", "fire.example"}) || len(cora.asked) > 0 {
		t.Errorf("asked were %q, and by a member %q", ben.asked, cora.asked)
	}
	ben.does("/stewards", "do", "vote", "what", act)
	cora.shows("/agencies", says("Fire brigade", "May ask", "For it: "), lacks("Stewards vote"), lacks("No agency may ask"))

	agency := cora.in.Agencies()[0].Key.String()
	anna.fails("/agencies", http.StatusUnprocessableEntity, []string{"what", agency, "reason", " "}, blames("reason", "All neighbors have to know why."))
	anna.fails("/agencies", http.StatusUnprocessableEntity, []string{"what", agency, "reason", strings.Repeat("x", 201)}, blames("reason", "That is too long: 200 characters at most."))
	anna.fails("/agencies", http.StatusNotFound, []string{"what", strings.Repeat("0", 64), "reason", "Unknown."})
	cora.fails("/agencies", http.StatusForbidden, []string{"what", agency, "reason", "Why not."}, says("Only stewards may do this."))
	s.pass(time.Minute)
	anna.does("/agencies", "what", agency, "reason", "It asks\r\non behalf of others.")
	ben.shows("/stewards", says("Anna and Tom proposed to suspend Fire brigade", "It asks on behalf of others."))
	ben.does("/stewards", "do", "vote", "what", cora.in.Proposals()[0].ID.String())
	cora.shows("/agencies", says("Suspended", "Why it was suspended", "It asks on behalf of others.", "Suspended, as Anna and Tom proposed"))
	anna.shows("/agencies", lacks("Suspend it"))

	// It goes on with another key.
	s.pass(time.Minute)
	moved := brigade
	moved.Title, moved.Domain = "Rescue", ""
	run(t, post(ben.pages(auth.Household()), ben.at("/agencies/new"), values("do", "look", "card", cardOf(t, 2, moved))).Body.String(), append(everyPage, has("option", "value", agency))...)
	ben.does("/agencies/new", "do", "propose", "card", cardOf(t, 2, moved), "cell", cell, "succeeds", agency)
	anna.does("/stewards", "do", "vote", "what", cora.in.Proposals()[0].ID.String())
	cora.shows("/agencies", says("Has a new key", "It goes on as Rescue, with the key", "This key was replaced by a new one, as The blue gate proposed", "Let in as Rescue with a new key"), lacks("Why it was suspended"))
}

// A seat is whose the charter says it is, not whose somebody proposed it to be.
func TestProposedSeat(t *testing.T) {
	s, anna, ben, cora := maple(t)
	anna.does("/stewards", "do", "add", "who", key(ben), "seat", ben.in.Seat().String())
	s.pass(time.Minute)
	if err := ben.in.AddSteward(ben.in.Author(), anna.in.Seat()); err != nil {
		t.Fatal(err)
	}
	s.carry()
	cora.shows("/stewards", says("Anna and Tom began Maple Row"), lacks("The blue gate began"))
}
