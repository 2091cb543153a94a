package roster

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"nvrd/federation/wire"
)

// worlds is how many random neighborhoods are tried; each by four homes. `make sim` tries 100,000.
var worlds = flag.Uint64("worlds", 8_000, "how many random neighborhoods are tried")

// Homes that hold the same are of one mind, in whatever order and by whatever
// way they heard of it, and whatever nonsense is among it.
func TestWorldsConverge(t *testing.T) {
	const shards = 8
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			for i := range *worlds / shards {
				seed := uint64(shard)*1_000_000 + i
				if converge(t, seed); t.Failed() {
					t.Fatalf("world %d", seed)
				}
			}
		})
	}
}

func converge(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	s := chaos(random)
	now := start + wire.Minute(random.IntN(int(3*wire.Day)))
	homes := make([]*Roster, 4)
	for i := range homes {
		homes[i] = New(s.genesis)
		order := slices.Clone(s.all)
		random.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		if i >= 2 { // hears of a part at first, and has its own mind of it
			hold(t, homes[i], order[:random.IntN(len(order)+1)])
			homes[i].State(now)
		}
		if i < 3 {
			hold(t, homes[i], order)
		}
	}
	// The last one hears the rest from another home, not from who signed it.
	hold(t, homes[3], homes[0].Objects())
	hold(t, homes[0], homes[3].Objects())
	want := homes[0].State(now)
	for _, r := range homes[1:] {
		if got := r.State(now); !got.Equal(want) {
			t.Errorf("two homes differ:\n%+v\n%+v", got, want)
		}
		if !slices.EqualFunc(r.Objects(), homes[0].Objects(), func(a, b wire.Signed) bool { return a.ID == b.ID }) {
			t.Errorf("two homes hold %d and %d objects", r.Len(), homes[0].Len())
		}
	}
}

var people = []string{"anna", "ben", "carla", "dora", "emil"}

// chaos is a street in which everybody signs anything.
func chaos(random *rand.Rand) *street {
	s := newStreet()
	who := func() string { return people[random.IntN(len(people))] }
	acts := []wire.Signed{s.genesis}
	var deeds []wire.Signed
	for range 4 + random.IntN(20) {
		switch random.IntN(9) {
		case 0, 1:
			acts = append(acts, s.add(who(), acts[random.IntN(len(acts))], who()))
		case 2:
			var cut []wire.Signed
			if len(deeds) > 0 {
				cut = deeds[random.IntN(len(deeds)):][:1]
			}
			acts = append(acts, s.drop(who(), acts[random.IntN(len(acts))], who(), cut...))
		case 3, 4:
			if act := acts[random.IntN(len(acts))]; act.ID != s.genesis.ID {
				s.vote(act, who(), who(), who())
			}
		case 5:
			deeds = append(deeds, s.admit(who(), wire.Minute(random.IntN(100)), who()))
		case 6:
			deeds = append(deeds, s.revoke(who(), wire.Minute(random.IntN(100)), who(), wire.Minute(random.IntN(100))))
		case 7:
			if len(deeds) > 0 {
				acts = append(acts, s.annul(who(), acts[random.IntN(len(acts))], deeds[random.IntN(len(deeds))]))
			}
			s.logs[who()] = nil // a fork
		case 8:
			card := s.card(who())
			card.Minute += wire.Minute(random.IntN(3))
			card.Node = key(who() + "'s node")
			s.object("card", card)
			if random.IntN(3) == 0 {
				s.object("anew", wire.Anew{Neighborhood: s.genesis.ID, Author: key(who()), Minute: start + wire.Minute(random.IntN(100)), Invite: []byte{byte(random.IntN(4))}})
				s.object("leave", wire.Leave{Neighborhood: s.genesis.ID, Author: key(who()), Minute: start + wire.Minute(random.IntN(100))})
			}
		}
	}
	return s
}

// A minority of the seats, however it lies, rewrites nothing that the others
// voted for, and nobody rewrites what is a week old: a founder who lies was
// once all seats there were.
func TestMinorityRewritesNothing(t *testing.T) {
	for seed := range *worlds / 8 {
		random := rand.New(rand.NewPCG(seed, 2))
		n := 3 + random.IntN(5)
		all := []string{"anna", "ben", "carla", "dora", "emil", "frida", "gerd"}[:n]
		s, head := stewards(all...)
		founded := head.ID
		resolved := func() *State {
			r := New(s.genesis)
			hold(t, r, s.all)
			r.Restore(founded, nil)
			return r.State(later)
		}
		liars := slices.Clone(all)
		random.Shuffle(n, func(a, b int) { liars[a], liars[b] = liars[b], liars[a] })
		liars, honest := liars[:(n-1)/2], liars[(n-1)/2:]
		// The honest settle a few things; liars vote with them, or do not.
		for range 1 + random.IntN(3) {
			head = s.object("policy", wire.SetPolicy{Head: s.head(honest[0], head), Policy: wire.Policy{ExpireDays: uint8(1 + random.IntN(90))}})
			s.vote(head, honest...)
			s.vote(head, liars[:random.IntN(len(liars)+1)]...)
		}
		before := resolved()
		acts := []wire.Signed{s.genesis}
		for _, o := range s.all {
			if _, ok := o.Body.(wire.Act); ok {
				acts = append(acts, o)
			}
		}
		for range 10 {
			liar, prev := liars[random.IntN(len(liars))], acts[random.IntN(len(acts))]
			victim := honest[random.IntN(len(honest))]
			var act wire.Signed
			switch random.IntN(4) {
			case 0:
				act = s.drop(liar, prev, victim)
			case 1:
				act = s.add(liar, prev, "mallory")
			case 2:
				act = s.object("policy", wire.SetPolicy{Head: s.head(liar, prev)})
			case 3:
				s.revoke(liar, wire.Minute(random.IntN(100)), victim, 0)
				continue
			}
			s.vote(act, liars...)
			acts = append(acts, act)
		}
		after := resolved()
		if after.Head != before.Head || !slices.Equal(after.Charter, before.Charter) || after.seated() != before.seated() || after.in() != before.in() {
			t.Fatalf("seed %d: %d liars of %d rewrote it: seated %s, was %s; in %s, was %s", seed, len(liars), n, after.seated(), before.seated(), after.in(), before.in())
		}
	}
}
