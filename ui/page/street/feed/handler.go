// Package feed is what neighbors say, by day and without any order but time, and
// the page of one post with all that was said about it.
package feed

import (
	"net/http"
	"strings"

	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Page serves /street/{street} and what lies below its entries.
type Page struct{ street.Base }

// Get shows what is new.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	t := v.T.Street
	title := v.Genesis().Title
	f, err := p.Frame(r, title)
	if err != nil {
		return err
	}
	m := model{
		frame: f, title: title, homes: t.Feed.Homes.N(len(v.In())), reach: p.Connection(v.Membership, t.Feed),
		manage: street.May(r, auth.Manage), tabs: street.TabsOf(v.Membership, "", t.Pages),
		actions: street.Href(v.Membership, "/entries/"), quiet: street.Href(v.Membership, "/quiet"),
	}
	if street.May(r, auth.Tell) {
		m.write = street.Href(v.Membership, "/new")
	}
	switch {
	case v.Behind() != nil:
		m.notice = t.Feed.Behind
	case v.State().Member(v.Author()) == nil:
		m.notice = t.Feed.Arriving
	}
	if m.manage {
		open, err := v.Reports()
		if err != nil {
			return err
		}
		if len(open) > 0 {
			m.reports, m.room = t.Report.Open.N(len(open)), street.Href(v.Membership, "/stewards")+"#reports"
		}
	}
	if err := p.anew(v, &m); err != nil {
		return err
	}
	if all := p.Service.All().In(); len(all) > 1 {
		for _, one := range all {
			label := one.Genesis().Title
			if p.Service.All().Successor(one) != nil {
				label = text.Fill(t.Pages.Earlier, "title", label)
			}
			m.others = append(m.others, street.Tab{Href: street.Href(one, ""), Label: label, Here: one == v.Membership})
		}
	}
	held := v.Days()
	m.days, m.hidden = days(v, held)
	m.digest = v.Digest(held)
	return layout.Render(w, r, http.StatusOK, view(m))
}

// anew says that this home goes on elsewhere, or asks whether it does.
func (p Page) anew(v street.View, m *model) error {
	all := p.Service.All()
	if to := all.Successor(v.Membership); to != nil {
		m.goesOn, m.to = text.Fill(v.T.Street.Anew.GoesOn, "title", to.Genesis().Title), street.Href(to, "")
		m.write = "" // neighbors who went on don't read it here
		return nil
	}
	if !m.manage {
		return nil
	}
	offers, err := all.Offers(v.Membership)
	m.asks, m.anew = asksOf(v, offers), street.Href(v.Membership, "/anew")
	return err
}

// Quiet hides an entry, mutes or blocks an author, or undoes that, as the form
// says. It is written down at home, and nobody is told.
func (p Page) Quiet(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Of(r)
	if err != nil {
		return err
	}
	what, err := street.ParseID(r.PostFormValue("what"))
	if err != nil {
		return err
	}
	how, ok := map[string]store.Quieted{"hide": store.Hidden, "mute": store.Muted, "block": store.Blocked, "show": 0}[r.PostFormValue("do")]
	if !ok || wire.Key(what) == m.Author() {
		return nvr.ErrInvalid
	}
	if err := m.Hush(what, how); err != nil {
		return err
	}
	to := ""
	if r.PostFormValue("back") == "members" {
		to = "/members"
	}
	http.Redirect(w, r, street.Href(m, to), http.StatusSeeOther)
	return nil
}

// back is where somebody came from who did something to an entry.
func back(look street.Look, entry wire.Hash, r *http.Request) string {
	id := entry.String()
	switch r.PostFormValue("back") {
	case "feed":
		return street.Href(look.Membership, "") + "#e-" + id[:16]
	case "mine":
		return street.Href(look.Membership, "/mine")
	case "stewards":
		return street.Href(look.Membership, "/stewards")
	}
	return street.Href(look.Membership, "/entries/"+strings.ToLower(id))
}
