// Package agencies is the directory of who may ask homes in public, and how
// stewards let them.
//
// What an agency says of itself is shown as text, as what neighbors write is: also
// its domain is no link.
package agencies

import (
	"errors"
	"net/http"
	"strings"

	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
)

// Page serves /street/{street}/agencies.
type Page struct{ street.Base }

// Get shows the directory.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, typed{})
}

// Suspend proposes to suspend an agency.
func (p Page) Suspend(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	id, err := street.ParseID(r.PostFormValue("what"))
	if err != nil {
		return err
	}
	t := look.T.Street
	in := typed{what: id.String(), reason: wire.Tidy(r.PostFormValue("reason"), true), wrong: street.Faults{}}
	if street.CheckLength(in.wrong, "reason", in.reason, wire.MaxContact, t.Agencies.NoReason, t.Found.Long); len(in.wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, in)
	}
	switch err := look.SuspendAgency(wire.Key(id), in.reason); {
	case err != nil && nvr.KindOf(err).Err == nil:
		return err
	case err != nil:
		in.wrong[""] = reason(err, look)
		return p.show(w, r, street.Status(err), in)
	}
	http.Redirect(w, r, street.Href(look.Membership, "/agencies"), http.StatusSeeOther)
	return nil
}

// reason says why it was not done.
func reason(err error, look street.Look) string {
	if errors.Is(err, nvr.ErrForbidden) {
		return look.T.Street.Stewards.NoSeat
	}
	return street.Why(err, look.T.Street.Refused)
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, in typed) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	f, err := p.Frame(r, look.T.Street.Agencies.Title)
	if err != nil {
		return err
	}
	return layout.Render(w, r, status, view(newModel(f, look, in, street.May(r, auth.Manage))))
}

// Form shows where a steward pastes what an agency sent.
func (p Page) Form(w http.ResponseWriter, r *http.Request) error {
	return p.form(w, r, http.StatusOK, input{radius: "300", wrong: street.Faults{}})
}

// Admit looks at what an agency sent, draws where the neighborhood lies, or proposes
// to let it in, as the button that was pressed says.
func (p Page) Admit(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	if !look.Steward() {
		return p.form(w, r, http.StatusForbidden, input{wrong: street.Faults{}})
	}
	in := readInput(r)
	in.read(look)
	switch do := r.PostFormValue("do"); {
	case do == "look" || do == "draw":
		if in.draw(look, do == "draw"); len(in.wrong) > 0 {
			return p.form(w, r, http.StatusUnprocessableEntity, in)
		}
		in.prove(r.Context(), p.Service, look)
		return p.form(w, r, http.StatusOK, in)
	case do != "propose":
		return nvr.ErrInvalid
	}
	if in.check(look); in.card.Body != nil {
		in.prove(r.Context(), p.Service, look)
	}
	if len(in.wrong) > 0 || in.unproved != "" {
		return p.form(w, r, http.StatusUnprocessableEntity, in)
	}
	switch err := look.AdmitAgency(in.card, in.cells, in.succeeds); {
	case err != nil && nvr.KindOf(err).Err == nil:
		return err
	case err != nil:
		in.wrong[""] = reason(err, look)
		return p.form(w, r, street.Status(err), in)
	}
	http.Redirect(w, r, street.Href(look.Membership, "/agencies"), http.StatusSeeOther)
	return nil
}

func (p Page) form(w http.ResponseWriter, r *http.Request, status int, in input) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	f, err := p.Frame(r, look.T.Street.Agencies.New.Title)
	if err != nil {
		return err
	}
	return layout.Render(w, r, status, formView(newForm(f, look, in)))
}

func readInput(r *http.Request) input {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return input{
		text: get("card"), at: get("at"), radius: get("radius"), ticked: r.PostForm["cell"], old: get("succeeds"), anyway: get("anyway") != "",
		wrong: street.Faults{},
	}
}
