package write

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"nvrd/federation/wire"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/share"
	"nvrd/ui/text"
)

// input is what was typed.
type input struct {
	happened, person, category, place, when, days, draft string
	opened                                               []string // keys of agencies
	nudged                                               bool     // it was asked to think once more
}

func readInput(r *http.Request) input {
	get := r.PostFormValue
	return input{
		happened: wire.Tidy(get("happened"), true), person: wire.Tidy(get("person"), true), category: get("category"), place: get("place"),
		when: strings.TrimSpace(get("when")), days: strings.TrimSpace(get("days")), nudged: get("nudged") != "", draft: get("draft"),
		opened: r.PostForm["opened"],
	}
}

// post returns what was typed as a post, for how many days, and what is wrong.
func (in input) post(look street.Look) (p wire.Post, days int, wrong street.Faults) {
	t := look.T.Street
	wrong = street.Faults{}
	p = wire.Post{Category: street.Named(street.CategoryNames, in.category), Happened: in.happened, Person: in.person, Place: in.place}
	street.CheckLength(wrong, "happened", in.happened, wire.MaxText, t.Entry.NoText, t.Entry.LongText)
	street.CheckLength(wrong, "person", in.person, wire.MaxText, "", t.Entry.LongText)
	if p.Category == 0 {
		wrong["category"] = t.Write.NoCategory
	}
	if in.place != "" && !slices.Contains(look.State().Policy.Places, in.place) {
		wrong["place"] = t.Write.NoPlaceThere
	}
	if in.when != "" {
		typed, err := component.ParseLocal(in.when, look.Now.Location())
		at := typed.Std()
		if err != nil || wire.MinuteOf(at) == 0 {
			wrong["when"] = t.Write.BadTime
		}
		p.When = wire.MinuteOf(at)
	}
	if in.days != "" {
		var ok bool
		if days, ok = street.Days(in.days, wire.MaxExpireDays); !ok {
			wrong["days"] = t.Found.BadDays
		}
	}
	var fault string
	if p.Opened, fault = in.agencies(look); fault != "" {
		wrong["opened"] = fault
	}
	return p, days, wrong
}

// agencies returns those that a post is opened to, as posts hold them, or what is wrong.
func (in input) agencies(look street.Look) (keys []wire.Key, fault string) {
	t := look.T.Street.Write
	may := map[string]wire.Key{}
	for _, a := range look.Agencies() {
		if a.May() {
			may[a.Key.String()] = a.Key
		}
	}
	for _, s := range in.opened {
		key, ok := may[s]
		if !ok {
			return nil, t.NoAgency
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b wire.Key) int { return wire.Compare(wire.Hash(a), wire.Hash(b)) })
	if keys = slices.Compact(keys); len(keys) > wire.MaxSponsored {
		return nil, text.Fill(t.ManyOpen, "n", strconv.Itoa(wire.MaxSponsored))
	}
	return keys, ""
}

type model struct {
	frame    layout.Frame
	lead     string
	preview  *share.Preview // nil for words alone
	action   string
	cancel   string
	problem  string
	think    string // what to think over; empty for nothing
	nudged   bool
	submit   string
	room     string
	newcomer *street.Newcomer
	happened component.Area
	person   component.Area
	open     bool // the description of a person
	category component.Select
	place    *component.Select // nil if there are none
	when     component.Field
	days     component.Field
	agencies []agency // that it can be opened to
	opened   string   // what is wrong with that
	asks     string   // where it is asked whose camera saw something
}

// agency is one that a post can be opened to.
type agency struct {
	ID, Key, Title, Class string
	On                    bool
}

func newModel(f layout.Frame, look street.Look, in input, wrong street.Faults, think string) model {
	t := f.T.Street.Write
	policy := look.State().Policy
	m := model{
		frame: f, lead: text.Fill(t.Lead, "title", look.Genesis().Title), action: street.Href(look.Membership, "/new"), cancel: street.Href(look.Membership, ""),
		problem: wrong.Problem(t.Check), think: think, nudged: in.nudged, submit: t.Submit, room: room(look, t),
		newcomer: street.NewcomerOf(look.Membership, look.Now, f.T),
		open:     in.person != "",
	}
	if in.nudged {
		m.submit = t.Anyway
	}
	area := func(name, label, hint, value, rows string) component.Area {
		return component.Area{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name], Rows: rows, MaxLength: strconv.Itoa(wire.MaxText)}
	}
	m.happened = area("happened", t.Happened, t.HappenedHint, in.happened, "4")
	m.happened.Required = true
	m.person = area("person", t.Person, t.PersonHint, in.person, "2")
	m.category = component.Select{ID: "category", Name: "category", Label: t.Category, Error: wrong["category"], Options: append(
		[]component.Option{{Label: t.Choose, On: in.category == ""}},
		street.Options(street.CategoryNames, in.category, func(n string) string { return f.T.Street.Categories[n] })...)}
	if len(policy.Places) > 0 {
		s := component.Select{ID: "place", Name: "place", Label: t.Place, Hint: t.PlaceHint, Error: wrong["place"], Options: []component.Option{{Label: t.NoPlace, On: in.place == ""}}}
		for _, p := range policy.Places {
			s.Options = append(s.Options, component.Option{Value: p, Label: p, On: p == in.place})
		}
		m.place = &s
	}
	field := func(name, label, hint, value, kind string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: wrong[name], Type: kind, Autocomplete: "off", MaxLength: "32"}
	}
	m.when = field("when", t.When, t.WhenHint, in.when, "datetime-local")
	if in.days == "" {
		in.days = strconv.Itoa(int(policy.ExpireDays))
	}
	m.days = field("days", t.Days, t.DaysHint, in.days, "number")
	m.opened, m.asks = wrong["opened"], street.Href(look.Membership, "/ask")
	for _, a := range look.Agencies() {
		if key := a.Key.String(); a.May() {
			m.agencies = append(m.agencies, agency{"opened-" + key[:16], key, a.Title, f.T.Street.Agencies.Classes[a.Class.String()], slices.Contains(in.opened, key)})
		}
	}
	return m
}

// room says how many posts are left for today.
func room(look street.Look, t text.StreetWrite) string {
	left, ok := look.Room()
	switch {
	case !ok:
		return look.T.Street.Feed.Arriving
	case left.Posts == 0:
		return t.NoneLeft
	}
	return t.Left.N(left.Posts)
}

// opens tells whether it is opened to an agency.
func (m model) opens() bool {
	return slices.ContainsFunc(m.agencies, func(a agency) bool { return a.On })
}
