package street

import (
	"nvrd/federation/membership"
	"nvrd/ui/text"
)

// TabsOf returns the pages of a neighborhood; here is the one that is shown.
func TabsOf(m *membership.Membership, here string, t text.StreetPages) []Tab {
	var tabs []Tab
	for _, p := range []struct{ path, label string }{{"", t.Feed}, {"/members", t.Members}, {"/stewards", t.Stewards}, {"/mine", t.Mine}} {
		tabs = append(tabs, Tab{Href: Href(m, p.path), Label: p.label, Here: p.path == here})
	}
	return tabs
}

// Connection says in plain words who can be reached.
func (b Base) Connection(m *membership.Membership, t text.StreetFeed) string {
	direct, relayed := b.Service.Links(m)
	if direct+relayed == 0 {
		return t.Alone
	}
	said := t.Reach.N(direct + relayed)
	if relayed > 0 {
		said += ", " + t.Relayed.N(relayed)
	}
	return said + "."
}
