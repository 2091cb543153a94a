package feed

import (
	"bytes"
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

// worlds is how many small neighborhoods each property is tried in. `make sim` tries 100,000.
var worlds = flag.Uint64("worlds", 5_000, "how many random neighborhoods are tried")

// eachWorld runs a property in worlds that differ by their seed.
func eachWorld(t *testing.T, property func(t *testing.T, r *rand.Rand)) {
	t.Parallel()
	for seed := range *worlds {
		if t.Failed() {
			return
		}
		func() {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			property(t, rand.New(rand.NewPCG(seed, 0)))
		}()
	}
}

// street writes entries as people and troublemakers would: more than budgets
// have, on few days, about each other, and about what comes only later.
type street struct {
	*rand.Rand
	t       *testing.T
	book    book
	written []*Item
}

var authors = []string{"anna", "ben", "cleo", "dora", "emil", "new", "eve"}

// entry returns an entry dated at or before a minute.
func (s *street) entry(until wire.Minute) *Item {
	w := written{by: authors[s.IntN(len(authors))], at: until - wire.Minute(s.IntN(3*int(wire.Day))), number: byte(s.IntN(200)), minutes: wire.Minute(1 + s.IntN(3*int(wire.Day)))}
	var about *Item
	if len(s.written) > 0 {
		about = s.written[s.IntN(len(s.written))]
		w.on = about.ID
	}
	switch n := s.IntN(10); {
	case about == nil || n < 4:
		w.on, w.says = wire.Hash{}, something("x")
	case n < 5:
		w.says = wire.Comment{Text: "x"}
	case n < 8:
		w.by = nameOf(about.Entry.Author)
	default:
		w.by = authors[s.IntN(4)]
		w.says = wire.Label{Is: wire.LabelUnlawful, Reason: "x"}
	}
	i := s.book.write(s.t, w)
	s.written = append(s.written, i)
	return i
}

// model says what a home holds of all that it was ever offered: the rules as
// they are told, over the whole, at once.
func model(all []*Item, roster members, now wire.Minute) map[wire.Hash]Death {
	full := map[wire.Hash]*Item{}
	for _, i := range all {
		if had := full[i.ID]; had == nil || had.Payload == nil {
			full[i.ID] = i
		}
	}
	kept := map[wire.Hash]*Item{}
	keep := func(judges bool, dead func(*Item) Death) {
		type group struct {
			by    wire.Key
			day   wire.Minute
			says  wire.Says
			early bool
		}
		groups := map[group][]*Item{}
		for _, i := range full {
			e := i.Entry
			st, ok := roster[nameOf(e.Author)]
			if i.judges() != judges || !ok || st.Left || e.Minute < st.Since || e.Minute > st.Until || e.Minute > now+10 || now/wire.Day-e.Minute/wire.Day > 90 && e.Minute < now {
				continue
			}
			if e.Says == wire.SaysLabel && !st.Steward || i.Payload == nil && e.Length > 0 && dead(i) == Alive {
				continue
			}
			g := group{e.Author, e.Minute / wire.Day, e.Says, e.Says == wire.SaysPost && e.Minute < st.Since+2*wire.Day}
			groups[g] = append(groups[g], i)
		}
		for _, g := range groups {
			slices.SortFunc(g, func(a, b *Item) int {
				if a.Entry.Minute != b.Entry.Minute {
					return int(a.Entry.Minute) - int(b.Entry.Minute)
				}
				return bytes.Compare(a.ID[:], b.ID[:])
			})
			most := map[wire.Says]int{wire.SaysPost: 5, wire.SaysComment: 60, wire.SaysReaction: 100, wire.SaysRetract: 400, wire.SaysLabel: 60}[g[0].Entry.Says]
			if g[0].Entry.Says == wire.SaysPost && g[0].Entry.Minute < roster[nameOf(g[0].Entry.Author)].Since+2*wire.Day {
				most = 1
			}
			for _, i := range g[:min(most, len(g))] {
				kept[i.ID] = i
			}
		}
	}
	takenBack := func(i *Item) bool {
		for _, r := range kept {
			if r.Entry.Says == wire.SaysRetract && r.Entry.On == i.ID && r.Entry.Author == i.Entry.Author {
				return true
			}
		}
		return false
	}
	dead := func(i *Item) Death {
		by := map[wire.Key]bool{}
		for _, l := range kept {
			if l.Entry.Says == wire.SaysLabel && l.Entry.On == i.ID && l.Says.(wire.Label).Is == wire.LabelUnlawful && !takenBack(l) {
				by[l.Entry.Author] = true
			}
		}
		switch {
		case i.judges():
			return Alive
		case takenBack(i):
			return TakenBack
		case len(by) > 1:
			return Destroyed
		case now >= i.Entry.Expires:
			return Expired
		}
		return Alive
	}
	keep(true, dead)
	keep(false, dead)
	state := map[wire.Hash]Death{}
	for id, i := range kept {
		state[id] = dead(i)
	}
	return state
}

func trouble() members {
	m := neighbors()
	m["new"] = Standing{Since: noon - 2*wire.Day - 200, Until: Always}
	m["cleo"] = Standing{Since: m["cleo"].Since, Until: noon - 300, Steward: true}
	return m
}

// TestModel: whatever comes, in any order, again and again, while time passes,
// the set is what the rules say of the whole.
func TestModel(t *testing.T) {
	eachWorld(t, func(t *testing.T, r *rand.Rand) {
		s := &street{Rand: r, t: t, book: book{}}
		for range 5 + r.IntN(40) {
			i := s.entry(noon)
			if s.undoes(i) {
				s.written = s.written[:len(s.written)-1] // what a label destroyed does not come back here by itself, see TestConverge
			}
		}
		roster, set := trouble(), New(elm, trouble())
		offers := slices.Concat(s.written, s.written[:r.IntN(len(s.written))])
		r.Shuffle(len(offers), func(i, j int) { offers[i], offers[j] = offers[j], offers[i] })
		now := noon - 5
		for _, i := range offers {
			if r.IntN(4) == 0 {
				now += wire.Minute(r.IntN(300))
			}
			set.Add(i, now)
		}
		if r.IntN(4) == 0 {
			now += wire.Minute(r.IntN(95)) * wire.Day
		}
		set.Settle(roster, now)
		holds(t, set)
		if want, got := model(offers, roster, now), held(set); !maps.Equal(want, got) {
			t.Errorf("of %d offers (-rules +set):\n%s", len(offers), cmp.Diff(want, got))
		}
	})
}

// undoes tells whether an entry takes back a label: what that destroyed lives
// again, and the payload is gone.
func (s *street) undoes(i *Item) bool {
	on := s.book[i.Entry.On]
	return i.Entry.Says == wire.SaysRetract && on != nil && on.Entry.Says == wire.SaysLabel
}

// undone tells whether a label on an entry was taken back. If two labels destroyed
// the entry before that was heard, it may be that nobody has its payload any
// more; then nobody holds it.
func (s *street) undone(id wire.Hash) bool {
	return slices.ContainsFunc(s.written, func(i *Item) bool { return s.undoes(i) && s.book[i.Entry.On].Entry.On == id })
}

// home is one in a world: with a clock that is wrong, and a roster that it may
// not have yet.
type home struct {
	set  *Set
	skew int
	said []Change
}

func (h *home) now(true wire.Minute) wire.Minute { return wire.Minute(int(true) + h.skew) }

// TestConverge: homes that hear of a part each, in their own order, twice or
// never, apart from each other for a while, with clocks 5 minutes off and rosters
// that arrive at different times, hold the same once they have talked; which is
// what the rules say of all that any of them held.
func TestConverge(t *testing.T) {
	eachWorld(t, func(t *testing.T, r *rand.Rand) {
		s := &street{Rand: r, t: t, book: book{}}
		homes := make([]*home, 2+r.IntN(3))
		for n := range homes {
			homes[n] = &home{set: New(elm, neighbors()), skew: r.IntN(11) - 5}
		}
		now := noon
		for range 5 + r.IntN(30) {
			now += wire.Minute(r.IntN(120))
			writer := homes[r.IntN(len(homes))]
			i := s.entry(writer.now(now))
			for _, h := range homes {
				for range r.IntN(3) { // lost, heard, or heard twice
					h.add(i, now)
				}
				if r.IntN(8) == 0 {
					h.add(s.written[r.IntN(len(s.written))], now)
				}
			}
			if r.IntN(8) == 0 {
				h := homes[r.IntN(len(homes))]
				h.said = append(h.said, h.set.Settle(trouble(), h.now(now))...)
			}
			if r.IntN(10) == 0 {
				talk(t, s.book, homes[r.IntN(len(homes))], homes[r.IntN(len(homes))], now)
			}
		}
		now += 11 // what one clock had in the future
		var union []*Item
		for _, h := range homes {
			h.said = append(h.said, h.set.Settle(trouble(), now)...)
			h.skew = 0
			for i := range h.set.Items {
				union = append(union, i)
			}
		}
		want := model(union, trouble(), now)
		talks := len(homes) - 1 // two homes have one conversation
		if slices.ContainsFunc(s.written, s.undoes) {
			talks++ // what came to life for a moment was dropped, and is asked for again
		}
		for range talks {
			for n := range homes[1:] {
				if trips := talk(t, s.book, homes[n], homes[n+1], now); trips > 3 {
					t.Fatalf("%d round trips", trips)
				}
			}
		}
		first := held(homes[0].set)
		maps.DeleteFunc(want, func(id wire.Hash, _ Death) bool {
			_, is := first[id]
			return !is && s.undone(id)
		})
		for n, h := range homes {
			holds(t, h.set)
			if got := held(h.set); !maps.Equal(want, got) {
				t.Fatalf("home %d of %d (-rules +set):\n%s", n, len(homes), cmp.Diff(want, got))
			}
			h.replay(t)
		}
	})
}

func (h *home) add(i *Item, now wire.Minute) {
	_, changes := h.set.Add(i, h.now(now))
	h.said = append(h.said, changes...)
}

// replay holds what was told to what is held: a store that wrote down each
// change has the set.
func (h *home) replay(t *testing.T) {
	stored := map[wire.Hash]*Item{}
	media := map[wire.Hash]bool{}
	for _, c := range h.said {
		switch c.Is {
		case IsDropped:
			delete(stored, c.Item.ID)
		default:
			stored[c.Item.ID] = c.Item
		}
		for a := range addresses(c.Item) {
			media[a] = true
		}
		for _, a := range c.Free {
			delete(media, a)
		}
	}
	for i := range h.set.Items {
		if stored[i.ID] != i {
			t.Fatal("a change was not told")
		}
		delete(stored, i.ID)
	}
	if len(stored) > 0 {
		t.Fatalf("%d were not told to be dropped", len(stored))
	}
}

// talk lets two homes have one conversation, and returns its round trips.
func talk(t *testing.T, b book, one, other *home, now wire.Minute) int {
	if one == other {
		return 0
	}
	ends := [2]*Link{NewLink(one.set, b.open), NewLink(other.set, b.open)}
	homes := [2]*home{one, other}
	said, changes := ends[0].Start(one.now(now))
	one.said = append(one.said, changes...)
	ways := 0
	for ; len(said) > 0; ways++ {
		to := (ways + 1) % 2
		var answers []wire.Message
		for _, m := range said {
			out, changes, err := ends[to].Step(m, homes[to].now(now))
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, out...)
			homes[to].said = append(homes[to].said, changes...)
		}
		said = answers
		if ways > 20 {
			t.Fatal("they talk without end")
		}
	}
	return (ways + 1) / 2
}

// TestPartition: two halves of a street that were apart are one again after one
// conversation between any two of them, passed on by the others.
func TestPartition(t *testing.T) {
	s := &street{Rand: rand.New(rand.NewPCG(7, 7)), t: t, book: book{}}
	homes := make([]*home, 8)
	for n := range homes {
		homes[n] = &home{set: New(elm, neighbors())}
	}
	for n := range 400 {
		i := s.entry(noon)
		for _, h := range homes[n%2*4 : n%2*4+4] {
			h.add(i, noon)
		}
	}
	if maps.Equal(held(homes[0].set), held(homes[7].set)) {
		t.Fatal("nothing to heal")
	}
	links := map[[2]int]*Link{}
	link := func(from, to int) *Link {
		if links[[2]int{from, to}] == nil {
			links[[2]int{from, to}] = NewLink(homes[from].set, s.book.open)
		}
		return links[[2]int{from, to}]
	}
	type letter struct {
		from, to int
		m        wire.Message
	}
	var mail []letter
	post := func(from, to int, messages []wire.Message) {
		for _, m := range messages {
			mail = append(mail, letter{from, to, m})
		}
	}
	neighborsOf := func(n int) []int { return []int{(n + 1) % 8, (n + 7) % 8} } // a ring
	start, _ := link(3, 4).Start(noon)
	post(3, 4, start)
	for n := 0; len(mail) > 0; n++ {
		l := mail[0]
		mail = mail[1:]
		out, changes, err := link(l.to, l.from).Step(l.m, noon)
		if err != nil || n > 100_000 {
			t.Fatal(n, err)
		}
		post(l.to, l.from, out)
		for _, other := range neighborsOf(l.to) {
			post(l.to, other, link(l.to, other).Push(changes, noon))
		}
	}
	// Two that were passed on at the same time may have missed a payload: a round of fingerprints.
	for n := range homes {
		talk(t, s.book, homes[n], homes[(n+1)%8], noon)
	}
	for n := range homes {
		talk(t, s.book, homes[n], homes[(n+1)%8], noon)
	}
	for n, h := range homes[1:] {
		if diff := cmp.Diff(held(homes[0].set), held(h.set)); diff != "" {
			t.Errorf("home %d:\n%s", n+1, diff)
		}
	}
}

// standings is a roster in which authors stand in whatever way.
func (s *street) standings() members {
	m := members{}
	for _, name := range authors {
		since := noon - []wire.Minute{365 * wire.Day, 365 * wire.Day, 3 * wire.Day, 2 * wire.Day, wire.Day}[s.IntN(5)]
		st := Standing{Since: since, Until: Always, Steward: s.IntN(2) == 0, Left: s.IntN(12) == 0}
		if s.IntN(4) == 0 {
			st.Until = noon - wire.Minute(s.IntN(3*int(wire.Day)))
		}
		if s.IntN(10) > 0 {
			m[name] = st
		}
	}
	return m
}

// TestSettleSome: settled with another roster, a set is what all that it held
// amounts to with that, though only some authors were looked at.
func TestSettleSome(t *testing.T) {
	eachWorld(t, func(t *testing.T, r *rand.Rand) {
		s := &street{Rand: r, t: t, book: book{}}
		rosters := []members{s.standings(), s.standings(), s.standings()}
		some, all := &home{set: New(elm, rosters[0])}, &home{set: New(elm, rosters[0])}
		now := noon
		for _, roster := range rosters {
			for range 5 + r.IntN(40) {
				i := s.entry(now)
				some.add(i, now)
				all.add(i, now)
			}
			now += wire.Minute(r.IntN(3))
			changes := some.set.Settle(roster, now)
			some.said = append(some.said, changes...)
			all.set.roster = roster
			all.said = append(all.said, all.set.settle(now)...)
			if want, got := held(all.set), held(some.set); !maps.Equal(want, got) {
				t.Fatalf("settled (-all +some):\n%s", cmp.Diff(want, got))
			}
			if some.set.now != now {
				t.Fatal("no time passed")
			}
			holds(t, some.set)
			some.replay(t)
			for slot, records := range some.set.slots {
				for n, r := range records {
					if at, most := slotOf(r.Entry, roster[nameOf(r.Entry.Author)]); at != slot || n >= most || r.slot != slot || n > 0 && compare(records[n-1].Item, r.Item) > 0 {
						t.Fatal("an entry counts in another budget than its own")
					}
				}
			}
		}
	})
}

// TestSettleTogether: of a steward who left, a label goes with the word that took
// it back, also where the word is dated earlier: it counts at no time between.
func TestSettleTogether(t *testing.T) {
	roster := neighbors()
	s := New(elm, roster)
	about := post(t, "dora", noon-90)
	word := label(t, "ben", noon-20, about, wire.LabelUnlawful)
	for _, i := range []*Item{about, retract(t, "ben", noon-40, word), word, label(t, "anna", noon-30, about, wire.LabelUnlawful)} {
		if outcome, _ := s.Add(i, noon); outcome != Added {
			t.Fatal(outcome)
		}
	}
	left := neighbors()
	left["ben"] = Standing{Since: left["ben"].Since, Until: Always, Left: true}
	s.Settle(left, noon)
	if i, dead, ok := s.Get(about.ID); !ok || dead != Alive || i.Payload == nil || s.Len() != 2 {
		t.Errorf("the post is held %v, and is %v; %d are held", ok, dead, s.Len())
	}
}
