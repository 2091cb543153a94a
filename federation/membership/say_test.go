package membership_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Who has said as much as a day holds is told so, and what was said stays, also
// within one minute, where the set keeps the smaller ids.
func TestShareOfTheDay(t *testing.T) {
	story(t, func(t *testing.T) {
		anna := live(t, "Anna")
		defer anna.stop()
		a := anna.found("Elm Street")
		for day, most := range []int{1, 1, 5, 5} { // a newcomer for 48 hours
			var said int
			for n := range 10 {
				_, err := a.Post(wire.Post{Category: wire.CategoryThanks, Happened: fmt.Sprint("Day ", day, ", number ", n)}, 0)
				switch {
				case err == nil:
					said++
				case !errors.Is(err, nvr.ErrTooMany):
					t.Fatal(err)
				}
			}
			if said != most {
				t.Errorf("on day %d %d posts were taken, not %d", day, said, most)
			}
			if shown := a.Days()[0].Posts; len(shown) != said {
				t.Errorf("on day %d %d posts were taken and %d are shown", day, said, len(shown))
			}
			time.Sleep(24 * time.Hour)
		}
	})
}

// A seat that a home was given with a key which is not its own is of no use to
// it, and that is what it is told.
func TestSeatOfAnotherKey(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		defer anna.stop()
		defer ben.stop()
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		street := newLine(t)
		street.meet(street.connect(a), street.connect(b))
		settle()
		if err := a.AddSteward(b.Author(), wire.Key{1}); err != nil {
			t.Fatal(err)
		}
		settle()
		if !b.Steward() {
			t.Fatal("Ben has no seat")
		}
		if err := b.Revoke(a.Author(), 0); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("he revokes: %v", err)
		}
		if err := b.SetPolicy(b.State().Policy); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("he proposes: %v", err)
		}
	})
}

// A reaction is given once, however often and from how many windows it is asked
// for, taken back at both homes, and given again.
func TestReaction(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		street := newLine(t)
		atAnna, atBen := street.connect(a), street.connect(b)
		street.meet(atAnna, atBen)
		settle()
		cat, err := a.Post(wire.Post{Category: wire.CategoryLostFound, Happened: "Grey tabby on our step."}, 0)
		if err != nil {
			t.Fatal(err)
		}
		settle()
		thanks := func(step string, want, left int, acts ...func() error) {
			t.Helper()
			var work sync.WaitGroup
			for _, act := range acts {
				work.Go(func() {
					if err := act(); err != nil {
						t.Errorf("%s: %v", step, err)
					}
				})
			}
			work.Wait()
			settle()
			for name, m := range map[string]*membership.Membership{"Anna": a, "Ben": b} {
				if got := thanked(m); got != want {
					t.Errorf("%s: %d thanks at %s, not %d", step, got, name, want)
				}
			}
			if room, _ := b.Room(); room.Reactions != left {
				t.Errorf("%s: %d reactions left, not %d", step, room.Reactions, left)
			}
		}
		give := func() error { _, err := b.React(cat, wire.ReactionThanks); return err }
		take := func() error { return b.Unreact(cat, wire.ReactionThanks) }
		thanks("two windows at once", 1, 99, give, give)
		thanks("another home takes back its own only", 1, 99, func() error { return a.Unreact(cat, wire.ReactionThanks) })
		thanks("another kind", 1, 99, func() error { return b.Unreact(cat, wire.ReactionSeen) })
		thanks("taken back twice at once", 0, 99, take, take)
		thanks("given again", 1, 98, give)

		// A second one that came from elsewhere, as under the same words on another machine.
		if err := atBen.Hear(atAnna.own, twin(t, ben, b, cat)); err != nil {
			t.Fatal(err)
		}
		thanks("a second one came", 1, 97)
		thanks("both are taken back", 0, 97, take)
	})
}

// thanked returns how many homes thank for the only post.
func thanked(m *membership.Membership) (homes int) {
	for _, r := range m.Days()[0].Posts[0].Reactions {
		if r.Is == wire.ReactionThanks {
			homes += len(r.By)
		}
	}
	return homes
}

// twin carries thanks of a home that it does not hold.
func twin(t *testing.T, of *household, m *membership.Membership, on wire.Hash) wire.Message {
	t.Helper()
	payload, err := wire.Pack(wire.Reaction{Salt: wire.Salt{1}, Is: wire.ReactionThanks})
	if err != nil {
		t.Fatal(err)
	}
	now := wire.MinuteOf(time.Now())
	signed, err := wire.Sign(wire.Entry{
		Neighborhood: m.Name(), Author: m.Author(), Minute: now, Says: wire.SaysReaction, On: on, Expires: now + wire.Day,
		Payload: sha256.Sum256(payload), Length: uint16(len(payload)),
	}, of.seed.Keys(identity.Place{Neighborhood: m.Place()}).Author)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Entries{Entries: []wire.Carried{{Entry: signed.Raw, Payload: payload}}}
}
