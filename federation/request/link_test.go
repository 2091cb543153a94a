package request

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// street is homes that follow one agency, each with all others as peers, where a
// message arrives at once or not at all.
type street struct {
	t     *testing.T
	homes []*follower
	now   wire.Minute
	said  int // bytes
}

type follower struct {
	logs  *Logs
	links map[*follower]*Link
	lie   func(wire.Message) []wire.Message // what it says instead
	fault int
}

func townAgency(t *testing.T) Admitted {
	return Admitted{Agency: wire.Agency{Key: police, Jurisdiction: square(-50_000, -50_000, 150_000)}, Cells: terms(t).Cells}
}

func newStreet(t *testing.T, homes int) *street {
	s := &street{t: t, now: today + 100}
	var cosigners []wire.Key
	for n := range homes {
		cosigners = append(cosigners, wire.PublicKey(neighbor(n)))
	}
	for n := range homes {
		f := &follower{logs: NewLogs(neighbor(n)), links: map[*follower]*Link{}}
		if _, more := f.logs.Rule([]Admitted{townAgency(t)}, cosigners); !more {
			t.Fatal("the agency is not new")
		}
		s.homes = append(s.homes, f)
	}
	for _, a := range s.homes {
		for _, b := range s.homes {
			if a != b {
				a.links[b] = NewLink(a.logs)
			}
		}
	}
	return s
}

// message is on its way.
type message struct {
	from, to *follower
	m        wire.Message
}

// carry has all that is on its way arrive, and what is said about it.
func (s *street) carry(way ...message) {
	s.t.Helper()
	for n := 0; len(way) > 0; n++ {
		if n > 200_000 {
			s.t.Fatal("they talk for ever")
		}
		next := way[0]
		way = way[1:]
		raw, err := wire.WriteMessage(next.m)
		if err != nil {
			s.t.Fatalf("%v: %v", next.m.MessageKind(), err)
		}
		s.said += len(raw)
		m, err := wire.ReadMessage(raw)
		if err != nil {
			s.t.Fatal(err)
		}
		reply, changes, err := next.to.links[next.from].Step(m, s.now)
		if err != nil {
			next.to.fault++
		}
		way = append(way, next.to.says(next.from, reply)...)
		way = append(way, s.push(next.to, next.from, changes)...)
	}
}

func (f *follower) says(to *follower, all []wire.Message) (way []message) {
	for _, m := range all {
		said := []wire.Message{m}
		if f.lie != nil {
			said = f.lie(m)
		}
		for _, m := range said {
			way = append(way, message{f, to, m})
		}
	}
	return way
}

func (s *street) push(by, but *follower, changes []Change) (way []message) {
	for _, to := range s.homes {
		if to != by && to != but && by.links[to] != nil {
			way = append(way, by.says(to, by.links[to].Push(changes, s.now))...)
		}
	}
	return way
}

// offers has one home be offered what an agency published.
func (s *street) offers(to int, a *agency) Outcome {
	s.t.Helper()
	f := s.homes[to]
	size := f.logs.Log(police).Size()
	is, changes, err := f.logs.Offer(police, a.note(len(a.all)), size, a.from(size, len(a.all)), s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	s.carry(s.push(f, nil, changes)...)
	return is
}

// start has each home begin a conversation with each other.
func (s *street) start() {
	s.t.Helper()
	for _, a := range s.homes {
		for _, b := range s.homes {
			if l := a.links[b]; l != nil {
				s.carry(a.says(b, l.Start(s.now))...)
			}
		}
	}
}

// same checks that all homes have a log whole: all ids, and the texts that keep the
// rules.
func (s *street) same(a *agency, texts int) {
	s.t.Helper()
	for n, f := range s.homes {
		l := f.logs.Log(police)
		held := 0
		for _, e := range l.Entries(0) {
			if e.Text.Raw != nil {
				held++
			}
		}
		if l.Size() != len(a.all) || held != texts {
			s.t.Errorf("home %d has %d entries with %d texts, of %d with %d", n, l.Size(), held, len(a.all), texts)
		}
		if f.fault > 0 {
			s.t.Errorf("home %d found %d faults", n, f.fault)
		}
	}
}

// What a sponsor takes is with all at once, verified; what breaks a rule is passed
// on as an id by all, and as a text by nobody.
func TestLinks(t *testing.T) {
	s, a := newStreet(t, 6), newAgency(t)
	bad := asks(1, func(r *wire.Request) { r.To = r.From + 5 })
	a.publishes(asks(0, nil), bad, asks(2, nil))
	for _, f := range s.homes {
		f.lie = func(m wire.Message) []wire.Message {
			if p, ok := m.(wire.LogPart); ok && slices.ContainsFunc(p.Texts, func(b []byte) bool { return string(b) == string(a.all[1].Text.Raw) }) {
				t.Error("what breaks a rule is passed on")
			}
			return []wire.Message{m}
		}
	}
	if is := s.offers(0, a); is != Extended {
		t.Fatal(is)
	}
	s.same(a, 2)
	for n, f := range s.homes {
		if seen := len(f.logs.Log(police).Cosigners()); seen < Enough || seen > tlog.MaxCosigners {
			t.Errorf("home %d knows of %d homes that saw it", n, seen)
		}
	}
	if s.said > 60_000 {
		t.Errorf("three entries cost six homes %d bytes", s.said)
	}
	s.now += 15
	s.start()
	s.now += 15
	s.said = 0
	s.start()
	if all := 6 * 5 * 2 * 100; s.said > all {
		t.Errorf("homes that have the same say %d bytes", s.said)
	}
	s.same(a, 2)
}

// A home that was away gets a long log, whole, also where one neighbor leaves texts
// out, and another says nothing but what it is asked.
func TestLinkCatchesUp(t *testing.T) {
	for name, lie := range map[string]func(wire.Message) []wire.Message{
		"honest": func(m wire.Message) []wire.Message { return []wire.Message{m} },
		"no texts": func(m wire.Message) []wire.Message {
			if p, ok := m.(wire.LogPart); ok {
				p.Texts = nil
				m = p
			}
			if _, ok := m.(wire.LogTexts); ok {
				return nil
			}
			return []wire.Message{m}
		},
		"silent": func(m wire.Message) []wire.Message {
			if _, ok := m.(wire.Logs); ok {
				return []wire.Message{m}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, a := newStreet(t, 3), newAgency(t)
			for n := range wire.Minute(700) {
				at := today - 700*wire.Day + n*wire.Day
				a.publishes(wire.Bulletin{Head: wire.AgencyHead{Agency: police, Minute: at}, Title: "Ice", Text: "Roads freeze.", Expires: at + wire.Day})
			}
			cut := s.part(2)
			s.offers(0, a)
			s.meet(cut)
			s.homes[0].lie = lie
			for range 3 { // each time a home asks for 256 texts at most
				s.now += 15
				s.start()
			}
			s.homes[0].lie = nil
			s.same(a, 700)
		})
	}
}

// A log that is shown in two ways is seen by all as soon as two homes meet that were
// shown another one, and the agency is convicted everywhere.
func TestLinksConvict(t *testing.T) {
	for _, c := range []struct {
		name        string
		at          int // where the branches part
		left, right int // entries after that
	}{{"one size", 1, 1, 1}, {"one is longer", 1, 1, 70}, {"from the beginning", 0, 70, 3}, {"far behind", 1, 300, 3}} {
		t.Run(c.name, func(t *testing.T) {
			s, a := newStreet(t, 6), newAgency(t)
			a.publishes(asks(0, nil))
			b := a.branch(c.at)
			bulletin := func(to *agency, n int, text string) {
				for i := range n {
					to.publishes(wire.Bulletin{Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(i/4)}, Title: "Ice", Text: text, Expires: today + wire.Day})
				}
			}
			bulletin(a, c.left, "left")
			bulletin(b, c.right, "right")
			cut := s.part(3)
			s.offers(0, a)
			s.offers(3, b)
			if s.homes[1].logs.Log(police).Size() != len(a.all) || s.homes[4].logs.Log(police).Size() != len(b.all) {
				t.Fatal("a side has not heard of it")
			}
			s.meet(cut)
			l := s.homes[0].links[s.homes[3]] // all others hear of it from these two
			s.carry(s.homes[0].says(s.homes[3], l.Start(s.now))...)
			for n, f := range s.homes {
				if _, is := f.logs.Log(police).Fraud(); !is || f.fault > 0 {
					t.Errorf("home %d has no proof, and found %d faults", n, f.fault)
				}
			}
		})
	}
}

type ends struct {
	a, b *follower
	link *Link
}

// part has the homes from one on know nothing of those before it.
func (s *street) part(at int) (cut []ends) {
	for i, a := range s.homes {
		for j, b := range s.homes {
			if l := a.links[b]; l != nil && (i < at) != (j < at) {
				cut = append(cut, ends{a, b, l})
				delete(a.links, b)
			}
		}
	}
	return cut
}

func (s *street) meet(cut []ends) {
	for _, c := range cut {
		c.a.links[c.b] = c.link
	}
}

// A stranger's words cost no more than they may, and bring in nothing that no agency
// signed.
func TestLinkLies(t *testing.T) {
	a := newAgency(t)
	for n := range 20 {
		a.publishes(wire.Bulletin{Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(n)*wire.Day/2}, Title: "Ice", Text: fmt.Sprint(n), Expires: today + 20*wire.Day})
	}
	other := newAgency(t)
	other.publishes(asks(9, nil))
	twist := map[string]func(*rand.Rand, wire.LogPart) wire.Message{
		"other ids": func(_ *rand.Rand, p wire.LogPart) wire.Message {
			p.IDs = slices.Clone(p.IDs)
			slices.Reverse(p.IDs)
			return p
		},
		"from elsewhere": func(_ *rand.Rand, p wire.LogPart) wire.Message { p.From += 3; return p },
		"from far":       func(_ *rand.Rand, p wire.LogPart) wire.Message { p.From = 1 << 31; return p },
		"no ids":         func(_ *rand.Rand, p wire.LogPart) wire.Message { p.IDs = nil; return p },
		"other texts": func(_ *rand.Rand, p wire.LogPart) wire.Message {
			p.Texts = [][]byte{other.all[0].Text.Raw, {1, 2}}
			return p
		},
		"no checkpoint": func(_ *rand.Rand, p wire.LogPart) wire.Message { p.Checkpoint = []byte("checkpoint"); return p },
		"twice the ids": func(_ *rand.Rand, p wire.LogPart) wire.Message {
			p.IDs = append(slices.Clone(p.IDs), p.IDs...)[:min(64, 2*len(p.IDs))]
			return p
		},
		"another agency":  func(_ *rand.Rand, p wire.LogPart) wire.Message { p.Agency = wire.Key{7}; return p },
		"no proof at all": func(*rand.Rand, wire.LogPart) wire.Message { return wire.LogFraud{Proof: []byte("proof")} },
	}
	for name, twisted := range twist {
		t.Run(name, func(t *testing.T) {
			s, r := newStreet(t, 3), rand.New(rand.NewPCG(1, 1))
			liar := s.homes[1]
			liar.lie = func(m wire.Message) []wire.Message {
				if p, ok := m.(wire.LogPart); ok {
					m = twisted(r, p)
				}
				return []wire.Message{m}
			}
			s.now = today + 20*wire.Day
			delete(s.homes[2].links, s.homes[0])
			delete(s.homes[0].links, s.homes[2]) // who has the log and who wants it meet only over the liar
			s.offers(0, a)
			for range 3 {
				s.now += 15
				s.start()
			}
			s.homes[0].links[s.homes[2]], s.homes[2].links[s.homes[0]] = NewLink(s.homes[0].logs), NewLink(s.homes[2].logs)
			s.now += 60
			s.start()
			for n, f := range s.homes {
				l := f.logs.Log(police)
				if _, is := l.Fraud(); is || l.Size() != 20 {
					t.Errorf("home %d has %d entries, fraud %v", n, l.Size(), is)
				}
			}
		})
	}
}

// When the charter says something else of an agency, all is judged anew, and neighbors
// are asked for what was not taken while it was suspended.
func TestRuleChanges(t *testing.T) {
	s, a := newStreet(t, 1), newAgency(t)
	a.publishes(asks(0, nil))
	s.offers(0, a)
	logs := s.homes[0].logs
	as := townAgency(t)
	rule := func(change func(*Admitted)) (changes []Change, more bool) {
		as := as
		change(&as)
		return logs.Rule([]Admitted{as}, nil)
	}
	verdict := func() Verdict { return logs.Log(police).Entries(0)[0].Verdict }
	same := func(*Admitted) {}
	for _, step := range []struct {
		what   string
		change func(*Admitted)
		want   Verdict
		judged int
		more   bool
	}{
		{"the same", same, Accepted, 0, false},
		{"other cells", func(a *Admitted) { a.Cells = nil }, Elsewhere, 1, false},
		{"the cells again", same, Accepted, 1, false},
		{"suspended", func(a *Admitted) { a.Suspended = true }, Accepted, 1, false},
		{"suspended still", func(a *Admitted) { a.Suspended = true }, Accepted, 0, false},
		{"no longer", same, Accepted, 1, true},
		{"another jurisdiction", func(a *Admitted) { a.Jurisdiction = square(50_000, 50_000, 10_000) }, OutOfBounds, 1, false},
	} {
		changes, more := rule(step.change)
		if len(changes) != step.judged || more != step.more || verdict() != step.want {
			t.Errorf("%s: %d judged anew, more %v, %v; want %d, %v, %v", step.what, len(changes), more, verdict(), step.judged, step.more, step.want)
		}
		suspended := logs.follows(police) == nil
		if want := strings.HasPrefix(step.what, "suspended"); suspended != want || len(logs.Agencies()) != map[bool]int{false: 1}[want] {
			t.Errorf("%s: followed %v, %d agencies", step.what, !suspended, len(logs.Agencies()))
		}
	}
}

// What was written down of a log is taken up, or begun anew if it is damaged.
func TestLoad(t *testing.T) {
	a := newAgency(t)
	a.bulletins(3, "a")
	load := func(note []byte, entries []Entry) (size int, err error) {
		logs := NewLogs(nil)
		logs.Rule([]Admitted{townAgency(t)}, nil)
		err = logs.Load(police, note, nil, entries)
		return logs.Log(police).Size(), err
	}
	all := a.from(0, 3)
	for name, c := range map[string]struct {
		note    []byte
		entries []Entry
		size    int
		good    bool
	}{
		"nothing": {nil, nil, 0, true}, "all": {a.note(3), all, 3, true}, "half": {a.note(3), all[:2], 0, false},
		"no checkpoint of it": {[]byte("checkpoint"), all, 0, false}, "others": {a.note(2), all[1:], 0, false},
	} {
		if size, err := load(c.note, slices.Clone(c.entries)); size != c.size || (err == nil) != c.good || err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %d entries, %v", name, size, err)
		}
	}
}
