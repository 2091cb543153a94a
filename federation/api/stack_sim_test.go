//go:build sim

package api_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/fedtest"
	"nvrd/federation/fedtest/virtual"
	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/online"
	"nvrd/federation/request"
	"nvrd/federation/request/tlog"
	"nvrd/federation/response"
	"nvrd/federation/store"
	"nvrd/federation/wire"
)

// The homes of a real street: a steward, two sponsors, a neighbor, and the home whose
// owner decides. A sponsor and the neighbor write down what it says to them, and whoever
// carries packets writes down each.
const (
	steward   = 0
	sponsors  = 1 // and 2
	neighbor  = 3
	decider   = 4
	allOfThem = 5
)

// town is a street as its homes have it on disk, before they run: an agency may ask
// there, and two homes are its sponsors.
type town struct {
	dir    string
	begins time.Time // when they were last on
	nodes  [allOfThem]ed25519.PrivateKey
	name   wire.Hash // of the neighborhood
	agency ed25519.PrivateKey
	mail   response.Identity
	all    []wire.Signed // that the agency published
}

// place is where a home keeps what it has.
func place(dir string, home int) string { return filepath.Join(dir, strconv.Itoa(home)) }

// live is a street that runs.
type live struct {
	t       *testing.T
	town    *town
	dir     string
	network *virtual.Network
	homes   [allOfThem]*online.Online
	hosts   [allOfThem]*virtual.Host

	mu    sync.Mutex
	nodes [allOfThem]*node.Node
	seen  []sight
}

// sight is one thing that is seen in a street: a packet, of which everybody sees how
// long it is, from where and to where; or a message that one of those who write down is
// told by the home that decides.
type sight struct {
	at       time.Time
	from, to int
	kind     wire.MessageKind // 0 for a packet
	bytes    int
}

// later is a roster that is known once the home runs.
type later struct{ is atomic.Pointer[node.Home] }

func (l *later) Member(key wire.Key) bool {
	h := l.is.Load()
	return h != nil && (*h).Member(key)
}

func (l *later) Nodes() []wire.Key {
	if h := l.is.Load(); h != nil {
		return (*h).Nodes()
	}
	return nil
}

// listener is a home that writes down what it hears of the one that decides.
type listener struct {
	node.Home
	heard func(m wire.Message)
	of    wire.Key
}

func (l listener) Hear(from wire.Key, m wire.Message) error {
	if from == l.of {
		l.heard(m)
	}
	return l.Home.Hear(from, m)
}

// run has the homes of a town run, and links between all of them.
func (tn *town) run(t *testing.T, dir string, seed uint64) *live {
	l := &live{t: t, town: tn, dir: dir, network: virtual.New(virtual.Wires{Seed: seed, Latency: 20 * time.Millisecond, Spread: 10 * time.Millisecond})}
	at := map[netip.Addr]int{}
	var rosters [allOfThem]later
	gates := [allOfThem]*node.Gate{}
	for n := range allOfThem {
		gates[n] = &node.Gate{Roster: &rosters[n]}
		h, err := l.network.Host(tn.nodes[n], gates[n])
		if err != nil {
			t.Fatal(err)
		}
		l.hosts[n], at[h.At()] = h, n
	}
	l.network.Watch(func(from, to netip.Addr, bytes int) { l.sees(sight{from: at[from], to: at[to], bytes: bytes}) })
	for n := range allOfThem {
		listen := func(_ node.Config, home node.Home, _ node.Porter, pages node.Pages) (*node.Node, error) {
			if n == sponsors || n == neighbor {
				home = listener{home, func(m wire.Message) { l.sees(sight{from: decider, to: n, kind: m.MessageKind(), bytes: wire.Size(m)}) }, wire.PublicKey(tn.nodes[decider])}
			}
			rosters[n].is.Store(&home)
			made, err := node.New(l.hosts[n], gates[n], home, pages)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.nodes[n] = made
			return made, err
		}
		o, err := online.Open(online.Config{Dir: place(dir, n), Log: slog.New(slog.DiscardHandler), Listen: listen})
		if err != nil {
			t.Fatal(err)
		}
		l.homes[n] = o
	}
	time.Sleep(time.Second)
	for n, one := range l.nodes {
		for other := range allOfThem {
			if other != n {
				one.Know(wire.PublicKey(tn.nodes[other]), l.hosts[other].Addrs())
			}
		}
	}
	time.Sleep(2 * time.Minute)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = nil
	return l
}

func (l *live) sees(s sight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.at = time.Now()
	l.seen = append(l.seen, s)
}

func (l *live) in(home int) *membership.Membership { return l.homes[home].All().In()[0] }

// ends has all of them end.
func (l *live) ends() {
	for _, o := range l.homes {
		if err := o.Close(); err != nil {
			l.t.Error(err)
		}
	}
}

// publish has the agency publish, and both sponsors take it.
func (l *live) publish(b wire.Body) wire.Hash {
	l.t.Helper()
	s, err := wire.Sign(b, l.town.agency)
	if err != nil {
		l.t.Fatal(err)
	}
	all := append(l.town.all[:len(l.town.all):len(l.town.all)], s)
	var tree tlog.Tree
	for _, o := range all {
		tree = tree.Append(o.ID)
	}
	for n := sponsors; n < sponsors+2; n++ {
		more := make([]request.Entry, len(all))
		for i, o := range all {
			more[i] = request.Entry{ID: o.ID, Text: o}
		}
		if is, _, err := l.in(n).Publish(wire.PublicKey(l.town.agency), tlog.Sign(tree, l.town.agency), 0, more); err != nil || is != request.Extended {
			l.t.Fatalf("what is published is %v, %v", is, err)
		}
	}
	return s.ID
}

func (l *live) head() wire.AgencyHead {
	return wire.AgencyHead{Agency: wire.PublicKey(l.town.agency), Minute: wire.MinuteOf(time.Now())}
}

// asks has the agency ask.
func (l *live) asks() wire.Hash {
	h := l.head()
	return l.publish(wire.Request{Head: h, Case: "2026-1184", Incident: wire.IncidentFire, From: h.Minute - 120, To: h.Minute - 60, Area: fedtest.Around(5_000), Text: "Smoke?", Contact: "Desk", Expires: h.Minute + wire.Day})
}

// settle makes a town.
func settle(t *testing.T) *town {
	tn := &town{dir: memory(t), agency: ed25519.NewKeyFromSeed(make([]byte, 32)), mail: response.NewIdentity()}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour) // clocks of the last century are not believed
		var first *membership.Membership
		for n := range allOfThem {
			dir := place(tn.dir, n)
			seed := identity.New()
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			db, err := store.Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.KeepSeed(dir, seed); err != nil {
				t.Fatal(err)
			}
			all, err := membership.Open(context.Background(), db, seed, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			var m *membership.Membership
			if n == steward {
				m, err = all.Found("Elm Street", "home 0", wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: 30, MediaMiB: 1024})
				first = m
			} else {
				m, err = joins(all, first, fmt.Sprint("home ", n))
			}
			if err != nil {
				t.Fatal(err)
			}
			tn.nodes[n], tn.name = m.Node(), m.Name()
			defer db.Close()
		}
	})
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26*365*24*time.Hour + time.Hour)
		l := tn.run(t, tn.dir, 0)
		says, err := wire.Sign(wire.Agency{Key: wire.PublicKey(tn.agency), Title: "Fire brigade", Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted.", Jurisdiction: fedtest.Around(100_000)}, tn.agency)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.in(steward).AdmitAgency(says, []wire.Cell{fedtest.Place}, wire.Key{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		for n := sponsors; n < sponsors+2; n++ {
			if err := l.homes[n].Sponsor(l.in(n), wire.PublicKey(tn.agency), ""); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		recipient := wire.Recipient{Head: l.head(), Recipient: tn.mail.Recipient()}
		l.publish(recipient)
		s, _ := wire.Sign(recipient, tn.agency)
		tn.all = append(tn.all, s)
		time.Sleep(20 * time.Minute)
		for n := range allOfThem {
			if m := l.in(n); len(m.Sponsors(wire.PublicKey(tn.agency))) != 2 || len(m.Logs()) != 1 || len(m.Logs()[0].Entries) != 1 || len(l.nodes[n].Linked()) != allOfThem-1 {
				t.Fatalf("home %d: %d sponsors, %d logs, links %v", n, len(m.Sponsors(wire.PublicKey(tn.agency))), len(m.Logs()), l.nodes[n].Linked())
			}
		}
		l.ends()
		tn.begins = time.Now()
	})
	for n := range allOfThem { // the times of parcels are of each run's own
		if err := os.Remove(filepath.Join(place(tn.dir, n), "mail.db")); err != nil {
			t.Fatal(err)
		}
	}
	return tn
}

// joins has a home let in by another one.
func joins(all *membership.All, by *membership.Membership, name string) (*membership.Membership, error) {
	door := wire.Door{Node: wire.PublicKey(by.Node()), Addresses: []string{"/ip4/192.0.2.1/tcp/4001"}}
	v, err := by.Invite(func(wire.Hash, wire.Minute) ([]wire.Door, error) { return []wire.Door{door}, nil }, 7, wire.Key{})
	if err != nil {
		return nil, err
	}
	text, err := v.Text()
	if err != nil {
		return nil, err
	}
	j, err := all.Join(text, name)
	if err != nil {
		return nil, err
	}
	ticket, knock, err := j.Knock()
	if err != nil {
		return nil, err
	}
	welcome, err := by.Answer(ticket, knock, []wire.Door{door}, nil)
	if err != nil {
		return nil, err
	}
	return j.Hear(welcome)
}
