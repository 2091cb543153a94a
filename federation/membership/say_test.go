package membership_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

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
