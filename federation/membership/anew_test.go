package membership_test

import (
	"errors"
	"testing"
	"time"

	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// elm is a street of Anna, who holds the seat, and some others, all linked to her.
type elm struct {
	*line
	t    *testing.T
	anna *household
	at   []*end // Anna's first
}

func newElm(t *testing.T, others ...*household) (s *elm, in []*membership.Membership) {
	s = &elm{line: newLine(t), t: t, anna: live(t, "Anna")}
	a := s.anna.found("Elm Street")
	in = append(in, a)
	s.at = append(s.at, s.connect(a))
	for _, h := range others {
		m := h.join(a, nobody)
		e := s.connect(m)
		s.meet(s.at[0], e)
		settle()
		in, s.at = append(in, m), append(s.at, e)
	}
	minutes(2, s.at...)
	return s, in
}

// calls has a home found its neighborhood anew, and ask the others.
func calls(t *testing.T, h *household, old *membership.Membership) *membership.Membership {
	t.Helper()
	m, err := h.all.FoundAnew(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.all.Call(m, invitesAt(m)); err != nil {
		t.Fatal(err)
	}
	settle()
	return m
}

func offers(t *testing.T, h *household, old *membership.Membership) []membership.Offer {
	t.Helper()
	all, err := h.all.Offers(old)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Anna, whose seat is the only one, is gone for good. Ben founds Elm Street anew;
// Cleo follows with one tap and Dora does not, of which nobody learns.
func TestFoundAnew(t *testing.T) {
	story(t, func(t *testing.T) {
		ben, cleo, dora := live(t, "Ben"), live(t, "Cleo"), live(t, "Dora")
		s, in := newElm(t, ben, cleo, dora)
		a, b, c, d := in[0], in[1], in[2], in[3]
		s.meet(s.at[1], s.at[2])
		s.meet(s.at[1], s.at[3])
		say(t, c, "ice")
		p := policy
		p.Places, p.Contact = []string{"Park"}, "anna@example.org"
		if err := a.SetPolicy(p); err != nil {
			t.Fatal(err)
		}
		minutes(2, s.at...)
		s.at[0].Reset() // Anna is gone
		settle()

		anew := calls(t, ben, b)
		g := anew.Genesis()
		if g.Title != "Elm Street" || !g.Policy.Equal(p) || g.Succeeds != b.Name() || g.Head != b.State().Head || !anew.Steward() {
			t.Errorf("it begins with %+v", g)
		}
		if m := anew.State().Member(anew.Author()); m == nil || m.Card.Name != "Ben" || anew.Author() == b.Author() {
			t.Errorf("Ben is %+v there", m)
		}
		if again, err := ben.all.FoundAnew(b); err != nil || again != anew {
			t.Errorf("twice: %v", err)
		}
		if got := offers(t, ben, b); len(got) != 0 {
			t.Errorf("he asks himself: %+v", got)
		}

		asked := offers(t, cleo, c)
		if len(asked) != 1 || asked[0].By != b.Author() || asked[0].Invite.Neighborhood != anew.Name() {
			t.Fatalf("Cleo is asked %+v", asked)
		}
		cleo.crash()
		c = cleo.all.In()[0]
		if got := offers(t, cleo, c); len(got) != 1 {
			t.Fatalf("after a restart Cleo is asked %+v", got)
		}
		j, err := cleo.all.Follow(c, b.Author(), anew.Name())
		if err != nil {
			t.Fatal(err)
		}
		if got := offers(t, cleo, c); len(got) != 0 || cleo.all.Successor(c) != nil {
			t.Errorf("while she knocks she is asked %+v", got)
		}
		answer, follows := knocks(t, j, anew, nobody)
		if answer != wire.AnswerYes || follows == nil {
			t.Fatalf("she is answered %d", answer)
		}
		street := newLine(t)
		if !street.link(street.connect(anew), street.connect(follows)) {
			t.Fatal("they don't let each other in")
		}
		settle()
		if m := anew.State().Member(follows.Author()); m == nil || m.Card.Name != "Cleo" {
			t.Errorf("she is %+v there", m)
		}
		if cleo.all.Successor(c) != follows || len(offers(t, cleo, c)) != 0 {
			t.Error("she does not know that she goes on there")
		}
		shows(t, c, "ice")

		// Dora declines: nothing is said, and she is not asked again.
		silent := &quiet{Network: s.at[3]}
		d.Connect(silent)
		if got := offers(t, dora, d); len(got) != 1 {
			t.Fatalf("Dora is asked %+v", got)
		}
		if err := dora.all.Decline(d, b.Author()); err != nil {
			t.Fatal(err)
		}
		settle()
		if silent.said > 0 {
			t.Errorf("%d messages say that she declined", silent.said)
		}
		time.Sleep(time.Hour)
		if err := ben.all.Call(anew, invitesAt(anew)); err != nil { // he asks again
			t.Fatal(err)
		}
		settle()
		dora.crash()
		if got := offers(t, dora, dora.all.In()[0]); len(got) != 0 {
			t.Errorf("Dora is asked again: %+v", got)
		}

		// What was said stays until it ends; then the old one is left.
		time.Sleep(89 * 24 * time.Hour)
		if got := cleo.all.Spent(); len(got) != 0 {
			t.Error("it is left early")
		}
		time.Sleep(24 * time.Hour)
		if got := cleo.all.Spent(); len(got) != 1 || got[0] != c {
			t.Errorf("%d are to be left", len(got))
		}
		if got := dora.all.Spent(); len(got) != 0 {
			t.Error("Dora, who declined, leaves")
		}
	})
}

// Who is called is who was in when it was founded, proves it, and comes once.
func TestCalled(t *testing.T) {
	story(t, func(t *testing.T) {
		ben, cleo, dora := live(t, "Ben"), live(t, "Cleo"), live(t, "Dora")
		s, in := newElm(t, ben, cleo, dora)
		a, b, c, d := in[0], in[1], in[2], in[3]
		if err := a.Revoke(d.Author(), wire.MinuteOf(time.Now())); err != nil {
			t.Fatal(err)
		}
		settle()
		anew := calls(t, ben, b)
		minutes(2, s.at...)
		// Anna puts Cleo out since: too late to keep her from going on elsewhere.
		offer := offers(t, cleo, c)[0].Invite
		follows, err := cleo.all.Follow(c, b.Author(), anew.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Revoke(c.Author(), 0); err != nil {
			t.Fatal(err)
		}
		settle()

		text, err := offer.Text()
		if err != nil {
			t.Fatal(err)
		}
		keys, stolen := live(t, "Eve"), live(t, "Eve")
		say := func(k wire.Knock) wire.Answer {
			t.Helper()
			said, err := wire.SealKnock(k, offer.Secret)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := anew.Answer(offer.Secret.Ticket(), said, nil, nobody)
			if err != nil {
				t.Fatal(err)
			}
			w, err := wire.OpenWelcome(raw, offer.Secret)
			if err != nil {
				t.Fatal(err)
			}
			return w.Answer
		}
		said := func(j *membership.Joining) wire.Knock {
			t.Helper()
			_, b, err := j.Knock()
			if err != nil {
				t.Fatal(err)
			}
			k, err := wire.OpenKnock(b, offer.Secret)
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		eves := said(keys.ask(text))
		cleos := said(follows)
		claim := func(h *household, old *membership.Membership, from, to wire.Hash, as []byte) []byte {
			card, err := wire.Open(as)
			if err != nil {
				t.Fatal(err)
			}
			o, err := wire.Sign(wire.Follow{Neighborhood: from, Author: old.Author(), Anew: to, As: card.Body.(wire.Card).Author}, h.seed.Keys(place(old)).Author)
			if err != nil {
				t.Fatal(err)
			}
			return o.Raw
		}
		for _, tt := range []struct {
			what string
			k    wire.Knock
			want wire.Answer
		}{
			{"who has only the invite", eves, wire.AnswerNo},
			{"with nonsense", wire.Knock{Card: eves.Card, Follow: []byte("follow")}, wire.AnswerNo},
			{"with what is no such object", wire.Knock{Card: eves.Card, Follow: eves.Card}, wire.AnswerNo},
			{"with Cleo's proof, in her own name", wire.Knock{Card: eves.Card, Follow: cleos.Follow}, wire.AnswerNo},
			{"who was put out before", wire.Knock{Card: eves.Card, Follow: claim(dora, d, d.Name(), anew.Name(), eves.Card)}, wire.AnswerUsed},
			{"with a proof for another place", wire.Knock{Card: eves.Card, Follow: claim(cleo, c, c.Name(), wire.Hash{1}, eves.Card)}, wire.AnswerNo},
			{"with a proof from elsewhere", wire.Knock{Card: eves.Card, Follow: claim(cleo, c, wire.Hash{1}, anew.Name(), eves.Card)}, wire.AnswerNo},
			{"Cleo", cleos, wire.AnswerYes},
			{"Cleo, whose answer was lost", cleos, wire.AnswerYes},
			{"Cleo once more, as somebody else", wire.Knock{Card: said(stolen.ask(text)).Card, Follow: claim(cleo, c, c.Name(), anew.Name(), said(stolen.all.Joining()[0]).Card)}, wire.AnswerUsed},
		} {
			if got := say(tt.k); got != tt.want {
				t.Errorf("%s is answered %d, not %d", tt.what, got, tt.want)
			}
		}
		if n := admissions(anew, "Cleo"); n != 1 || admissions(anew, "Eve") != 0 {
			t.Errorf("Cleo was let in %d times, Eve %d", n, admissions(anew, "Eve"))
		}
		if _, err := dora.all.FoundAnew(d); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("Dora, who was put out, founds anew: %v", err)
		}
		time.Sleep(31 * 24 * time.Hour)
		if got := offers(t, cleo, c); len(got) != 0 {
			t.Errorf("after a month Cleo is asked %+v", got)
		}
	})
}

// A neighbor who founds anew is not believed to have let in anybody to another
// place than was asked for.
func TestFollowElsewhere(t *testing.T) {
	story(t, func(t *testing.T) {
		ben, cleo := live(t, "Ben"), live(t, "Cleo")
		_, in := newElm(t, ben, cleo)
		b, c := in[1], in[2]
		oak := ben.found("Oak Street") // in nobody's place
		v, err := oak.Invite(invitesAt(oak), 7, wire.Key{})
		if err != nil {
			t.Fatal(err)
		}
		to, err := v.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		o, err := wire.Sign(wire.Anew{Neighborhood: b.Name(), Author: b.Author(), Minute: wire.MinuteOf(time.Now()), Invite: to}, ben.seed.Keys(place(b)).Author)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Hear(wire.PublicKey(in[0].Node()), wire.Objects{Objects: [][]byte{o.Raw}}); err != nil {
			t.Fatal(err)
		}
		if err := ben.all.Call(oak, invitesAt(oak)); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("to Oak Street he calls nobody: %v", err)
		}
		j, err := cleo.all.Follow(c, b.Author(), oak.Name())
		if err != nil {
			t.Fatal(err)
		}
		if m, err := j.Hear(knock(t, j, oak, nobody)); !errors.Is(err, wire.ErrMalformed) || m != nil {
			t.Errorf("she is in: %v", err)
		}
		if err := c.Hush(b.Author(), store.Muted); err != nil {
			t.Fatal(err)
		}
		if err := cleo.all.GiveUp(j); err != nil {
			t.Fatal(err)
		}
		if got := offers(t, cleo, c); len(got) != 0 {
			t.Errorf("she, who muted Ben, is asked %+v", got)
		}
	})
}

// Whichever machine loses power, and whenever: Cleo ends where Ben went, once.
func TestFoundAnewCrash(t *testing.T) {
	for at, step := range []string{"nowhere", "founded", "called", "followed", "answered", "welcomed"} {
		for _, whose := range []string{"Ben's", "Cleo's"} {
			t.Run(step+" "+whose, func(t *testing.T) {
				story(t, func(t *testing.T) {
					ben, cleo := live(t, "Ben"), live(t, "Cleo")
					s, in := newElm(t, ben, cleo)
					b, c := in[1], in[2]
					crash := func(here int) {
						if here != at {
							return
						}
						h, i := ben, 1
						if whose == "Cleo's" {
							h, i = cleo, 2
						}
						s.at[i].Reset()
						h.crash()
						s.at[i] = s.connect(h.all.In()[0])
						b, c = ben.all.In()[0], cleo.all.In()[0]
						s.meet(s.at[0], s.at[i])
						minutes(2, s.at...)
					}
					anew := func() *membership.Membership {
						m, err := ben.all.FoundAnew(b) // what is there already
						if err != nil {
							t.Fatal(err)
						}
						return m
					}
					name := anew().Name()
					crash(1)
					if err := ben.all.Call(anew(), invitesAt(anew())); err != nil {
						t.Fatal(err)
					}
					settle()
					crash(2)
					if _, err := cleo.all.Follow(c, b.Author(), anew().Name()); err != nil {
						t.Fatal(err)
					}
					crash(3)
					knock(t, cleo.all.Joining()[0], anew(), nobody)
					crash(4)
					knocks(t, cleo.all.Joining()[0], anew(), nobody)
					crash(5)
					if len(cleo.all.Joining()) != 0 || len(cleo.all.In()) != 2 || len(ben.all.In()) != 2 {
						t.Fatalf("she is in %d and asks for %d; Ben is in %d", len(cleo.all.In()), len(cleo.all.Joining()), len(ben.all.In()))
					}
					street := newLine(t)
					m := cleo.all.In()[1]
					if !street.link(street.connect(anew()), street.connect(m)) {
						t.Fatal("they don't let each other in")
					}
					settle()
					if n := admissions(anew(), "Cleo"); n != 1 || anew().Name() != name || cleo.all.Successor(c) != m {
						t.Errorf("she was let in %d times", n)
					}
				})
			})
		}
	}
}

// place is that of a home's keys.
func place(m *membership.Membership) identity.Place { return identity.Place{Neighborhood: m.Place()} }

// Dora says of what Ben founded that she did, with doors of her own. Cleo declines
// that, is still asked by Ben, and knocks where he opens.
func TestAnewImpostor(t *testing.T) {
	story(t, func(t *testing.T) {
		ben, cleo, dora := live(t, "Ben"), live(t, "Cleo"), live(t, "Dora")
		s, in := newElm(t, ben, cleo, dora)
		b, c, d := in[1], in[2], in[3]
		anew := calls(t, ben, b)
		minutes(2, s.at...)
		v := d.State().Anew[b.Author()].To()
		v.Doors = []wire.Door{door(d)}
		to, err := v.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		o, err := wire.Sign(wire.Anew{Neighborhood: d.Name(), Author: d.Author(), Minute: wire.MinuteOf(time.Now()), Invite: to}, dora.seed.Keys(place(d)).Author)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Hear(wire.PublicKey(in[0].Node()), wire.Objects{Objects: [][]byte{o.Raw}}); err != nil {
			t.Fatal(err)
		}
		if got := offers(t, cleo, c); len(got) != 2 {
			t.Fatalf("Cleo is asked %+v", got)
		}
		if err := cleo.all.Decline(c, d.Author()); err != nil {
			t.Fatal(err)
		}
		if got := offers(t, cleo, c); len(got) != 1 || got[0].By != b.Author() {
			t.Fatalf("then Cleo is asked %+v", got)
		}
		if _, err := cleo.all.Follow(c, d.Author(), anew.Name()); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("Dora is followed: %v", err)
		}
		j, err := cleo.all.Follow(c, b.Author(), anew.Name())
		if err != nil {
			t.Fatal(err)
		}
		if at := j.Doors(); len(at) != 1 || at[0].Node != door(anew).Node {
			t.Errorf("she knocks at %+v", at)
		}
		// Ben's address changes, and he asks again.
		time.Sleep(time.Hour)
		moved := func(wire.Hash, wire.Minute) ([]wire.Door, error) {
			return []wire.Door{{Node: door(anew).Node, Addresses: []string{"/ip4/192.0.2.77/tcp/4001"}}}, nil
		}
		if err := ben.all.Call(anew, moved); err != nil {
			t.Fatal(err)
		}
		settle()
		cleo.crash()
		c = cleo.all.In()[0]
		s.at[2] = s.connect(c)
		s.meet(s.at[0], s.at[2])
		minutes(2, s.at...)
		if at := cleo.all.Joining()[0].Doors(); len(at) != 1 || at[0].Addresses[0] != "/ip4/192.0.2.77/tcp/4001" {
			t.Errorf("then she knocks at %+v", at)
		}
		if answer, m := knocks(t, cleo.all.Joining()[0], anew, nobody); answer != wire.AnswerYes || m == nil {
			t.Errorf("there she is answered %d", answer)
		}
	})
}
