package street

import (
	"time"

	"nvrd/federation/feed"
	"nvrd/federation/membership"
	"nvrd/ui/text"
)

// Newcomer is what a home has to know before it chooses what to say, while it is
// new in a neighborhood.
type Newcomer struct {
	before, after string
	ends          Stamp
}

// NewcomerOf returns nil for a home that is new there no longer, or not let in yet.
func NewcomerOf(m *membership.Membership, now time.Time, t *text.Catalogue) *Newcomer {
	room, in := m.Room()
	if !in || room.Clips {
		return nil
	}
	return &Newcomer{
		before: t.Street.Write.NewUntil, after: text.Fill(t.Street.Write.NewRule, "title", m.Genesis().Title),
		ends: StampOf(room.From+feed.NewcomerTime, now, t.Calendar),
	}
}
