package feed

import (
	"crypto/sha256"
	"slices"

	"nvrd/federation/wire"
)

// Wanted is one sealed file that a home fetches.
type Wanted struct {
	Item      *Item // the post that names it
	Blob      wire.Blob
	Thumbnail bool
}

// Fetch returns which media of a day every home of the neighborhood fetches:
// all thumbnails, in the order of their posts, then photos and clips, of each
// author the first [MediaADay], of all authors mediaMiB (the policy's) chosen by
// hash. It follows from the set alone, not from who looks at what: so fetching
// tells nobody what is read, and whoever has a post has the same files of it to
// give. A home that takes thumbnails only leaves out the rest.
//
// Days count from 1970-01-01. A newcomer's clips are not fetched.
func (s *Set) Fetch(day uint32, mediaMiB int) []Wanted {
	var thumbnails, full []Wanted
	spent := map[wire.Key]int64{}
	for _, r := range s.posts(day) {
		standing, _ := s.roster.Standing(r.Entry.Author)
		for _, m := range r.media() {
			if m.Type == wire.MediaClip && newcomer(r.Entry.Minute, standing) {
				continue
			}
			thumbnails = append(thumbnails, Wanted{r.Item, m.Thumbnail, true})
			if fits(spent, r.Entry.Author, m.Full, MediaADay) {
				full = append(full, Wanted{r.Item, m.Full, false})
			}
		}
	}
	slices.SortStableFunc(full, func(a, b Wanted) int { return wire.Compare(lot(a), lot(b)) })
	all := map[wire.Key]int64{}
	full = slices.DeleteFunc(full, func(w Wanted) bool { return !fits(all, wire.Key{}, w.Blob, int64(mediaMiB)<<20) })
	return append(thumbnails, full...)
}

// fits counts a file for an author, unless it goes beyond the most.
func fits(spent map[wire.Key]int64, author wire.Key, b wire.Blob, most int64) bool {
	if spent[author]+int64(b.Length) > most {
		return false
	}
	spent[author] += int64(b.Length)
	return true
}

// lot is the place of a file in the order in which the neighborhood's budget is given out.
func lot(w Wanted) wire.Hash {
	return sha256.Sum256(append(w.Item.ID[:], w.Blob.Address[:]...))
}

// posts returns the posts of a day in their order.
func (s *Set) posts(day uint32) []*record {
	var posts []*record
	for _, h := range s.tree.day(day).hours {
		for _, r := range h.held {
			if r.Entry.Says == wire.SaysPost {
				posts = append(posts, r)
			}
		}
	}
	slices.SortFunc(posts, func(a, b *record) int { return compare(a.Item, b.Item) })
	return posts
}
