package mine

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"nvrd/federation/blob/exchange"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// mostMegabytes is the largest cap: more than a day of a fast line.
const mostMegabytes = 1_000_000

// capsModel is the form of how much of photos and clips may go on a day.
type capsModel struct {
	action     string
	down, up   component.Field
	thumbnails bool
}

// capsInput is what was typed.
type capsInput struct {
	down, up   string
	thumbnails bool
}

// Limit says how much of photos and clips may go from now on.
func (p Page) Limit(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	t := look.T.Street
	in := capsInput{strings.TrimSpace(r.PostFormValue("down")), strings.TrimSpace(r.PostFormValue("up")), r.PostFormValue("thumbnails") != ""}
	caps, wrong := in.caps(t.Mine.Caps)
	if len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, typed{caps: &in, wrong: wrong})
	}
	if err := p.Service.Limit(look.Membership, caps); err != nil {
		wrong[""] = street.Why(err, t.Refused)
		return p.show(w, r, street.Status(err), typed{caps: &in, wrong: wrong})
	}
	http.Redirect(w, r, street.Href(look.Membership, "/mine?limited=1#caps"), http.StatusSeeOther)
	return nil
}

func (in capsInput) caps(t text.StreetCaps) (exchange.Caps, street.Faults) {
	wrong := street.Faults{}
	bytes := func(field, typed string) int64 {
		n, err := strconv.ParseUint(typed, 10, 32)
		if err != nil || n > mostMegabytes {
			wrong[field] = text.Fill(t.Bad, "most", strconv.Itoa(mostMegabytes))
		}
		return int64(n) * 1_000_000
	}
	return exchange.Caps{Down: bytes("down", in.down), Up: bytes("up", in.up), ThumbnailsOnly: in.thumbnails}, wrong
}

// capsOf returns the form as it was typed, or as it stands.
func (p Page) capsOf(v street.View, in typed, t text.StreetCaps) (*capsModel, error) {
	is, err := p.Service.Caps(v.Membership)
	if errors.Is(err, nvr.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	show := capsInput{megabytes(is.Down), megabytes(is.Up), is.ThumbnailsOnly}
	if in.caps != nil {
		show = *in.caps
	}
	field := func(name, label, value string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Value: value, Error: in.wrong[name], Type: "text", Autocomplete: "off", MaxLength: "7"}
	}
	return &capsModel{
		action: street.Href(v.Membership, "/mine/caps"), down: field("down", t.Down, show.down), up: field("up", t.Up, show.up), thumbnails: show.thumbnails,
	}, nil
}
