package begin

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type joinModel struct {
	frame   layout.Frame
	problem string
	invite  component.Area
	look    *looked // nil until there is an invite to look at
}

// looked is what an invite says.
type looked struct {
	title, from, until string
	text               string // the invite, once more
	own                component.Field
	returns            bool // it was a member before its machine was lost
}

// JoinForm shows where an invite is pasted.
func (p *Page) JoinForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.on(); err != nil {
		return err
	}
	return p.showJoin(w, r, http.StatusOK, "", "", nil)
}

// Join looks at an invite, or asks to be let in with it, as the button that was
// pressed says.
func (p *Page) Join(w http.ResponseWriter, r *http.Request) error {
	all, err := p.on()
	if err != nil {
		return err
	}
	pasted, own := r.PostFormValue("invite"), wire.Tidy(r.PostFormValue("own"), false)
	if pasted == "" {
		pasted = attached(r)
	}
	invite, err := wire.ParseInvite(pasted)
	if err != nil {
		return p.showJoin(w, r, http.StatusUnprocessableEntity, pasted, own, street.Faults{"invite": misread(err, pasted, p.T(r).Join)})
	}
	if r.PostFormValue("do") != "join" {
		return p.showJoin(w, r, http.StatusOK, pasted, own, nil)
	}
	t, wrong := p.T(r), street.Faults{}
	street.CheckLength(wrong, "own", own, wire.MaxName, t.Found.NoName, t.Found.Long)
	if len(wrong) > 0 {
		return p.showJoin(w, r, http.StatusUnprocessableEntity, pasted, own, wrong)
	}
	ask := all.Join
	if r.PostFormValue("returns") != "" {
		ask = all.Return
	}
	_, err = ask(pasted, own)
	switch {
	case errors.Is(err, nvr.ErrExists):
		return p.showJoin(w, r, http.StatusConflict, pasted, own, street.Faults{"": text.Fill(t.Join.Member, "title", invite.Title)})
	case errors.Is(err, nvr.ErrInvalid):
		return p.showJoin(w, r, http.StatusUnprocessableEntity, pasted, own, street.Faults{"": street.Why(err, t.Refused)})
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/street/waiting", http.StatusSeeOther)
	return nil
}

// attached returns the invite of a file, if one was chosen.
func attached(r *http.Request) string {
	f, _, err := r.FormFile("file")
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 16*wire.MaxInvite))
	if err != nil {
		return ""
	}
	return string(b)
}

// misread says why there is no invite.
func misread(err error, pasted string, t text.StreetJoin) string {
	switch {
	case errors.Is(err, wire.ErrUnknown):
		return t.Newer
	case street.Mentions(pasted, "STOOP:"):
		return t.Broken
	}
	return t.NoInvite
}

func (p *Page) showJoin(w http.ResponseWriter, r *http.Request, status int, pasted, own string, wrong street.Faults) error {
	f, err := p.Frame(r, p.T(r).Join.Title)
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	t := f.T.Street.Join
	m := joinModel{frame: f, problem: wrong[""], invite: component.Area{
		ID: "invite", Name: "invite", Label: t.Invite, Hint: t.Hint, Value: pasted, Error: wrong["invite"], Rows: "5", MaxLength: strconv.Itoa(16 * wire.MaxInvite),
	}}
	invite, err := wire.ParseInvite(pasted)
	switch {
	case err != nil:
	case invite.Expires <= wire.MinuteOf(now):
		m.invite.Error = text.Fill(t.Old, "name", invite.From)
	default:
		m.look = &looked{
			returns: r.PostFormValue("returns") != "",
			title:   text.Fill(t.Found, "title", invite.Title), from: text.Fill(t.From, "name", invite.From), until: t.Until.N(street.DaysLeft(invite.Expires, now)), text: pasted,
			own: component.Field{ID: "own", Name: "own", Label: t.Own, Hint: t.OwnHint, Value: own, Error: wrong["own"], Type: "text", Autocomplete: "off", Required: true, Focus: true, MaxLength: strconv.Itoa(wire.MaxName)},
		}
	}
	return layout.Render(w, r, status, join(m))
}

type waitingModel struct {
	frame layout.Frame
	asked []asked
}

// asked is a neighborhood that the home asked to join.
type asked struct {
	id, title, wait, as, state string
	bad                        bool // it will not come to anything
}

func askedOf(j *membership.Joining, t text.StreetWaiting) asked {
	a := asked{
		id: j.Invite.Neighborhood.String(), title: j.Invite.Title,
		wait: text.Fill(t.Wait, "name", j.Invite.From), as: text.Fill(t.As, "name", j.Name),
	}
	switch j.Answered() {
	case wire.AnswerUsed:
		a.state, a.bad = t.Used, true
	case wire.AnswerNo:
		a.state, a.bad = t.No, true
	case wire.AnswerLater:
		a.state = t.Later
	}
	return a
}
