package agency

import (
	"cmp"
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"time"

	"nvrd/federation/sponsor"
	"nvrd/federation/wire"
)

// maxPosts is the length of a sponsor's list of posts in bytes: 500 long ones.
const maxPosts = 4 << 20

// Post is what a neighbor wrote and opened to the agency. Who it was is not told.
type Post struct {
	ID       wire.Hash
	Minute   time.Time
	Category wire.Category
	Happened string
	Person   string
	Place    string
	When     time.Time // zero if it does not say
}

// Posts returns what neighbors opened to the agency, as its sponsors show it, the
// newest first.
func (a *Agency) Posts(ctx context.Context) (all []Post, visits []Visit, err error) {
	seen := map[wire.Hash]bool{}
	visits, err = a.visit(ctx, func(ctx context.Context, g gateway) error {
		b, err := g.ask(ctx, http.MethodGet, "/v1/posts", nil, maxPosts)
		if err != nil {
			return err
		}
		var list struct {
			Posts []sponsor.Opened `json:"posts"`
		}
		if err := parse(b, &list); err != nil {
			return err
		}
		for _, p := range list.Posts {
			id, err := hex.DecodeString(p.ID)
			minute, wrong := time.Parse(time.RFC3339, p.Minute)
			if err != nil || len(id) != len(wire.Hash{}) || wrong != nil {
				return errAnswer
			}
			when, _ := time.Parse(time.RFC3339, p.When) // zero if it does not say
			if !seen[wire.Hash(id)] {
				seen[wire.Hash(id)] = true
				all = append(all, Post{wire.Hash(id), minute, wire.Category(p.Category), p.Happened, p.Person, p.Place, when})
			}
		}
		return nil
	})
	slices.SortFunc(all, func(a, b Post) int { return cmp.Or(b.Minute.Compare(a.Minute), wire.Compare(a.ID, b.ID)) })
	return all, visits, err
}

// Reply answers a post that was opened to the agency, for all to read. Errors are those
// of [Agency.Ask].
func (a *Agency) Reply(ctx context.Context, on wire.Hash, text string) (wire.Signed, error) {
	return a.publish(ctx, nil, func(h wire.AgencyHead) wire.Body { return wire.Reply{Head: h, On: on, Text: text} })
}
