// Package anew is how a neighborhood that can't go on is founded anew by one of
// its members, and what the others are asked.
package anew

import (
	"net/http"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Page serves /street/{street}/anew.
type Page struct{ street.Base }

type model struct {
	frame     layout.Frame
	title     string
	action    string
	back      string
	to        string // where this home goes on; empty while it does nowhere
	elsewhere string // that a neighbor founded it; empty if this home did
	problem   string // why neighbors were not asked
	wrong     string
}

// Get says what it means to found a neighborhood anew.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, "", "")
}

// Post founds the neighborhood anew, asks once more, or answers what this home
// was asked, as the button that was pressed says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	do := r.PostFormValue("do")
	switch do {
	case "found", "again":
		if do == "found" && r.PostFormValue("sure") == "" {
			return p.show(w, r, http.StatusUnprocessableEntity, "", p.Texts.For(r).Street.Anew.Tick)
		}
		to, err := p.Service.FoundAnew(m)
		if err != nil {
			return p.show(w, r, street.Status(err), text.Fill(p.Texts.For(r).Street.Anew.Failed, "detail", err.Error()), "")
		}
		http.Redirect(w, r, street.Href(to, ""), http.StatusSeeOther)
		return nil
	case "follow", "decline":
		return p.answer(w, r, m, do == "follow")
	}
	return nvr.ErrInvalid
}

// answer goes on where a neighbor does, or does not. Of the second nobody is told.
func (p Page) answer(w http.ResponseWriter, r *http.Request, m *membership.Membership, yes bool) error {
	by, err := street.ParseID(r.PostFormValue("by"))
	if err != nil {
		return err
	}
	all := p.Service.All()
	if !yes {
		if err := all.Decline(m, wire.Key(by)); err != nil {
			return err
		}
		http.Redirect(w, r, street.Href(m, ""), http.StatusSeeOther)
		return nil
	}
	to, err := street.ParseID(r.PostFormValue("what")) // which one the owner saw
	if err != nil {
		return err
	}
	if _, err := all.Follow(m, wire.Key(by), to); err != nil {
		return err
	}
	http.Redirect(w, r, "/street/waiting", http.StatusSeeOther)
	return nil
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, problem, wrong string) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	t := look.T.Street.Anew
	title := text.Fill(t.Title, "title", look.Genesis().Title)
	f, err := p.Frame(r, title)
	if err != nil {
		return err
	}
	m := model{frame: f, title: title, action: street.Href(look.Membership, "/anew"), back: street.Href(look.Membership, "/stewards"), problem: problem, wrong: wrong}
	if to := p.Service.All().Successor(look.Membership); to != nil {
		m.to = street.Href(to, "")
		if to.Genesis().Founder != to.Author() {
			m.elsewhere = text.Fill(t.Elsewhere, "title", to.Genesis().Title)
		}
	}
	return layout.Render(w, r, status, view(m))
}
