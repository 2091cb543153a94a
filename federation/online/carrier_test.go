package online

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"nvrd/federation/identity"
	"nvrd/federation/mail"
	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// alone is the carrier of a home that is alone in a neighborhood, with a clock.
func alone(t *testing.T) (c *carrier, now *time.Time) {
	t.Helper()
	at := time.Unix(20_000*86_400, 0)
	now = &at
	clock := func() time.Time { return *now }
	db, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	all, err := membership.Open(t.Context(), db, identity.New(), clock)
	if err != nil {
		t.Fatal(err)
	}
	m, err := all.Found("Elm Street", "Anna", wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: 30, MediaMiB: 1024})
	if err != nil {
		t.Fatal(err)
	}
	box, err := mail.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return &carrier{ctx: t.Context(), m: m, mail: box, now: clock, own: wire.PublicKey(m.Node()), passed: map[wire.Key]int{}, tries: map[bringing]*try{}}, now
}

// A home has its share of a day, and no other's.
func TestTake(t *testing.T) {
	c, now := alone(t)
	ben, cleo := wire.Key{1}, wire.Key{2}
	for range 2 {
		for n := range passedADay {
			if err := c.take(ben); err != nil {
				t.Fatalf("after %d: %v", n, err)
			}
		}
		if err := c.take(ben); !errors.Is(err, nvr.ErrTooMany) {
			t.Errorf("one more: %v", err)
		}
		if err := c.take(cleo); err != nil {
			t.Errorf("another home's: %v", err)
		}
		*now = now.Add(24 * time.Hour)
	}
	if c.take(cleo); len(c.passed) != 1 {
		t.Errorf("%d homes are remembered", len(c.passed))
	}
}

// Each slot comes once. What was missed while the machine slept is not made up for, and
// a clock that is set back holds nothing up.
func TestNextSlot(t *testing.T) {
	c, now := alone(t)
	from, begin := *now, *now
	var got []mail.Slot
	for len(got) < 3*mail.PerDay {
		s := c.next(from)
		*now, from = s.At, s.At
		got = append(got, s)
	}
	for day := range 3 {
		for i, s := range c.mail.Slots(c.m.Name(), wire.MinuteOf(begin).Day()+uint32(day)) {
			if got[day*mail.PerDay+i] != s {
				t.Errorf("slot %d of day %d is %v, not %v", i, day, got[day*mail.PerDay+i], s)
			}
		}
	}
	for name, c2 := range map[string]struct{ from, now time.Duration }{
		"on time": {0, 0}, "an hour late": {0, time.Hour}, "a month late": {0, 30 * 24 * time.Hour}, "set back by a second": {0, -time.Second},
		"set back by a year": {0, -365 * 24 * time.Hour}, "set forward by a year, and back": {365 * 24 * time.Hour, 0},
	} {
		*now = begin.Add(c2.now)
		after := begin.Add(c2.from)
		s := c.next(after)
		if early, late := now.Add(-lateSlot), now.Add(25*time.Hour); s.At.Before(early) || s.At.After(late) {
			t.Errorf("%s the next slot is %v after the clock", name, s.At.Sub(*now))
		}
		if c2.now > -time.Minute && c2.from == 0 && !s.At.After(after) {
			t.Errorf("%s a slot comes again", name)
		}
	}
}

// What a home answers to a parcel is the receipt if all is well, and otherwise as long
// and as late: who passed it on can't tell what became of it.
func TestKeepAnswers(t *testing.T) {
	c, _ := alone(t)
	piece := bytes.Repeat([]byte("x"), wire.PieceLen)
	for name, p := range map[string]struct {
		to   wire.Key
		kept bool
	}{"it carries nothing": {wire.Key{}, true}, "it is kept here": {c.m.Author(), true}, "nothing is kept for whom it is": {wire.Key{9}, false}} {
		sealed, receipt, err := c.m.SealParcel(c.own, p.to, piece)
		if err != nil {
			t.Fatal(err)
		}
		for _, broken := range []bool{false, true} {
			if broken {
				sealed[100]++
			}
			began := time.Now()
			got := c.keep(sealed)
			if took := time.Since(began); took < answered {
				t.Errorf("%s: answered after %v", name, took)
			}
			if (got == receipt) != (p.kept && !broken) || got == (wire.Hash{}) {
				t.Errorf("%s, broken %v: answered with %v", name, broken, got)
			}
			if again := c.keep(sealed); (again == got) != (p.kept && !broken) {
				t.Errorf("%s, broken %v: the next time with %v", name, broken, again)
			}
		}
	}
	if all, err := c.mail.Askers(t.Context()); err != nil || len(all) != 1 || all[0] != c.m.Author() {
		t.Errorf("something is kept for %v, %v", all, err)
	}
}
