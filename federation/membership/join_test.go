package membership_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// story runs in virtual time, on a day on which clocks are believed.
func story(t *testing.T, tell func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour)
		tell(t)
	})
}

// knocks returns what was answered, and the membership if it lets the home in.
func knocks(t *testing.T, j *membership.Joining, by *membership.Membership, ask membership.Asker) (wire.Answer, *membership.Membership) {
	t.Helper()
	m, err := j.Hear(knock(t, j, by, ask))
	if err != nil {
		t.Fatal(err)
	}
	return j.Answered(), m
}

// admissions returns how often the roster lets in a home with this name.
func admissions(m *membership.Membership, name string) (n int) {
	for _, o := range m.Objects() {
		if admit, ok := o.Body.(wire.Admit); ok && admit.Card.Name == name {
			n++
		}
	}
	return n
}

func TestInviteLetsInOne(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo")
		a := anna.found("Elm Street")
		text := invite(t, a)
		first, second := ben.ask(text), cleo.ask(text)
		if answer, m := knocks(t, first, a, nobody); answer != wire.AnswerYes || m == nil {
			t.Errorf("Ben is answered %d", answer)
		}
		if answer, m := knocks(t, second, a, nobody); answer != wire.AnswerUsed || m != nil {
			t.Errorf("Cleo is answered %d", answer)
		}
		if len(cleo.all.In()) != 0 || len(cleo.all.Joining()) != 1 {
			t.Error("Cleo is in, or no longer asks")
		}
		if b, c := admissions(a, "Ben"), admissions(a, "Cleo"); b != 1 || c != 0 {
			t.Errorf("%d admissions of Ben, %d of Cleo", b, c)
		}
	})
}

// Who knocks at the same moment with one invite: one of them is let in.
func TestInviteAtOnce(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo")
		a := anna.found("Elm Street")
		for range 10 {
			text := invite(t, a)
			joining := []*membership.Joining{ben.ask(text), cleo.ask(text)}
			answers := make(chan wire.Answer)
			for _, j := range joining {
				go func() {
					ticket, said, err := j.Knock()
					if err == nil {
						if said, err = a.Answer(ticket, said, nil, nobody); err == nil {
							var w wire.Welcome
							if w, err = wire.OpenWelcome(said, j.Invite.Secret); err == nil {
								answers <- w.Answer
								return
							}
						}
					}
					t.Error(err)
					answers <- 0
				}()
			}
			if x, y := <-answers, <-answers; !(x == wire.AnswerYes && y == wire.AnswerUsed || x == wire.AnswerUsed && y == wire.AnswerYes) {
				t.Fatalf("they are answered %d and %d", x, y)
			}
			for i, h := range []*household{ben, cleo} {
				if err := h.all.GiveUp(joining[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// The answer was lost, and the home knocks again: it is let in once.
func TestAnswerLost(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		a := anna.found("Elm Street")
		j := ben.ask(invite(t, a))
		knock(t, j, a, nobody)
		ben.crash()
		anna.crash()
		a = anna.all.In()[0]
		time.Sleep(3 * 24 * time.Hour)
		if answer, m := knocks(t, ben.all.Joining()[0], a, nobody); answer != wire.AnswerYes || m == nil {
			t.Errorf("Ben is answered %d", answer)
		}
		if n := admissions(a, "Ben"); n != 1 {
			t.Errorf("%d admissions of Ben", n)
		}
	})
}

// Whatever Ben's machine is at when it loses power, he ends in the street, with
// one name and one invite used.
func TestJoinCrash(t *testing.T) {
	for at, step := range []string{"nowhere", "asked", "answered", "welcomed", "linked"} {
		t.Run(step, func(t *testing.T) {
			story(t, func(t *testing.T) {
				anna, ben := live(t, "Anna"), live(t, "Ben")
				a := anna.found("Elm Street")
				crash := func(here int) {
					if here == at {
						ben.crash()
					}
				}
				who := wire.PublicKey(ben.seed.Keys(identity.Place{}).Author)
				ben.ask(invite(t, a))
				crash(1)
				knock(t, ben.all.Joining()[0], a, nobody)
				crash(2)
				knocks(t, ben.all.Joining()[0], a, nobody)
				crash(3)
				if len(ben.all.Joining()) != 0 || len(ben.all.In()) != 1 {
					t.Fatalf("he is in %d, and asks for %d", len(ben.all.In()), len(ben.all.Joining()))
				}
				street := newLine(t)
				b := ben.all.In()[0]
				if d := b.Doors(); len(d) != 1 || d[0].Node != wire.PublicKey(a.Node()) || len(d[0].Addresses) != 1 {
					t.Errorf("he finds members at %+v", d)
				}
				if !slices.Contains(b.Nodes(), wire.PublicKey(a.Node())) {
					t.Error("he links to nobody")
				}
				if !street.link(street.connect(a), street.connect(b)) {
					t.Fatal("they don't let each other in")
				}
				settle()
				if at == 4 {
					ben.crash()
					b = ben.all.In()[0]
				}
				if m := b.State().Member(who); m == nil || m.Card.Name != "Ben" || b.Author() != who {
					t.Errorf("he knows of himself %+v", m)
				}
				if n := admissions(a, "Ben"); n != 1 {
					t.Errorf("%d admissions of Ben", n)
				}
				if asked, err := ben.db.Joinings(t.Context()); err != nil || len(asked) != 0 {
					t.Errorf("his invite is still written down: %v, %v", asked, err)
				}
				if in := found(t, ben.dir, []byte("STOOP:")); len(in) > 0 {
					t.Errorf("his invite stands in %v", in)
				}
			})
		})
	}
}

func TestJoinRefused(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		a := anna.found("Elm Street")
		text := invite(t, a)
		for _, c := range []struct {
			what, invite, name string
			by                 *household
			kind               error
		}{
			{"no invite", "hello", "Ben", ben, nvr.ErrInvalid},
			{"half an invite", text[:80], "Ben", ben, nvr.ErrInvalid},
			{"no name", text, "", ben, nvr.ErrInvalid},
			{"a name that hides", text, "B\u200ben", ben, nvr.ErrInvalid},
			{"a home that is in", text, "Anna", anna, nvr.ErrExists},
		} {
			if j, err := c.by.all.Join(c.invite, c.name); !errors.Is(err, c.kind) || j != nil {
				t.Errorf("%s: %v", c.what, err)
			}
		}
		ben.ask(text)
		if j, err := ben.all.Join(invite(t, a), "Ben"); !errors.Is(err, nvr.ErrExists) || j != nil {
			t.Errorf("a home that asks already: %v", err)
		}
		if kept, err := ben.db.Joinings(t.Context()); err != nil || len(kept) != 1 || len(ben.all.Joining()) != 1 {
			t.Errorf("written down are %d, %v", len(kept), err)
		}
		late := invite(t, a)
		time.Sleep(7 * 24 * time.Hour)
		if j, err := ben.all.Join(late, "Ben"); !errors.Is(err, nvr.ErrInvalid) || j != nil {
			t.Errorf("an invite that is too old: %v", err)
		}
	})
}

// card is of a home that has nothing but keys.
func card(t *testing.T, m *membership.Membership, name string) (raw []byte, node wire.Key) {
	t.Helper()
	seed := identity.New()
	place := identity.Place{}
	keys, nodeKey := seed.Keys(place), seed.Node(place, 0)
	return signed(t, m.Name(), keys, nodeKey, name), wire.PublicKey(nodeKey)
}

func signed(t *testing.T, neighborhood wire.Hash, keys identity.Keys, node ed25519.PrivateKey, name string) []byte {
	t.Helper()
	c := wire.Card{Neighborhood: neighborhood, Author: wire.PublicKey(keys.Author), Node: wire.PublicKey(node),
		Seal: wire.Key(keys.Seal.PublicKey().Bytes()), Name: name, Minute: wire.MinuteOf(time.Now())}
	c.Proof = wire.ProveNode(node, c.Neighborhood, c.Author)
	o, err := wire.Sign(c, keys.Author)
	if err != nil {
		t.Fatal(err)
	}
	return o.Raw
}

// Ben holds no seat; whom he invites Anna's home lets in.
func TestInvitedByAMember(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo")
		street := newLine(t)
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		atBen := street.connect(b)
		atAnna := street.connect(a)
		street.meet(atAnna, atBen)
		settle()
		benNode := wire.PublicKey(b.Node())
		asks := 0
		anna1 := func(card []byte) ([]byte, error) { asks++; return a.Vouch(benNode, card) }

		j := cleo.ask(invite(t, b))
		if answer, _ := knocks(t, j, b, nobody); answer != wire.AnswerLater {
			t.Errorf("while Anna's home is off Cleo is answered %d", answer)
		}
		for name, wrong := range map[string]membership.Asker{
			"nothing":          func([]byte) ([]byte, error) { return nil, nil },
			"nonsense":         func([]byte) ([]byte, error) { return []byte("welcome"), nil },
			"more than fits":   func([]byte) ([]byte, error) { return make([]byte, 1<<20), nil },
			"the card":         func(card []byte) ([]byte, error) { return card, nil },
			"somebody else in": func([]byte) ([]byte, error) { other, _ := card(t, a, "Dora"); return a.Vouch(benNode, other) },
		} {
			if answer, _ := knocks(t, j, b, wrong); answer != wire.AnswerLater {
				t.Errorf("while Anna's home says %s, Cleo is answered %d", name, answer)
			}
		}
		knock(t, j, b, anna1)
		settle()
		answer, c := knocks(t, j, b, nobody) // Ben's home has heard of it by now
		if answer != wire.AnswerYes || c == nil || asks != 1 || admissions(a, "Cleo") != 1 {
			t.Fatalf("Cleo is answered %d, after %d questions", answer, asks)
		}
		atCleo := street.connect(c)
		if !street.link(atBen, atCleo) {
			t.Fatal("Ben and Cleo don't let each other in")
		}
		minutes(2, atAnna, atBen, atCleo)
		if c.State().Member(c.Author()) == nil {
			t.Error("Cleo does not know that she is in")
		}
	})
}

func TestVouch(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		street := newLine(t)
		a, other := anna.found("Elm Street"), anna.found("Oak Street")
		b := ben.join(a, nobody)
		street.meet(street.connect(a), street.connect(b))
		settle()
		benNode, annaNode := wire.PublicKey(b.Node()), wire.PublicKey(a.Node())
		newcomer := func() []byte { raw, _ := card(t, a, "Cleo"); return raw }
		_, stranger := card(t, a, "Eve")
		elsewhere, _ := card(t, other, "Cleo")
		whole := newcomer()
		for _, c := range []struct {
			what string
			at   *membership.Membership
			by   wire.Key
			card []byte
		}{
			{"a stranger vouches", a, stranger, newcomer()},
			{"a node of the same home elsewhere vouches", a, wire.PublicKey(other.Node()), newcomer()},
			{"for a card of another neighborhood", a, benNode, elsewhere},
			{"for nothing", a, benNode, nil},
			{"for half a card", a, benNode, whole[:len(whole)-1]},
			{"for what is no card", a, benNode, a.Objects()[0].Raw},
			{"at a home without a seat", b, annaNode, newcomer()},
		} {
			if admit, err := c.at.Vouch(c.by, c.card); !errors.Is(err, nvr.ErrForbidden) || admit != nil {
				t.Errorf("%s: %x, %v", c.what, admit, err)
			}
		}
		for i := range 20 {
			if _, err := a.Vouch(benNode, newcomer()); err != nil {
				t.Fatalf("the %dth of a day: %v", i+1, err)
			}
		}
		first := newcomer()
		for range 3 {
			if _, err := a.Vouch(benNode, first); !errors.Is(err, nvr.ErrTooMany) {
				t.Errorf("beyond a day's share: %v", err)
			}
		}
		if _, err := a.Vouch(annaNode, newcomer()); err != nil {
			t.Errorf("for another member there is room: %v", err)
		}
		time.Sleep(24 * time.Hour)
		admit, err := a.Vouch(benNode, first)
		if err != nil {
			t.Fatalf("the next day: %v", err)
		}
		for range 30 {
			if again, err := a.Vouch(benNode, first); err != nil || string(again) != string(admit) {
				t.Fatalf("the same home again: %v", err)
			}
		}
		if _, err := a.Vouch(benNode, newcomer()); err != nil {
			t.Errorf("who asks again costs nothing: %v", err)
		}
	})
}

// Once only stewards invite, whoever holds no seat neither invites nor vouches,
// and what was given before is of no use.
func TestOnlyStewardsInvite(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben, cleo := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo")
		street := newLine(t)
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		street.meet(street.connect(a), street.connect(b))
		settle()
		before := cleo.ask(invite(t, b))
		p := policy
		p.Invites = wire.InvitesByStewards
		if err := a.SetPolicy(p); err != nil {
			t.Fatal(err)
		}
		settle()
		if _, err := b.Invite(invitesAt(b), 7, wire.Key{}); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("Ben invites: %v", err)
		}
		vouch := func(card []byte) ([]byte, error) { return a.Vouch(wire.PublicKey(b.Node()), card) }
		if answer, m := knocks(t, before, b, vouch); answer == wire.AnswerYes || m != nil {
			t.Errorf("Cleo is answered %d", answer)
		}
		if err := cleo.all.GiveUp(before); err != nil {
			t.Fatal(err)
		}
		if answer, m := knocks(t, cleo.ask(invite(t, a)), a, nobody); answer != wire.AnswerYes || m == nil {
			t.Errorf("by Anna, Cleo is answered %d", answer)
		}
	})
}

// Ben was put out. With the same keys no invite helps him, and he uses none up.
func TestPutOutKnocks(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		if err := a.Revoke(b.Author(), wire.MinuteOf(time.Now())); err != nil {
			t.Fatal(err)
		}
		v, err := a.Invite(invitesAt(a), 7, wire.Key{})
		if err != nil {
			t.Fatal(err)
		}
		say := func(card []byte) wire.Answer {
			said, err := wire.SealKnock(wire.Knock{Card: card}, v.Secret)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := a.Answer(v.Secret.Ticket(), said, nil, nobody)
			if err != nil {
				t.Fatal(err)
			}
			w, err := wire.OpenWelcome(raw, v.Secret)
			if err != nil {
				t.Fatal(err)
			}
			return w.Answer
		}
		place := identity.Place{}
		if got := say(signed(t, a.Name(), ben.seed.Keys(place), ben.seed.Node(place, 0), "Bernard")); got != wire.AnswerNo {
			t.Errorf("Ben is answered %d", got)
		}
		if got := say([]byte("a card")); got != wire.AnswerNo {
			t.Errorf("nonsense is answered %d", got)
		}
		newcomer, _ := card(t, a, "Cleo")
		if got := say(newcomer); got != wire.AnswerYes {
			t.Errorf("then Cleo is answered %d", got)
		}
		if a.State().Member(b.Author()) != nil {
			t.Error("Ben is in again")
		}
	})
}

func TestAnswerRefuses(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		a, other := anna.found("Elm Street"), anna.found("Oak Street")
		ticket, said, err := ben.ask(invite(t, a)).Knock()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Answer(wire.Hash{1}, said, nil, nobody); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("a ticket of nothing: %v", err)
		}
		if _, err := other.Answer(ticket, said, nil, nobody); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("a ticket of another neighborhood: %v", err)
		}
		said[len(said)-1] ^= 1
		if _, err := a.Answer(ticket, said, nil, nobody); !errors.Is(err, wire.ErrSignature) {
			t.Errorf("a knock that was changed: %v", err)
		}
		said[len(said)-1] ^= 1
		if raw, err := a.Answer(ticket, said, slices.Repeat([]wire.Door{door(a)}, 40), nobody); err != nil {
			t.Errorf("with forty members near: %v, %d bytes", err, len(raw))
		}
		time.Sleep(7 * 24 * time.Hour)
		if _, err := a.Answer(ticket, said, nil, nobody); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("an invite that is over: %v", err)
		}
	})
}

// What whoever gave an invite may answer, to harm the home that uses it: nothing
// of it is written down, and the home asks on.
func TestHostileWelcome(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		a, other := anna.found("Elm Street"), anna.found("Oak Street")
		v, err := a.Invite(invitesAt(a), 7, wire.Key{})
		if err != nil {
			t.Fatal(err)
		}
		place := 0
		for _, c := range []struct {
			what   string
			change func(v *wire.Invite, w *wire.Welcome)
		}{
			{"a neighborhood that is a card", func(v *wire.Invite, w *wire.Welcome) {
				raw, _ := card(t, a, "Eve")
				o, err := wire.Open(raw)
				if err != nil {
					t.Fatal(err)
				}
				p := identity.Place{Neighborhood: uint32(place)}
				ben, err := wire.Open(signed(t, o.ID, ben.seed.Keys(p), ben.seed.Node(p, 0), "Ben"))
				if err != nil {
					t.Fatal(err)
				}
				seat := identity.New().Keys(p).Seat
				admit, err := wire.Sign(wire.Admit{Head: wire.DeedHead{Neighborhood: o.ID, Minute: v.Expires, Seat: wire.PublicKey(seat)},
					Card: ben.Body.(wire.Card), Signature: ben.Signature()}, seat)
				if err != nil {
					t.Fatal(err)
				}
				v.Neighborhood, w.Genesis, w.Admit = o.ID, raw, admit.Raw
			}},
			{"a genesis of another neighborhood", func(_ *wire.Invite, w *wire.Welcome) { w.Genesis = other.Objects()[0].Raw }},
			{"a genesis that is nonsense", func(_ *wire.Invite, w *wire.Welcome) { w.Genesis = []byte("genesis") }},
			{"an admission that is nonsense", func(_ *wire.Invite, w *wire.Welcome) { w.Admit = []byte("admit") }},
			{"an admission that is none", func(_ *wire.Invite, w *wire.Welcome) { w.Admit = w.Genesis }},
			{"an admission of somebody else", func(_ *wire.Invite, w *wire.Welcome) {
				raw, _ := card(t, a, "Eve")
				if w.Admit, err = a.Vouch(wire.PublicKey(a.Node()), raw); err != nil {
					t.Fatal(err)
				}
			}},
			{"an admission to another neighborhood", func(_ *wire.Invite, w *wire.Welcome) {
				p := identity.Place{Neighborhood: uint32(place)}
				raw := signed(t, other.Name(), ben.seed.Keys(p), ben.seed.Node(p, 0), "Ben")
				if w.Admit, err = other.Vouch(wire.PublicKey(other.Node()), raw); err != nil {
					t.Fatal(err)
				}
			}},
		} {
			p := identity.Place{Neighborhood: uint32(place)}
			admit, err := a.Vouch(wire.PublicKey(a.Node()), signed(t, a.Name(), ben.seed.Keys(p), ben.seed.Node(p, 0), "Ben"))
			if err != nil {
				t.Fatal(err)
			}
			v, w := v, wire.Welcome{Answer: wire.AnswerYes, Genesis: a.Objects()[0].Raw, Admit: admit, Doors: []wire.Door{door(a)}}
			c.change(&v, &w)
			text, err := v.Text()
			if err != nil {
				t.Fatal(err)
			}
			j := ben.ask(text)
			raw, err := wire.SealWelcome(w, v.Secret)
			if err != nil {
				t.Fatal(err)
			}
			if m, err := j.Hear(raw); err == nil || m != nil {
				t.Errorf("%s: it is in", c.what)
			}
			if j.Answered() != 0 {
				t.Errorf("%s is taken for the answer %d", c.what, j.Answered())
			}
			ben.crash()
			if in, asks := len(ben.all.In()), len(ben.all.Joining()); in != 0 || asks != 1 {
				t.Fatalf("%s: after a restart the home is in %d, and asks for %d", c.what, in, asks)
			}
			if err := ben.all.GiveUp(ben.all.Joining()[0]); err != nil {
				t.Fatal(err)
			}
			place++
		}
	})
}

// No place of the seed serves two neighborhoods, whatever came of the first one.
func TestPlacesAreNotUsedAgain(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		used := map[wire.Key]string{}
		knockAt := func(m *membership.Membership) *membership.Joining {
			t.Helper()
			v, err := m.Invite(invitesAt(m), 7, wire.Key{})
			if err != nil {
				t.Fatal(err)
			}
			text, err := v.Text()
			if err != nil {
				t.Fatal(err)
			}
			j := ben.ask(text)
			_, said, err := j.Knock()
			if err != nil {
				t.Fatal(err)
			}
			k, err := wire.OpenKnock(said, v.Secret)
			if err != nil {
				t.Fatal(err)
			}
			o, err := wire.Open(k.Card)
			if err != nil {
				t.Fatal(err)
			}
			c := o.Body.(wire.Card)
			for _, key := range []wire.Key{c.Author, c.Node, c.Seal} {
				if before, ok := used[key]; ok {
					t.Errorf("%s learns a key that %s knows", m.Genesis().Title, before)
				}
				used[key] = m.Genesis().Title
			}
			return j
		}
		for i := range 3 {
			j := knockAt(anna.found(fmt.Sprintf("Street %d", i)))
			if err := ben.all.GiveUp(j); err != nil {
				t.Fatal(err)
			}
			ben.crash()
		}
		elm := anna.found("Elm Street")
		for range 3 { // also where he asks again, is let in, and leaves
			if err := ben.all.GiveUp(knockAt(elm)); err != nil {
				t.Fatal(err)
			}
			ben.crash()
			j := knockAt(elm)
			_, m := knocks(t, j, elm, nobody)
			if m == nil {
				t.Fatal("he is not let in again")
			}
			if err := errors.Join(ben.all.Leave(m), ben.all.Forget(m)); err != nil {
				t.Fatal(err)
			}
			ben.crash()
		}
		m, err := ben.all.Found("Ben's Yard", "Ben", policy)
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := used[m.Author()]; ok {
			t.Errorf("Ben's Yard learns a key that %s knows", before)
		}
	})
}
