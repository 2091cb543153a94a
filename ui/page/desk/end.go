package desk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type endModel struct {
	frame                         layout.Frame
	t                             text.Desk
	title, problem, words, action string
}

// ending asks how a request is to end.
func (p *Pages) ending(w http.ResponseWriter, r *http.Request) error {
	return p.endForm(w, r, http.StatusOK, "")
}

// end resolves or withdraws a request.
func (p *Pages) end(w http.ResponseWriter, r *http.Request) error {
	s, err := p.openOne(r)
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	is, ok := map[string]wire.ClosingIs{"resolved": wire.ClosingResolved, "withdrawn": wire.ClosingWithdrawn}[r.PostFormValue("is")]
	if !ok {
		return nvr.ErrInvalid
	}
	_, err = p.Agency.End(r.Context(), s.ID, is)
	if errors.Is(err, nvr.ErrInvalid) || errors.Is(err, nvr.ErrTooLarge) {
		return p.endForm(w, r, http.StatusUnprocessableEntity, text.Fill(p.texts.For(r).Desk.NotEnded, "why", sentence(err)))
	}
	if err != nil {
		return err
	}
	p.deliver(w, r, "ended")
	return nil
}

func (p *Pages) endForm(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	s, err := p.openOne(r)
	if err != nil {
		return err
	}
	f, err := p.frame(r, func(t text.Desk) string { return t.EndIt }, "")
	if err != nil {
		return err
	}
	b := s.Body.(wire.Request)
	return layout.Render(w, r, status, endView(endModel{
		frame: f, t: f.T.Desk, title: text.Fill(f.T.Desk.EndTitle, "case", b.Case), problem: problem, words: b.Text, action: "/requests/" + s.ID.String() + "/end",
	}))
}

// openOne returns the open request that an address names.
func (p *Pages) openOne(r *http.Request) (wire.Signed, error) {
	id, err := street.ParseID(r.PathValue("id"))
	if err != nil {
		return wire.Signed{}, err
	}
	all, err := p.open(r)
	if err != nil {
		return wire.Signed{}, err
	}
	i := slices.IndexFunc(all, func(s wire.Signed) bool { return s.ID == id })
	if i < 0 {
		return wire.Signed{}, fmt.Errorf("no such request is open: %w", nvr.ErrNotFound)
	}
	return all[i], nil
}
