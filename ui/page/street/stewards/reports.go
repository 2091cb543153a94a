package stewards

import (
	"strconv"

	"nvrd/federation/feed"
	"nvrd/federation/wire"
	"nvrd/ui/component"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// reported is an entry that homes reported.
type reported struct {
	id     string
	said   street.Said
	about  string // who wrote it
	href   string // the page of its post; empty, as about, for what is over
	homes  string // how many
	told   []told
	judge  string // where it is labelled; empty for what is dead
	label  component.Select
	reason component.Area
}

// told is what one home says of it.
type told struct {
	street.Person
	reason, words string
	at            street.Stamp
}

// reports returns what waits for this steward, by entry; that which waits
// longest comes first.
func reports(v street.View) ([]reported, error) {
	open, err := v.Reports()
	if err != nil {
		return nil, err
	}
	entries := map[wire.Hash]entry{}
	for p, s := range v.Spoken {
		entries[s.Item.ID] = entry{s, p.Item.ID}
	}
	var all []reported
	at := map[wire.Hash]int{}
	for _, r := range open {
		i, ok := at[r.On]
		if !ok {
			i = len(all)
			at[r.On] = i
			if e, there := entries[r.On]; there {
				all = append(all, newReported(v, e, street.LabelNames[r.Reason]))
			} else {
				all = append(all, ended(v, r.On))
			}
		}
		all[i].told = append(all[i].told, newTold(v, r))
	}
	for i := range all {
		all[i].homes = v.T.Street.Report.Homes.N(len(all[i].told))
	}
	return all, nil
}

// entry is what was said, and the post on whose page it stands.
type entry struct {
	feed.Said
	post wire.Hash
}

func newTold(v street.View, r wire.Report) told {
	t := v.T.Street
	one := told{Person: v.Who(r.Reporter), reason: t.Labels[street.LabelNames[r.Reason]].Name, words: r.Words, at: street.StampOf(r.Minute, v.Now, v.T.Calendar)}
	if r.Reason == 0 {
		one.reason = t.Report.Other.Name
	}
	return one
}

// ended is an entry that is over: there is nothing to judge.
func ended(v street.View, id wire.Hash) reported {
	return reported{id: id.String(), said: street.Said{Anchor: "e-" + id.String(), Dead: v.T.Street.Feed.Ended}}
}

func newReported(v street.View, e entry, label string) reported {
	t, said := v.T.Street, v.Said(e.Said)
	r := reported{
		id: said.ID, said: said, about: text.Fill(t.Report.About, "name", said.Who.Name),
		href: street.Href(v.Membership, "/entries/"+e.post.String()),
	}
	if said.Dead != "" {
		return r
	}
	r.judge = r.href + "/label"
	r.label = component.Select{ID: "label-" + said.Anchor, Name: "label", Label: t.Entry.Label, Options: street.LabelOptions(label, t)}
	r.reason = component.Area{ID: "reason-" + said.Anchor, Name: "reason", Label: t.Entry.Reason, Hint: t.Entry.JudgeTip, Rows: "2", MaxLength: strconv.Itoa(wire.MaxText)}
	return r
}
