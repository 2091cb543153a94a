package feed

import (
	"strings"
	"time"

	held "nvrd/federation/feed"
	"nvrd/federation/home"
	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type model struct {
	frame   layout.Frame
	title   string
	homes   string
	reach   string
	notice  string // why nothing is heard, or what is on its way
	write   string // address of the form; empty for who may not write
	manage  bool
	tabs    []street.Tab
	others  []street.Tab // this home's neighborhoods; empty if it is in one
	reports string       // what waits for a steward; empty for others
	room    string       // where that is
	days    []day
	digest  street.Digest
	hidden  bool // some posts are not shown
	asks    []ask
	goesOn  string // that this home goes on elsewhere; empty if it does not
	to      string // where
	anew    string // where the owner answers
	actions string
	quiet   string // where a home says what it does not want to see
}

// ask is what the owner is asked once: to go on where a neighbor does.
type ask struct {
	title, what string
	by, to      string // as the form holds them
}

// asksOf returns what the owner is asked.
func asksOf(v street.View, offers []membership.Offer) []ask {
	var all []ask
	for _, o := range offers {
		t, by := v.T.Street.Anew, v.Who(o.By).Name
		all = append(all, ask{
			title: text.Fill(t.Asks, "name", by), by: o.By.String(), to: o.Invite.Neighborhood.String(),
			what: text.Fill(t.Ask, "title", o.Invite.Title, "name", by, "own", v.Who(v.Author()).Name),
		})
	}
	return all
}

// day is what was said on one day of the viewer's.
type day struct {
	id, heading string
	date        *component.Instant // instead of the heading
	posts       []card
}

// card is a post in the feed.
type card struct {
	street.Said
	href     string
	comments string
	muted    bool
	mute     string
	block    string
	delivery string // how far a post of this home came; empty for others, and if that is not known
}

// days sorts posts by the days of the viewer.
func days(v street.View, all []held.Day) (days []day, hidden bool) {
	for _, one := range all {
		for _, p := range one.Posts {
			if !v.Shown(p.Said) {
				hidden = true
				continue
			}
			at := p.Item.Entry.Minute.Time().In(v.Now.Location())
			id := at.Format("2006-01-02")
			if len(days) == 0 || days[len(days)-1].id != id {
				days = append(days, newDay(id, at, v))
			}
			last := &days[len(days)-1]
			last.posts = append(last.posts, newCard(v, p))
		}
	}
	return days, hidden
}

func newDay(id string, at time.Time, v street.View) day {
	d := day{id: "day-" + id}
	switch t := v.T.Street.Feed; id {
	case v.Now.Format("2006-01-02"):
		d.heading = t.Today
	case v.Now.AddDate(0, 0, -1).Format("2006-01-02"):
		d.heading = t.Yesterday
	default:
		date := component.Date(nvr.TimeOf(at), v.Now.Location(), v.T.Calendar)
		d.date = &date
	}
	d.id = id
	return d
}

func newCard(v street.View, p held.Post) card {
	said, t := v.Said(p.Said), v.T.Street.Feed
	c := card{
		Said: said, href: street.Href(v.Membership, "/entries/"+said.ID),
		muted: v.Muted(p.Item.Entry.Author), mute: fill(t.Mute, said.Who), block: fill(t.Block, said.Who),
	}
	if c.muted {
		c.mute = fill(t.Unmute, said.Who)
	}
	if said.Own && said.Dead == "" {
		c.delivery = delivery(v, p.Item.ID)
	}
	c.comments = t.Comment
	if n := len(v.Comments(p.Comments)); n > 0 {
		c.comments = t.Comments.N(n)
	}
	return c
}

// delivery says how far a post of this home came, without who holds it or how many.
func delivery(v street.View, post wire.Hash) string {
	t := v.T.Street.Feed
	switch v.Delivery(post) {
	case home.Left:
		return t.Left
	case home.Spread:
		if others := len(v.In()) - 1; others < home.SpreadHomes {
			return t.SpreadAll
		}
		return t.Spread
	}
	return ""
}

func fill(phrase string, who street.Person) string {
	return strings.ReplaceAll(phrase, "{name}", who.Name)
}

// find returns a post by its id, or nvr.ErrNotFound.
func find(all []held.Day, id wire.Hash) (held.Post, error) {
	for _, d := range all {
		for _, p := range d.Posts {
			if p.Item.ID == id {
				return p, nil
			}
		}
	}
	return held.Post{}, nvr.ErrNotFound
}
