package membership_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// inviteAs returns an invite for whom the home knows as the member with a lost key.
func inviteAs(t *testing.T, by *membership.Membership, lost wire.Key) string {
	t.Helper()
	v, err := by.Invite(invitesAt(by), 7, lost)
	if err != nil {
		t.Fatal(err)
	}
	text, err := v.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// same holds what a home knows against one person having lost keys.
func same(t *testing.T, at *membership.Membership, now wire.Key, lost ...wire.Key) {
	t.Helper()
	s := at.State()
	heirs := s.Heirs()
	if len(heirs) != len(lost) || s.Member(now) == nil {
		t.Errorf("%d keys have an heir, of %d", len(heirs), len(lost))
	}
	for _, key := range lost {
		if was := s.Members[key]; was == nil || !was.Out || heirs[key] != now {
			t.Errorf("lost is %+v, whose heir is %v", was, heirs[key])
		}
	}
}

// Ben loses machine and paper, and later those he got then: each time he is let
// in as who he was, what he said stays, and his old machine is let in no more.
func TestLostAll(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo")
		street := newLine(t)
		a := anna.found("Elm Street")
		b, c := ben.join(a, nobody), cleo.join(a, nobody)
		atAnna, atBen, atCleo := street.connect(a), street.connect(b), street.connect(c)
		street.meet(atAnna, atBen)
		street.meet(atAnna, atCleo)
		settle()
		say(t, b, "I have salt for all.")
		if err := c.Hush(b.Author(), store.Muted); err != nil {
			t.Fatal(err)
		}
		minutes(2, atAnna, atBen, atCleo)

		lost := []wire.Key{b.Author()}
		for range 2 {
			time.Sleep(time.Hour)
			again := live(t, "Ben")
			_, m := knocks(t, again.ask(inviteAs(t, a, lost[len(lost)-1])), a, nobody)
			if m == nil {
				t.Fatal("he is not let in")
			}
			at := street.connect(m)
			street.meet(atAnna, at)
			minutes(2, atAnna, at, atCleo)
			for _, home := range []*membership.Membership{a, c, m} {
				same(t, home, m.Author(), lost...)
				shows(t, home, "I have salt for all.")
			}
			if street.link(atBen, atAnna) || a.Member(atBen.own) {
				t.Error("the old machine is let in")
			}
			if q, err := c.Quiet(); err != nil || q[m.Author()] != store.Muted || q[b.Author()] != store.Muted {
				t.Errorf("Cleo, who muted him, hears him again: %v, %v", q, err)
			}
			lost = append(lost, m.Author())
		}
		if err := c.Hush(lost[2], 0); err != nil {
			t.Fatal(err)
		}
		if q, err := c.Quiet(); err != nil || len(q) != 0 {
			t.Errorf("Cleo, who wants to hear him again, has silenced %v, %v", q, err)
		}
	})
}

// Whichever machine loses power, and whenever: Ben ends as who he was, once.
func TestLostAllCrash(t *testing.T) {
	for at, step := range []string{"nowhere", "invited", "asked", "answered", "welcomed"} {
		for _, whose := range []string{"Anna's", "Ben's"} {
			t.Run(step+" "+whose, func(t *testing.T) {
				story(t, func(t *testing.T) {
					anna, ben, again := live(t, "Anna"), live(t, "Ben"), live(t, "Ben")
					a := anna.found("Elm Street")
					lost := ben.join(a, nobody).Author()
					say(t, a, "ice")
					crash := func(here int) {
						switch {
						case here != at:
						case whose == "Anna's":
							anna.crash()
							a = anna.all.In()[0]
						default:
							again.crash()
						}
						time.Sleep(10 * time.Minute)
					}
					text := inviteAs(t, a, lost)
					crash(1)
					again.ask(text)
					crash(2)
					knock(t, again.all.Joining()[0], a, nobody) // the answer is lost
					crash(3)
					answered := wire.MinuteOf(time.Now())
					knocks(t, again.all.Joining()[0], a, nobody)
					crash(4)
					street := newLine(t)
					m := again.all.In()[0]
					if !street.link(street.connect(a), street.connect(m)) {
						t.Fatal("they don't let each other in")
					}
					settle()
					for _, home := range []*membership.Membership{a, m} {
						same(t, home, m.Author(), lost)
						if until := home.State().Members[lost].Until; until == 0 || until > answered {
							t.Errorf("his old keys count until %d", until)
						}
					}
					if n := admissions(a, "Ben"); n != 2 {
						t.Errorf("he was let in %d times", n)
					}
				})
			})
		}
	}
}

// snapshot copies a disk when the home says something.
type snapshot struct {
	membership.Network
	from, to string
	err      error
	taken    bool
}

func (s *snapshot) Send(to wire.Key, m wire.Message) {
	if !s.taken {
		s.taken, s.err = true, os.CopyFS(s.to, os.DirFS(s.from))
	}
	s.Network.Send(to, m)
}

// When the first word of it is said, on disk are both the admission and that the
// old keys are out.
func TestLostAllAtOnce(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo, again := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo"), live(t, "Ben")
		street := newLine(t)
		a := anna.found("Elm Street")
		lost := ben.join(a, nobody).Author()
		atAnna := street.connect(a)
		disk := &snapshot{Network: atAnna, from: anna.dir, to: t.TempDir(), taken: true}
		a.Connect(disk)
		street.meet(atAnna, street.connect(cleo.join(a, nobody)))
		settle()
		disk.taken = false
		j := again.ask(inviteAs(t, a, lost))
		if answer, m := knocks(t, j, a, nobody); answer != wire.AnswerYes || m == nil || !disk.taken || disk.err != nil {
			t.Fatalf("he is answered %d; %v", answer, disk.err)
		}
		anna.stop()
		anna.dir = disk.to
		anna.start()
		same(t, anna.all.In()[0], again.all.In()[0].Author(), lost)
	})
}

func TestLostAllRefused(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo, dora, emil := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo"), live(t, "Dora"), live(t, "Emil")
		street := newLine(t)
		a := anna.found("Elm Street")
		atAnna := street.connect(a)
		in := func(h *household) (*membership.Membership, *end) {
			m := h.join(a, nobody)
			e := street.connect(m)
			street.meet(atAnna, e)
			settle()
			return m, e
		}
		b, atBen := in(ben)
		c, atCleo := in(cleo)
		d, _ := in(dora)
		e, _ := in(emil)
		refused := func(what string, by *membership.Membership, lost wire.Key, kind error) {
			t.Helper()
			if _, err := by.Invite(invitesAt(by), 7, lost); !errors.Is(err, kind) {
				t.Errorf("%s: %v", what, err)
			}
		}
		asked := 0 // who would vouch without knowing for whom
		vouch := func([]byte) ([]byte, error) { asked++; return nil, errors.New("nobody is there") }
		refused("by a member without a seat", b, d.Author(), nvr.ErrForbidden)
		refused("of nobody", a, wire.Key{1}, nvr.ErrNotFound)
		refused("of a seat", a, a.Author(), nvr.ErrInvalid)
		if err := dora.all.Leave(d); err != nil {
			t.Fatal(err)
		}
		settle()
		refused("of who left", a, d.Author(), nvr.ErrNotFound)

		// Ben is given a seat after the invite was: it waits until that is taken away.
		again := live(t, "Ben")
		j := again.ask(inviteAs(t, a, b.Author()))
		late := live(t, "Ben").ask(inviteAs(t, a, b.Author()))
		for _, m := range []*membership.Membership{b, c} {
			if err := a.AddSteward(m.Author(), m.Seat()); err != nil {
				t.Fatal(err)
			}
			settle()
			for _, p := range a.State().Proposed {
				if err := b.Vote(p.Act); err != nil {
					t.Fatal(err)
				}
			}
			settle()
		}
		unused := live(t, "Emil").ask(inviteAs(t, c, e.Author()))
		refused("of another seat", a, b.Author(), nvr.ErrInvalid)
		if answer, _ := knocks(t, j, a, vouch); answer != wire.AnswerLater || asked > 0 || a.State().Member(b.Author()) == nil {
			t.Errorf("while he holds a seat he is answered %d", answer)
		}
		time.Sleep(time.Hour)
		if err := a.DropSteward(b.Seat()); err != nil {
			t.Fatal(err)
		}
		settle()
		if err := c.Vote(a.State().Proposed[0].Act); err != nil {
			t.Fatal(err)
		}
		settle()
		if answer, _ := knocks(t, j, a, nobody); answer != wire.AnswerLater || a.State().Member(b.Author()) == nil {
			t.Errorf("in the minute in which it is taken away he is answered %d", answer)
		}
		minutes(2, atAnna, atBen, atCleo)
		if answer, m := knocks(t, j, a, nobody); answer != wire.AnswerYes || m == nil {
			t.Fatalf("then he is answered %d", answer)
		}
		minutes(2, atAnna, atCleo)
		same(t, c, again.all.In()[0].Author(), b.Author())
		refused("twice", a, b.Author(), nvr.ErrExists)
		if answer, m := knocks(t, late, a, nobody); answer != wire.AnswerUsed || m != nil {
			t.Errorf("another who says to be Ben is answered %d", answer)
		}

		// Cleo's seat is gone: her invite is of no use, and nobody else lets in by it.
		if err := a.DropSteward(c.Seat()); err != nil {
			t.Fatal(err)
		}
		settle()
		if err := c.Vote(a.State().Proposed[0].Act); err != nil {
			t.Fatal(err)
		}
		minutes(2, atAnna, atCleo)
		if answer, m := knocks(t, unused, c, vouch); answer != wire.AnswerUsed || m != nil || asked != 0 || c.State().Member(e.Author()) == nil {
			t.Errorf("by Cleo, Emil is answered %d; %d were asked to vouch", answer, asked)
		}
	})
}
