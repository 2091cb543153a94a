package stewards

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// deed is one thing that was signed, in words.
type deed struct {
	id     string
	what   string
	state  string // whether it counts; empty for what needs no consent
	good   bool   // it counts
	at     street.Stamp
	annul  bool   // it can be undone by an act
	domain string // that an agency names, to be let in
	minute wire.Minute
	facts  []street.Fact // what a policy, or an agency, says
}

// book is all that was signed, by what it is named.
type book struct {
	look    street.Look
	state   *roster.State
	objects []wire.Signed
	holders map[wire.Key]wire.Key // of all seats that there ever were
}

func open(look street.Look) book {
	b := book{look: look, state: look.State(), objects: look.Objects(), holders: map[wire.Key]wire.Key{}}
	hold := func(seat wire.Key) {
		if who, ok := b.state.Holder(seat); ok { // what was only proposed makes nobody a steward
			b.holders[seat] = who
		}
	}
	for _, o := range b.objects {
		switch is := o.Body.(type) {
		case wire.Genesis:
			hold(is.Seat)
		case wire.AddSteward:
			hold(is.Seat)
		}
	}
	return b
}

// holder returns who holds a seat, or held it.
func (b book) holder(seat wire.Key) street.Person { return b.look.Who(b.holders[seat]) }

// log tells all that was signed, the newest first; of one minute, what rests on
// another before it.
func (b book) log() []deed {
	var all []deed
	for _, o := range slices.Backward(b.objects) {
		if d, ok := b.deed(o); ok {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(x, y deed) int { return cmp.Compare(y.minute, x.minute) })
	return all
}

// deed puts an object into words. Cards say nothing that is not on the page of
// neighbors, and that its founder is in goes without saying.
func (b book) deed(o wire.Signed) (deed, bool) {
	t := b.look.T.Street.Stewards
	d := deed{id: o.ID.String()}
	say := func(phrase string, by wire.Key, pairs ...string) {
		d.what = text.Fill(t.Acts[phrase], append(pairs, "name", b.holder(by).Name)...)
	}
	name := func(author wire.Key) string { return b.look.As(author).Name }
	switch is := o.Body.(type) {
	case wire.Genesis:
		d.minute = is.Minute
		phrase := "genesis"
		if is.Succeeds != (wire.Hash{}) {
			phrase = "genesis_anew"
		}
		say(phrase, is.Seat, "title", is.Title)
	case wire.Anew:
		d.minute = is.Minute
		d.what = text.Fill(t.Acts["anew"], "who", name(is.Author), "title", is.To().Title)
	case wire.AddSteward:
		say("add", is.Head.Seat, "who", name(is.Who))
	case wire.DropSteward:
		say("drop", is.Head.Seat, "who", b.holder(is.Seat).Name)
	case wire.SetPolicy:
		say("policy", is.Head.Seat)
		d.facts = rulesOf(is.Policy, b.look.T.Street.Found)
	case wire.AdmitAgency:
		say("agency", is.Head.Seat, "title", is.Agency.Title)
		d.facts = b.look.AgencyFacts(is.Agency, is.Cells)
		d.domain = is.Agency.Domain
	case wire.SuspendAgency:
		say("suspend", is.Head.Seat, "title", b.state.Agencies[is.Agency].Title)
		d.facts = []street.Fact{{Name: b.look.T.Street.Agencies.Why, Value: is.Reason}}
	case wire.Annul:
		say("annul", is.Head.Seat)
	case wire.Admit:
		if b.holders[is.Head.Seat] == is.Card.Author {
			return d, false
		}
		d.annul = true
		if is.Succeeds == (wire.Key{}) {
			say("admit", is.Head.Seat, "who", is.Card.Name)
		} else {
			say("admit_anew", is.Head.Seat, "who", is.Card.Name, "was", name(is.Succeeds))
		}
	case wire.Revoke:
		d.annul = true
		say("revoke", is.Head.Seat, "who", name(is.Who))
		if slices.Contains(b.state.Revoking, o.ID) {
			d.state = t.Waits
		}
	case wire.Leave:
		d.minute = is.Minute
		d.what = text.Fill(t.Acts["leave"], "who", name(is.Author))
	default:
		return d, false
	}
	if is, ok := o.Body.(wire.Act); ok {
		d.minute = is.Act().Minute
		d.state, d.good = b.counts(o.ID)
	}
	if is, ok := o.Body.(wire.Deed); ok {
		d.minute = is.Deed().Minute
	}
	d.at = street.StampOf(d.minute, b.look.Now, b.look.T.Calendar)
	return d, true
}

func (b book) counts(act wire.Hash) (said string, good bool) {
	t := b.look.T.Street.Stewards
	switch {
	case slices.Contains(b.state.Charter, act):
		return t.Counts, true
	case slices.ContainsFunc(b.state.Proposed, func(p roster.Proposal) bool { return p.Act == act }):
		return t.Open, false
	}
	return t.NotCount, false
}

// rulesOf puts a policy into words.
func rulesOf(p wire.Policy, t text.StreetFound) []street.Fact {
	invites := t.ByMembers.Name
	if p.Invites == wire.InvitesByStewards {
		invites = t.ByStewards.Name
	}
	return []street.Fact{
		{Name: t.Invites, Value: invites}, {Name: t.Places, Value: strings.Join(p.Places, ", ")},
		{Name: t.Days, Value: strconv.Itoa(int(p.ExpireDays))}, {Name: t.Contact, Value: p.Contact},
	}
}

// proposal is an act on which stewards vote.
type proposal struct {
	deed
	votes, agree, missing string
	proved                string // what the agency's domain just showed
	voted                 bool
}

func (b book) proposals(proved map[string]string) []proposal {
	t := b.look.T.Street.Stewards
	var all []proposal
	for _, p := range b.state.Proposed {
		i := slices.IndexFunc(b.objects, func(o wire.Signed) bool { return o.ID == p.Act })
		if i < 0 {
			continue
		}
		d, _ := b.deed(b.objects[i])
		var voted, missing []string
		for seat, is := range b.state.Seats {
			if slices.Contains(p.Votes, seat) {
				voted = append(voted, b.look.Who(is.Who).Name)
			} else {
				missing = append(missing, b.look.Who(is.Who).Name)
			}
		}
		slices.Sort(voted)
		slices.Sort(missing)
		one := proposal{
			deed: d, votes: text.Fill(t.Votes, "n", strconv.Itoa(len(p.Votes)), "need", strconv.Itoa(p.Need)),
			agree: text.Fill(t.VotedBy, "names", strings.Join(voted, ", ")),
		}
		one.proved = proved[one.id]
		if len(missing) > 0 {
			one.missing = text.Fill(t.Missing, "names", strings.Join(missing, ", "))
		}
		own, ok := b.state.SeatOf(b.look.Author())
		one.voted = ok && slices.Contains(p.Votes, own)
		all = append(all, one)
	}
	return all
}
