package stewards

import (
	"slices"
	"strings"

	"nvrd/federation/feed"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type model struct {
	frame     layout.Frame
	title     string
	tabs      []street.Tab
	action    string
	problem   string
	reports   []reported
	warnings  []warning
	seats     []seat
	proposals []proposal
	labels    []judged
	log       []deed
	vote      bool // this home votes
	seatKey   string
	agencies  askers
	add       addForm
	drop      component.Select
	rules     street.Rules
	revoke    revokeForm
	open      string // which form is open
	anew      string // where the neighborhood is founded anew; empty for who may not
}

// askers is how many agencies may ask homes, and where they are listed.
type askers struct{ href, said string }

func askersOf(v street.View) askers {
	n := 0
	for _, is := range v.State().Agencies {
		if !is.Suspended {
			n++
		}
	}
	said := v.T.Street.Agencies.None
	if n > 0 {
		said = v.T.Street.Agencies.Here.N(n)
	}
	return askers{street.Href(v.Membership, "/agencies"), said}
}

// warning is something that stewards have to talk about.
type warning struct{ title, what string }

type seat struct {
	street.Person
	votes string // until when
}

type addForm struct {
	member component.Select
	seat   component.Field
}

type revokeForm struct{ member, cut component.Select }

// judged is a label with what it is on.
type judged struct {
	street.Label
	on, href string
}

// typed is what was typed, and what is wrong with it.
type typed struct {
	do, who, seat, cut string
	rules              street.RulesInput
	proved             map[string]string // what an agency's domain showed, by the act that lets it in
	wrong              street.Faults
}

func newModel(f layout.Frame, v street.View, in typed, manage bool) model {
	t, b := f.T.Street.Stewards, open(v.Look)
	m := model{
		frame: f, title: v.Genesis().Title, tabs: street.TabsOf(v.Membership, "/stewards", f.T.Street.Pages), action: street.Href(v.Membership, "/stewards"),
		problem: in.wrong[""], warnings: warnings(b), seats: seats(v), proposals: b.proposals(in.proved), labels: labels(v), log: b.log(),
		vote: manage && v.Steward(), open: in.do, agencies: askersOf(v),
	}
	if manage {
		m.seatKey, m.anew = v.Seat().String(), street.Href(v.Membership, "/anew")
	}
	if !m.vote {
		return m
	}
	m.add = addForm{
		member: component.Select{ID: "add-who", Name: "who", Label: t.Member, Options: people(v.In(), in.who)},
		seat:   component.Field{ID: "add-seat", Name: "seat", Label: t.Seat, Hint: t.SeatTip, Value: in.seat, Error: in.wrong["seat"], Type: "text", Autocomplete: "off", MaxLength: "80"},
	}
	m.drop = component.Select{ID: "drop-who", Name: "who", Label: t.Member, Options: people(holders(m.seats), in.who)}
	var others []street.Person
	for _, who := range v.In() {
		if !who.Steward {
			others = append(others, who)
		}
	}
	m.revoke = revokeForm{
		member: component.Select{ID: "revoke-who", Name: "who", Label: t.Member, Options: people(others, in.who)},
		cut:    component.Select{ID: "revoke-cut", Name: "cut", Label: t.Cut, Hint: t.CutTip, Options: cutOptions(t, in.cut)},
	}
	if in.do != "policy" {
		in.rules = street.RulesOf(v.State().Policy)
	}
	m.rules = in.rules.Rules(f.T.Street.Found, in.wrong)
	return m
}

func people(all []street.Person, on string) []component.Option {
	var options []component.Option
	for _, p := range all {
		options = append(options, component.Option{Value: p.Key, Label: p.Name + " (" + p.Words + ")", On: p.Key == on})
	}
	return options
}

func holders(seats []seat) []street.Person {
	var all []street.Person
	for _, s := range seats {
		all = append(all, s.Person)
	}
	return all
}

func seats(v street.View) []seat {
	var all []seat
	for _, s := range v.State().Seats {
		votes := v.T.Street.Stewards.Lapsed
		if until := s.Renewed + roster.Lapse; until > wire.MinuteOf(v.Now) {
			votes = v.T.Street.Stewards.Renew.N(street.DaysLeft(until, v.Now))
		}
		all = append(all, seat{v.Who(s.Who), votes})
	}
	slices.SortFunc(all, func(a, b seat) int { return strings.Compare(a.Name+a.Key, b.Name+b.Key) })
	return all
}

func warnings(b book) []warning {
	t := b.look.T.Street.Stewards
	var all []warning
	if len(b.state.Splits) > 0 {
		all = append(all, warning{t.Split, t.SplitTip})
	}
	for _, d := range b.state.Doubles {
		all = append(all, warning{what: text.Fill(t.Double, "name", b.holder(d.Seat).Name)})
	}
	for _, seat := range b.state.Forked {
		all = append(all, warning{what: text.Fill(t.Forked, "name", b.holder(seat).Name)})
	}
	return all
}

// labels returns all that were given to what is still there.
func labels(v street.View) []judged {
	var all []judged
	add := func(s feed.Said, post feed.Post) {
		for _, l := range v.Said(s).Labels {
			all = append(all, judged{l, text.Fill(v.T.Street.Stewards.OnPostBy, "name", v.Who(s.Item.Entry.Author).Name), street.Href(v.Membership, "/entries/"+post.Item.ID.String())})
		}
	}
	for _, d := range v.Days() {
		for _, p := range d.Posts {
			add(p.Said, p)
			for _, c := range p.Comments {
				add(c, p)
			}
		}
	}
	return all
}

// cuts are until when what a home wrote may stay, as forms name it: for so many
// minutes before now, or not at all.
var cuts = []struct {
	name   string
	before wire.Minute
}{{"now", 0}, {"day", wire.Day}, {"week", 7 * wire.Day}, {"nothing", 0}}

func cutOptions(t text.StreetStewards, on string) []component.Option {
	var all []component.Option
	for _, c := range cuts {
		all = append(all, component.Option{Value: c.name, Label: t.Cuts[c.name], On: c.name == on})
	}
	return all
}
