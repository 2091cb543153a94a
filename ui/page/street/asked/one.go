package asked

import (
	"net/http"
	"net/url"
	"slices"

	"nvrd/federation/choice"
	"nvrd/federation/membership"
	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Bounds of what a page of a request shows.
const (
	mostSide  = 16 // squares of the picture
	mostSpans = 6  // of one camera
)

type oneModel struct {
	frame    layout.Frame
	back     string
	title    string // of who asks
	who      string
	what     string
	window   street.Period
	expires  street.Stamp
	squares  string
	outside  string // how many squares the picture lacks; empty for none
	picture  picture
	request  wire.Request
	seen     string
	state    string
	open     bool
	owner    bool
	problem  string
	aside    bool
	undrawn  bool // nothing is marked of what cameras see
	coverage string
	found    []having
	send     bool // an answer can be sent
	answer   string
	action   string
}

// having is a camera that has something.
type having struct {
	Camera string
	Spans  []part
	More   string // how many there are besides; empty for none
}

// part is a time that was recorded.
type part struct {
	street.Period
	Look, Choose string
}

// One shows the facts of a request, and whether this home has something.
func (p Page) One(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, "")
}

// Decide puts a request aside, or shows it again.
func (p Page) Decide(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	a, err := p.one(r, m)
	if err != nil {
		return err
	}
	aside := r.PostFormValue("do") == "aside"
	if err := p.Choices.PutAside(r.Context(), a.ID, aside); err != nil {
		return p.show(w, r, street.Status(err), p.Texts.For(r).Street.Asked.NotStored)
	}
	to := street.Href(m, "/requests")
	if !aside {
		to = href(m, a, "")
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	a, err := p.one(r, look.Membership)
	if err != nil {
		return err
	}
	t := look.T.Street.Asked
	f, err := p.Frame(r, text.Fill(t.One, "name", a.Title()))
	if err != nil {
		return err
	}
	stamp := func(m wire.Minute) street.Stamp { return street.StampOf(m, look.Now, look.T.Calendar) }
	is := a.State(look.Membership.Now())
	m := oneModel{
		frame: f, back: street.Href(look.Membership, "/requests"), title: a.Title(), who: who(a, look.T.Street), what: what(a.Request.Incident, t),
		window: look.Period(choice.Window(a.Request)), expires: stamp(a.Request.Expires), request: a.Request, state: t.States[is.String()], open: is == membership.StateOpen,
		owner: owner(r), problem: problem, coverage: street.Href(look.Membership, "/coverage"), send: p.Send != nil, answer: href(look.Membership, a, "/answer"), action: href(look.Membership, a, ""),
	}
	if a.From == "" {
		m.seen = seen(a, t)
	}
	coverage := choice.Coverage{}
	if m.owner {
		if coverage, err = p.found(r, look, a, &m); err != nil {
			return err
		}
	}
	m.draw(asks(a), coverage, t)
	return layout.Render(w, r, status, oneView(m))
}

// asks returns the cells that a request is about.
func asks(a Asked) []wire.Cell {
	if a.From != "" {
		return a.Cells
	}
	is, err := area.Check(a.Request.Area)
	if err != nil { // it does not keep the rules, and is not shown
		return nil
	}
	return is.Cells()
}

func (m *oneModel) draw(asked []wire.Cell, coverage choice.Coverage, t text.StreetAsked) {
	f := around(asked, 1, mostSide)
	if f == (frame{}) {
		return
	}
	var seen []wire.Cell
	for _, cells := range coverage {
		seen = append(seen, cells...)
	}
	out := 0
	for _, c := range asked {
		if _, _, in := f.Place(c); !in {
			out++
		}
	}
	if out > 0 {
		m.outside = t.Outside.N(out)
	}
	m.picture, m.squares = f.draw(asked, seen), f.sized(t.Squares.N(len(asked)))
}

// found fills in what only the owner sees.
func (p Page) found(r *http.Request, look street.Look, a Asked, m *oneModel) (choice.Coverage, error) {
	aside, err := p.Choices.Aside(r.Context())
	if err != nil {
		return nil, err
	}
	coverage, err := p.Choices.Coverage(r.Context())
	if err != nil {
		return nil, err
	}
	all, err := a.match(coverage, func(camera nvr.CameraID, span nvr.Span) ([]nvr.Span, error) {
		return p.Footage(r.Context(), camera, span)
	})
	if err != nil {
		return nil, err
	}
	names, err := p.names(r)
	if err != nil {
		return nil, err
	}
	m.aside, m.undrawn = aside[a.ID], len(coverage) == 0
	for _, found := range all {
		c, ok := names[found.Camera]
		if !ok {
			continue // it is gone with its footage
		}
		h := having{Camera: component.CameraName(c, look.T)}
		for _, s := range found.Spans[:min(len(found.Spans), mostSpans)] {
			h.Spans = append(h.Spans, partOf(look, a, found.Camera, s))
		}
		if more := len(found.Spans) - len(h.Spans); more > 0 {
			h.More = look.T.Street.Asked.More.N(more)
		}
		m.found = append(m.found, h)
	}
	return coverage, nil
}

func partOf(look street.Look, a Asked, camera nvr.CameraID, s nvr.Span) part {
	at := "/cameras/" + camera.String()
	choose := url.Values{"from": {s.From.String()}, "to": {s.To.String()}, "answer": {a.ID.String()}, "street": {street.Short(look.Membership)}}
	return part{look.Period(s), at + "?" + url.Values{"at": {s.From.String()}, "zoom": {"1h"}}.Encode(), at + "/share?" + choose.Encode()}
}

// legend says what the squares of a picture are, of those that it has.
func legend(p picture, t text.StreetAsked) (all [][2]string) {
	for _, l := range [][2]string{{"asked", t.IsAsked}, {"seen", t.IsSeen}, {"both", t.IsBoth}} {
		if slices.ContainsFunc(p.squares, func(d drawn) bool { return d.class == l[0] }) {
			all = append(all, l)
		}
	}
	return all
}
