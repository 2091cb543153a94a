package fedtest

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"nvrd/federation/feed"
	"nvrd/federation/wire"
)

// Said is an entry, and what became of it.
type Said struct {
	Item *feed.Item
	By   *Home
	Gone bool // its author took it back, or stewards destroyed it
}

// Write signs an entry of a home, dated at a minute; on is what it is about. A
// payload nil takes that back.
func (h *Home) Write(says wire.Payload, on wire.Hash, at wire.Minute) *feed.Item {
	e := wire.Entry{Neighborhood: h.Street.genesis.ID, Author: h.authorKey(), Minute: at, Says: wire.SaysRetract, On: on, Expires: at + wire.MaxExpireDays*wire.Day}
	var payload []byte
	if says != nil {
		var err error
		if payload, err = wire.Pack(says); err != nil {
			panic(err) // the payloads of this package are within their bounds
		}
		e.Says, e.Payload, e.Length = says.Says(), sha256.Sum256(payload), uint16(len(payload))
	}
	if e.Says != wire.SaysRetract && e.Says != wire.SaysLabel {
		e.Expires = at + 30*wire.Day
	}
	i, err := feed.NewItem(h.Street.sign(e, h.author), payload)
	if err != nil {
		panic(err) // as above
	}
	h.w.items[string(i.Raw)] = i
	return i
}

// Say has the home say something, and watches how it spreads. It returns nil if
// its budget is spent.
func (h *Home) Say(says wire.Payload, on wire.Hash) *Said {
	i := h.Write(says, on, h.minute())
	h.w.Figures.entries[i.ID] = h.w.Figures.begin(h)
	outcome, a := h.core.Say(i, h.minute())
	if outcome != feed.Added {
		delete(h.w.Figures.entries, i.ID)
		return nil
	}
	h.do(a)
	s := &Said{Item: i, By: h}
	h.Street.Written = append(h.Street.Written, s)
	return s
}

// Retract has the author take an entry back.
func (s *Said) Retract() {
	if s.By.Say(nil, s.Item.ID) != nil {
		s.Gone = true
	}
}

// salt is different for each payload of a world.
func (w *World) salt() (s wire.Salt) {
	binary.LittleEndian.PutUint64(s[:], w.Uint64())
	return s
}

// Post returns a post as people write them.
func (w *World) Post() wire.Payload {
	return wire.Post{Salt: w.salt(), Category: wire.CategoryHazard, Happened: w.words(5, 60)}
}

// Comment returns a comment.
func (w *World) Comment() wire.Payload { return wire.Comment{Salt: w.salt(), Text: w.words(1, 30)} }

func (w *World) words(least, most int) string {
	return strings.TrimSpace(strings.Repeat("ice and snow ", least+w.IntN(most-least)))
}

// Talk has somebody of the street do what people do: post, comment, react, and
// now and then take something back.
func (s *Street) Talk() {
	h := s.Homes[s.w.IntN(len(s.Homes))]
	if !h.on || !h.honest() {
		return
	}
	var about *Said
	if len(s.Written) > 0 {
		about = s.Written[s.w.IntN(len(s.Written))]
	}
	switch n := s.w.IntN(10); {
	case about == nil || n < 3:
		h.Say(s.w.Post(), wire.Hash{})
	case n < 6:
		h.Say(s.w.Comment(), about.Item.ID)
	case n < 8:
		h.Say(wire.Reaction{Salt: s.w.salt(), Is: wire.ReactionThanks}, about.Item.ID)
	default:
		e := about.Item.Entry
		if about.By.on && (e.Says == wire.SaysPost || e.Says == wire.SaysComment) && !about.Gone && about.By.honest() {
			about.Retract()
		}
	}
}

// Destroy has two stewards find an entry unlawful.
func (s *Street) Destroy(about *Said, first, second *Home) {
	label := func(h *Home) bool {
		return h.Say(wire.Label{Salt: s.w.salt(), Is: wire.LabelUnlawful, Reason: "It is."}, about.Item.ID) != nil
	}
	s.w.In(0, func() {
		one := label(first)
		s.w.In(time.Minute, func() { about.Gone = label(second) && one })
	})
}

// Remember gives the street a past: so many comments of the last month, which all
// homes hold but those that were away.
func (s *Street) Remember(entries int, away ...*Home) []*feed.Item {
	var past []*feed.Item
	for range entries {
		by := s.Homes[s.w.IntN(len(s.Homes))]
		past = append(past, by.Write(s.w.Comment(), wire.Hash{1}, s.w.Begin-30-wire.Minute(s.w.IntN(29*int(wire.Day)))))
	}
	for _, h := range s.Homes {
		if !slices.Contains(away, h) {
			for _, i := range past {
				h.core.Feed().Add(i, h.minute())
			}
		}
	}
	return past
}
