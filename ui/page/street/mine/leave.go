package mine

import (
	"net/http"

	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type leaveModel struct {
	frame  layout.Frame
	title  string
	action string
	back   string
	only   bool // this home is the only steward, and there are others
	wrong  string
}

// Ask says what it means to leave.
func (p Page) Ask(w http.ResponseWriter, r *http.Request) error {
	return p.ask(w, r, http.StatusOK, "")
}

// Leave leaves, if that was confirmed.
func (p Page) Leave(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	if r.PostFormValue("sure") == "" {
		return p.ask(w, r, http.StatusUnprocessableEntity, p.Texts.For(r).Street.Leave.Tick)
	}
	if err := p.Service.Leave(m); err != nil {
		return err
	}
	http.Redirect(w, r, "/street", http.StatusSeeOther)
	return nil
}

func (p Page) ask(w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	title := text.Fill(look.T.Street.Leave.Title, "title", look.Genesis().Title)
	f, err := p.Frame(r, title)
	if err != nil {
		return err
	}
	m := leaveModel{
		frame: f, title: title, action: street.Href(look.Membership, "/leave"), back: street.Href(look.Membership, "/mine"),
		only: look.Steward() && len(look.State().Seats) == 1 && len(look.In()) > 1, wrong: wrong,
	}
	return layout.Render(w, r, status, leave(m))
}
