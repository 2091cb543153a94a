package begin

import (
	"errors"
	"net/http"
	"strconv"

	"nvrd/federation/identity"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
)

// maxWords is the length of 24 words and what may stand between them.
const maxWords = 1000

type restoreModel struct {
	frame layout.Frame
	words component.Area
}

// RestoreForm asks for the words on paper, on a machine that has no key yet.
func (p *Page) RestoreForm(w http.ResponseWriter, r *http.Request) error {
	return p.showRestore(w, r, http.StatusOK, "")
}

// Restore takes the key back. What was typed is never shown again.
func (p *Page) Restore(w http.ResponseWriter, r *http.Request) error {
	seed, err := identity.ParseWords(r.PostFormValue("words"))
	if err != nil {
		return p.showRestore(w, r, http.StatusUnprocessableEntity, p.T(r).Restore.Wrong)
	}
	if err := p.Service.Restore(seed); err != nil && !errors.Is(err, nvr.ErrExists) {
		return err
	}
	http.Redirect(w, r, "/street", http.StatusSeeOther)
	return nil
}

func (p *Page) showRestore(w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	if p.Service.All() != nil {
		http.Redirect(w, r, "/street", http.StatusSeeOther)
		return nil
	}
	t := p.T(r).Restore
	f, err := p.Frame(r, t.Title)
	if err != nil {
		return err
	}
	words := component.Area{ID: "words", Name: "words", Label: t.Words, Hint: t.Hint, Error: wrong, Rows: "4", MaxLength: strconv.Itoa(maxWords), Required: true}
	return layout.Render(w, r, status, restoring(restoreModel{f, words}))
}
