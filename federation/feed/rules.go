package feed

import "nvrd/federation/wire"

// The rules of when entries count, each with its reason.
const (
	// Ahead is how far from now an entry may be dated: two homes whose clocks are
	// 5 minutes off, each the other way.
	Ahead = wire.Minute(10)
	// NewcomerTime is how long a member is a newcomer: who came to make trouble is known by then.
	NewcomerTime = 2 * wire.Day
	// KeepDays is how many days are held, today's among them: 90 after the last minute of a day all of it has expired.
	KeepDays = 91
)

// The budgets of an author, each with its reason.
const (
	PostsADay       = 5   // a person has no more to tell a street
	NewcomerPosts   = 1   // a day, and no clips
	CommentsADay    = 60  // a lively talk
	ReactionsADay   = 100 // more than there are posts
	LabelsADay      = 60  // a bad day of one steward
	RetractionsADay = 400 // all that may be written on a day, and some of the days before

	// MediaADay is how many sealed bytes of photos and clips of an author are fetched; thumbnails come on top.
	MediaADay = 64 << 20
)

// Outcome is what became of an entry that was offered. All but Added and Known
// say why it was ignored.
type Outcome uint8

// The outcomes.
const (
	Added          Outcome = iota + 1
	Known                  // held already
	Foreign                // of another neighborhood
	NotMember              // its author was not one at its minute, or left
	NotSteward             // a label of somebody without a seat
	Revoked                // later than the cut of the author's revocation
	Future                 // dated more than Ahead from now
	Gone                   // its day is over for all
	OverBudget             // the author's entries of that day and class fill the budget, and all come before it
	PayloadMissing         // it came without, and is not dead here
)

func (o Outcome) String() string {
	return [...]string{"none", "added", "known", "foreign", "not a member", "not a steward", "revoked", "from the future", "gone", "over budget", "payload missing"}[o]
}

// admit judges an entry by itself: by its author, and by the time.
func (s *Set) admit(i *Item) (Standing, Outcome) {
	e := i.Entry
	standing, member := s.roster.Standing(e.Author)
	switch {
	case e.Neighborhood != s.neighborhood:
		return standing, Foreign
	case !member || standing.Left || e.Minute < standing.Since:
		return standing, NotMember
	case e.Minute > standing.Until:
		return standing, Revoked
	case e.Says == wire.SaysLabel && !standing.Steward:
		return standing, NotSteward
	case int64(e.Minute) > int64(s.now)+int64(Ahead):
		return standing, Future
	case e.Minute.Day() < s.first():
		return standing, Gone
	}
	return standing, Added
}

// slot is what a budget counts: what one author wrote of one class on one day,
// by its own claim.
type slot struct {
	author wire.Key
	day    uint32
	says   wire.Says
	early  bool // a newcomer's
}

// slotOf returns where an entry counts, and how many have room there.
func slotOf(e wire.Entry, by Standing) (slot, int) {
	early := e.Says == wire.SaysPost && newcomer(e.Minute, by)
	most := [...]int{
		wire.SaysPost:     PostsADay,
		wire.SaysComment:  CommentsADay,
		wire.SaysReaction: ReactionsADay,
		wire.SaysRetract:  RetractionsADay,
		wire.SaysLabel:    LabelsADay,
	}[e.Says]
	if early {
		most = NewcomerPosts
	}
	return slot{e.Author, e.Minute.Day(), e.Says, early}, most
}

func newcomer(m wire.Minute, by Standing) bool {
	return int64(m) < int64(by.Since)+int64(NewcomerTime)
}

// first is the oldest day that is kept.
func (s *Set) first() uint32 { return max(s.now.Day(), KeepDays-1) - (KeepDays - 1) }

// last is the newest day of which there can be anything.
func (s *Set) last() uint32 { return s.now.Day() + 1 }
