package agencies

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type model struct {
	frame   layout.Frame
	title   string
	tabs    []street.Tab
	action  string
	admit   string // where an agency is let in; empty for who is no steward
	sponsor string // where this home becomes a sponsor; empty for who may not decide that
	problem string
	vote    string // where stewards vote
	open    []decision
	all     []agency
}

// agency is one of the directory.
type agency struct {
	id, title     string
	state, tone   string
	facts         []street.Fact
	moved, reason string
	history       []decision
	suspend       component.Area // it has no ID where it can't be suspended
	opened        bool           // its form is
	fraud         string
	done          []street.Fact // what it published
}

// decision is what stewards decided, or may yet.
type decision struct {
	what, votes, reason string
	at                  string // with the year: agencies stay for long
}

// typed is what was typed to suspend an agency, and what is wrong with it.
type typed struct {
	what, reason string
	wrong        street.Faults
}

func newModel(f layout.Frame, look street.Look, in typed, manage bool) model {
	m := model{
		frame: f, title: look.Genesis().Title, tabs: street.TabsOf(look.Membership, "/stewards", f.T.Street.Pages),
		action: street.Href(look.Membership, "/agencies"), vote: street.Href(look.Membership, "/stewards"), problem: in.wrong[""],
	}
	if manage {
		m.sponsor = street.Href(look.Membership, "/sponsor")
	}
	steward := manage && look.Steward()
	if steward {
		m.admit = street.Href(look.Membership, "/agencies/new")
	}
	for _, act := range look.Proposals() {
		if len(membership.About(act.Says)) > 0 {
			m.open = append(m.open, proposed(look, act))
		}
	}
	for _, is := range look.Agencies() {
		m.all = append(m.all, newAgency(look, is, in, steward))
	}
	return m
}

func newAgency(look street.Look, is membership.Agency, in typed, steward bool) agency {
	t := look.T.Street.Agencies
	id := is.Key.String()
	a := agency{id: id, title: is.Title, state: t.May, tone: "sky", facts: look.AgencyFacts(is.Agency.Agency, is.Cells)}
	a.facts = append(a.facts, street.Fact{Name: t.Facts.Since, Value: dateOf(look, is.Since)})
	switch {
	case is.Heir != (wire.Key{}):
		a.state, a.tone = t.Moved, ""
		a.moved = text.Fill(t.MovedTo, "title", look.State().Agencies[is.Heir].Title, "words", identity.Fingerprint(is.Heir))
	case is.Fraud:
		a.state, a.tone, a.fraud = t.Fraud, "lamp", t.FraudT
	case is.Suspended:
		a.state, a.tone, a.reason = t.Suspended, "lamp", is.Reason
	}
	a.done = figures(t.Done, is.Figures)
	for i, act := range is.Acts {
		a.history = append(a.history, decided(look, is.Key, act, i == 0))
	}
	if steward && is.May() {
		a.suspend = component.Area{ID: "reason-" + id, Name: "reason", Label: t.Reason, Hint: t.ReasonT, Rows: "2", MaxLength: strconv.Itoa(wire.MaxContact)}
		if a.opened = in.what == id; a.opened {
			a.suspend.Value, a.suspend.Error = in.reason, in.wrong["reason"]
		}
	}
	return a
}

// figures puts into words what an agency published.
func figures(t text.StreetAgencyDone, f membership.Figures) []street.Fact {
	var all []street.Fact
	add := func(name, value string) { all = append(all, street.Fact{Name: name, Value: value}) }
	add(t.Requests, text.Fill(t.Asked, "n", strconv.Itoa(f.Requests), "open", strconv.Itoa(f.Open)))
	if f.Requests > 0 {
		add(t.Window, text.Fill(t.Hours, "h", strconv.Itoa(int(f.Window/60)), "m", strconv.Itoa(int(f.Window%60))))
		add(t.Area, text.Fill(t.Metres, "m", strconv.FormatFloat(math.Round(math.Sqrt(f.Area)), 'f', 0, 64)))
	}
	add(t.Bulletins, strconv.Itoa(f.Bulletins))
	add(t.Replies, strconv.Itoa(f.Replies))
	add(t.Lacking, strconv.Itoa(f.Lacking))
	return all
}

// decided says what an act did to the agency of a key; first is the act that let it in.
func decided(look street.Look, agency wire.Key, act membership.Act, first bool) decision {
	t := look.T.Street.Agencies
	d := decision{at: at(look, act), votes: text.Fill(look.T.Street.Stewards.VotedBy, "names", names(look, act.For))}
	did, title := "suspend", ""
	switch is := act.Says.(type) {
	case wire.AdmitAgency:
		title = is.Agency.Title
		switch {
		case is.Agency.Key != agency:
			did = "ended"
		case is.Succeeds != (wire.Key{}):
			did = "heir"
		case first:
			did = "admit"
		default:
			did = "again"
		}
	case wire.SuspendAgency:
		d.reason = is.Reason
	}
	d.what = text.Fill(t.Did[did], "title", title, "name", look.Who(act.By).Name)
	return d
}

func dateOf(look street.Look, m wire.Minute) string {
	return look.T.Calendar.WithYear(m.Time().In(look.Now.Location()))
}

func at(look street.Look, act membership.Act) string {
	c, local := look.T.Calendar, act.Minute().Time().In(look.Now.Location())
	return c.WithYear(local) + ", " + c.Clock(local)
}

// proposed says what stewards vote on.
func proposed(look street.Look, act membership.Act) decision {
	t := look.T.Street.Stewards
	d := decision{at: at(look, act), votes: text.Fill(t.Votes, "n", strconv.Itoa(len(act.For)), "need", strconv.Itoa(act.Need))}
	did, title := "agency", ""
	switch is := act.Says.(type) {
	case wire.AdmitAgency:
		title = is.Agency.Title
	case wire.SuspendAgency:
		did, title, d.reason = "suspend", look.State().Agencies[is.Agency].Title, is.Reason
	}
	d.what = text.Fill(t.Acts[did], "title", title, "name", look.Who(act.By).Name)
	return d
}

func names(look street.Look, authors []wire.Key) string {
	var all []string
	for _, who := range authors {
		all = append(all, look.Who(who).Name)
	}
	return strings.Join(all, ", ")
}

// form is the page on which a steward lets an agency in.
type form struct {
	frame        layout.Frame
	title        string
	action, back string
	steward      bool
	problem      string
	card         component.Area
	at, radius   component.Field
	seen         *seen // nil until there is a card
}

// seen is what a card says, to be decided on.
type seen struct {
	title, text, key string
	facts            []street.Fact
	proved           string // or known by other means; else empty
	unproved         string
	noDomain         bool
	anyway           bool
	renews           string
	grid             grid
	outside, wrong   string
	succeeds         component.Select // it has no options where there is no other agency
}

func newForm(f layout.Frame, look street.Look, in input) form {
	t := f.T.Street.Agencies.New
	m := form{
		frame: f, title: look.Genesis().Title, action: street.Href(look.Membership, "/agencies/new"), back: street.Href(look.Membership, "/agencies"),
		steward: look.Steward(), problem: in.wrong.Problem(t.Check),
		card:   component.Area{ID: "card", Name: "card", Label: t.Card, Hint: t.CardTip, Value: in.text, Error: in.wrong["card"], Rows: "5", MaxLength: strconv.Itoa(16 * wire.MaxObject)},
		at:     component.Field{ID: "at", Name: "at", Label: t.Place, Hint: t.PlaceTip, Value: in.at, Error: in.wrong["at"], Type: "text", Autocomplete: "off", MaxLength: "60"},
		radius: component.Field{ID: "radius", Name: "radius", Label: t.Radius, Hint: t.RadiusTip, Value: in.radius, Error: in.wrong["radius"], Type: "number", Autocomplete: "off", MaxLength: "6"},
	}
	if len(look.Cells()) > 0 || len(in.cells) > 0 {
		m.at.Hint = t.PlaceKept
	}
	if in.card.Body != nil && (len(in.cells) > 0 || in.wrong["cells"] != "") {
		m.seen = newSeen(look, in)
	}
	return m
}

func newSeen(look street.Look, in input) *seen {
	t, says := look.T.Street.Agencies.New, in.says()
	s := &seen{
		title: says.Title, text: in.text, key: says.Key.String(), facts: look.AgencyFacts(says, in.cells), unproved: in.unproved, noDomain: says.Domain == "", anyway: in.anyway,
		grid: newGrid(look, says, in), wrong: in.wrong["cells"],
	}
	switch {
	case in.proved:
		s.proved = text.Fill(t.Proved, "domain", says.Domain)
	case in.anyway && says.Domain != "":
		s.proved = text.Fill(t.NotAsked, "domain", says.Domain)
	}
	if len(in.cells) > 0 && s.grid.within == 0 {
		s.outside = t.Outside
	}
	if is, ok := look.State().Agencies[says.Key]; ok {
		s.renews = text.Fill(t.Renews, "title", is.Title)
		return s
	}
	options := []component.Option{{Label: t.NewOne}}
	for _, is := range look.Agencies() {
		if is.Heir == (wire.Key{}) {
			key := is.Key.String()
			options = append(options, component.Option{Value: key, Label: fmt.Sprintf("%s (%s)", is.Title, identity.Fingerprint(is.Key)), On: key == in.old})
		}
	}
	if len(options) > 1 {
		s.succeeds = component.Select{ID: "succeeds", Name: "succeeds", Label: t.Succeeds, Hint: t.SucceedsT, Error: in.wrong["succeeds"], Options: options}
	}
	return s
}
