package street

import (
	"strconv"
	"strings"

	"nvrd/federation/membership"
	"nvrd/ui/text"
)

// TabsOf returns the pages of a neighborhood; here is the one that is shown.
func TabsOf(m *membership.Membership, here string, t text.StreetPages) []Tab {
	var tabs []Tab
	for _, p := range []struct{ path, label string }{{"", t.Feed}, {"/members", t.Members}, {"/requests", t.Requests}, {"/stewards", t.Stewards}, {"/mine", t.Mine}} {
		tabs = append(tabs, Tab{Href: Href(m, p.path), Label: p.label, Here: p.path == here})
	}
	return tabs
}

// Connection says in plain words who can be reached.
func (b Base) Connection(m *membership.Membership, t text.StreetFeed) string {
	direct, relayed := b.Service.Links(m)
	said := t.Alone
	if direct+relayed > 0 {
		said = t.Reach.N(direct + relayed)
		if name := b.through(m); name != "" && relayed > 0 {
			said += ", " + text.Fill(t.Through.N(relayed), "name", name)
		} else if relayed > 0 {
			said += ", " + t.Relayed.N(relayed)
		}
		said += "."
	}
	if port, shut := b.Service.Shut(m); shut {
		said += " " + t.Shut
		if port > 0 {
			said += " " + strings.NewReplacer("{port}", strconv.Itoa(int(port)), "{next}", strconv.Itoa(int(port)+1)).Replace(t.Forward)
		}
	}
	return said
}

// through returns the name of the home through which all links go that are not
// direct; it is empty if there are several, or none is known. The name keeps to
// itself in which direction it is read.
func (b Base) through(m *membership.Membership) string {
	nodes := b.Service.Through(m)
	if len(nodes) != 1 {
		return ""
	}
	s := m.State()
	author, ok := s.AuthorOf(nodes[0])
	if is := s.Member(author); ok && is != nil {
		return "\u2068" + is.Card.Name + "\u2069"
	}
	return ""
}
