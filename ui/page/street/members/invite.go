package members

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"rsc.io/qr"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// longest is for how many days an invite may be open: who needs more has
// forgotten it.
const longest = 14

type inviteModel struct {
	frame   layout.Frame
	title   string
	action  string
	back    string
	problem string
	days    component.Field
	lost    *component.Select // whose place the home takes; nil for who is no steward
	made    *made
}

// asked is what an invite is to be.
type asked struct {
	days  string
	lost  string // author key of who lost machine and paper; empty for anybody else
	wrong street.Faults
}

// made is an invite, shown once.
type made struct {
	text  component.Area
	as    string // who the home is that uses it; empty for a new one
	until street.Stamp
	code  code
}

// code is a square code as a path of squares of one unit.
type code struct{ box, path string }

// margin is the quiet zone that ISO/IEC 18004 asks for around a code.
const margin = 4

// Form asks for how long an invite may be used.
func (p Page) Form(w http.ResponseWriter, r *http.Request) error {
	return p.showInvite(w, r, http.StatusOK, asked{days: "7"}, nil)
}

// Make makes an invite and shows it. It is not kept: to see one again is to make
// another.
func (p Page) Make(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	in := asked{days: r.PostFormValue("days"), lost: r.PostFormValue("lost")}
	if _, ok := street.Days(in.days, longest); !ok {
		in.wrong = street.Faults{"days": p.Texts.For(r).Street.Invite.BadDays}
		return p.showInvite(w, r, http.StatusUnprocessableEntity, in, nil)
	}
	return p.showInvite(w, r, http.StatusOK, in, m)
}

// showInvite shows the form, or the invite if of is not nil.
func (p Page) showInvite(w http.ResponseWriter, r *http.Request, status int, in asked, of *membership.Membership) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	t := look.T.Street.Invite
	f, err := p.Frame(r, t.Title)
	if err != nil {
		return err
	}
	days, _ := street.Days(in.days, longest)
	var ready *made
	var problem string
	if of != nil {
		if ready, err = p.make(look, days, in.lost); err != nil {
			problem, status = in.blame(err, look), street.Status(err)
		}
	}
	m := inviteModel{
		problem: problem, made: ready, lost: in.choice(look),
		frame: f, title: look.Genesis().Title, action: street.Href(look.Membership, "/invite"), back: street.Href(look.Membership, "/members"),
		days: component.Field{ID: "days", Name: "days", Label: t.Days, Hint: t.Hint, Value: in.days, Error: in.wrong["days"], Type: "number", Autocomplete: "off", MaxLength: "2"},
	}
	return layout.Render(w, r, status, invite(m))
}

// choice is who an invite may be for who lost machine and paper, for a steward.
func (in asked) choice(look street.Look) *component.Select {
	if !look.Steward() {
		return nil
	}
	t := look.T.Street.Invite
	s := component.Select{ID: "lost", Name: "lost", Label: t.Lost, Hint: t.LostTip, Error: in.wrong["lost"], Options: []component.Option{{Label: t.NoLost, On: in.lost == ""}}}
	for _, who := range append(look.In(), look.Gone()...) {
		if !who.Self && !who.Left {
			s.Options = append(s.Options, component.Option{Value: who.Key, Label: who.Name + " (" + who.Words + ")", On: who.Key == in.lost})
		}
	}
	return &s
}

// make makes an invite; lost is as a form holds it.
func (p Page) make(look street.Look, days int, lost string) (*made, error) {
	var key wire.Key
	var as string
	if lost != "" {
		id, err := street.ParseID(lost)
		if err != nil {
			return nil, err
		}
		if look.State().Members[wire.Key(id)] == nil {
			return nil, nvr.ErrNotFound
		}
		key, as = wire.Key(id), text.Fill(look.T.Street.Invite.As, "name", look.As(wire.Key(id)).Name)
	}
	v, err := p.Service.Invite(look.Membership, days, key)
	if err != nil {
		return nil, err
	}
	words, err := v.Text()
	if err != nil {
		return nil, err
	}
	c, err := draw(words)
	if err != nil {
		return nil, err
	}
	t := look.T.Street.Invite
	return &made{
		as: as, until: street.StampOf(v.Expires, look.Now, look.T.Calendar), code: c,
		text: component.Area{ID: "invite", Name: "invite", Label: t.Text, Hint: t.TextTip, Value: words, Rows: "6", ReadOnly: true},
	}, nil
}

// blame says why there is no invite, at its field or above the form.
func (in *asked) blame(err error, look street.Look) (problem string) {
	t := look.T.Street
	if in.lost != "" {
		switch {
		case errors.Is(err, nvr.ErrInvalid):
			id, _ := street.ParseID(in.lost) // it was read before
			in.wrong = street.Faults{"lost": text.Fill(t.Invite.LostSeat, "name", look.As(wire.Key(id)).Name)}
			return ""
		case errors.Is(err, nvr.ErrExists):
			in.wrong = street.Faults{"lost": t.Invite.LostDone}
			return ""
		}
	}
	switch {
	case errors.Is(err, nvr.ErrTooMany):
		return t.Invite.Many
	case errors.Is(err, nvr.ErrForbidden):
		return t.Members.Stewards
	}
	return text.Fill(t.Invite.Missing, "detail", err.Error())
}

// draw draws words as a square code (ISO/IEC 18004), with as much correction
// as a screen needs that is photographed.
func draw(words string) (code, error) {
	c, err := qr.Encode(words, qr.L)
	if err != nil {
		return code{}, err
	}
	var path strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if x > from {
				path.WriteString("M" + strconv.Itoa(from+margin) + " " + strconv.Itoa(y+margin) + "h" + strconv.Itoa(x-from) + "v1h-" + strconv.Itoa(x-from) + "z")
			}
		}
	}
	size := strconv.Itoa(c.Size + 2*margin)
	return code{"0 0 " + size + " " + size, path.String()}, nil
}
