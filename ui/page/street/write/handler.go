// Package write is the form of a post. It asks what happened first, and asks to
// think once more where a person is described and not what the person did.
package write

import (
	"net/http"

	"nvrd/ui/layout"
	"nvrd/ui/page/street"
)

// Page serves /street/{street}/new.
type Page struct{ street.Base }

// Get shows an empty form.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, input{}, nil, "")
}

// Post sends what was typed to all neighbors, unless there is something to
// think over that was not said before.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	in := readInput(r)
	t := look.T.Street.Write
	post, days, wrong := in.post(look)
	if len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, in, wrong, "")
	}
	if think := nudge(post.Happened, post.Person, t); think != "" && !in.nudged {
		in.nudged = true
		return p.show(w, r, http.StatusOK, in, nil, think)
	}
	if _, err := look.Post(post, days); err != nil {
		return p.show(w, r, street.Status(err), in, street.Faults{"": street.Why(err, look.T.Street.Refused)}, "")
	}
	http.Redirect(w, r, street.Href(look.Membership, ""), http.StatusSeeOther)
	return nil
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, in input, wrong street.Faults, think string) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	f, err := p.Frame(r, look.T.Street.Write.Title)
	if err != nil {
		return err
	}
	return layout.Render(w, r, status, view(newModel(f, look, in, wrong, think)))
}
