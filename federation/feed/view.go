package feed

import (
	"slices"

	"nvrd/federation/wire"
)

// Day is what was posted on one day (UTC).
type Day struct {
	Number uint32 // since 1970-01-01
	Posts  []Post // the newest first
}

// Post is a post with all that was said about it. There is no order but time,
// and no count but of reactions.
type Post struct {
	Said
	Comments []Said // on the post and on its comments, the oldest first
}

// Said is an entry on a page.
type Said struct {
	Item      *Item // its payload is nil if it is dead
	Dead      Death
	Labels    []Label
	Reactions []Reaction
}

// Reaction is one kind of reaction and who reacted so, by time; each once.
type Reaction struct {
	Is wire.ReactionIs
	By []wire.Key
}

// Label is a steward's judgement, and how it stands.
type Label struct {
	Item    *Item
	Label   wire.Label
	Stands  LabelState
	Appeals []Said // comments on the label, the oldest first
}

// LabelState is how it stands with a label.
type LabelState uint8

// The states.
const (
	LabelAgreed    LabelState = iota + 1 // a second steward gave the same: it stands
	LabelFresh                           // less than a day old: it stands without a second steward
	LabelAlone                           // by the only steward: it stands, and is marked so
	LabelLapsed                          // nobody agreed
	LabelTakenBack                       // by the steward who gave it
)

// Stands tells whether the label counts.
func (s LabelState) Stands() bool { return s <= LabelAlone }

// view is a look at a set at some minute. It changes nothing.
type view struct {
	*Set
	now wire.Minute
}

// Days returns the posts that are not expired by day, the newest first.
func (s *Set) Days(now wire.Minute) []Day {
	v := view{s, now}
	var days []Day
	for _, d := range slices.Backward(s.tree.days) {
		var posts []Post
		for _, r := range slices.Backward(s.posts(d.number)) {
			if r.Entry.Expires > now {
				posts = append(posts, v.post(r))
			}
		}
		if len(posts) > 0 {
			days = append(days, Day{d.number, posts})
		}
	}
	return days
}

func (v view) post(r *record) Post {
	return Post{Said: v.said(r), Comments: v.comments(r.ID)}
}

func (v view) said(r *record) Said {
	return Said{Item: r.Item, Dead: r.dead, Labels: v.labels(r.ID), Reactions: v.reactions(r.ID)}
}

// comments returns those on an entry, and those on them, however deep.
func (v view) comments(id wire.Hash) []Said {
	var found []*record
	for next := []wire.Hash{id}; len(next) > 0; next = next[1:] {
		for _, r := range v.about[next[0]] {
			if r.Entry.Says == wire.SaysComment && r.Entry.Expires > v.now {
				found = append(found, r)
				next = append(next, r.ID)
			}
		}
	}
	slices.SortFunc(found, func(a, b *record) int { return compare(a.Item, b.Item) })
	var said []Said
	for _, r := range found {
		said = append(said, v.said(r))
	}
	return said
}

// Reacted returns the living reactions of one kind that an author gave an entry.
// There may be several, of which a page shows one.
func (s *Set) Reacted(author wire.Key, on wire.Hash, is wire.ReactionIs) (ids []wire.Hash) {
	for _, r := range s.about[on] {
		if given, ok := r.Says.(wire.Reaction); ok && given.Is == is && r.Entry.Author == author { // the dead say nothing
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (v view) reactions(id wire.Hash) []Reaction {
	var found []*record
	for _, r := range v.about[id] {
		if r.Entry.Says == wire.SaysReaction && r.dead == Alive {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *record) int { return compare(a.Item, b.Item) })
	var all []Reaction
	for is := wire.ReactionThanks; is <= wire.ReactionHelpful; is++ {
		one := Reaction{Is: is}
		for _, r := range found {
			if r.Says.(wire.Reaction).Is == is && !slices.Contains(one.By, r.Entry.Author) {
				one.By = append(one.By, r.Entry.Author)
			}
		}
		if len(one.By) > 0 {
			all = append(all, one)
		}
	}
	return all
}

func (v view) labels(id wire.Hash) []Label {
	var found []*record
	for _, r := range v.about[id] {
		if r.Entry.Says == wire.SaysLabel {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *record) int { return compare(a.Item, b.Item) })
	var labels []Label
	for _, r := range found {
		labels = append(labels, Label{Item: r.Item, Label: r.Says.(wire.Label), Stands: v.stands(r, found), Appeals: v.comments(r.ID)})
	}
	return labels
}

// stands says how it stands with one of the labels of an entry.
func (v view) stands(r *record, all []*record) LabelState {
	agrees := func(other *record) bool {
		return other.Entry.Author != r.Entry.Author && other.label() == r.label() && !v.takenBack(other.Item)
	}
	switch {
	case v.takenBack(r.Item):
		return LabelTakenBack
	case slices.ContainsFunc(all, agrees):
		return LabelAgreed
	case v.roster.Stewards() == 1:
		return LabelAlone
	case int64(v.now) < int64(r.Entry.Minute)+int64(wire.Day):
		return LabelFresh
	}
	return LabelLapsed
}

// Room is what an author may still write today.
type Room struct {
	From                                            wire.Minute // entries must not be dated before: the admission
	Posts, Comments, Reactions, Labels, Retractions int
	Media                                           int64 // sealed bytes of photos and clips that others will fetch
	Clips                                           bool
}

// Room returns what budget an author has left on the day of now, and false for
// whoever is no member.
func (s *Set) Room(author wire.Key, now wire.Minute) (Room, bool) {
	standing, member := s.roster.Standing(author)
	if !member || standing.Left || now > standing.Until {
		return Room{}, false
	}
	from := max(now, standing.Since)
	left := func(says wire.Says) int {
		at, most := slotOf(wire.Entry{Author: author, Minute: from, Says: says}, standing)
		return most - len(s.slots[at])
	}
	r := Room{
		From: standing.Since, Posts: left(wire.SaysPost), Comments: left(wire.SaysComment), Reactions: left(wire.SaysReaction),
		Retractions: left(wire.SaysRetract), Media: MediaADay, Clips: !newcomer(from, standing),
	}
	if standing.Steward {
		r.Labels = left(wire.SaysLabel)
	}
	spent := map[wire.Key]int64{}
	for _, post := range s.posts(from.Day()) {
		for _, m := range post.media() {
			_ = fits(spent, post.Entry.Author, m.Full, MediaADay)
		}
	}
	r.Media -= spent[author]
	return r, true
}
