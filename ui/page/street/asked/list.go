package asked

import (
	"net/http"

	"nvrd/federation/choice"
	"nvrd/federation/membership"
	"nvrd/federation/request"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// mostPast is how many requests that are over are listed.
const mostPast = 20

type listModel struct {
	frame    layout.Frame
	title    string
	tabs     []street.Tab
	problem  string
	saved    bool
	open     []listed
	past     []listed
	hidden   string // how many are not shown; empty for none
	all      string // address that shows them, too
	news     []told
	owner    bool
	action   string
	coverage string
	ledger   string
	ask      string // where neighbors are asked; empty for who may not
	yours    []yours
	late     string // what may be kept no longer; empty for nothing
	answers  string
	outs     []out
	about    []out // of incidents
}

// listed is a request in the list.
type listed struct {
	Href, Title, Who, What string
	At                     street.Stamp
	State                  string // empty for one that is open
}

// told is a bulletin.
type told struct {
	Title, Text, From string
	At, Until         street.Stamp
	Mute              string // value of the form that mutes the agency
}

// out is something that may not be wanted.
type out struct {
	ID, Value, Label string
	On               bool
}

// Get lists what is asked.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.list(w, r, http.StatusOK, "")
}

func (p Page) list(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	look := v.Look
	t := look.T.Street.Asked
	f, err := p.Frame(r, t.Title)
	if err != nil {
		return err
	}
	outs, err := p.Choices.OptOuts(r.Context())
	if err != nil {
		return err
	}
	aside, err := p.Choices.Aside(r.Context())
	if err != nil {
		return err
	}
	here := street.Href(look.Membership, "/requests")
	m := listModel{
		frame: f, title: look.Genesis().Title, tabs: street.TabsOf(look.Membership, "/requests", look.T.Street.Pages), problem: problem, owner: owner(r),
		saved: r.URL.Query().Has("saved") && r.Method == http.MethodGet, action: here, all: here + "?all=1",
		coverage: street.Href(look.Membership, "/coverage"), ledger: street.Href(look.Membership, "/ledger"),
	}
	if street.May(r, auth.Tell) {
		m.ask = street.Href(look.Membership, "/ask")
	}
	if m.owner {
		if err := p.yours(r, look, &m); err != nil {
			return err
		}
	}
	hidden := 0
	for _, a := range p.Asked.Requests(look.Membership) {
		switch is := a.State(look.Membership.Now()); {
		case a.Elsewhere:
		case !r.URL.Query().Has("all") && (aside[a.ID] || !a.wanted(outs, v.Quiet)):
			hidden++
		case is == membership.StateOpen:
			m.open = append(m.open, listedOf(look, a, ""))
		case len(m.past) < mostPast:
			m.past = append(m.past, listedOf(look, a, t.States[is.String()]))
		}
	}
	if hidden > 0 {
		m.hidden = t.Hidden.N(hidden)
	}
	for _, b := range p.Asked.Bulletins(look.Membership) {
		if !outs.Bulletins(b.Agency.Key) {
			m.news = append(m.news, told{b.Title, b.Text, b.Agency.Title, street.StampOf(b.Head.Minute, look.Now, look.T.Calendar),
				street.StampOf(b.Expires, look.Now, look.T.Calendar), "news-" + b.Agency.Key.String()})
		}
	}
	for _, o := range switches(p.Asked.Agencies(look.Membership), t) {
		shown := out{"out-" + o.value, o.value, o.label, outs[o.is]}
		if o.is.Scope == choice.OfIncident {
			m.about = append(m.about, shown)
		} else {
			m.outs = append(m.outs, shown)
		}
	}
	return layout.Render(w, r, status, listView(m))
}

func listedOf(look street.Look, a Asked, state string) listed {
	t := look.T.Street.Asked
	return listed{href(look.Membership, a, ""), a.Title(), who(a, look.T.Street), what(a.Request.Incident, t), street.StampOf(a.Request.From, look.Now, look.T.Calendar), state}
}

// control is an opt out as the form has it.
type control struct {
	is           choice.OptOut
	value, label string
}

// switches returns all that can be opted out of.
func switches(agencies []wire.Agency, t text.StreetAsked) []control {
	all := []control{
		{choice.OptOut{Scope: choice.EveryRequest}, "all", t.OutAll},
		{choice.OptOut{Scope: choice.OfNeighbors}, "neighbors", t.OutHomes},
	}
	for _, a := range agencies {
		all = append(all,
			control{choice.OptOut{Scope: choice.OfAgency, Agency: a.Key}, "of-" + a.Key.String(), text.Fill(t.OutOf, "name", a.Title)},
			control{choice.OptOut{Scope: choice.Bulletins, Agency: a.Key}, "news-" + a.Key.String(), text.Fill(t.OutNews, "name", a.Title)})
	}
	for i := wire.IncidentMissing; i <= wire.IncidentHarassing; i++ {
		all = append(all, control{choice.OptOut{Scope: choice.OfIncident, Incident: i}, i.String(), t.Incidents[i.String()]})
	}
	return all
}

// Post writes down what is not wanted.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	t := p.Texts.For(r).Street.Asked
	outs, err := p.Choices.OptOuts(r.Context())
	if err != nil {
		return err
	}
	chosen := map[string]bool{}
	for _, value := range r.PostForm["out"] {
		chosen[value] = true
	}
	for _, c := range switches(p.Asked.Agencies(m), t) {
		switch r.PostFormValue("do") {
		case "mute": // besides those before
			outs[c.is] = outs[c.is] || chosen[c.value]
		default:
			outs[c.is] = chosen[c.value]
		}
	}
	if r.PostFormValue("do") == "reset" {
		err = p.Choices.Reset(r.Context())
	} else {
		err = p.Choices.SetOptOuts(r.Context(), outs)
	}
	if err != nil {
		return p.list(w, r, street.Status(err), t.NotStored)
	}
	http.Redirect(w, r, street.Href(m, "/requests?saved=1"), http.StatusSeeOther)
	return nil
}

// seen says how many homes saw a request.
func seen(a Asked, t text.StreetAsked) string {
	if a.Cosigners >= request.Enough {
		return t.Verified.N(a.Cosigners)
	}
	return t.SeenBy.N(a.Cosigners)
}
