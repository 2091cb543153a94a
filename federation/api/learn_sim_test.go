//go:build sim

package api_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/mail"
	"nvrd/federation/response"
	"nvrd/federation/wire"
)

var runs = flag.Int("runs", 1200, "how many streets TestWhatIsLearned looks at; half of them teach. To tell 52 % from 50 % by three standard deviations takes 11,300")

const (
	few         = 120
	readsWithin = 8 * time.Minute  // after it was asked
	watched     = 30 * time.Minute // after it was asked
)

// way is what one home does about a request.
type way func(l *live, chance *rand.Rand, id wire.Hash)

// decides returns a way to decide, by chance one of those named so.
func decides(names ...string) way {
	return func(l *live, chance *rand.Rand, id wire.Hash) {
		name := names[chance.IntN(len(names))]
		d := decisions[slices.IndexFunc(decisions, func(d decision) bool { return d.name == name })]
		o := newOwner(l.t, place(l.dir, decider), func() asked {
			r, err := l.in(decider).Request(id)
			if err != nil {
				l.t.Fatal(err)
			}
			return asked{r.ID, r.Agency.Key, r.Request}
		})
		defer o.leaves()
		o.decides(d)
	}
}

var (
	first  = decides("unread", "opted out of all", "opted out of the agency", "opted out of the kind")
	second = decides("ignored", "put aside", "out of area")
)

// answers returns a way to answer, with words and sometimes with a photo.
func answers(hidden bool) way {
	return func(l *live, chance *rand.Rand, id wire.Hash) {
		m := l.in(decider)
		r := response.Response{Request: id, Words: "I saw it begin.", Until: m.Now() + 30*wire.Day}
		if chance.IntN(2) == 0 {
			r.Media = []response.Media{{Type: wire.MediaPhoto, Bytes: make([]byte, 500_000)}}
		}
		if err := l.homes[decider].Respond(m, wire.Salt{1}, r, hidden); err != nil {
			l.t.Fatal(err)
		}
	}
}

// leaking says one message of 61 bytes more than it should, to one neighbor.
func leaking(l *live, chance *rand.Rand, id wire.Hash) {
	second(l, chance, id)
	l.nodes[decider].Send(wire.PublicKey(l.town.nodes[neighbor]), wire.Logs{Logs: []wire.LogPrint{{Agency: wire.PublicKey(l.town.agency)}}})
}

// sees has a street be asked, one home do something about it, or another thing, and
// returns what others see. With parcels, a time at which that home sends some falls in
// between, as if there were no others.
func (tn *town) sees(t *testing.T, seed uint64, one, other way, parcels bool) (s sample) {
	t.Helper()
	dir := memory(t)
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, os.DirFS(tn.dir)); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		chance := rand.New(rand.NewPCG(seed, 2))
		begins := tn.begins.Add(time.Duration(24+chance.IntN(24))*time.Hour + time.Duration(chance.IntN(3600))*time.Second)
		if parcels {
			begins = slotOf(t, place(dir, decider), tn.name, begins).Add(-12*time.Minute - time.Duration(chance.IntN(600))*time.Second)
		}
		time.Sleep(time.Until(begins))
		l := tn.run(t, dir, seed)
		defer l.ends()
		for _, talks := range []int{chance.IntN(allOfThem - 1), decider} {
			time.AfterFunc(time.Duration(chance.Int64N(int64(watched))), func() {
				_, _ = l.in(talks).Post(wire.Post{Category: wire.CategoryHazard, Happened: "Ice on the road."}, 0)
			})
		}
		id, asked := l.asks(), time.Now()
		time.Sleep(time.Minute + time.Duration(chance.Int64N(int64(readsWithin-time.Minute))))
		if s.second = chance.IntN(2) == 0; s.second {
			other(l, chance, id)
		} else {
			one(l, chance, id)
		}
		time.Sleep(watched - time.Since(asked))
		l.mu.Lock()
		defer l.mu.Unlock()
		s.seen = numbers(l.seen, asked)
	})
	return s
}

// slotOf returns the first time after another at which a home sends parcels.
func slotOf(t *testing.T, dir string, neighborhood wire.Hash, after time.Time) time.Time {
	t.Helper()
	db, err := mail.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for day := wire.MinuteOf(after).Day(); ; day++ {
		for _, s := range db.Slots(neighborhood, day) {
			if s.At.After(after) {
				return s.At
			}
		}
	}
}

// numbers says in numbers what was seen since a time: of each home to which the one that
// decides says something how many packets and messages came, how long they are, when
// the first and the last came, and what lies between two; how many parcels go, within how
// many minutes; and how much is sent to each sponsor.
func numbers(seen []sight, since time.Time) map[string]float64 {
	n, minutes := map[string]float64{}, map[time.Duration]int{}
	type stream struct{ sizes, times []float64 }
	streams := map[string]*stream{}
	add := func(name string, s sight) {
		if streams[name] == nil {
			streams[name] = &stream{}
		}
		at := streams[name]
		at.sizes, at.times = append(at.sizes, float64(s.bytes)), append(at.times, s.at.Sub(since).Seconds())
	}
	for _, s := range seen {
		switch {
		case s.at.Before(since):
		case s.kind > 0:
			add(fmt.Sprint("messages to ", s.to), s)
			n[fmt.Sprintf("messages %d to %d", s.kind, s.to)]++
		case s.from == decider:
			add(fmt.Sprint("packets to ", s.to), s)
			add("packets", s)
			minutes[s.at.Sub(since)/time.Minute] += s.bytes
		case (s.to == sponsors || s.to == sponsors+1) && s.bytes > 1000:
			n[fmt.Sprintf("bytes to sponsor %d", s.to)] += float64(s.bytes)
		}
	}
	for _, bytes := range minutes {
		if bytes > wire.PieceLen {
			n["minutes with a parcel"]++
		}
		n["parcels"] += float64(bytes / wire.PieceLen)
	}
	for name, s := range streams {
		gaps := []float64{0}
		for i := 1; i < len(s.times); i++ {
			gaps = append(gaps, s.times[i]-s.times[i-1])
		}
		n[name+": count"] = float64(len(s.sizes))
		n[name+": size"], n[name+": deviation of sizes"] = moments(s.sizes)
		n[name+": gap"], n[name+": deviation of gaps"] = moments(gaps)
		slices.Sort(gaps)
		n[name+": usual gap"], n[name+": longest gap"] = gaps[len(gaps)/2], gaps[len(gaps)-1]
		n[name+": longest"], n[name+": shortest"] = slices.Max(s.sizes), slices.Min(s.sizes)
		n[name+": first"], n[name+": last"] = s.times[0], s.times[len(s.times)-1]
	}
	return n
}

// TestWhatIsLearned has real homes, on a network in virtual time, be asked again and
// again, and classifiers learn from all that others see which way one of them took.
// Whatever its owner decides, they do no better than chance; nor where it answers with
// parcels that are sent in any case. What the test prints of a home that answers at
// once is what docs/design/requests.md says of it.
func TestWhatIsLearned(t *testing.T) {
	tn := settle(t)
	for _, test := range []struct {
		name       string
		one, other way
		parcels    bool
		told       bool // the two can be told apart, by a few runs
	}{
		{"a decision", first, second, false, false},
		{"a decision that leaks 61 bytes", first, leaking, false, true},
		{"hidden, or nothing", second, answers(true), true, false},
		{"now, or nothing", second, answers(false), true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			began, count := time.Now(), *runs
			if test.told {
				count = min(count, few)
			}
			var all []sample
			for seed := range uint64(count) {
				all = append(all, tn.sees(t, seed, test.one, test.other, test.parcels))
			}
			single, together := classify(all)
			t.Logf("%d runs in %v, at most %.1f %%\n%v\n%v", len(all), time.Since(began).Round(time.Second), 100*single.bound(), single, together)
			for _, v := range []verdict{single, together} {
				if !test.told && v.held > v.bound() {
					t.Errorf("it can be told by %s", v.by)
				}
			}
			if best := max(single.held, together.held); test.told && best < 0.9 {
				t.Errorf("%.1f %% are told, where all should be: who looks is blind", 100*best)
			}
		})
	}
}
