package members

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"rsc.io/qr"

	"nvrd/federation/membership"
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
	made    *made
}

// made is an invite, shown once.
type made struct {
	text  component.Area
	until street.Stamp
	code  code
}

// code is a square code as a path of squares of one unit.
type code struct{ box, path string }

// margin is the quiet zone that ISO/IEC 18004 asks for around a code.
const margin = 4

// Form asks for how long an invite may be used.
func (p Page) Form(w http.ResponseWriter, r *http.Request) error {
	return p.showInvite(w, r, http.StatusOK, "7", "", nil)
}

// Make makes an invite and shows it. It is not kept: to see one again is to make
// another.
func (p Page) Make(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	typed := r.PostFormValue("days")
	days, ok := street.Days(typed, longest)
	if !ok {
		return p.showInvite(w, r, http.StatusUnprocessableEntity, typed, p.Texts.For(r).Street.Invite.BadDays, nil)
	}
	return p.showInvite(w, r, http.StatusOK, strconv.Itoa(days), "", m)
}

// showInvite shows the form, or the invite if of is not nil.
func (p Page) showInvite(w http.ResponseWriter, r *http.Request, status int, days, wrong string, of *membership.Membership) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	t := look.T.Street.Invite
	f, err := p.Frame(r, t.Title)
	if err != nil {
		return err
	}
	m := inviteModel{
		frame: f, title: look.Genesis().Title, action: street.Href(look.Membership, "/invite"), back: street.Href(look.Membership, "/members"),
		days: component.Field{ID: "days", Name: "days", Label: t.Days, Hint: t.Hint, Value: days, Error: wrong, Type: "number", Autocomplete: "off", MaxLength: "2"},
	}
	if of != nil {
		n, _ := street.Days(days, longest)
		if m.made, err = p.make(look, n); err != nil {
			m.problem, status = why(err, look.T.Street), street.Status(err)
		}
	}
	return layout.Render(w, r, status, invite(m))
}

func (p Page) make(look street.Look, days int) (*made, error) {
	v, err := p.Service.Invite(look.Membership, days)
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
		until: street.StampOf(v.Expires, look.Now, look.T.Calendar), code: c,
		text: component.Area{ID: "invite", Name: "invite", Label: t.Text, Hint: t.TextTip, Value: words, Rows: "6", ReadOnly: true},
	}, nil
}

// why says why there is no invite.
func why(err error, t text.Street) string {
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
