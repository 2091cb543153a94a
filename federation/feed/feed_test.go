package feed

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

// offer adds items at noon and returns what became of the last.
func offer(t testing.TB, s *Set, now wire.Minute, items ...*Item) Outcome {
	t.Helper()
	var last Outcome
	for _, i := range items {
		last, _ = s.Add(i, now)
	}
	holds(t, s)
	return last
}

func TestAdd(t *testing.T) {
	p := post(t, "dora", noon)
	today := noon - noon%wire.Day
	unlawful := func(by string) *Item { return label(t, by, noon, p, wire.LabelUnlawful) }
	short := written{by: "dora", at: noon - 100, says: something("short"), minutes: 100}.item(t)
	foreign := *p
	foreign.Entry.Neighborhood = wire.Hash{1}
	for _, c := range []struct {
		name   string
		before []*Item
		item   *Item
		want   Outcome
		dead   Death
	}{
		{"a post", nil, p, Added, Alive},
		{"twice", []*Item{p}, p, Known, Alive},
		{"of another neighborhood", nil, &foreign, Foreign, Alive},
		{"10 minutes ahead", nil, post(t, "dora", noon+10), Added, Alive},
		{"11 minutes ahead", nil, post(t, "dora", noon+11), Future, Alive},
		{"at the end of time", nil, post(t, "dora", Always-40*wire.Day), Future, Alive},
		{"of the oldest day", nil, written{by: "dora", at: today - 90*wire.Day, says: something("old"), days: 90}.item(t), Added, Expired},
		{"of the day before", nil, written{by: "dora", at: today - 90*wire.Day - 1, says: something("old"), days: 90}.item(t), Gone, Alive},
		{"that expires now", nil, short, Added, Expired},
		{"that expires now, without its payload", nil, short.Bare(), Added, Expired},
		{"that expires in a minute, without its payload", nil, written{by: "dora", at: noon - 100, says: something("short"), minutes: 101}.item(t).Bare(), PayloadMissing, Alive},

		{"of a stranger", nil, post(t, "eve", noon), NotMember, Alive},
		{"of the minute of the admission", nil, post(t, "newcomer", noon-100), Added, Alive},
		{"of the minute before the admission", nil, post(t, "newcomer", noon-101), NotMember, Alive},
		{"of the minute of the cut", nil, post(t, "revoked", noon-100), Added, Alive},
		{"of the minute after the cut", nil, post(t, "revoked", noon-99), Revoked, Alive},
		{"of one who left", nil, post(t, "left", noon-200), NotMember, Alive},

		{"a second of a newcomer's last minute", []*Item{post(t, "fresh", noon-1)}, post(t, "fresh", noon), OverBudget, Alive},
		{"a second of the minute after", []*Item{post(t, "fresh", noon-1)}, post(t, "fresh", noon+1), Added, Alive},

		{"a comment on what nobody knows", nil, comment(t, "dora", noon, p), Added, Alive},
		{"a label of a steward", nil, label(t, "anna", noon, p, wire.LabelWrong), Added, Alive},
		{"a label of a member", nil, label(t, "dora", noon, p, wire.LabelWrong), NotSteward, Alive},
		{"a label without its payload", nil, label(t, "anna", noon, p, wire.LabelWrong).Bare(), PayloadMissing, Alive},
		{"a retraction", nil, retract(t, "dora", noon, p), Added, Alive},

		{"without its payload", nil, p.Bare(), PayloadMissing, Alive},
		{"without its payload, taken back", []*Item{retract(t, "dora", noon, p)}, p.Bare(), Added, TakenBack},
		{"with its payload, taken back before", []*Item{retract(t, "dora", noon, p)}, p, Added, TakenBack},
		{"taken back by another", []*Item{retract(t, "emil", noon, p)}, p.Bare(), PayloadMissing, Alive},
		{"taken back, and offered again", []*Item{p, retract(t, "dora", noon, p)}, p, Known, TakenBack},
		{"unlawful by one", []*Item{unlawful("anna")}, p, Added, Alive},
		{"unlawful twice by one", []*Item{unlawful("anna"), label(t, "anna", noon+1, p, wire.LabelUnlawful)}, p, Added, Alive},
		{"unlawful by two", []*Item{unlawful("anna"), unlawful("ben")}, p, Added, Destroyed},
		{"unlawful by two, without its payload", []*Item{unlawful("anna"), unlawful("ben")}, p.Bare(), Added, Destroyed},
		{"unkind by two", []*Item{label(t, "anna", noon, p, wire.LabelUnkind), label(t, "ben", noon, p, wire.LabelUnkind)}, p, Added, Alive},
		{"unlawful by one and unkind by another", []*Item{unlawful("anna"), label(t, "ben", noon, p, wire.LabelUnkind)}, p, Added, Alive},
		{"unlawful by two of whom one took it back", []*Item{unlawful("anna"), unlawful("ben"), retract(t, "ben", noon, unlawful("ben"))}, p, Added, Alive},
		{"unlawful by two, and a third took back", []*Item{unlawful("anna"), unlawful("ben"), unlawful("cleo"), retract(t, "cleo", noon, unlawful("cleo"))}, p, Added, Destroyed},
		{"unlawful by two, taken back by a third", []*Item{unlawful("anna"), unlawful("ben"), retract(t, "cleo", noon, unlawful("ben"))}, p, Added, Destroyed},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := neighbors()
			m["newcomer"] = Standing{Since: noon - 100, Until: Always}
			m["fresh"] = Standing{Since: noon + 1 - NewcomerTime, Until: Always}
			m["revoked"] = Standing{Since: noon - 1000, Until: noon - 100}
			m["left"] = Standing{Since: noon - 1000, Until: Always, Left: true}
			s := New(elm, m)
			offer(t, s, noon, c.before...)
			if got := offer(t, s, noon, c.item); got != c.want {
				t.Fatalf("%v, want %v", got, c.want)
			}
			i, dead, ok := s.Get(c.item.ID)
			if ok != (c.want == Added || c.want == Known) || dead != c.dead {
				t.Errorf("held %v, %v; want %v", ok, dead, c.dead)
			}
			if ok && (i.Payload == nil) != (dead != Alive || i.Entry.Says == wire.SaysRetract) {
				t.Errorf("its payload has %d bytes, and it is %v", len(i.Payload), dead)
			}
		})
	}
}

// TestBudgets: of each author, day and class the first by minute and id stay, in
// whatever order they come.
func TestBudgets(t *testing.T) {
	p := post(t, "anna", noon-5*wire.Day)
	today := noon - noon%wire.Day
	for _, c := range []struct {
		name string
		by   string
		from wire.Minute // the first of one a minute
		make func(at wire.Minute) *Item
		most int
	}{
		{"posts", "dora", today, nil, 5},
		{"posts of a newcomer", "newcomer", today - wire.Day + 60, nil, 1},
		{"posts of a newcomer's second day", "newcomer", today, nil, 1},
		{"posts of one who is a newcomer for half of them", "half", today, nil, 1 + 5},
		{"posts of one who was a newcomer until yesterday", "settled", today, nil, 5},
		{"comments", "dora", today, func(at wire.Minute) *Item { return comment(t, "dora", at, p) }, 60},
		{"comments of a newcomer", "newcomer", today, func(at wire.Minute) *Item { return comment(t, "newcomer", at, p) }, 60},
		{"reactions", "dora", today, func(at wire.Minute) *Item { return react(t, "dora", at, p, wire.ReactionSeen) }, 100},
		{"labels", "anna", today, func(at wire.Minute) *Item { return label(t, "anna", at, p, wire.LabelWrong) }, 60},
		{"retractions", "dora", today, func(at wire.Minute) *Item { return retract(t, "dora", at, p) }, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.make == nil {
				c.make = func(at wire.Minute) *Item { return post(t, c.by, at) }
			}
			m := neighbors()
			m["newcomer"] = Standing{Since: today - wire.Day + 60, Until: Always}
			m["half"] = Standing{Since: today - 2*wire.Day + 10, Until: Always}
			m["settled"] = Standing{Since: today - 2*wire.Day, Until: Always}
			var offered []*Item
			for n := range wire.Minute(c.most + 20) {
				offered = append(offered, c.make(c.from+n))
			}
			forth, back := New(elm, m), New(elm, m)
			offer(t, forth, noon, offered...)
			for _, i := range slices.Backward(offered) {
				_, changes := back.Add(i, noon)
				if n := len(changes); n > 0 && changes[n-1].New != (n == 1) {
					t.Fatalf("of what takes another's place it is said: %+v", changes[n-1])
				}
			}
			if diff := cmp.Diff(held(forth), held(back)); diff != "" {
				t.Errorf("the order matters:\n%s", diff)
			}
			if forth.Len() != c.most {
				t.Errorf("%d are held, want %d", forth.Len(), c.most)
			}
			if _, _, ok := forth.Get(offered[0].ID); !ok {
				t.Error("the first is not")
			}
			tomorrow := c.make(c.from + wire.Day)
			if got := offer(t, forth, noon+wire.Day, tomorrow); got != Added {
				t.Errorf("a day later: %v", got)
			}
		})
	}
}

// TestNoRoomByExpiry: who writes posts that last a minute has no more of them
// than others. If what expired left the set, it would be 5 a minute.
func TestNoRoomByExpiry(t *testing.T) {
	s := New(elm, neighbors())
	added := 0
	for n := range wire.Minute(3 * 60) {
		for number := range byte(5) {
			i := written{by: "dora", at: noon + n, says: something("x"), minutes: 1, number: number}.item(t)
			if offer(t, s, noon+n, i) == Added {
				added++
			}
		}
	}
	if added != PostsADay {
		t.Errorf("%d posts on one day, want %d", added, PostsADay)
	}
	old := written{by: "emil", at: noon - 20*wire.Day, says: something("x"), minutes: 19 * wire.Day}.item(t)
	if got := offer(t, s, noon, old); got != Added {
		t.Errorf("who comes late hears of it all the same: %v", got)
	}
}

func TestWrongPayload(t *testing.T) {
	signed, payload := written{by: "dora", at: noon, says: something("ice")}.entry(t)
	if _, err := NewItem(signed, payload[:len(payload)-1]); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("another payload: %v", err)
	}
	signed, _ = written{by: "dora", at: noon, on: wire.Hash{1}}.entry(t)
	if _, err := NewItem(signed, payload); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("a retraction that says something: %v", err)
	}
	if _, err := NewItem(wire.Signed{Body: wire.Leave{}}, nil); !errors.Is(err, wire.ErrUnknown) {
		t.Errorf("no entry: %v", err)
	}
	if _, err := Open([]byte{1}, nil); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("no object: %v", err)
	}
}

// TestChanges: what store and node are told, in the order in which it happened.
func TestChanges(t *testing.T) {
	p := shows(t, "dora", noon, clip("a", 1000))
	same := shows(t, "emil", noon, clip("a", 1000))
	first := shows(t, "dora", noon-9, clip("b", 1000))
	others := []*Item{post(t, "dora", noon-4), post(t, "dora", noon-3), post(t, "dora", noon-2), post(t, "dora", noon-1)}
	addressesOf := func(m wire.Media) []wire.Hash { return []wire.Hash{m.Full.Address, m.Thumbnail.Address} }
	s := New(elm, neighbors())
	told := func(changes []Change) (said []string) {
		for _, c := range changes {
			said = append(said, fmt.Sprintf("%v %x payload=%v new=%v free=%d", []string{"", "added", "dead", "dropped"}[c.Is], c.Item.ID[:2], c.Item.Payload != nil, c.New, len(c.Free)))
		}
		return said
	}
	add := func(i *Item) []Change { _, c := s.Add(i, noon); return c }
	line := func(is string, i *Item, payload, fresh bool, free int) string {
		return fmt.Sprintf("%v %x payload=%v new=%v free=%d", is, i.ID[:2], payload, fresh, free)
	}
	back := retract(t, "dora", noon, p)
	for _, i := range others {
		add(i)
	}
	for _, step := range []struct {
		name string
		got  []Change
		want []string
	}{
		{"a fifth post", add(p), []string{line("added", p, true, true, 0)}},
		{"a sixth that is earlier", add(first), []string{line("dropped", p, true, false, 2), line("added", first, true, false, 0)}},
		{"one that shows the same", add(same), []string{line("added", same, true, true, 0)}},
		{"the first taken back", add(retract(t, "dora", noon, first)), []string{
			line("added", retract(t, "dora", noon, first), false, true, 0), line("dead", first, false, false, 2)}},
		{"a retraction of what is not here", add(back), []string{line("added", back, false, true, 0)}},
		{"nothing new", add(same), nil},
		{"a month later", s.Settle(neighbors(), noon+30*wire.Day-1), []string{
			line("dead", others[0], false, false, 0), line("dead", others[1], false, false, 0), line("dead", others[2], false, false, 0), line("dead", others[3], false, false, 0)}},
		{"a minute later", s.Settle(neighbors(), noon+30*wire.Day), []string{line("dead", same, false, false, 2)}},
	} {
		if diff := cmp.Diff(step.want, told(step.got)); diff != "" {
			t.Errorf("%s (-want +told):\n%s", step.name, diff)
		}
		holds(t, s)
	}

	s = New(elm, neighbors())
	add(p)
	add(same)
	if c := add(back); len(c[1].Free) != 0 {
		t.Errorf("%x go, which another post shows", c[1].Free)
	}
	c := add(retract(t, "emil", noon, same))
	if diff := cmp.Diff(addressesOf(clip("a", 1000)), c[1].Free); diff != "" {
		t.Errorf("free now:\n%s", diff)
	}
}

// TestSettle: what a change of the roster does to what is held.
func TestSettle(t *testing.T) {
	early, late := post(t, "dora", noon-50), post(t, "dora", noon)
	other := post(t, "emil", noon)
	for _, c := range []struct {
		name   string
		change func(members)
		given  []*Item
		stays  map[wire.Hash]Death
	}{
		{"nothing", func(members) {}, []*Item{early, late, other}, map[wire.Hash]Death{early.ID: Alive, late.ID: Alive, other.ID: Alive}},
		{"nothing, and one is taken back", func(members) {}, []*Item{early, late, retract(t, "dora", noon+1, early)}, map[wire.Hash]Death{early.ID: TakenBack, late.ID: Alive, retract(t, "dora", noon+1, early).ID: Alive}},
		{"revoked with a cut", func(m members) { m["dora"] = Standing{Since: m["dora"].Since, Until: noon - 50} }, []*Item{early, late, other}, map[wire.Hash]Death{early.ID: Alive, other.ID: Alive}},
		{"left", func(m members) { m["dora"] = Standing{Since: m["dora"].Since, Until: Always, Left: true} }, []*Item{early, late, other}, map[wire.Hash]Death{other.ID: Alive}},
		{"forgotten", func(m members) { delete(m, "dora") }, []*Item{early, late, other}, map[wire.Hash]Death{other.ID: Alive}},
		{"admitted later than was known", func(m members) { m["dora"] = Standing{Since: noon, Until: Always} }, []*Item{early, late, other}, map[wire.Hash]Death{late.ID: Alive, other.ID: Alive}},
		{"a newcomer after all", func(m members) { m["dora"] = Standing{Since: noon - 100, Until: Always} }, []*Item{early, late}, map[wire.Hash]Death{early.ID: Alive}},
		{"no steward any longer", func(m members) { m["anna"] = Standing{Until: Always} },
			[]*Item{late, label(t, "anna", noon, late, wire.LabelWrong), label(t, "ben", noon, late, wire.LabelUnkind)},
			map[wire.Hash]Death{late.ID: Alive, label(t, "ben", noon, late, wire.LabelUnkind).ID: Alive}},
		{"one of those who destroyed it is revoked", func(m members) { delete(m, "anna") },
			[]*Item{other, late, label(t, "anna", noon, late, wire.LabelUnlawful), label(t, "ben", noon, late, wire.LabelUnlawful)},
			map[wire.Hash]Death{other.ID: Alive, label(t, "ben", noon, late, wire.LabelUnlawful).ID: Alive}},
		{"who took it back left no trace, but a payload is gone", func(m members) { m["dora"] = Standing{Since: m["dora"].Since, Until: noon} },
			[]*Item{late, other, retract(t, "dora", noon+1, late)}, map[wire.Hash]Death{other.ID: Alive}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := neighbors()
			s := New(elm, m)
			offer(t, s, noon, c.given...)
			then := neighbors()
			c.change(then)
			changes := s.Settle(then, noon)
			holds(t, s)
			if diff := cmp.Diff(c.stays, held(s)); diff != "" {
				t.Errorf("what stays (-want +got):\n%s", diff)
			}
			if len(changes) != len(c.given)-len(c.stays) {
				t.Errorf("%d changes are told, %d went", len(changes), len(c.given)-len(c.stays))
			}
		})
	}
}

// TestUndone: a steward takes back the label that destroyed a post. Its payload
// is gone here, so the post is, until somebody brings both.
func TestUndone(t *testing.T) {
	p := post(t, "dora", noon)
	one, two := label(t, "anna", noon, p, wire.LabelUnlawful), label(t, "ben", noon, p, wire.LabelUnlawful)
	s := New(elm, neighbors())
	offer(t, s, noon, p, one, two)
	if _, dead, _ := s.Get(p.ID); dead != Destroyed {
		t.Fatalf("by two stewards: %v", dead)
	}
	_, changes := s.Add(retract(t, "ben", noon, two), noon)
	holds(t, s)
	if _, _, ok := s.Get(p.ID); ok || len(changes) != 2 || changes[1].Is != IsDropped {
		t.Errorf("held without its payload; %d changes", len(changes))
	}
	if got := offer(t, s, noon, p.Bare()); got != PayloadMissing {
		t.Errorf("brought without its payload: %v", got)
	}
	if got := offer(t, s, noon, p); got != Added {
		t.Errorf("brought whole: %v", got)
	}
}

// TestTime: what goes with time, and what comes back when a clock was wrong.
func TestTime(t *testing.T) {
	s := New(elm, neighbors())
	p := post(t, "dora", noon)
	back := retract(t, "emil", noon, p)
	offer(t, s, noon, p, back)
	last := (noon/wire.Day+91)*wire.Day - 1
	for _, c := range []struct {
		now  wire.Minute
		want map[wire.Hash]Death
	}{
		{noon + 30*wire.Day - 1, map[wire.Hash]Death{p.ID: Alive, back.ID: Alive}},
		{noon + 30*wire.Day, map[wire.Hash]Death{p.ID: Expired, back.ID: Alive}},
		{last, map[wire.Hash]Death{p.ID: Expired, back.ID: Alive}},
		{noon, map[wire.Hash]Death{back.ID: Alive}}, // the payload is gone: somebody else may bring it
		{last + 1, map[wire.Hash]Death{}},
	} {
		other := post(t, "eve", c.now) // of a stranger: only time passes
		if got := offer(t, s, c.now, other); got != NotMember {
			t.Fatal(got)
		}
		if diff := cmp.Diff(c.want, held(s)); diff != "" {
			t.Errorf("at %v (-want +got):\n%s", c.now.Time(), diff)
		}
	}
	if got := offer(t, s, noon, p); got != Added {
		t.Errorf("when the clock is right again: %v", got)
	}
}
