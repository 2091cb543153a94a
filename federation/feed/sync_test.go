package feed

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

// month is 6,000 signed entries of 40 neighbors in 30 days, and the roster.
var month = sync.OnceValues(func() ([]*Item, members) {
	r := rand.New(rand.NewPCG(1, 2))
	roster, items := members{}, []*Item{}
	keys := make([]ed25519.PrivateKey, 40)
	for n := range keys {
		seed := sha256.Sum256([]byte{byte(n)})
		keys[n] = ed25519.NewKeyFromSeed(seed[:])
		roster[nameOf(wire.PublicKey(keys[n]))] = Standing{Until: Always}
	}
	for n := range 6000 {
		key := keys[r.IntN(len(keys))]
		payload, err := wire.Pack(wire.Comment{Salt: wire.Salt{byte(n >> 8), byte(n)}, Text: strings.Repeat("a word ", 5+r.IntN(30)) + "."})
		if err != nil {
			panic(err)
		}
		at := noon - wire.Minute(r.IntN(30*int(wire.Day)))
		s, err := wire.Sign(wire.Entry{Neighborhood: elm, Author: wire.PublicKey(key), Minute: at, Says: wire.SaysComment, On: wire.Hash{1}, Payload: sha256.Sum256(payload), Length: uint16(len(payload)), Expires: at + 60*wire.Day}, key)
		if err != nil {
			panic(err)
		}
		i, err := NewItem(s, payload)
		if err != nil {
			panic(err)
		}
		items = append(items, i)
	}
	return items, roster
})

func filled(roster Roster, items ...[]*Item) *Set {
	s := New(elm, roster)
	for _, some := range items {
		for _, i := range some {
			s.Add(i, noon)
		}
	}
	return s
}

// cost is what a conversation took.
type cost struct {
	prints  int // bytes apart from entries and payloads
	entries int // bytes of those
	trips   int
}

// converse lets two links talk over a wire, as bytes.
func converse(t testing.TB, from, to *Link, now wire.Minute) (c cost) {
	t.Helper()
	ends := [2]*Link{from, to}
	said, _ := from.Start(now)
	for ways := 0; len(said) > 0; ways++ {
		c.trips = (ways + 2) / 2
		var answers []wire.Message
		for _, m := range said {
			raw, err := wire.WriteMessage(m)
			if err != nil {
				t.Fatal(err)
			}
			if n := wire.Size(m); len(raw) != n {
				t.Fatalf("a %v of %d bytes is counted as %d", m.MessageKind(), len(raw), n)
			}
			again, err := wire.ReadMessage(raw)
			if err != nil {
				t.Fatal(err)
			}
			c.prints += len(raw)
			if e, ok := again.(wire.Entries); ok {
				for _, carried := range e.Entries {
					c.prints -= len(carried.Entry) + len(carried.Payload)
					c.entries += len(carried.Entry) + len(carried.Payload)
				}
			}
			out, _, err := ends[(ways+1)%2].Step(again, now)
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, out...)
		}
		said = answers
	}
	return c
}

// remembering is Open that checks no signature twice.
func remembering() Opener {
	known := map[string]*Item{}
	items, _ := month()
	for _, i := range items {
		known[string(i.Raw)] = i
	}
	return func(entry, payload []byte) (*Item, error) {
		if i := known[string(entry)]; i != nil && string(i.Payload) == string(payload) {
			return i, nil
		}
		return Open(entry, payload)
	}
}

func TestSyncCost(t *testing.T) {
	items, roster := month()
	shuffled := slices.Clone(items)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, c := range []struct {
		name       string
		one, other []*Item
		most       int // bytes of fingerprints
		trips      int
	}{
		{"equal", items, items, 100, 1},
		{"both empty", nil, nil, 100, 1},
		{"1 of 6,000 missing there", shuffled, shuffled[1:], 2600, 3},
		{"1 of 6,000 missing here", shuffled[1:], shuffled, 2600, 3},
		{"200 missing there", shuffled, shuffled[200:], 77_000, 3},
		{"200 missing here", shuffled[200:], shuffled, 77_000, 3},
		{"100 missing on either side", shuffled[100:], slices.Concat(shuffled[:100], shuffled[200:]), 77_000, 3},
		{"all missing there", items, nil, 35_000, 2},
		{"all missing here", nil, items, 35_000, 2},
		{"nothing in common", shuffled[:3000], shuffled[3000:], 222_000, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			one, other := filled(roster, c.one), filled(roster, c.other)
			a, b := NewLink(one, remembering()), NewLink(other, remembering())
			got := converse(t, a, b, noon)
			t.Logf("%d bytes of fingerprints, %d of entries, %d round trips", got.prints, got.entries, got.trips)
			if got.prints > c.most || got.trips > c.trips {
				t.Errorf("%d bytes in %d round trips, want at most %d in %d", got.prints, got.trips, c.most, c.trips)
			}
			if diff := cmp.Diff(held(filled(roster, c.one, c.other)), held(one)); diff != "" {
				t.Errorf("the one that began:\n%s", diff)
			}
			if diff := cmp.Diff(held(one), held(other)); diff != "" {
				t.Errorf("the other:\n%s", diff)
			}
			if again := converse(t, b, a, noon); again.prints > 100 || again.entries > 0 || !a.Equal() || !b.Equal() {
				t.Errorf("they are equal, and say %d bytes", again.prints+again.entries)
			}
		})
	}
}

// TestSyncSigned: nothing comes in by sync that Open would refuse.
func TestSyncSigned(t *testing.T) {
	items, roster := month()
	one, other := filled(roster, items[:100]), New(elm, roster)
	converse(t, NewLink(one, Open), NewLink(other, Open), noon)
	if diff := cmp.Diff(held(one), held(other)); diff != "" {
		t.Error(diff)
	}
}

// TestBusyHour: more ids than a message holds.
func TestBusyHour(t *testing.T) {
	b, roster := book{}, members{}
	var items []*Item
	for n := range 1500 {
		by := fmt.Sprint("a", n%50)
		roster[by] = Standing{Until: Always}
		items = append(items, b.write(t, written{by: by, at: noon + wire.Minute(n%2), says: wire.Comment{Text: fmt.Sprint(n)}, on: wire.Hash{1}}))
	}
	for _, lost := range []int{1, 300, 700} {
		one, other := filled(roster, items[lost:]), filled(roster, items[:len(items)-lost])
		got := converse(t, NewLink(one, b.open), NewLink(other, b.open), noon)
		if one.Len() != 1500 || other.Len() != 1500 || got.trips > 3 {
			t.Errorf("%d lost: %d and %d are held after %d round trips", lost, one.Len(), other.Len(), got.trips)
		}
		if most := 2 * lost * 100; got.entries > most {
			t.Errorf("%d lost: %d bytes of entries, want at most %d", lost, got.entries, most)
		}
	}
}

// TestLimitThenRest: what an hour has no room for comes in the next, the newest first.
func TestLimitThenRest(t *testing.T) {
	b, roster := book{}, members{}
	var items []*Item
	for n := range 3000 {
		by := fmt.Sprint("a", n%600)
		roster[by] = Standing{Until: Always}
		long := wire.Post{Category: wire.CategoryEvent, Happened: strings.Repeat("🏠", 1000), Person: strings.Repeat("🏠", 950)}
		items = append(items, b.write(t, written{by: by, at: noon - wire.Minute(n), says: long}))
	}
	one, other := filled(roster, items), New(elm, roster)
	from, to := NewLink(one, b.open), NewLink(other, b.open)
	got := converse(t, from, to, noon)
	if sum := got.prints + got.entries; sum > MaxOut+2*wire.MaxMessage || other.Len() == 3000 || other.Len() < 1500 {
		t.Errorf("%d bytes in an hour, %d entries", sum, other.Len())
	}
	if _, _, ok := other.Get(items[0].ID); !ok {
		t.Error("the newest has to wait")
	}
	if _, _, ok := other.Get(items[other.Len()-1].ID); !ok {
		t.Errorf("not the %d newest came", other.Len())
	}
	from.Reset() // another stream is no way around it
	to.Reset()
	if again := converse(t, from, to, noon); again.entries > 0 {
		t.Errorf("%d bytes more in the same hour", again.entries)
	}
	converse(t, from, to, noon+60)
	if other.Len() != 3000 {
		t.Errorf("%d in the hour after", other.Len())
	}
}

// TestCrossing: two that begin at once do not say everything twice.
func TestCrossing(t *testing.T) {
	items, roster := month()
	one, other := NewLink(filled(roster, items[:200]), remembering()), NewLink(filled(roster, items[100:300]), remembering())
	a, _ := one.Start(noon)
	b, _ := other.Start(noon)
	outA, _, _ := one.Step(b[0], noon)
	outB, _, _ := other.Step(a[0], noon)
	if len(outA)+len(outB) != 1 {
		t.Errorf("%d answers, want 1", len(outA)+len(outB))
	}
	one, other = NewLink(filled(roster, items[:200]), remembering()), NewLink(filled(roster, items[:200]), remembering())
	a, _ = one.Start(noon)
	b, _ = other.Start(noon)
	outA, _, _ = one.Step(b[0], noon)
	outB, _, _ = other.Step(a[0], noon)
	if len(outA)+len(outB) != 0 || !one.Equal() || !other.Equal() {
		t.Errorf("%d answers between equals", len(outA)+len(outB))
	}
}

// TestPush: what is new goes on at once, not back to whoever brought it, and not
// if it takes another's place.
func TestPush(t *testing.T) {
	b := book{}
	s := New(elm, neighbors())
	from, onward := NewLink(s, b.open), NewLink(s, b.open)
	carried := func(messages []wire.Message) (n int) {
		for _, m := range messages {
			n += len(m.(wire.Entries).Entries)
		}
		return n
	}
	for n := range 6 {
		i := b.write(t, written{by: "dora", at: noon - wire.Minute(n), says: something("x")})
		_, changes, err := from.Step(wire.Entries{Entries: []wire.Carried{{Entry: i.Raw, Payload: i.Payload}}}, noon)
		if err != nil {
			t.Fatal(err)
		}
		if n := carried(from.Push(changes, noon)); n != 0 {
			t.Errorf("%d go back", n)
		}
		want := 1
		if n == 5 {
			want = 0
		}
		if got := carried(onward.Push(changes, noon)); got != want {
			t.Errorf("entry %d: %d go on, want %d", n, got, want)
		}
	}
	back := b.write(t, written{by: "dora", at: noon, on: wire.Hash{1}})
	_, changes := s.Add(back, noon)
	if carried(onward.Push(changes, noon)) != 1 || carried(onward.Push(changes, noon)) != 0 {
		t.Error("it is not passed on once")
	}
	onward.Reset()
	again := onward.Push(changes, noon)
	if carried(again) != 1 {
		t.Fatal("on another stream it is taken for received")
	}
	if &again[0].(wire.Entries).Entries[0].Entry[0] != &back.Raw[0] {
		t.Error("its bytes were copied: homes in one process share them")
	}
}

// TestBareTravelsWithCause: what is dead is believed at once by who did not know
// why, in whatever bucket the reason lies.
func TestBareTravelsWithCause(t *testing.T) {
	b := book{}
	p := b.write(t, written{by: "dora", at: noon - 3*wire.Day, says: something("x")})
	q := b.write(t, written{by: "dora", at: noon, says: something("y")})
	early := b.write(t, written{by: "dora", at: noon - 9*wire.Day, on: p.ID}) // dated before what it takes back
	one := b.write(t, written{by: "anna", at: noon - wire.Day, says: wire.Label{Is: wire.LabelUnlawful, Reason: "x"}, on: q.ID})
	two := b.write(t, written{by: "ben", at: noon - 2*wire.Day, says: wire.Label{Is: wire.LabelUnlawful, Reason: "x"}, on: q.ID})
	knows, other := filled(neighbors(), []*Item{p, q, early, one, two}), New(elm, neighbors())
	converse(t, NewLink(knows, b.open), NewLink(other, b.open), noon)
	if diff := cmp.Diff(map[wire.Hash]Death{p.ID: TakenBack, q.ID: Destroyed, early.ID: Alive, one.ID: Alive, two.ID: Alive}, held(other)); diff != "" {
		t.Error(diff)
	}
}

// TestSecondThoughts: a label that was taken back, also within its minute, destroys
// nothing at who hears of both at once, and alone has what it was on.
func TestSecondThoughts(t *testing.T) {
	unlawful := wire.Label{Is: wire.LabelUnlawful, Reason: "x"}
	for number := range byte(20) { // whichever id is lower
		b := book{}
		p := b.write(t, written{by: "dora", at: noon - 3, says: something("x"), minutes: 1000 + wire.Minute(number)})
		one := b.write(t, written{by: "anna", at: noon, says: unlawful, on: p.ID})
		two := b.write(t, written{by: "ben", at: noon - 1, says: unlawful, on: p.ID})
		back := b.write(t, written{by: "ben", at: noon - 1, on: two.ID})
		has, knows := filled(neighbors(), []*Item{p}), filled(neighbors(), []*Item{one, two, back})
		converse(t, NewLink(knows, b.open), NewLink(has, b.open), noon)
		if i, dead, ok := has.Get(p.ID); !ok || dead != Alive || i.Payload == nil {
			t.Fatalf("number %d: the post is held %v, %v", number, ok, dead)
		}
	}
}

// TestComesBack: an act annuls a revocation, and what a home wrote is back from its own set.
func TestComesBack(t *testing.T) {
	b := book{}
	p := b.write(t, written{by: "dora", at: noon, says: something("x")})
	own, other := filled(neighbors(), []*Item{p}), filled(neighbors(), []*Item{p})
	revoked := neighbors()
	revoked["dora"] = Standing{Since: revoked["dora"].Since, Until: noon - 1}
	other.Settle(revoked, noon)
	from, to := NewLink(own, b.open), NewLink(other, b.open)
	for range 3 {
		if got := converse(t, from, to, noon); got.entries > len(p.Raw)+len(p.Payload) {
			t.Error("what is ignored is sent unasked again")
		}
	}
	if other.Len() != 0 {
		t.Fatal("a revoked home's entry is back")
	}
	other.Settle(neighbors(), noon)
	converse(t, to, from, noon)
	if other.Len() != 1 {
		t.Error("it did not come back")
	}
}

// An answer that nobody waits for any longer is not answered for ever.
func TestLinkEnds(t *testing.T) {
	items, roster := month()
	one, other := filled(roster, items[:9]), filled(roster, items[:9])
	links := [2]*Link{NewLink(one, Open), NewLink(other, Open)}
	for minute := range wire.Minute(2) {
		said, turns := []wire.Message{wire.Root{First: one.first(), Print: one.tree.root()}}, 0
		for ; len(said) > 0 && turns < 10; turns++ {
			said, _, _ = links[turns%2].Step(said[0], noon+minute)
		}
		if turns < 2 || turns > 3 {
			t.Errorf("in minute %d it went to and fro %d times", minute, turns)
		}
	}
}
