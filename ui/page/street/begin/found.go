package begin

import (
	"errors"
	"net/http"
	"strconv"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
)

type foundModel struct {
	frame   layout.Frame
	problem string
	title   component.Field
	own     component.Field
	rules   street.Rules
}

// founding is what was typed.
type founding struct {
	title, own string
	rules      street.RulesInput
}

// FoundForm shows the form that begins a neighborhood.
func (p *Page) FoundForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.on(); err != nil {
		return err
	}
	return p.showFound(w, r, http.StatusOK, founding{rules: street.RulesInput{Invites: "members", Days: "30"}}, nil)
}

// Found begins a neighborhood.
func (p *Page) Found(w http.ResponseWriter, r *http.Request) error {
	all, err := p.on()
	if err != nil {
		return err
	}
	in := founding{wire.Tidy(r.PostFormValue("title"), false), wire.Tidy(r.PostFormValue("own"), false), street.ReadRules(r)}
	t := p.T(r).Found
	policy, wrong := in.rules.Policy(t)
	street.CheckLength(wrong, "title", in.title, wire.MaxTitle, t.NoName, t.Long)
	street.CheckLength(wrong, "own", in.own, wire.MaxName, t.NoName, t.Long)
	if len(wrong) > 0 {
		return p.showFound(w, r, http.StatusUnprocessableEntity, in, wrong)
	}
	m, err := all.Found(in.title, in.own, policy)
	if errors.Is(err, nvr.ErrInvalid) {
		return p.showFound(w, r, http.StatusUnprocessableEntity, in, street.Faults{"": street.Why(err, p.T(r).Refused)})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, street.Href(m, ""), http.StatusSeeOther)
	return nil
}

func (p *Page) showFound(w http.ResponseWriter, r *http.Request, status int, in founding, wrong street.Faults) error {
	f, err := p.Frame(r, p.T(r).Found.Title)
	if err != nil {
		return err
	}
	t := f.T.Street.Found
	m := foundModel{
		frame: f, problem: wrong.Problem(t.Check), rules: in.rules.Rules(t, wrong),
		title: component.Field{ID: "title", Name: "title", Label: t.Name, Hint: t.NameHint, Value: in.title, Error: wrong["title"], Type: "text", Autocomplete: "off", Required: true, MaxLength: strconv.Itoa(wire.MaxTitle)},
		own:   component.Field{ID: "own", Name: "own", Label: t.Own, Hint: t.OwnHint, Value: in.own, Error: wrong["own"], Type: "text", Autocomplete: "off", Required: true, MaxLength: strconv.Itoa(wire.MaxName)},
	}
	return layout.Render(w, r, status, found(m))
}
