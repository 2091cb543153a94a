// Package stewards is the room of those who let homes in, put them out and judge
// what was said. What they did is there for all members to read.
package stewards

import (
	"errors"
	"net/http"
	"strings"

	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Page serves /street/{street}/stewards.
type Page struct{ street.Base }

// Get shows the room.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, typed{})
}

// Post votes, proposes, puts a home out, or is done with reports, as the form says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	in := typed{do: r.PostFormValue("do"), who: r.PostFormValue("who"), seat: strings.Join(strings.Fields(r.PostFormValue("seat")), ""), cut: r.PostFormValue("cut"), rules: street.ReadRules(r), wrong: street.Faults{}}
	switch in.do {
	case "vote", "annul", "close":
		err = act(look, in.do, r.PostFormValue("what"))
	case "prove":
		if in.proved, err = p.prove(r, look); err == nil {
			return p.show(w, r, http.StatusOK, in)
		}
	case "add":
		err = add(look, &in)
	case "drop":
		err = drop(look, in)
	case "policy":
		var policy wire.Policy
		if policy, in.wrong = in.rules.Policy(look.T.Street.Found); len(in.wrong) == 0 {
			policy.MediaMiB = look.State().Policy.MediaMiB
			err = look.SetPolicy(policy)
		}
	case "revoke":
		err = revoke(look, in)
	default:
		return nvr.ErrInvalid
	}
	switch {
	case len(in.wrong) > 0:
		in.wrong[""] = look.T.Street.Stewards.Check
		return p.show(w, r, http.StatusUnprocessableEntity, in)
	case err != nil && nvr.KindOf(err).Err == nil:
		return err
	case err != nil:
		in.wrong[""] = reason(err, look)
		return p.show(w, r, street.Status(err), in)
	}
	http.Redirect(w, r, street.Href(look.Membership, "/stewards"), http.StatusSeeOther)
	return nil
}

// reason says why it was not done.
func reason(err error, look street.Look) string {
	if errors.Is(err, nvr.ErrForbidden) {
		return look.T.Street.Stewards.NoSeat
	}
	return street.Why(err, look.T.Street.Refused)
}

func act(look street.Look, do, what string) error {
	id, err := street.ParseID(what)
	if err != nil {
		return err
	}
	switch do {
	case "vote":
		return look.Vote(id)
	case "close":
		return look.CloseReports(id)
	}
	return look.Annul(id)
}

// prove asks the domain of an agency that is to be let in whose it is.
func (p Page) prove(r *http.Request, look street.Look) (map[string]string, error) {
	id, err := street.ParseID(r.PostFormValue("what"))
	if err != nil {
		return nil, err
	}
	t := look.T.Street.Agencies.New
	for _, act := range look.Proposals() {
		is, ok := act.Says.(wire.AdmitAgency)
		if !ok || act.ID != id || is.Agency.Domain == "" {
			continue
		}
		switch err := p.Service.ProveDomain(r.Context(), look.Membership, is.Agency); {
		case errors.Is(err, nvr.ErrForbidden):
			return nil, err
		case err != nil:
			return map[string]string{id.String(): text.Fill(t.Unproved, "detail", err.Error())}, nil
		}
		return map[string]string{id.String(): text.Fill(t.Proved, "domain", is.Agency.Domain)}, nil
	}
	return nil, nvr.ErrNotFound
}

// add proposes a seat for a member, or to renew the one that the member has.
func add(look street.Look, in *typed) error {
	who, err := street.ParseID(in.who)
	if err != nil {
		return err
	}
	seat, has := look.State().SeatOf(wire.Key(who))
	if !has {
		if seat, has = seatOf(in.seat); !has {
			in.wrong["seat"] = look.T.Street.Stewards.BadSeat
			return nil
		}
	}
	return look.AddSteward(wire.Key(who), seat)
}

// seatOf reads a seat key as its owner told it.
func seatOf(told string) (wire.Key, bool) {
	id, err := street.ParseID(strings.ToLower(told))
	return wire.Key(id), err == nil
}

func drop(look street.Look, in typed) error {
	who, err := street.ParseID(in.who)
	if err != nil {
		return err
	}
	seat, ok := look.State().SeatOf(wire.Key(who))
	if !ok {
		return nvr.ErrNotFound
	}
	return look.DropSteward(seat)
}

// revoke puts a home out, and keeps what it wrote until the cut.
func revoke(look street.Look, in typed) error {
	who, err := street.ParseID(in.who)
	if err != nil {
		return err
	}
	m := look.State().Member(wire.Key(who))
	if m == nil {
		return nvr.ErrNotFound
	}
	for _, c := range cuts {
		if c.name != in.cut {
			continue
		}
		cut := max(wire.MinuteOf(look.Now)-c.before, m.Since)
		if c.name == "nothing" {
			cut = max(m.Since, 1) - 1
		}
		return look.Revoke(wire.Key(who), cut)
	}
	return nvr.ErrInvalid
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, in typed) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	f, err := p.Frame(r, v.T.Street.Stewards.Title)
	if err != nil {
		return err
	}
	m := newModel(f, v, in, street.May(r, auth.Manage))
	if m.vote {
		if m.reports, err = reports(v); err != nil {
			return err
		}
	}
	return layout.Render(w, r, status, view(m))
}
