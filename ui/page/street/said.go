package street

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"nvrd/federation/feed"
	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// Said is a post or a comment on a page.
type Said struct {
	ID     string
	Anchor string // of its place on the page
	Who    Person
	At     Stamp
	Gone   string // in how many days it is gone
	Dead   string // why there is nothing of it; empty if there is
	Folded string // why it is folded away; empty if it is not
	Own    bool   // this home said it, and may take it back: not what it said with keys that it lost
	Text   string
	Labels []Label

	Reactions []Reaction

	Report   string // where it is reported; empty for what can't be, or was and is not given up
	Reported string // how it stands with this home's report of it; empty if there is none

	Post *Post // what only posts have; nil for a comment, and if it is dead
}

// Post is what only posts have.
type Post struct {
	Category, Person, Place string
	When                    *Stamp
	Media                   []Media
	Asks                    *Asks    // nil for one that does not ask whose camera saw something
	Opened                  []string // that an agency can read it, for each
	Replies                 []Reply
}

// Asks is that a post asks whose camera saw something.
type Asks struct{ Text, Href, Label string }

// Reply is what an agency answered in its public record to a post that was opened to it.
type Reply struct {
	Who  string
	Text string
	At   Stamp
}

// Label is a steward's judgement of what was said.
type Label struct {
	ID, Name, Reason, Stands string
	Counts                   bool
	Mine                     bool
	Who                      Person
	Appeals                  []Said
}

// Anchor names the place of an entry on a page.
func Anchor(entry wire.Hash) string { return "e-" + entry.String()[:shortName] }

// View looks at what was said as this home does.
type View struct {
	Look
	Quiet    store.Quiet
	reported map[wire.Hash]membership.Reported // nil for who may not report
	logs     func() []membership.Log           // of all agencies, read once
	manage   bool                              // who asks may read what was answered
}

// View looks as [Base.Look] does, and at what was said as this home sees it.
func (b Base) View(r *http.Request) (View, error) {
	m, err := b.Of(r)
	if err != nil {
		return View{}, err
	}
	return b.viewOf(r, m)
}

func (b Base) viewOf(r *http.Request, m *membership.Membership) (View, error) {
	look, err := b.lookAt(r, m)
	if err != nil {
		return View{}, err
	}
	v := View{Look: look, logs: sync.OnceValue(m.Logs), manage: May(r, auth.Manage)}
	if v.Quiet, err = look.Membership.Quiet(); err == nil && May(r, auth.Tell) {
		v.reported, err = look.Membership.Reported()
	}
	return v, err
}

// Shown tells whether this home wants to see something of that author at all.
func (v View) Shown(s feed.Said) bool {
	return v.Quiet[s.Item.ID] != store.Hidden && v.Quiet[s.Item.Entry.Author] != store.Blocked
}

// Said returns a post or a comment as pages show it.
func (v View) Said(s feed.Said) Said {
	e, t := s.Item.Entry, v.T.Street
	said := Said{
		ID: s.Item.ID.String(), Anchor: Anchor(s.Item.ID), Who: v.Who(e.Author), At: StampOf(e.Minute, v.Now, v.T.Calendar),
		Gone: t.Feed.Gone.N(DaysLeft(e.Expires, v.Now)), Dead: death(s.Dead, t.Feed),
		Own: e.Author == v.Author(),
	}
	if said.Dead != "" {
		return said
	}
	switch is := s.Item.Says.(type) {
	case wire.Post:
		said.Text, said.Post = is.Happened, v.post(s.Item.ID, is)
		if is.Asks() {
			said.Post.Asks = v.asks(s.Item.ID, is, said.Own)
		}
	case wire.Comment:
		said.Text = is.Text
	}
	said.Reactions = v.Reactions(s.Reactions)
	for _, l := range s.Labels {
		label := v.label(l)
		said.Labels = append(said.Labels, label)
		if label.Counts && l.Label.Is != wire.LabelOffTopic && l.Label.Is != wire.LabelWrong {
			said.Folded = label.Name
		}
	}
	if v.Quiet[e.Author] == store.Muted {
		said.Folded = text.Fill(t.Feed.Muted, "name", said.Who.Name)
	}
	if v.reported != nil && !said.Who.Self {
		said.Report, said.Reported = v.report(s.Item.ID)
	}
	return said
}

// report returns where an entry of another home is reported, and how it stands
// with this home's report; either may be empty.
func (v View) report(entry wire.Hash) (address, stands string) {
	is, reported := v.reported[entry]
	t := v.T.Street.Report
	var said []string
	if is.Taken > 0 {
		said = append(said, t.Taken.N(is.Taken))
	}
	if is.Taken < is.Stewards && !is.Over {
		said = append(said, t.Waiting.N(DaysLeft(is.Until, v.Now)))
	}
	if len(said) > 0 {
		return "", strings.Join(said, " ")
	}
	if reported {
		stands = t.GaveUp
	}
	return Href(v.Membership, "/entries/"+entry.String()+"/report"), stands
}

func (v View) post(id wire.Hash, p wire.Post) *Post {
	post := &Post{Category: v.T.Street.Categories[CategoryNames[p.Category]], Person: p.Person, Place: p.Place, Media: v.media(id, p.Media)}
	if p.When > 0 {
		at := StampOf(p.When, v.Now, v.T.Calendar)
		post.When = &at
	}
	if len(p.Opened) > 0 {
		post.Opened, post.Replies = v.opened(id, p)
	}
	return post
}

// asks says what a post asks, and leads to whether this home has something; who asked
// is led to what was answered.
func (v View) asks(id wire.Hash, p wire.Post, own bool) *Asks {
	t := v.T.Street.Feed
	is := v.Period(Minutes(p.From, p.To))
	to := is.To.Human
	if is.LastDay != "" {
		to = is.LastDay + ", " + to
	}
	asks := Asks{text.Fill(t.Asks, "from", is.Day+", "+is.From.Human, "to", to), Href(v.Membership, "/requests/"+id.String()), t.AsksLook}
	if own {
		asks.Href, asks.Label = "", ""
		if v.manage {
			asks.Href, asks.Label = Href(v.Membership, "/answers#q-"+id.String()[:shortName]), t.AsksOwn
		}
	}
	return &asks
}

// opened says which agencies can read a post, and what these answered: another one
// has nothing to say to it.
func (v View) opened(id wire.Hash, p wire.Post) (who []string, replies []Reply) {
	t := v.T.Street.Feed
	for _, l := range v.logs() {
		if !slices.Contains(p.Opened, l.Key) {
			continue
		}
		who = append(who, text.Fill(t.Opened, "name", l.Title))
		for _, r := range l.Replies()[id] {
			replies = append(replies, Reply{text.Fill(t.Replied, "name", l.Title), r.Text, StampOf(r.Head.Minute, v.Now, v.T.Calendar)})
		}
	}
	return who, replies
}

// Comments returns those that this home wants to see.
func (v View) Comments(all []feed.Said) []Said {
	var shown []Said
	for _, c := range all {
		if v.Shown(c) {
			shown = append(shown, v.Said(c))
		}
	}
	return shown
}

func (v View) label(l feed.Label) Label {
	t := v.T.Street
	return Label{
		ID: l.Item.ID.String(), Name: t.Labels[LabelNames[l.Label.Is]].Name, Reason: l.Label.Reason, Counts: l.Stands.Stands(),
		Stands: stands(l.Stands, t.Feed), Who: v.Who(l.Item.Entry.Author), Mine: l.Item.Entry.Author == v.Author() && l.Stands != feed.LabelTakenBack,
		Appeals: v.Comments(l.Appeals),
	}
}

func stands(s feed.LabelState, t text.StreetFeed) string {
	return map[feed.LabelState]string{
		feed.LabelAgreed: t.Agreed, feed.LabelFresh: t.Fresh, feed.LabelAlone: t.Single, feed.LabelLapsed: t.Lapsed, feed.LabelTakenBack: t.Withdrawn,
	}[s]
}

func death(d feed.Death, t text.StreetFeed) string {
	switch d {
	case feed.Alive:
		return ""
	case feed.TakenBack:
		return t.Retracted
	case feed.Destroyed:
		return t.Destroyed
	}
	return t.Ended
}

// CategoryNames are those of the catalogue and of forms.
var CategoryNames = map[wire.Category]string{
	wire.CategoryLostFound: "lost_found", wire.CategoryHazard: "hazard", wire.CategoryRoad: "road", wire.CategoryPackage: "package",
	wire.CategoryVehicle: "vehicle", wire.CategoryFire: "fire", wire.CategoryOutage: "outage", wire.CategoryThanks: "thanks",
	wire.CategoryQuestion: "question", wire.CategoryEvent: "event",
}

// LabelNames are those of the catalogue and of forms.
var LabelNames = map[wire.LabelIs]string{
	wire.LabelOffTopic: "off_topic", wire.LabelProfiling: "profiling", wire.LabelUnkind: "unkind", wire.LabelWrong: "wrong", wire.LabelUnlawful: "unlawful",
}

// ReactionNames are those of the catalogue and of forms.
var ReactionNames = map[wire.ReactionIs]string{
	wire.ReactionThanks: "thanks", wire.ReactionSeen: "seen", wire.ReactionHelpful: "helpful",
}

// Reaction is a button that says a word of thanks, or takes it back if this home
// said it.
type Reaction struct {
	Value, Icon, Label, Count, By string
	Mine                          bool
}

// Does is the name of the button in its form.
func (r Reaction) Does() string {
	if r.Mine {
		return "undo"
	}
	return "do"
}

// Reactions returns one button for each kind, with who reacted so.
func (v View) Reactions(given []feed.Reaction) []Reaction {
	var all []Reaction
	for _, is := range []wire.ReactionIs{wire.ReactionThanks, wire.ReactionSeen, wire.ReactionHelpful} {
		name := ReactionNames[is]
		r := Reaction{Value: name, Icon: map[string]string{"thanks": "thanks", "seen": "seen", "helpful": "help"}[name], Label: v.T.Street.Reactions[name]}
		var by []string
		for _, g := range given {
			if g.Is != is {
				continue
			}
			for _, who := range g.By {
				if v.Quiet[who] != store.Blocked {
					by = append(by, v.Who(who).Name)
					r.Mine = r.Mine || who == v.Author()
				}
			}
		}
		if len(by) > 0 {
			r.Count, r.By = strconv.Itoa(len(by)), text.Fill(v.T.Street.Feed.Reacted, "names", strings.Join(by, ", "))
		}
		all = append(all, r)
	}
	return all
}

// Named returns the number that a name of one of the maps here stands for; 0 for none.
func Named[K ~uint8](names map[K]string, name string) K {
	for k, n := range names {
		if n == name {
			return k
		}
	}
	return 0
}

// Options returns the names of one of the maps here as things to choose, in the
// order of their numbers.
func Options[K ~uint8](names map[K]string, on string, label func(name string) string) []component.Option {
	var all []component.Option
	for k := K(1); int(k) <= len(names); k++ {
		all = append(all, component.Option{Value: names[k], Label: label(names[k]), On: names[k] == on})
	}
	return all
}

// LabelOptions returns the labels as things to choose.
func LabelOptions(on string, t text.Street) []component.Option {
	return Options(LabelNames, on, func(n string) string { return t.Labels[n].Name + ": " + t.Labels[n].What })
}

// Muted tells whether this home folds away what an author says.
func (v View) Muted(author wire.Key) bool { return v.Quiet[author] == store.Muted }
