package street

import "nvrd/federation/feed"

// Spoken yields all that is shown of the neighborhood and has words: posts,
// comments and appeals, each with the post on whose page it stands.
func (v View) Spoken(yield func(on feed.Post, s feed.Said) bool) {
	for _, d := range v.Days() {
		for _, p := range d.Posts {
			for _, s := range append([]feed.Said{p.Said}, p.Comments...) {
				if !yield(p, s) || !appeals(p, s, yield) {
					return
				}
			}
		}
	}
}

func appeals(on feed.Post, s feed.Said, yield func(feed.Post, feed.Said) bool) bool {
	for _, l := range s.Labels {
		for _, a := range l.Appeals {
			if !yield(on, a) {
				return false
			}
		}
	}
	return true
}
