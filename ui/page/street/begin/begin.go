// Package begin is the way into a neighborhood: what is explained before the
// home is asked, the words on paper, to start one, to join one, and to wait.
package begin

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"nvrd/federation/membership"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Page serves /street and what leads into a neighborhood.
type Page struct {
	street.Base
	paper paper
}

// New returns the page.
func New(b street.Base) *Page { return &Page{Base: b} }

// stage is how far a home is on its way in.
type stage struct {
	frame  layout.Frame
	manage bool // who asks may go on
}

// Get shows the next step, or goes to the first neighborhood.
func (p *Page) Get(w http.ResponseWriter, r *http.Request) error {
	manage := street.May(r, auth.Manage)
	if all := p.Service.All(); all != nil && !(manage && all.Words() != nil) {
		if in := all.In(); len(in) > 0 {
			http.Redirect(w, r, street.Href(in[0], ""), http.StatusSeeOther)
			return nil
		}
		if len(all.Joining()) > 0 && manage {
			http.Redirect(w, r, "/street/waiting", http.StatusSeeOther)
			return nil
		}
		return p.show(w, r, http.StatusOK, p.T(r).Begin.Title, beginning)
	}
	if p.Service.All() != nil {
		return p.showPaper(w, r, http.StatusOK, "")
	}
	return p.show(w, r, http.StatusOK, p.T(r).Off.Title, off)
}

// Another shows the ways into a further neighborhood.
func (p *Page) Another(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.on(); err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, p.T(r).Begin.Title, beginning)
}

// T returns what these pages say.
func (p *Page) T(r *http.Request) text.Street { return p.Texts.For(r).Street }

func (p *Page) show(w http.ResponseWriter, r *http.Request, status int, title string, c func(stage) templ.Component) error {
	f, err := p.Frame(r, title)
	if err != nil {
		return err
	}
	return layout.Render(w, r, status, c(stage{f, street.May(r, auth.Manage)}))
}

// Post turns the neighborhood on, and looks after the words on paper, as the
// button that was pressed says.
func (p *Page) Post(w http.ResponseWriter, r *http.Request) error {
	switch r.PostFormValue("do") {
	case "on":
		if err := p.Service.TurnOn(); err != nil && !errors.Is(err, nvr.ErrExists) { // somebody else was faster
			return err
		}
	case "wrote":
		p.paper.ask()
	case "again":
		p.paper.show()
	case "check":
		all, err := p.on()
		if err != nil {
			return err
		}
		words := all.Words()
		if words == nil {
			break // somebody else was faster
		}
		if !p.paper.holds(words, r.PostFormValue("first"), r.PostFormValue("second")) {
			return p.showPaper(w, r, http.StatusUnprocessableEntity, p.T(r).Paper.Wrong)
		}
		if err := all.OnPaper(); err != nil {
			return err
		}
	default:
		return nvr.ErrInvalid
	}
	http.Redirect(w, r, "/street", http.StatusSeeOther)
	return nil
}

// Waiting shows whom the home waits for.
func (p *Page) Waiting(w http.ResponseWriter, r *http.Request) error {
	all := p.Service.All()
	if all == nil || len(all.Joining()) == 0 {
		http.Redirect(w, r, "/street", http.StatusSeeOther)
		return nil
	}
	f, err := p.Frame(r, p.T(r).Waiting.Title)
	if err != nil {
		return err
	}
	f.Again = "10"
	m := waitingModel{frame: f}
	for _, j := range all.Joining() {
		m.asked = append(m.asked, askedOf(j, f.T.Street.Waiting))
	}
	return layout.Render(w, r, http.StatusOK, waiting(m))
}

// GiveUp ends the asking.
func (p *Page) GiveUp(w http.ResponseWriter, r *http.Request) error {
	if all := p.Service.All(); all != nil {
		for _, j := range all.Joining() {
			if j.Invite.Neighborhood.String() == r.PostFormValue("street") {
				if err := all.GiveUp(j); err != nil {
					return err
				}
			}
		}
	}
	http.Redirect(w, r, "/street/waiting", http.StatusSeeOther)
	return nil
}

// on returns the memberships, or nvr.ErrNotFound while the neighborhood is off.
func (p *Page) on() (*membership.All, error) {
	if all := p.Service.All(); all != nil {
		return all, nil
	}
	return nil, nvr.ErrNotFound
}
