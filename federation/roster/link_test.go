package roster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"nvrd/federation/wire"
)

// talk is two links whose messages are written and read, as on a network.
type talk struct {
	t       testing.TB
	links   [2]*Link
	now     wire.Minute
	bytes   int
	objects int // that were carried
	turns   int // until nobody had anything to say
}

// raw gives each object bytes of its own, of the length that is usual.
func (s *street) raw() *street {
	put := func(o *wire.Signed) { o.Raw = append(o.ID[:], make([]byte, 300)...) }
	put(&s.genesis)
	for i := range s.all {
		put(&s.all[i])
	}
	return s
}

func newTalk(t testing.TB, s *street, a, b *Roster) *talk {
	index := map[string]wire.Signed{string(s.genesis.Raw): s.genesis}
	for _, o := range s.all {
		index[string(o.Raw)] = o
	}
	open := func(raw []byte) (wire.Signed, error) {
		if o, ok := index[string(raw)]; ok {
			return o, nil
		}
		return wire.Signed{}, wire.ErrSignature
	}
	return &talk{t: t, links: [2]*Link{NewLink(a, open), NewLink(b, open)}, now: start}
}

// run has side from begin, or both for 2, until nobody has anything to say.
func (k *talk) run(from int) {
	k.bytes, k.objects, k.turns = 0, 0, 0
	var queue [2][]wire.Message // to each side
	for side := range 2 {
		if from == side || from == 2 {
			queue[1-side] = append(queue[1-side], k.links[side].Start(k.now)...)
		}
	}
	for ; len(queue[0])+len(queue[1]) > 0; k.turns++ {
		if k.turns > 20 {
			k.t.Fatal("they never end")
		}
		var next [2][]wire.Message
		for side := range 2 {
			for _, m := range queue[side] {
				b, err := wire.WriteMessage(m)
				if err != nil {
					k.t.Fatal(err)
				}
				k.bytes += len(b)
				if o, ok := m.(wire.Objects); ok {
					k.objects += len(o.Objects)
				}
				if m, err = wire.ReadMessage(b); err != nil {
					k.t.Fatal(err)
				}
				reply, _, err := k.links[side].Step(m, k.now)
				if err != nil {
					k.t.Fatal(err)
				}
				next[1-side] = append(next[1-side], reply...)
			}
		}
		queue = next
	}
}

func same(a, b *Roster) bool {
	return slices.EqualFunc(a.Objects(), b.Objects(), func(a, b wire.Signed) bool { return a.ID == b.ID })
}

// crowd is a street of so many homes.
func crowd(homes int) *street {
	s, _ := stewards("anna", "ben", "carla")
	for i := range homes {
		s.admit([]string{"anna", "ben", "carla"}[i%3], wire.Minute(i), fmt.Sprint("home ", i))
	}
	return s.raw()
}

func TestLinkJoins(t *testing.T) {
	s := crowd(3000) // more than may wait for what they rest on
	full, fresh := New(s.genesis), New(s.genesis)
	hold(t, full, s.all)
	for from := range 3 {
		t.Run(fmt.Sprint("from ", from), func(t *testing.T) {
			fresh = New(s.genesis)
			k := newTalk(t, s, full, fresh)
			k.run(from)
			if !same(full, fresh) {
				t.Errorf("%d objects of %d", fresh.Len(), full.Len())
			}
			if k.objects > full.Len() || k.turns > 6 {
				t.Errorf("%d objects in %d turns", k.objects, k.turns)
			}
			k.run(from)
			if !k.links[0].Equal() || !k.links[1].Equal() || k.bytes > 100 {
				t.Errorf("equal rosters cost %d bytes", k.bytes)
			}
		})
	}
}

func TestLinkBytes(t *testing.T) {
	s := crowd(2000)
	for _, tt := range []struct{ missing, bytes int }{{0, 60}, {1, 12_000}, {50, 60_000}} {
		a, b := New(s.genesis), New(s.genesis)
		hold(t, a, s.all)
		hold(t, b, s.all[:len(s.all)-tt.missing])
		k := newTalk(t, s, a, b)
		k.run(0)
		t.Logf("%d of %d objects missing: %d bytes in %d turns", tt.missing, len(s.all), k.bytes, k.turns)
		if !same(a, b) || k.bytes > tt.bytes || k.objects != tt.missing {
			t.Errorf("%d missing: %d bytes, %d objects", tt.missing, k.bytes, k.objects)
		}
	}
}

// From any two parts of any street both come to hold all that can be held.
func TestLinkWorlds(t *testing.T) {
	for seed := range *worlds / 8 {
		random := rand.New(rand.NewPCG(seed, 3))
		s := chaos(random).raw()
		homes := [2]*Roster{New(s.genesis), New(s.genesis)}
		for _, r := range homes {
			for _, o := range s.all {
				if random.IntN(3) > 0 {
					_, _ = r.Add(o) // what rests on something else is refused
				}
			}
		}
		want := New(s.genesis)
		hold(t, want, homes[0].Objects())
		hold(t, want, homes[1].Objects())
		k := newTalk(t, s, homes[0], homes[1])
		for round := 0; round < 3 && !same(homes[0], homes[1]); round++ {
			k.run(random.IntN(3))
		}
		if !same(homes[0], homes[1]) || !same(homes[0], want) {
			t.Fatalf("street %d: %d and %d objects, want %d", seed, homes[0].Len(), homes[1].Len(), want.Len())
		}
		if k.run(0); !k.links[0].Equal() || !k.links[1].Equal() {
			t.Fatalf("street %d: equal, and not found to be", seed)
		}
		if a, b := homes[0].State(later), homes[1].State(later); !a.Equal(b) {
			t.Fatalf("street %d: of two minds", seed)
		}
	}
}

// A new object goes to whoever is linked, at once.
func TestLinkPush(t *testing.T) {
	s := crowd(10)
	a, b := New(s.genesis), New(s.genesis)
	hold(t, a, s.all)
	hold(t, b, s.all)
	s.admit("anna", 500, "dora")
	s.raw()
	k := newTalk(t, s, a, b)
	o := s.all[len(s.all)-1]
	for _, m := range k.links[0].Push([]wire.Signed{o}, k.now) {
		_, added, err := k.links[1].Step(m, k.now)
		if err != nil || len(added) != 1 || added[0].ID != o.ID {
			t.Errorf("%d added, %v", len(added), err)
		}
	}
}

// An answer that nobody waits for any longer is not answered for ever.
func TestLinkEnds(t *testing.T) {
	s := crowd(10)
	a, b := New(s.genesis), New(s.genesis)
	hold(t, a, s.all)
	hold(t, b, s.all)
	k := newTalk(t, s, a, b)
	for minute := range wire.Minute(2) {
		said, turns := []wire.Message{wire.Roster{Print: a.print()}}, 0
		for ; len(said) > 0 && turns < 10; turns++ {
			said, _, _ = k.links[turns%2].Step(said[0], start+minute)
		}
		if turns < 2 || turns > 3 {
			t.Errorf("in minute %d it went to and fro %d times", minute, turns)
		}
	}
}

// On another stream nothing that was said on the one before is waited for.
func TestLinkReset(t *testing.T) {
	s := crowd(10)
	a, b := New(s.genesis), New(s.genesis)
	hold(t, a, s.all)
	hold(t, b, s.all)
	k := newTalk(t, s, a, b)
	k.run(0)
	l := k.links[0]
	if l.Reset(); l.Equal() {
		t.Error("equal, though nobody said so")
	}
	for i := range byte(8) { // of two that cross, one or the other is answered
		l.Start(start)
		l.Reset()
		if reply, _, _ := l.Step(wire.Roster{Print: wire.Print{i << 5}}, start); len(reply) == 0 {
			t.Error("a question is not answered, since another was asked on the stream before")
		}
	}
}

// In whatever order a peer brings objects, they are held once all came.
func TestLinkPending(t *testing.T) {
	s := crowd(100)
	r := New(s.genesis)
	k := newTalk(t, s, r, New(s.genesis))
	news := 0
	for _, o := range slices.Backward(s.all) {
		_, added, err := k.links[0].Step(wire.Objects{Objects: [][]byte{o.Raw}}, k.now)
		if err != nil {
			t.Fatal(err)
		}
		news += len(added)
	}
	if r.Len() != len(s.all)+1 || news != len(s.all) {
		t.Errorf("%d objects are held of %d, %d were told", r.Len(), len(s.all)+1, news)
	}
}

// What rests on one another in a chain is held when its first link comes.
func TestLinkPendingChain(t *testing.T) {
	s := newStreet()
	first := s.add("anna", s.genesis, "ben")
	second := s.add("ben", first, "carla")
	s.add("carla", second, "dora")
	s.admit("dora", 5, "emil")
	s.raw()
	r := New(s.genesis)
	l := newTalk(t, s, r, r).links[0]
	for _, o := range slices.Backward(s.all) {
		if _, _, err := l.Step(wire.Objects{Objects: [][]byte{o.Raw}}, start); err != nil {
			t.Fatal(err)
		}
	}
	if r.Len() != 5 || len(l.pending) != 0 {
		t.Errorf("%d objects are held, %d wait", r.Len(), len(l.pending))
	}
}

// What others rest on is carried before them, so a home that joins holds each
// object as it comes.
func TestLinkCarriesInOrder(t *testing.T) {
	s := newStreet()
	names := []string{"anna", "ben", "carla", "dora", "emil", "frida"}
	head := s.genesis
	for i, who := range names[1:] { // each is added by the one before
		head = s.add(names[i], head, who)
		s.vote(head, names[:i+1]...)
		s.admit(who, wire.Minute(i), who)
		s.object("card", s.card(who))
	}
	s.raw()
	full, fresh := New(s.genesis), New(s.genesis)
	hold(t, full, s.all)
	k := newTalk(t, s, full, fresh)
	for _, m := range k.links[0].carry(full.Objects()) {
		for _, raw := range m.(wire.Objects).Objects {
			o, err := k.links[0].open(raw)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fresh.Add(o); err != nil {
				t.Errorf("%s: %v", s.names[o.ID], err)
			}
		}
	}
}

// The fingerprint is that of what is held, whatever came and went before.
func TestPrint(t *testing.T) {
	for seed := range uint64(300) {
		s := chaos(rand.New(rand.NewPCG(seed, 5)))
		for i := range s.all {
			s.all[i].ID[0] &= 3
		}
		r := New(s.genesis)
		for _, o := range slices.Concat(s.all, s.all) {
			if _, err := r.Add(o); err != nil {
				continue
			}
			var again Roster
			for _, o := range r.Objects() {
				again.buckets[o.ID[0]].put(o.ID)
			}
			if r.print() != again.print() {
				t.Fatalf("street %d: the fingerprint is of something else", seed)
			}
		}
	}
}

// A bucket of more ids than a message has takes several, each of its own range.
func TestLinkFullBucket(t *testing.T) {
	s := newStreet()
	s.bucket = true
	for i := range 600 {
		s.logs["anna"] = nil // each by itself, so that any may be missing
		s.admit("anna", wire.Minute(i), fmt.Sprint("home ", i))
	}
	s.raw()
	a, b := New(s.genesis), New(s.genesis)
	hold(t, a, s.all)
	hold(t, b, slices.Concat(s.all[:300], s.all[310:]))
	k := newTalk(t, s, a, b)
	k.run(0)
	if !same(a, b) || k.objects != 10 {
		t.Errorf("%d and %d objects; %d were carried for 10 that were missing", a.Len(), b.Len(), k.objects)
	}
}

func TestLinkLiars(t *testing.T) {
	s := crowd(300)
	strangers := newStreet()
	strangers.made = 5000
	for i := range 3000 {
		strangers.object("deed", wire.Revoke{Head: wire.DeedHead{Neighborhood: s.genesis.ID, Seat: key("eve"), Minute: wire.Minute(i)}})
	}
	s.all = append(s.all, strangers.raw().all...)
	fresh := func() (*Roster, *Link) {
		r := New(s.genesis)
		hold(t, r, s.all[:200])
		return r, newTalk(t, s, r, r).links[0]
	}
	t.Run("brings what rests on nothing", func(t *testing.T) {
		r, l := fresh()
		before := r.Len()
		for _, o := range strangers.all {
			if _, _, err := l.Step(wire.Objects{Objects: [][]byte{o.Raw}}, start); err != nil {
				t.Fatal(err)
			}
		}
		if r.Len() != before || len(l.pending) > maxPending {
			t.Errorf("%d objects are held, %d wait", r.Len()-before, len(l.pending))
		}
		l.Start(start + 60)
		if len(l.pending) != 0 {
			t.Error("they wait for ever")
		}
	})
	t.Run("brings the same again and again", func(t *testing.T) {
		_, l := fresh()
		opened := 0
		open := l.open
		l.open = func(raw []byte) (wire.Signed, error) { opened++; return open(raw) }
		raw := s.all[0].Raw
		for range 3 * MaxOpened / 200 {
			if _, _, err := l.Step(wire.Objects{Objects: slices.Repeat([][]byte{raw}, 200)}, start); err != nil {
				t.Fatal(err)
			}
		}
		if opened > MaxOpened {
			t.Errorf("%d signatures were checked", opened)
		}
	})
	different := wire.Buckets{}
	for i := range 256 {
		different.Buckets = append(different.Buckets, wire.BucketPrint{Bucket: uint8(i)})
	}
	for name, m := range map[string]wire.Message{
		"says that it has nothing": wire.Buckets{}, "says that all differs": different, "says another roster": wire.Roster{},
		"says that a bucket is empty": wire.Bucket{Upto: wire.Print{0xff}},
	} {
		t.Run(name+", again and again", func(t *testing.T) {
			_, l := fresh()
			sent := 0
			for range 2_000 {
				reply, _, _ := l.Step(m, start)
				for _, m := range reply {
					b, err := wire.WriteMessage(m)
					if err != nil {
						t.Fatal(err)
					}
					sent += len(b)
				}
			}
			if sent > MaxOut+1<<20 {
				t.Errorf("%d bytes were sent in an hour", sent)
			}
			l.Start(start + 60)
			l.waits = false
			if reply, _, _ := l.Step(m, start+60); len(reply) == 0 {
				t.Error("the next hour nothing is sent")
			}
		})
	}
	t.Run("brings what is not signed", func(t *testing.T) {
		_, l := fresh()
		if _, _, err := l.Step(wire.Objects{Objects: [][]byte{[]byte("x")}}, start); !errors.Is(err, wire.ErrSignature) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("brings another neighborhood's", func(t *testing.T) {
		_, l := fresh()
		o := wire.Signed{ID: wire.Hash{1}, Raw: []byte("x"), Body: wire.Leave{Neighborhood: wire.Hash{9}}}
		l.open = func([]byte) (wire.Signed, error) { return o, nil }
		if _, _, err := l.Step(wire.Objects{Objects: [][]byte{o.Raw}}, start); !errors.Is(err, ErrForeign) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("says what belongs to the feed", func(t *testing.T) {
		_, l := fresh()
		if reply, added, err := l.Step(wire.Root{}, start); len(reply)+len(added) != 0 || err != nil {
			t.Errorf("%v, %v, %v", reply, added, err)
		}
	})
}
