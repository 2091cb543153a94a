package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"nvrd/federation/wire"
	"nvrd/pkg/auth"
)

// deliver brings all reports to the stewards' homes.
func (s *neighbors) deliver() {
	s.t.Helper()
	for _, from := range s.homes {
		if from.in == nil {
			continue
		}
		letters, err := from.in.Letters()
		if err != nil {
			s.t.Fatal(err)
		}
		for _, l := range letters {
			for _, to := range s.homes {
				if to.in == nil || wire.PublicKey(to.in.Node()) != l.Node {
					continue
				}
				if err := to.in.TakeReport(wire.PublicKey(from.in.Node()), l.Sealed); err != nil {
					s.t.Fatal(err)
				}
				if err := from.in.Delivered(l); err != nil {
					s.t.Fatal(err)
				}
			}
		}
	}
}

// TestReport has Cora report what Ben wrote: the steward sees it, labels it from
// there and closes it; nobody else does.
func TestReport(t *testing.T) {
	s, anna, ben, cora := maple(t)
	rude := ben.says(wire.Post{Category: wire.CategoryQuestion, Happened: "Whose brat is it that shouts?"})
	comment, err := ben.in.Comment(rude, "It is Cora's.")
	if err != nil {
		t.Fatal(err)
	}
	s.carry()
	page, form := "/entries/"+rude.String(), "/entries/"+comment.String()+"/report"
	const link = "Report to the stewards"
	cora.shows("", has("a", "href", cora.at(page+"/report")), says(link))
	cora.shows(page, has("a", "href", cora.at(page+"/report")), has("a", "href", cora.at(form)))
	ben.shows("", lacks(link))
	ben.shows(page, lacks(link))
	for _, one := range []string{"", page} {
		run(t, get(cora.pages(reader), cora.at(one)).Body.String(), append(everyPage, lacks(link))...)
	}
	cora.shows(form, says("It is Cora's.", "It goes to Anna and Tom.", "Who wrote it is not told, not even if that is a steward", "can't read it", "14 days", "Profiling: Describes a person", "Something else"))
	ben.shows(form, says("Your home wrote this"), lacks("Send to the stewards"))
	anna.shows(form, says("no other steward"), lacks("Send to the stewards"))

	cora.fails(form, http.StatusUnprocessableEntity, []string{"words", "It names my child."}, blames("reason", "Choose what is wrong."), says("It names my child."))
	cora.fails(form, http.StatusUnprocessableEntity, []string{"reason", "other", "words", " \u200b"}, blames("words", "Say in a few words what is wrong."))
	cora.fails(form, http.StatusUnprocessableEntity, []string{"reason", "unkind", "words", strings.Repeat("x", 301)}, blames("words", "That is too long: 300 characters at most."))
	ben.fails(form, http.StatusBadRequest, []string{"reason", "unkind"}, says("Your home wrote this"))
	if w := get(cora.pages(auth.Household()), cora.at("/entries/"+strings.Repeat("0", 64)+"/report")); w.Code != http.StatusNotFound {
		t.Errorf("what is nowhere: %d", w.Code)
	}
	if w := post(cora.pages(reader), cora.at(form), values("reason", "unkind")); w.Code != http.StatusForbidden {
		t.Errorf("who may only read reports: %d", w.Code)
	}
	if to := goes(t, cora.pages(auth.Household()), cora.at(form), "reason", "unkind", "words", "It names\u00a0my child. "); to != cora.at(page)+"#e-"+comment.String()[:16] {
		t.Errorf("a report leads to %s", to)
	}
	goes(t, cora.pages(auth.Household()), cora.at(form), "reason", "unkind") // pressed twice
	cora.shows(page, says("Reported; it waits for a steward's home, for 14 more days."))
	cora.shows(form, says("Reported; it waits"), lacks("Send to the stewards"))
	run(t, get(cora.pages(reader), cora.at(page)).Body.String(), append(everyPage, lacks("Reported"))...)
	anna.shows("/stewards", says("Nothing is reported."))
	s.carry()
	s.deliver()
	cora.shows(page, says("Reported; a steward's home has it."), lacks("waits"))

	dora := s.join(anna, "Dora")
	s.carry()
	dora.does("/entries/"+comment.String()+"/report", "reason", "other", "words", "I heard it, too.")
	s.deliver()
	anna.shows("", says("2 reports wait for you"), has("a", "href", anna.at("/stewards")+"#reports"))
	anna.shows("/stewards", says("2 homes report it", "The blue gate wrote", "It is Cora's.", "It names my child.", "I heard it, too.", "Cora", "Dora", "Unkind", "Something else"),
		has("a", "href", anna.at(page)), has("form", "action", anna.at(page+"/label")))
	for _, one := range []string{"", "/stewards", page} {
		for _, n := range []*neighbor{ben, cora} {
			n.shows(one, lacks("names my child"), lacks("report it"), lacks("wait for you"), lacks("Nothing is reported"))
		}
		run(t, get(anna.pages(reader), anna.at(one)).Body.String(), append(everyPage, lacks("names my child"), lacks("report it"), lacks("wait for you"))...)
	}

	if to := goes(t, anna.pages(auth.Household()), anna.at(page+"/label"), "on", comment.String(), "label", "unkind", "reason", "It attacks a child.", "back", "stewards"); to != anna.at("/stewards") {
		t.Errorf("a label leads to %s", to)
	}
	s.carry()
	ben.shows(page, says("It attacks a child."))
	appeal, err := ben.in.Comment(anna.in.Days()[0].Posts[0].Comments[0].Labels[0].Item.ID, "She is one.")
	if err != nil {
		t.Fatal(err)
	}
	s.carry()
	cora.does("/entries/"+appeal.String()+"/report", "reason", "unkind", "words", "Again.")
	s.deliver()
	anna.shows("/stewards", says("She is one.", "Again.", "1 home reports it"))
	anna.does("/stewards", "do", "close", "what", comment.String())
	anna.shows("/stewards", lacks("It names my child."), lacks("I heard it"), says("Again."))
	anna.fails("/stewards", http.StatusNotFound, []string{"do", "close", "what", "x"})

	if _, err := ben.in.Retract(appeal); err != nil {
		t.Fatal(err)
	}
	s.carry()
	anna.shows("/stewards", says("Again."), lacks("She is one."))
	dora.does("/entries/"+rude.String()+"/report", "reason", "unkind")
	s.pass(14*24*time.Hour - time.Minute)
	dora.shows("", says("Reported; it waits"), lacks("reached no steward"))
	s.pass(time.Minute)
	dora.shows("", says("reached no steward's home in 14 days"), has("a", "href", dora.at(page+"/report")))
	dora.shows(page+"/report", says("Send to the stewards"))
	dora.does("/entries/"+rude.String()+"/report", "reason", "unkind")
	dora.shows("", says("Reported; it waits"), lacks("reached no steward"))
	s.deliver()
	anna.does("/stewards", "do", "close", "what", rude.String())
	s.pass(15 * 24 * time.Hour)
	dora.shows("", says("Reported; a steward's home has it."), lacks("waits"), lacks("reached no steward"))
	anna.shows("/stewards", says("Again."))
	s.pass(2 * 24 * time.Hour)
	s.deliver() // what is too old goes
	anna.shows("/stewards", says("Nothing is reported."))
}
