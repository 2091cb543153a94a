package online_test

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"nvrd/federation/node"
)

var crowd = flag.Bool("crowd", false, "run also what takes minutes: forty homes behind one address, routers that forget")

// Who stands where on the street of TestNAT.
const (
	open    = "open"
	cone    = "full cone"
	guarded = "port-restricted"
	strict  = "symmetric"
	tcp     = "UDP blocked"
	six     = "IPv6 only"
	twin    = "two behind one, A"
	other   = "two behind one, B"
)

var kinds = []string{open, cone, guarded, strict, tcp, six, twin, other}

// Two who are apart for this reason may get together after all: on a busy machine TCP
// is quicker than UDP now and then, and a home is seen over it, too.
const seenOverUDP = "only TCP gets out of one, and the other was seen over UDP only"

// apart tells why no packet gets between two directly, and only through a member;
// empty if they are to be linked directly.
func apart(a, b string) string {
	is := func(x string, among ...string) bool {
		return a == x && slices.Contains(among, b) || b == x && slices.Contains(among, a)
	}
	switch {
	case is(six, cone, guarded, strict, tcp, twin, other):
		return "no address of the same kind"
	case is(tcp, cone, guarded, strict, twin, other):
		return seenOverUDP
	case is(strict, guarded, twin, other):
		return "one sends from a port that can't be foreseen, the other hears only who it sent to"
	}
	return ""
}

// pair names two kinds in the order of kinds.
func pair(a, b string) [2]string {
	if slices.Index(kinds, a) > slices.Index(kinds, b) {
		a, b = b, a
	}
	return [2]string{a, b}
}

// Homes behind every kind of router join at a home that can be reached, all hear
// what each says, and who can be linked directly is in the end.
func TestNAT(t *testing.T) {
	if testing.Short() {
		t.Skip("a street of routers takes a minute")
	}
	t.Parallel()
	s := pave(t)
	spaces := map[string]string{
		open: s.open("open", "44.0.1.1", "2600:44::1"),
		six:  s.open("six", "", "2600:44::6"),
	}
	spaces[cone] = s.behind("r2", "44.0.2.1", fullCone, "cone")[0]
	spaces[guarded] = s.behind("r3", "44.0.3.1", masquerade, "guarded")[0]
	spaces[strict] = s.behind("r4", "44.0.4.1", symmetric, "strict")[0]
	spaces[tcp] = s.behind("r5", "44.0.5.1", noUDP, "tcp")[0]
	twins := s.behind("r7", "44.0.7.1", masquerade, "twin", "other")
	spaces[twin], spaces[other] = twins[0], twins[1]
	w := &watch{t: t, places: map[string]*place{}, first: map[string]time.Duration{}, linked: map[[2]string]time.Duration{}, direct: map[[2]string]time.Duration{}}
	for _, k := range kinds {
		w.places[k] = move(t, spaces[k])
	}
	w.places[open].do(open, "found", "")
	w.begin(kinds[1:])
	w.until(time.Minute, "all are in and know each other", func() bool { return w.all(func(r report) bool { return len(r.Members) == len(kinds) }) })

	// Who can't be reached lets others in at the door of a neighbor.
	const late = "late"
	w.places[late] = move(t, s.behind("r8", "44.0.8.1", symmetric, "late")[0])
	invite := w.places[guarded].do(guarded, "invite", "").Invite
	w.places[late].do(late, "join", invite)
	w.until(time.Minute, "who was invited by a home behind a router is in", func() bool { return len(w.now[late].Members) == len(kinds)+1 })

	for _, k := range kinds {
		w.places[k].do(k, "say", "from "+k)
	}
	w.until(time.Minute, "all hear what each says", func() bool { return w.all(func(r report) bool { return len(r.Said) == len(kinds) }) })
	w.until(4*time.Minute, "all are linked as they can be", func() bool {
		for i, a := range kinds {
			for _, b := range kinds[i+1:] {
				want, why := node.Direct, apart(a, b)
				if why != "" {
					want = node.Relayed
				}
				is, linked := w.now[a].Linked[b]
				if !linked || is != want && why != seenOverUDP {
					return false
				}
			}
		}
		return true
	})
	t.Log("\n" + w.table())
	for _, k := range kinds {
		if w.first[k] > 20*time.Second {
			t.Errorf("%s is in after %v", k, w.first[k])
		}
	}
}

// A provider may have a whole street behind one address: all its homes join, and
// hear each other over the one home that can be reached. Their network has no
// multicast, so they can't find each other in it.
func TestOneAddress(t *testing.T) {
	if !*crowd {
		t.Skip("forty homes are for make sim")
	}
	const homes, most, passed = 40, 16, 21 // most MiB of memory and links for each
	s := pave(t)
	front := move(t, s.open("open", "44.0.1.1", ""))
	space := s.behind("r2", "44.0.2.1", masquerade, "flats")[0]
	s.in(space, "ip link set eth0 multicast off")
	flats := move(t, space)
	w := &watch{t: t, places: map[string]*place{open: front}, first: map[string]time.Duration{}, linked: map[[2]string]time.Duration{}, direct: map[[2]string]time.Duration{}}
	front.do(open, "found", "")
	var names []string
	for i := range homes {
		names = append(names, fmt.Sprintf("flat %d", i+1))
		w.places[names[i]] = flats
	}
	for half := range slices.Chunk(names, homes/2) { // a home has 20 invites open at most
		w.begin(half)
		w.until(2*time.Minute, "these are in", func() bool {
			return !slices.ContainsFunc(half, func(n string) bool { return !slices.Contains(w.now[n].Members, n) })
		})
	}
	w.until(time.Minute, "all know each other", func() bool { return w.all(func(r report) bool { return len(r.Members) == homes+1 }) })
	front.do(open, "say", "from the front")
	flats.do(names[homes-1], "say", "from the back")
	w.until(time.Minute, "all hear what is said", func() bool { return w.all(func(r report) bool { return len(r.Said) == 2 }) })
	w.until(2*time.Minute, "all have neighbors", func() bool { return w.all(func(r report) bool { return len(r.Linked) >= 3 }) })
	settled, began := w.now[names[0]], time.Now()
	w.until(2*time.Minute, "they have had a minute to reach each other", func() bool { return time.Since(began) > time.Minute })
	now := w.now[names[0]]
	links := 0
	for _, n := range names {
		links += len(w.now[n].Linked)
	}
	t.Logf("in that minute each took %.2f s of a processor; then it has %d links and %d MiB of memory, %d in front",
		(now.CPU-settled.CPU)/homes, links/homes, now.RSS>>10/homes, w.now[open].RSS>>10)
	flats.do(names[0], "say", "once more")
	w.until(time.Minute, "all hear that, too", func() bool { return w.all(func(r report) bool { return len(r.Said) == 3 }) })
	last := slices.MaxFunc(names, func(a, b string) int { return cmp.Compare(w.first[a], w.first[b]) })
	t.Logf("the last of %d is in after %.1f s", homes, w.first[last].Seconds())
	if got := now.RSS >> 10; got > homes*most {
		t.Errorf("%d homes take %d MiB", homes, got)
	}
	if links > homes*passed {
		t.Errorf("%d homes have %d ends of links", homes, links)
	}
}
