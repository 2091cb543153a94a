package street

import (
	"net/http"
	"strconv"
	"time"

	"nvrd/federation/feed"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/ui/text"
)

// Fresh is how long a fire or an outage stands out.
const Fresh = 12 * time.Hour

// Digest is what came lately in one line: all of it follows from what this home
// holds and from the time, and nothing from what was read.
type Digest struct {
	Title  string // of the neighborhood; empty where it is clear
	Total  string // how much came since yesterday; empty for nothing
	Counts []Came
	Urgent []Urgent // fires and outages that are fresh, the newest first
}

// Came is what came of one category, with a link to the newest of it.
type Came struct{ Href, Label string }

// Urgent is a post that should not wait for the list.
type Urgent struct {
	Href, Category, Text string
	Who                  Person
	At                   Stamp
}

// Empty tells whether there is nothing to show.
func (d Digest) Empty() bool { return d.Total == "" && len(d.Urgent) == 0 }

// Digest says what others posted since yesterday began, and what is urgent. What
// this home mutes, hides or folds away is in neither.
func (v View) Digest(days []feed.Day) Digest {
	var d Digest
	y, m, day := v.Now.Date()
	since := time.Date(y, m, day-1, 0, 0, 0, 0, v.Now.Location())
	total, count, newest := 0, map[wire.Category]int{}, map[wire.Category]string{}
	for _, one := range days {
		for _, p := range one.Posts {
			says, ok := p.Item.Says.(wire.Post)
			if !ok || !v.Shown(p.Said) {
				continue
			}
			said, at := v.Said(p.Said), p.Item.Entry.Minute.Time()
			if said.Dead != "" || said.Folded != "" {
				continue
			}
			if (says.Category == wire.CategoryFire || says.Category == wire.CategoryOutage) && v.Now.Sub(at) < Fresh {
				d.Urgent = append(d.Urgent, Urgent{Href(v.Membership, "/entries/"+said.ID), said.Post.Category, said.Text, said.Who, said.At})
			}
			if said.Who.Self || at.Before(since) {
				continue
			}
			if total, count[says.Category] = total+1, count[says.Category]+1; newest[says.Category] == "" {
				newest[says.Category] = Href(v.Membership, "") + "#" + said.Anchor
			}
		}
	}
	if total > 0 {
		d.Total = v.T.Street.Feed.Since.N(total)
	}
	for c := wire.CategoryLostFound; int(c) <= len(CategoryNames); c++ {
		if n := count[c]; n > 0 {
			d.Counts = append(d.Counts, Came{newest[c], text.Fill(v.T.Street.Feed.Came, "n", strconv.Itoa(n), "category", v.T.Street.Categories[CategoryNames[c]])})
		}
	}
	return d
}

// Digests returns those of all neighborhoods of this home that have something to
// tell; none for who may not read them.
func (b Base) Digests(r *http.Request) ([]Digest, error) {
	all := b.Service.All()
	if all == nil || !May(r, auth.Review) {
		return nil, nil
	}
	var digests []Digest
	for _, m := range all.In() {
		if all.Successor(m) != nil {
			continue
		}
		v, err := b.viewOf(r, m)
		if err != nil {
			return nil, err
		}
		if d := v.Digest(v.Days()); !d.Empty() {
			d.Title = m.Genesis().Title
			digests = append(digests, d)
		}
	}
	return digests, nil
}
