package api_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"nvrd/federation/choice"
	"nvrd/federation/fedtest"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

var seeds = flag.Int("seeds", 200, "how many worlds TestNobodyLearnsADecision looks at")

// raced tells whether the race detector watches. Then it takes ten times as long, and
// few worlds have to do; `make test` looks at all of them once more without it.
var raced bool

const fewSeeds = 3

// asked is a request as an owner decides about it.
type asked struct {
	id     wire.Hash
	agency wire.Key
	wire.Request
}

// decision is what an owner decides about a request, and what the owner sees then.
type decision struct {
	name   string
	sees   string // nothing for an owner who does not look
	decide func(ctx context.Context, c *choice.Choices, r asked) error
}

func optsOut(scope choice.Scope, of func(asked) (wire.Key, wire.Incident)) func(context.Context, *choice.Choices, asked) error {
	return func(ctx context.Context, c *choice.Choices, r asked) error {
		agency, incident := of(r)
		return c.OptOut(ctx, choice.OptOut{Scope: scope, Agency: agency, Incident: incident}, true)
	}
}

// decisions are all that there are; the first is what the others are compared with.
var decisions = []decision{
	{"ignored", "camera 1 has it", func(context.Context, *choice.Choices, asked) error { return nil }},
	{"unread", "", nil},
	{"put aside", "put aside", func(ctx context.Context, c *choice.Choices, r asked) error { return c.PutAside(ctx, r.id, true) }},
	{"opted out of all", "not wanted", optsOut(choice.EveryRequest, func(asked) (none wire.Key, _ wire.Incident) { return none, 0 })},
	{"opted out of the agency", "not wanted", optsOut(choice.OfAgency, func(r asked) (wire.Key, wire.Incident) { return r.agency, 0 })},
	{"opted out of the kind", "not wanted", optsOut(choice.OfIncident, func(r asked) (none wire.Key, _ wire.Incident) { return none, r.Incident })},
	{"out of area", "elsewhere", func(ctx context.Context, c *choice.Choices, _ asked) error {
		return c.Cover(ctx, 1, []wire.Cell{{Row: fedtest.Place.Row + 9, Col: fedtest.Place.Col}})
	}},
}

// owner is who lives in a home, whose camera sees what is asked about and always records.
type owner struct {
	t       *testing.T
	newest  func() asked // that the home holds
	choices *choice.Choices
}

// memory returns a directory that is soon written to, as nothing here is about disks.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "stoop")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// newOwner moves one in, whose decisions lie in a directory.
func newOwner(t *testing.T, dir string, newest func() asked) *owner {
	t.Helper()
	c := choice.New(dir)
	if err := c.Cover(t.Context(), 1, []wire.Cell{fedtest.Place}); err != nil {
		t.Fatal(err)
	}
	return &owner{t, newest, c}
}

// leaves has the owner move out.
func (o *owner) leaves() {
	if err := o.choices.Close(); err != nil {
		o.t.Error(err)
	}
}

// newestOf returns the newest request that keeps the rules, of those that a home holds.
func newestOf(h *fedtest.Home) (r asked) {
	for _, key := range h.Logs().Agencies() {
		for _, e := range h.Logs().Log(key).Entries(0) {
			if is, ok := e.Text.Body.(wire.Request); ok && e.Verdict.OK() {
				r = asked{e.ID, key, is}
			}
		}
	}
	return r
}

// looks returns the newest request, and what the owner sees of it.
func (o *owner) looks() (r asked, sees string) {
	o.t.Helper()
	out, err := o.choices.OptOuts(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	aside, err := o.choices.Aside(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	coverage, err := o.choices.Coverage(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	r = o.newest()
	footage := func(_ nvr.CameraID, window nvr.Span) ([]nvr.Span, error) { return []nvr.Span{window}, nil }
	found, err := choice.Match(r.Request, coverage, footage)
	switch {
	case err != nil:
		o.t.Fatal(err)
	case out.Request(r.agency, r.Incident):
		return r, "not wanted"
	case aside[r.id]:
		return r, "put aside"
	case len(found) == 0:
		return r, "elsewhere"
	}
	return r, fmt.Sprintf("camera %d has it", found[0].Camera)
}

// decides has the owner look at what is asked, decide, and look again.
func (o *owner) decides(d decision) {
	o.t.Helper()
	if d.decide == nil {
		return
	}
	r, sees := o.looks()
	if sees != "camera 1 has it" {
		o.t.Errorf("before anything is decided the owner sees %q", sees)
	}
	if err := d.decide(o.t.Context(), o.choices, r); err != nil {
		o.t.Fatal(err)
	}
	if _, sees := o.looks(); sees != d.sees {
		o.t.Errorf("%s: the owner sees %q", d.name, sees)
	}
}

// leak is a way in which a home would show what its owner decided, from then on.
type leak struct {
	name string
	tell func(h *fedtest.Home, r asked)
}

// once has the home tell the next thing in another way, but for what says nothing.
func once(tells func(h, to *fedtest.Home, m wire.Message, tell fedtest.Teller) bool) func(*fedtest.Home, asked) {
	return func(h *fedtest.Home, _ asked) {
		done := false
		h.Misuse(func(to *fedtest.Home, m wire.Message, tell fedtest.Teller) {
			if done || !tells(h, to, m, tell) {
				tell(to, m, 0)
				return
			}
			done = true
		})
	}
}

// leaks are such ways, each as small as it gets.
var leaks = []leak{
	{"says something", func(h *fedtest.Home, r asked) {
		h.Say(wire.Reaction{Salt: wire.Salt{1}, Is: wire.ReactionSeen}, r.id)
	}},
	{"asks for the text", func(h *fedtest.Home, r asked) {
		h.Tell(h.Neighbors()[0], wire.LogWant{Agency: r.agency, IDs: []wire.Print{r.id.Print()}}, 0)
	}},
	{"compares early", func(h *fedtest.Home, r asked) {
		h.Tell(h.Neighbors()[0], wire.Logs{Logs: []wire.LogPrint{{Agency: r.agency, Size: 1}}}, 0)
	}},
	{"hangs up", func(h *fedtest.Home, _ asked) { h.Off(); h.On() }},
	{"a microsecond later", once(func(_, to *fedtest.Home, m wire.Message, tell fedtest.Teller) bool {
		tell(to, m, time.Microsecond)
		return true
	})},
	{"nothing, once", once(func(_, _ *fedtest.Home, _ wire.Message, _ fedtest.Teller) bool { return true })},
	{"a bit of a fingerprint", once(func(_, to *fedtest.Home, m wire.Message, tell fedtest.Teller) bool {
		is, ok := m.(wire.Root)
		if ok {
			is.Print[len(is.Print)-1] ^= 1
			tell(to, is, 0)
		}
		return ok
	})},
	{"another size", once(func(_, to *fedtest.Home, m wire.Message, tell fedtest.Teller) bool {
		is, ok := m.(wire.Logs)
		if ok {
			is.Logs = append(slices.Clone(is.Logs), wire.LogPrint{Agency: wire.Key{255}})
			tell(to, is, 0)
		}
		return ok
	})},
	{"to another neighbor", once(func(h, to *fedtest.Home, m wire.Message, tell fedtest.Teller) bool {
		for _, other := range h.Neighbors() {
			if other != to {
				tell(other, m, 0)
				return true
			}
		}
		return false
	})},
}

// view is all that is seen of a world by all of its homes, and by the agency.
type view struct {
	homes  [][]fedtest.Seen
	agency []string
}

// street is a world in which an agency asks through two sponsors, while people talk,
// links break and clocks are wrong. Of eight homes one asks its neighbors again and
// again what they have, and passes nothing on. The owner of one that is as it should be
// decides, and shows it if it leaks; nobody else does anything that the seed does not
// say.
func street(t *testing.T, seed uint64, d decision, leaks *leak) view {
	t.Helper()
	chance := rand.New(rand.NewPCG(seed, 1))
	w := fedtest.New(fedtest.Plan{
		Seed: seed, Streets: 1, Homes: 8, Stewards: 2, Links: 1 + int(seed%2), Skew: 2 * time.Minute, Breaks: 30 * time.Minute, Sponsors: 2, Verbatim: true,
	})
	s := w.Streets[0]
	s.Homes[7].Lie()
	for at := time.Minute; at < 50*time.Minute; at += 10 * time.Minute {
		w.In(at, s.Talk)
	}
	w.In(10*time.Minute, func() { s.Agency.Ask("2026-1184", wire.IncidentFire) })
	home := s.Homes[chance.IntN(7)]
	o := newOwner(t, memory(t), func() asked { return newestOf(home) })
	defer o.leaves()
	w.In(20*time.Minute+time.Duration(chance.IntN(10))*time.Minute, func() {
		o.decides(d)
		if leaks != nil {
			leaks.tell(home, newestOf(home))
		}
	})
	w.In(40*time.Minute, func() { s.Agency.Ask("2026-1185", wire.IncidentFire) })
	w.Run(time.Hour)
	v := view{agency: s.Agency.Seen}
	for _, h := range s.Homes {
		v.homes = append(v.homes, h.Seen())
		if n := h.Logs().Log(s.Agency.Key()).Size(); n != 2 {
			t.Errorf("seed %d: home %d has %d requests", seed, h.Number, n)
		}
	}
	return v
}

// differs tells where two views first differ; empty if nowhere.
func (v view) differs(o view) string {
	for i := range max(len(v.agency), len(o.agency)) {
		if i >= min(len(v.agency), len(o.agency)) || v.agency[i] != o.agency[i] {
			return fmt.Sprintf("the agency sees %q, or %q", v.agency[min(i, len(v.agency)):], o.agency[min(i, len(o.agency)):])
		}
	}
	for n := range v.homes {
		a, b := v.homes[n], o.homes[n]
		for i := range max(len(a), len(b)) {
			if i >= min(len(a), len(b)) {
				return fmt.Sprintf("home %d sees %d things, or %d", n, len(a), len(b))
			}
			if a[i] != b[i] {
				return fmt.Sprintf("home %d sees %v, or %v", n, a[i], b[i])
			}
		}
	}
	return ""
}

// TestNobodyLearnsADecision: a world is the same for everybody else, the agency and its
// sponsors among them, to the last byte and microsecond, whatever one owner decides.
func TestNobodyLearnsADecision(t *testing.T) {
	began, most, seen := time.Now(), *seeds, 0
	if raced {
		most = min(most, fewSeeds)
	}
	for seed := range uint64(most) {
		as := street(t, seed, decisions[0], nil)
		other := decisions[1+seed%uint64(len(decisions)-1)]
		if d := as.differs(street(t, seed, other, nil)); d != "" {
			t.Fatalf("seed %d: %s can be told from %s: %s", seed, other.name, decisions[0].name, d)
		}
		for _, h := range as.homes {
			seen += len(h)
		}
	}
	t.Logf("%d worlds, %d things seen, %v", 2*most, seen, time.Since(began))
}

// TestADecisionThatLeaksIsSeen: whatever a home does otherwise once its owner decided,
// somebody else sees.
func TestADecisionThatLeaksIsSeen(t *testing.T) {
	as := street(t, 1, decisions[0], nil)
	for _, l := range leaks {
		d := as.differs(street(t, 1, decisions[2], &l))
		t.Log(l.name, d)
		if d == "" {
			t.Errorf("%s: nobody sees it", l.name)
		}
	}
}
