package street

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"nvrd/federation/identity"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/ui/text"
)

// People tells who neighbors are.
type People struct {
	state *roster.State
	self  wire.Key
	t     text.StreetPeople
	twins map[wire.Key]bool
	heirs map[wire.Key]wire.Key // who is known to be whom, since keys were lost
}

// Person is a neighbor on a page.
type Person struct {
	Author  wire.Key
	Key     string // the same, as forms hold it
	Name    string
	Face    string // the beginning of the name
	Words   string // the fingerprint
	By      string // who let them in, as a phrase; empty if that is not known
	Self    bool
	Steward bool
	Out     bool
	Left    bool // of their own will
	Twin    bool // somebody else's name looks the same
	Since   wire.Minute
	Was     string // the name of keys that they lost; empty if they lost none
}

// PeopleOf returns who is who by a roster, as self sees it.
func PeopleOf(s *roster.State, self wire.Key, t text.StreetPeople) People {
	names := map[wire.Key]string{}
	for author, m := range s.Members {
		if m.Card != nil && !m.Out {
			names[author] = m.Card.Name
		}
	}
	return People{s, self, t, twins(names), s.Heirs()}
}

// Who returns the person with an author key, also with one that they lost: as
// whom they are known now.
func (p People) Who(author wire.Key) Person {
	if heir, ok := p.heirs[author]; ok {
		author = heir
	}
	return p.As(author)
}

// As returns a person as they were known with an author key.
func (p People) As(author wire.Key) Person {
	who := Person{Author: author, Key: author.String(), Name: p.t.Nobody, Face: "?", Words: identity.Fingerprint(author), Self: author == p.self, Twin: p.twins[author]}
	m := p.state.Members[author]
	if m == nil || m.Card == nil {
		return who
	}
	who.Name, who.Face, who.Out, who.Left, who.Since = m.Card.Name, face(m.Card.Name), m.Out, m.Left, m.Since
	_, who.Steward = p.state.SeatOf(author)
	if lost := p.state.Members[m.Succeeds]; lost != nil && p.heirs[m.Succeeds] == author {
		who.Was = lost.Card.Name
	}
	if seat, ok := p.state.Seats[m.By]; ok {
		who.By = p.broughtBy(author, seat.Who)
	}
	return who
}

// broughtBy says who let somebody in.
func (p People) broughtBy(author, by wire.Key) string {
	if author == by {
		return p.t.Founder
	}
	if m := p.state.Members[by]; m != nil && m.Card != nil {
		return text.Fill(p.t.InvitedBy, "name", m.Card.Name)
	}
	return ""
}

// In returns the members, in the order in which they came.
func (p People) In() []Person { return p.members(func(m *roster.Member) bool { return !m.Out }) }

// Gone returns who was a member, in the order in which they came: not those who
// are in with other keys.
func (p People) Gone() []Person { return p.members(func(m *roster.Member) bool { return m.Out }) }

func (p People) members(are func(*roster.Member) bool) []Person {
	var all []Person
	for author, m := range p.state.Members {
		if _, lost := p.heirs[author]; are(m) && !lost {
			all = append(all, p.As(author))
		}
	}
	slices.SortFunc(all, func(a, b Person) int {
		if a.Since != b.Since {
			return int(int64(a.Since) - int64(b.Since))
		}
		return strings.Compare(a.Key, b.Key)
	})
	return all
}

func face(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.So, r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}

// twins returns who has a name that looks like somebody else's.
func twins(names map[wire.Key]string) map[wire.Key]bool {
	by := map[string][]wire.Key{}
	for author, name := range names {
		s := skeleton(name)
		by[s] = append(by[s], author)
	}
	all := map[wire.Key]bool{}
	for _, alike := range by {
		for _, author := range alike {
			all[author] = len(alike) > 1
		}
	}
	return all
}

// likeness maps characters to what they are easily taken for, in the spirit of
// Unicode's confusables (UTS 39), for the scripts in which names are faked.
var likeness = strings.NewReplacer(
	"0", "o", "1", "l", "i", "l", "|", "l", "3", "e", "5", "s", "8", "b", "rn", "m", "vv", "w", "$", "s", "@", "a",
	"а", "a", "в", "b", "е", "e", "к", "k", "м", "m", "н", "h", "о", "o", "р", "p", "с", "c", "т", "t", "у", "y", "х", "x", "і", "l", "ј", "j", "ѕ", "s", "ԁ", "d", "һ", "h",
	"α", "a", "β", "b", "ε", "e", "η", "n", "ι", "l", "κ", "k", "μ", "m", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", "χ", "x", "ı", "l", "ɑ", "a", "ɡ", "g", "ø", "o", "ł", "l", "đ", "d",
)

// skeleton is the same for names that look alike.
func skeleton(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.So, r) || strings.ContainsRune("|$@", r) {
			b.WriteRune(r)
		}
	}
	return likeness.Replace(b.String())
}
