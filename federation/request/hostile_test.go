package request

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// bulletins has an agency publish so many, two a day until today.
func (a *agency) bulletins(n int, text string) {
	for i := range n {
		at := today - wire.Minute(n-i)*wire.Day/2
		a.publishes(wire.Bulletin{Head: wire.AgencyHead{Agency: police, Minute: at}, Title: "Ice", Text: fmt.Sprint(text, i), Expires: at + wire.Day})
	}
}

// part is what a peer that has a log says of it, without being asked.
func (a *agency) part(from, upto, size int, texts bool) wire.LogPart {
	m := wire.LogPart{Agency: police, Checkpoint: a.note(size), From: uint32(from)}
	for _, e := range a.all[from:upto] {
		m.IDs = append(m.IDs, e.ID)
		if texts {
			m.Texts = append(m.Texts, e.Text.Raw)
		}
	}
	return m
}

// A peer that sends parts for ever is heard out: what waits here is no more than the
// agency says that it has, and then nothing.
func TestPartsForEver(t *testing.T) {
	s, a := newStreet(t, 2), newAgency(t)
	a.bulletins(200, "Roads freeze.")
	home := s.homes[0]
	l := home.links[s.homes[1]]
	step := func(m wire.Message) []wire.Message {
		t.Helper()
		reply, _, _ := l.Step(m, s.now) // what is wrong with it is its fault
		return reply
	}
	step(wire.Logs{Logs: []wire.LogPrint{{Agency: police, Size: 200}}})
	asks := 0
	for n := range 3 * MaxHeard {
		if l.gather == nil { // it begins anew
			step(wire.Logs{Logs: []wire.LogPrint{{Agency: police, Size: 200}}})
		}
		p := a.part(0, 64, 200, true)
		if l.gather != nil {
			p.From = uint32(len(l.gather.ids)) // what it asks for, but for the ids
		}
		asks += len(step(p))
		if l.gather != nil && (len(l.gather.ids) > 200 || l.gather.bytes > textsLen) || home.logs.gathered > textsLen {
			t.Fatalf("after %d parts %d ids wait, and %d bytes of texts", n, len(l.gather.ids), home.logs.gathered)
		}
	}
	if asks > MaxHeard || home.logs.Log(police).Size() > 0 {
		t.Errorf("%d asks, %d entries", asks, home.logs.Log(police).Size())
	}
	// In the next hour it is heard again, and what was broken off begins anew.
	s.now += 60
	s.start()
	s.offers(1, a)
	s.now += 60
	s.start()
	s.same(a, 200)
	l.Reset()
	if home.logs.gathered != 0 {
		t.Errorf("%d bytes of texts wait for nothing", home.logs.gathered)
	}
}

// Texts that wait for the rest of a log have one room for all links: those that find
// none are asked for later.
func TestGatheredByAll(t *testing.T) {
	const peers = 40
	s, a := newStreet(t, 1), newAgency(t)
	a.bulletins(200, "")
	home := s.homes[0]
	home.logs.gathered = textsLen - 5_000 // others wait
	var links []*Link
	for range peers {
		l := NewLink(home.logs)
		links = append(links, l)
		_, _, _ = l.Step(wire.Logs{Logs: []wire.LogPrint{{Agency: police, Size: 200}}}, s.now)
		if _, _, err := l.Step(a.part(0, 64, 200, true), s.now); err != nil {
			t.Fatal(err)
		}
		if home.logs.gathered > textsLen {
			t.Fatalf("%d bytes wait", home.logs.gathered)
		}
	}
	for from := 64; from < 200; from += 64 {
		if _, _, err := links[0].Step(a.part(from, min(from+64, 200), 200, true), s.now); err != nil {
			t.Fatal(err)
		}
	}
	l := home.logs.Log(police)
	if lacking := l.Lacking(300); l.Size() != 200 || len(lacking) == 0 || len(lacking) == 200 {
		t.Errorf("%d entries, %d texts lacking", l.Size(), len(lacking))
	}
	for _, l := range links {
		l.Reset()
	}
	if home.logs.gathered != textsLen-5_000 {
		t.Errorf("%d bytes are left", home.logs.gathered-textsLen+5_000)
	}
}

// Neighbors that tell texts one by one, each of which is new, have all judged so often an
// hour, however many they are; the others come in the next.
func TestToldByAll(t *testing.T) {
	s, a := newStreet(t, 1), newAgency(t)
	a.bulletins(3*MaxTold, "")
	home := s.homes[0]
	var bare []Entry
	for _, e := range a.all {
		bare = append(bare, Entry{ID: e.ID})
	}
	if is, _, err := home.logs.Offer(police, a.note(len(a.all)), 0, bare, s.now); is != Extended || err != nil {
		t.Fatal(is, err)
	}
	links := []*Link{NewLink(home.logs), NewLink(home.logs), NewLink(home.logs)}
	tell := func() int {
		for n, e := range a.all {
			_, _, _ = links[n%3].Step(wire.LogTexts{Agency: police, Texts: [][]byte{e.Text.Raw}}, s.now)
		}
		return 3*MaxTold - len(home.logs.Log(police).Lacking(3*MaxTold))
	}
	for hour := 1; hour <= 3; hour++ {
		if told := tell(); told != hour*MaxTold {
			t.Errorf("in %d hours %d are told", hour, told)
		}
		s.now += 60
	}
}

// Whatever one says to the other, in whatever order and however often, neither panics,
// talks for ever, convicts an honest agency or keeps what is too much; and once both say
// what is so they have the same.
func TestRandomTalk(t *testing.T) {
	for seed := range uint64(12) {
		talk(t, seed)
	}
}

// FuzzTalk is TestRandomTalk with other seeds.
func FuzzTalk(f *testing.F) {
	f.Add(uint64(100))
	f.Fuzz(func(t *testing.T, seed uint64) { talk(t, seed) })
}

func talk(t *testing.T, seed uint64) {
	t.Helper()
	a, other := newAgency(t), newAgency(t)
	a.bulletins(150, "Roads freeze.")
	other.publishes(asks(1, nil))
	r := rand.New(rand.NewPCG(seed, 1))
	s := newStreet(t, 3)
	s.offers(1, a.upto(r.IntN(151)))
	one, two := s.homes[0], s.homes[1]
	var said []wire.Message
	hear := func(to, from *follower, m wire.Message) {
		t.Helper()
		raw, err := wire.WriteMessage(m)
		if err != nil {
			return // it can't be said
		}
		if m, err = wire.ReadMessage(raw); err != nil {
			return
		}
		l := to.links[from]
		reply, changes, _ := l.Step(m, s.now)
		said = append(said, reply...)
		if out := l.out; out > MaxOut+wire.MaxMessage*4 {
			t.Fatalf("seed %d: %d bytes were said in an hour", seed, out)
		}
		for _, c := range changes {
			if to.logs.Log(c.Agency) == nil {
				t.Fatalf("seed %d: a log that nobody follows changed", seed)
			}
		}
	}
	for range 150 {
		m := a.anything(r, other, said)
		if r.IntN(2) == 0 {
			hear(one, two, m)
		} else {
			hear(two, one, m)
		}
		if r.IntN(20) == 0 {
			s.now += wire.Minute(r.IntN(90))
		}
		if r.IntN(40) == 0 {
			one.links[two].Reset()
		}
	}
	s.now += 120
	for _, f := range s.homes { // another stream, another hour
		for _, l := range f.links {
			l.Reset()
		}
	}
	s.offers(2, a)
	for range 3 {
		s.start()
		s.now += 15
	}
	s.same(a, 150)
	for n, f := range s.homes {
		if _, is := f.logs.Log(police).Fraud(); is || f.logs.gathered != 0 {
			t.Errorf("seed %d: home %d: fraud %v, %d bytes wait", seed, n, is, f.logs.gathered)
		}
	}
	if t.Failed() {
		t.Fatalf("seed %d", seed)
	}
}

// upto is the same agency when it had published so many.
func (a *agency) upto(n int) *agency {
	return &agency{t: a.t, all: a.all[:n], trees: a.trees[:n+1]}
}

// anything is something that a peer could say: of what the agency published, of another
// log, or what was said before.
func (a *agency) anything(r *rand.Rand, other *agency, said []wire.Message) wire.Message {
	from := r.IntN(len(a.all) + 1)
	upto := min(from+r.IntN(70), len(a.all))
	size := upto
	if r.IntN(2) == 0 {
		size = r.IntN(len(a.all) + 1)
	}
	id := func() wire.Hash { return a.all[r.IntN(len(a.all))].ID }
	key := police
	if r.IntN(10) == 0 {
		key = wire.Key{7}
	}
	switch r.IntN(10) {
	case 0:
		return wire.Logs{Logs: []wire.LogPrint{{Agency: key, Size: uint32(r.IntN(300)), Print: id().Print(), Fraud: r.IntN(20) == 0}}}
	case 1:
		return wire.LogAsk{Agency: key, From: uint32(r.IntN(200)), Bare: r.IntN(2) == 0}
	case 2:
		ids := []wire.Print{id().Print(), id().Print()}
		slices.SortFunc(ids, func(a, b wire.Print) int { return slices.Compare(a[:], b[:]) })
		return wire.LogWant{Agency: key, IDs: slices.Compact(ids)}
	case 3:
		return wire.LogTexts{Agency: key, Texts: [][]byte{a.all[r.IntN(len(a.all))].Text.Raw, other.all[0].Text.Raw}}
	case 4:
		f, _ := tlog.Split(a.note(size), a.note(from), police, a.trees[len(a.trees)-1])
		return wire.LogFraud{Proof: f.Bytes()}
	case 5:
		if len(said) > 0 {
			return said[r.IntN(len(said))]
		}
		fallthrough
	default:
		p := a.part(from, upto, size, r.IntN(2) == 0)
		switch r.IntN(6) {
		case 0:
			p.From = uint32(r.IntN(300))
		case 1:
			slices.Reverse(p.IDs)
		case 2:
			p.Texts = [][]byte{other.all[0].Text.Raw}
		case 3:
			p.Checkpoint = slices.Concat(p.Checkpoint[:len(p.Checkpoint)/2], []byte("x"))
		}
		return p
	}
}

// What is said to a peer about one log, by what either has of it.
func TestCompareSizes(t *testing.T) {
	a, b := newAgency(t), newAgency(t)
	a.bulletins(3, "a")
	b.bulletins(4, "b")
	have := func(a *agency, size int) *Logs {
		s := newStreet(t, 1)
		s.offers(0, a.upto(size))
		return s.homes[0].logs
	}
	convicted := have(a, 3)
	if is, _, err := convicted.Offer(police, b.note(4), 0, b.from(0, 4), today+100); is != Convicted || err != nil {
		t.Fatal(is, err)
	}
	two, fresh := have(a, 2), newStreet(t, 1).homes[0].logs
	note := two.Log(police).print(police).Print
	for name, c := range map[string]struct {
		logs   *Logs
		theirs wire.LogPrint
		want   []wire.MessageKind
	}{
		"the same":                       {two, wire.LogPrint{Size: 2, Print: note}, nil},
		"they have more":                 {two, wire.LogPrint{Size: 3}, []wire.MessageKind{wire.MessageLogAsk}},
		"they have less":                 {two, wire.LogPrint{Size: 1}, []wire.MessageKind{wire.MessageLogs}},
		"they have nothing":              {two, wire.LogPrint{}, []wire.MessageKind{wire.MessageLogs}},
		"another checkpoint":             {two, wire.LogPrint{Size: 2}, []wire.MessageKind{wire.MessageLogPart}},
		"nothing is anywhere":            {fresh, wire.LogPrint{}, nil},
		"an empty log with a note":       {fresh, wire.LogPrint{Print: wire.Print{1}}, nil},
		"they have proof":                {two, wire.LogPrint{Size: 9, Fraud: true}, nil},
		"they have proof of less":        {two, wire.LogPrint{Size: 1, Fraud: true}, nil},
		"they have none":                 {convicted, wire.LogPrint{Size: 9}, []wire.MessageKind{wire.MessageLogFraud}},
		"they have none, and the same":   {convicted, wire.LogPrint{Size: 3, Print: convicted.Log(police).print(police).Print}, []wire.MessageKind{wire.MessageLogFraud}},
		"both have":                      {convicted, wire.LogPrint{Size: 9, Fraud: true}, nil},
		"a log that nobody here follows": {two, wire.LogPrint{Agency: wire.Key{9}, Size: 9}, nil},
	} {
		if c.theirs.Agency == (wire.Key{}) {
			c.theirs.Agency = police
		}
		l := NewLink(c.logs)
		reply, _, err := l.Step(wire.Logs{Logs: []wire.LogPrint{c.theirs}}, today+100)
		var got []wire.MessageKind
		for _, m := range reply {
			got = append(got, m.MessageKind())
		}
		if !slices.Equal(got, c.want) || err != nil {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
	if push := NewLink(convicted).Push([]Change{{Agency: police, News: true}}, today); len(push) != 1 || push[0].MessageKind() != wire.MessageLogFraud {
		t.Errorf("a proof is passed on as %v", push)
	}
	if push := NewLink(two).Push([]Change{{Agency: police}, {Agency: wire.Key{9}, News: true}}, today); len(push) != 0 {
		t.Errorf("what is no news is passed on: %v", push)
	}
	for _, from := range []uint32{2, 3, 1 << 31} {
		if reply, _, err := NewLink(two).Step(wire.LogAsk{Agency: police, From: from}, today); len(reply) > 0 || err != nil {
			t.Errorf("what follows %d is answered %v, %v", from, reply, err)
		}
	}
	if reply, _, _ := NewLink(fresh).Step(wire.LogAsk{Agency: police}, today); len(reply) > 0 {
		t.Errorf("of nothing there is %v", reply)
	}
}

// kinds returns what is said.
func kinds(all []wire.Message) (kinds []wire.MessageKind) {
	for _, m := range all {
		kinds = append(kinds, m.MessageKind())
	}
	return kinds
}

// One log is fetched at a time, each once; what is not to be had ends it, and the next
// is fetched.
func TestFetchInTurn(t *testing.T) {
	a := newAgency(t)
	a.bulletins(70, "a")
	s := newStreet(t, 1)
	home := s.homes[0].logs
	other := wire.Key{1}
	home.Rule([]Admitted{townAgency(t), {Agency: wire.Agency{Key: other}}}, nil)
	print := wire.Logs{Logs: []wire.LogPrint{{Agency: other, Size: 5}, {Agency: police, Size: 70}}}
	slices.SortFunc(print.Logs, func(a, b wire.LogPrint) int { return wire.Compare(wire.Hash(a.Agency), wire.Hash(b.Agency)) })
	l := NewLink(home)
	step := func(m wire.Message, want ...wire.Message) {
		t.Helper()
		reply, _, _ := l.Step(m, s.now) // what is wrong is the peer's fault
		if diff := cmp.Diff(want, reply); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	first, second := print.Logs[0].Agency, print.Logs[1].Agency
	ask := func(agency wire.Key, from int) wire.Message { return wire.LogAsk{Agency: agency, From: uint32(from)} }
	step(print, ask(first, 0))
	step(print) // it is on its way
	step(print)
	step(wire.LogPart{Agency: first, Checkpoint: []byte("checkpoint")}, ask(second, 0))
	step(wire.LogPart{Agency: first, Checkpoint: []byte("checkpoint")}) // nobody asked
	step(a.part(64, 70, 70, true))                                      // nor for this
	if second != police {
		t.Fatal("the other agency is the second")
	}
	step(a.part(0, 64, 70, true), ask(police, 64))
	step(a.part(0, 64, 70, true))                                        // again, and not asked for
	step(wire.LogPart{Agency: police, Checkpoint: a.note(70), From: 64}) // nothing follows
	if l.gather != nil || len(l.queue) != 0 || home.gathered != 0 {
		t.Errorf("%+v waits, and %v", l.gather, l.queue)
	}
	step(print, ask(first, 0)) // anew
	step(wire.LogPart{Agency: first, Checkpoint: []byte("checkpoint")}, ask(police, 0))
	step(a.part(0, 64, 70, false), ask(police, 64))
	reply, changes, err := l.Step(a.part(64, 70, 70, true), s.now)
	if !slices.Equal(kinds(reply), []wire.MessageKind{wire.MessageLogWant}) || len(changes) != 1 || err != nil {
		t.Errorf("it says %v, %v changes, %v", kinds(reply), changes, err)
	}
	if log := home.Log(police); log.Size() != 70 || len(log.Lacking(100)) != 64 {
		t.Errorf("%d entries, %d texts lacking", log.Size(), len(log.Lacking(100)))
	}
}

// What a peer says that is of no log that is here has it asked for all ids; what these
// show decides, and nothing else that is on its way is lost by it.
func TestDiverged(t *testing.T) {
	a, other := newAgency(t), wire.Key{1}
	a.bulletins(72, "a")
	s := newStreet(t, 1)
	s.offers(0, a.upto(70))
	home := s.homes[0].logs
	home.Rule([]Admitted{townAgency(t), {Agency: wire.Agency{Key: other}}}, nil)
	l := NewLink(home)
	twisted := a.part(70, 72, 72, false)
	slices.Reverse(twisted.IDs)
	bare := wire.LogAsk{Agency: police, Bare: true}
	for _, step := range []struct {
		what string
		says wire.Message
		want []wire.Message
	}{
		{"of something before it is lacking", wire.LogPart{Agency: police, Checkpoint: a.note(72), From: 71}, []wire.Message{wire.LogAsk{Agency: police, From: 70}}},
		{"what was asked for is not there", wire.LogPart{Agency: police, Checkpoint: a.note(72), From: 70}, nil},
		{"there is another log", wire.Logs{Logs: []wire.LogPrint{{Agency: other, Size: 5}}}, []wire.Message{wire.LogAsk{Agency: other}}},
		{"meanwhile it is no log", twisted, nil},
		{"the other is not there", wire.LogPart{Agency: other, Checkpoint: []byte("checkpoint")}, nil},
		{"it is no log", twisted, []wire.Message{bare}},
		{"all ids are those of the log", a.part(0, 72, 72, true), []wire.Message{wire.LogAsk{Agency: police, From: 70}}},
		{"and the rest of it", a.part(70, 72, 72, true), nil},
	} {
		reply, _, _ := l.Step(step.says, s.now) // what is wrong is the peer's fault
		if diff := cmp.Diff(step.want, reply); diff != "" {
			t.Errorf("%s: -want +got:\n%s", step.what, diff)
		}
		if step.what == "it is no log" {
			if l.gather.take(home, a.part(0, 5, 72, true), true); home.gathered != 0 {
				t.Errorf("%d bytes of texts wait to compare ids", home.gathered)
			}
			l.gather.ids = nil
		}
	}
	if log := home.Log(police); log.Size() != 72 || len(log.Lacking(100)) != 0 || home.gathered != 0 {
		t.Errorf("%d entries, %d texts lacking, %d bytes wait", log.Size(), len(log.Lacking(100)), home.gathered)
	}
}

// Long texts, and many ids, go in messages that can be read.
func TestLongParts(t *testing.T) {
	s, a := newStreet(t, 2), newAgency(t)
	a.bulletins(100, strings.Repeat("\U0001F525", wire.MaxPublication-3))
	cut := s.part(1)
	s.offers(0, a)
	s.meet(cut)
	s.start()
	s.now += 15
	s.start()
	s.same(a, 100)
	bare := s.homes[0].logs.Log(police).part(police, 0, true)
	if len(bare.IDs) != 100 || len(bare.Texts) != 0 {
		t.Errorf("to compare, %d ids go with %d texts", len(bare.IDs), len(bare.Texts))
	}
}

// A link that said or heard too much is silent for the rest of the hour, and what it was
// about to fetch is fetched anew.
func TestLinkRests(t *testing.T) {
	a := newAgency(t)
	a.bulletins(5, "a")
	for name, much := range map[string]func(*Link){"heard": func(l *Link) { l.heard = MaxHeard }, "said": func(l *Link) { l.out = MaxOut }} {
		s := newStreet(t, 1)
		s.offers(0, a.upto(2))
		l := NewLink(s.homes[0].logs)
		more := wire.Logs{Logs: []wire.LogPrint{{Agency: police, Size: 5}}}
		if reply, _, _ := l.Step(more, s.now); len(reply) != 1 {
			t.Fatal(reply)
		}
		much(l)
		for _, m := range []wire.Message{wire.LogAsk{Agency: police}, wire.LogWant{Agency: police, IDs: []wire.Print{a.all[0].ID.Print()}}, wire.Logs{Logs: []wire.LogPrint{{Agency: police}}}, a.part(2, 3, 5, true)} {
			if reply, _, _ := l.Step(m, s.now); len(reply) > 0 {
				t.Errorf("who has %s too much says %v", name, reply)
			}
		}
		s.now += 60
		if reply, _, _ := l.Step(more, s.now); len(reply) != 1 {
			t.Errorf("who had %s too much says %v an hour later", name, reply)
		}
	}
	// Texts for which nothing is judged count, too.
	s := newStreet(t, 1)
	home := s.homes[0].logs
	if is, _, err := home.Offer(police, a.note(3), 0, []Entry{{ID: a.all[0].ID}, {ID: a.all[1].ID}, {ID: a.all[2].ID}}, s.now); is != Extended || err != nil {
		t.Fatal(is, err)
	}
	l := NewLink(home)
	for range MaxTold {
		_, _, _ = l.Step(wire.LogTexts{Agency: police, Texts: [][]byte{{1}}}, s.now)
	}
	if _, changes, _ := l.Step(wire.LogTexts{Agency: police, Texts: [][]byte{a.all[0].Text.Raw}}, s.now); len(changes) > 0 {
		t.Error("one more text is taken")
	}
	if _, changes, _ := l.Step(wire.LogTexts{Agency: police, Texts: [][]byte{a.all[0].Text.Raw}}, s.now+60); len(changes) != 1 {
		t.Error("an hour later none is")
	}
}

// Of more agencies than a message holds the first are told.
func TestManyAgencies(t *testing.T) {
	logs := NewLogs(nil)
	var many []Admitted
	for n := range wire.MaxLogs + 3 {
		many = append(many, Admitted{Agency: wire.Agency{Key: wire.Key{byte(n + 1)}}})
	}
	logs.Rule(many, nil)
	start := NewLink(logs).Start(today)
	if len(start) != 1 || len(start[0].(wire.Logs).Logs) != wire.MaxLogs {
		t.Fatalf("it says %v", start)
	}
	if _, err := wire.WriteMessage(start[0]); err != nil {
		t.Error(err)
	}
	if said := NewLink(NewLogs(nil)).Start(today); len(said) > 0 {
		t.Errorf("where there are none it says %v", said)
	}
}

// BenchmarkHostileLog is what a home has of a log that is as long as one may be: two long
// bulletins for each day that there is a minute of, and entries that are withheld.
func BenchmarkHostileLog(b *testing.B) {
	a := newAgency(b)
	const now = 20_800 * wire.Day
	for i := range int(now/wire.Day) * 2 {
		at := wire.Minute(i) * wire.Day / 2
		a.publishes(wire.Bulletin{Head: wire.AgencyHead{Agency: police, Minute: at}, Title: "Ice", Text: strings.Repeat("x", wire.MaxPublication), Expires: at + wire.Day})
	}
	tree := a.trees[len(a.trees)-1]
	for n := len(a.all); n < MaxEntries; n++ {
		a.all = append(a.all, Entry{ID: wire.Hash{byte(n), byte(n >> 8), 1}})
		tree = tree.Append(a.all[n].ID)
	}
	note := tlog.Sign(tree, private("police"))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var logs *Logs
	for b.Loop() {
		logs = NewLogs(nil)
		logs.Rule([]Admitted{{Agency: wire.Agency{Key: police, Jurisdiction: square(-50_000, -50_000, 150_000)}}}, nil)
		more := slices.Clone(a.all)
		for i := range more {
			more[i].Text = wire.Signed{Raw: slices.Clone(more[i].Text.Raw)} // as it comes
		}
		if is, _, err := logs.Offer(police, note, 0, more, now); is != Extended || err != nil {
			b.Fatal(is, err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	began := time.Now()
	l := logs.Log(police)
	l.judgeAll()
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/judge")
	runtime.KeepAlive(logs)
	runtime.KeepAlive(a)
}
