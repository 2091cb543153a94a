package fedtest

import (
	"slices"
	"testing"
	"time"

	"nvrd/federation/feed"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
)

// life is what happens in a street within six hours: people talk, a fifth of
// the homes is off now and then, for two hours the street is in two parts, a
// steward comes and one goes, two homes are put out, an entry is destroyed. In the
// last hour it is quiet.
func life(s *Street) {
	w := s.w
	for at := time.Minute; at < 5*time.Hour; at += 10 * time.Minute {
		w.In(at+w.between(0, 10*time.Minute), s.Talk)
	}
	for range len(s.Homes) / 5 {
		h := s.Homes[w.Stewards+w.IntN(len(s.Homes)-w.Stewards)]
		off := w.between(time.Minute, 4*time.Hour)
		w.In(off, h.Off)
		w.In(off+w.between(10*time.Minute, 90*time.Minute), h.On)
	}
	w.In(time.Hour, s.Fall)
	w.In(3*time.Hour, s.Heal)

	founder, second, last := s.Homes[0], s.Homes[1], s.Homes[w.Stewards-1]
	w.In(90*time.Minute, func() { founder.Seat(s.Homes[w.Stewards+1]) })
	w.In(2*time.Hour, func() { second.Revoke(s.Homes[w.Stewards+2]) })
	w.In(150*time.Minute, func() {
		if len(s.Written) > 0 && !s.Written[0].Gone {
			s.Destroy(s.Written[0], founder, second)
		}
	})
	w.In(4*time.Hour, func() {
		second.Revoke(s.Homes[w.Stewards+3]) // while the street is whole
		if !last.honest() {
			founder.Drop(last, nil)
		}
	})
	w.In(5*time.Hour, func() {
		for _, h := range s.Homes {
			h.On()
		}
	})
}

// same fails unless all homes of the street that count hold the same.
func (s *Street) same(t *testing.T) {
	t.Helper()
	first := s.Homes[0]
	at := s.w.Begin + wire.Minute(s.w.now/time.Minute)
	for _, h := range s.Homes {
		h.core.Feed().Advance(at) // clocks are right again: what expires is dead for all
	}
	wantObjects, wantHeld := ids(first.core.Roster()), held(first.core.Feed())
	for _, h := range s.Homes[1:] {
		if !h.counts() {
			continue
		}
		if got := ids(h.core.Roster()); !slices.Equal(got, wantObjects) {
			t.Errorf("street %d: home %d holds %d objects of the roster, home 0 %d", s.Number, h.Number, len(got), len(wantObjects))
		}
		if got := held(h.core.Feed()); !slices.Equal(got, wantHeld) {
			t.Errorf("street %d: home %d holds %d entries, home 0 %d, or others of them are dead", s.Number, h.Number, len(got), len(wantHeld))
		}
	}
}

func ids(r *roster.Roster) (all []wire.Hash) {
	for _, o := range r.Objects() {
		all = append(all, o.ID)
	}
	return all
}

// entry is what a test compares of an entry that is held.
type entry struct {
	id   wire.Hash
	dead feed.Death
}

func held(s *feed.Set) (all []entry) {
	for i, dead := range s.Items {
		all = append(all, entry{i.ID, dead})
	}
	return all
}

// gone fails if a payload is left of what was taken back or destroyed.
func (s *Street) gone(t *testing.T) (n int) {
	t.Helper()
	for _, said := range s.Written {
		if !said.Gone {
			continue
		}
		n++
		for _, h := range s.Homes {
			if item, dead, ok := h.core.Feed().Get(said.Item.ID); ok && h.counts() && (item.Payload != nil || dead == feed.Alive) {
				t.Errorf("street %d: home %d still has what was taken back", s.Number, h.Number)
			}
		}
	}
	return n
}

// TestWorld: whatever happens and whoever lies, homes end with the same.
func TestWorld(t *testing.T) {
	w := New(Plan{Seed: 1, Streets: 10, Homes: 50, Stewards: 5, Links: 4, Skew: 5 * time.Minute, Breaks: 2 * time.Hour, Liars: 1})
	seen := map[wire.MessageKind]int{}
	w.Figures.Message = func(m wire.Message, size int) {
		if seen[m.MessageKind()]++; seen[m.MessageKind()]%100 > 20 {
			return
		}
		if b, err := wire.WriteMessage(m); err != nil || len(b) != size {
			t.Fatalf("a %v of %d bytes is counted as %d: %v", m.MessageKind(), len(b), size, err)
		}
	}
	for _, s := range w.Streets {
		life(s)
	}
	w.Run(6 * time.Hour)

	gone, written := 0, 0
	for _, s := range w.Streets {
		s.same(t)
		gone += s.gone(t)
		written += len(s.Written)
		state := s.Homes[0].core.State()
		if _, sits := state.Seats[wire.PublicKey(s.Homes[w.Stewards+1].seat)]; !sits {
			t.Errorf("street %d: who was voted in is no steward", s.Number)
		}
		for _, h := range s.Homes {
			put := h.Number == w.Stewards+2 || h.Number == w.Stewards+3
			if in := state.Member(h.authorKey()) != nil; in == put {
				t.Errorf("street %d: home %d is in: %v, was put out: %v", s.Number, h.Number, in, put)
			}
		}
		s.within(t)
	}
	if gone < 15 || written < 200 {
		t.Errorf("of %d entries %d were taken back: nothing happens here", written, gone)
	}
	if kinds := len(seen); kinds != int(wire.MessageObjects) {
		t.Errorf("%d kinds of messages were sent, of %d", kinds, wire.MessageObjects)
	}
	w.fast(t)
	t.Logf("%d entries, %d gone; transcript %x", written, gone, w.Transcript())
}

// fast fails unless what is said comes to homes that are on as soon as it should.
func (w *World) fast(t *testing.T) {
	t.Helper()
	spread, revoked := w.Figures.Spread(), w.Figures.Revocations()
	t.Logf("entries: p50 %v, p99 %v, max %v; revocations: p99 %v", spread.At(.5), spread.At(.99), spread.At(1), revoked.At(.99))
	if len(spread) == 0 || spread.At(.99) > 400*time.Millisecond || spread.At(1) > 90*time.Second {
		t.Errorf("entries need %v and at most %v, want 400 ms and 90 s", spread.At(.99), spread.At(1))
	}
	if len(revoked) == 0 || revoked.At(.99) > 2*time.Second {
		t.Errorf("revocations need %v, want 2 s", revoked.At(.99))
	}
}

// within fails if a liar cost a neighbor more than the bound of a link.
func (s *Street) within(t *testing.T) {
	t.Helper()
	for _, h := range s.Liars() {
		var in, out, messages, faults int
		for _, l := range h.links {
			mine, theirs := l.sent[l.side(h)], l.sent[1-l.side(h)]
			if most := feed.MaxOut + roster.MaxOut + 2*wire.MaxMessage; theirs.WorstBytes > most {
				t.Errorf("street %d: %s had %d bytes out of a neighbor in an hour, of at most %d", s.Number, h.lie.name, theirs.WorstBytes, most)
			}
			in, out, messages = max(in, mine.WorstBytes), max(out, theirs.WorstBytes), max(messages, mine.worstMessages)
			faults += l.ends[1-l.side(h)].Faults
		}
		t.Logf("street %d: %s: the worst hour of a neighbor: %d bytes and %d messages to it, %d bytes from it; %d faults", s.Number, h.lie.name, in, messages, out, faults)
	}
}

// TestRow: in a row of homes whose links break every minute there is one way for
// everything, and what was lost with a stream comes with the next one.
func TestRow(t *testing.T) {
	w := New(Plan{Seed: 1, Streets: 1, Homes: 12, Stewards: 3, Links: 1, Breaks: time.Minute})
	s := w.Streets[0]
	s.Homes[0].by[s.Homes[11].nodeKey()].barred = 24 * time.Hour // a ring without one link is a row
	for at := time.Minute; at < 50*time.Minute; at += 20 * time.Second {
		w.In(at, s.Talk)
	}
	w.Run(50 * time.Minute)
	w.Breaks = 0
	w.Run(90 * time.Second)
	s.same(t)
	if n := len(s.Written); n < 50 {
		t.Errorf("%d entries: nothing happens here", n)
	}
}

// TestReplay: one seed, one world.
func TestReplay(t *testing.T) {
	run := func(seed uint64) uint64 {
		w := New(Plan{Seed: seed, Streets: 5, Homes: 10, Stewards: 3, Links: 2, Skew: 5 * time.Minute, Breaks: 30 * time.Minute, Liars: 1})
		for _, s := range w.Streets {
			life(s)
		}
		w.Run(4 * time.Hour)
		return w.Transcript()
	}
	one, again, other := run(7), run(7), run(8)
	if one != again {
		t.Errorf("the same seed gave %x and %x", one, again)
	}
	if one == other {
		t.Errorf("two seeds gave %x", one)
	}
}
