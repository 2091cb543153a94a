package node

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

const (
	// wanted is how many links a node keeps: with ten, neighborhoods of thousands
	// stay whole when a fifth of their homes is off.
	wanted = 10
	// most is how many it takes: whoever is reachable is wanted by those who are not.
	most = 40
	// passed is how many of those go over relays at most: forty that can only
	// meet so would all be linked with all.
	passed = 2 * wanted

	look    = 5 * time.Second // how often it is looked whether links are wanting
	settled = 5 * time.Second // after the first link this host has learnt its own address
	crossed = 5 * time.Second // two who dial each other at once have by then
	shortly = 10 * time.Second
	longest = 10 * time.Minute // between two attempts to reach a node
	alone   = 30 * time.Second // the same while there is no link: perhaps it is this home that was away
)

// attempt is how often a node was tried, and when to try it next.
type attempt struct {
	fails int
	last  time.Time
	next  time.Time
	busy  bool
}

// Way is how a link goes.
type Way uint8

// The ways.
const (
	Direct  Way = 1
	Relayed Way = 2 // through another member's home, which can't read it
)

func wayOf(c network.Conn) Way {
	if relayed(c.RemoteMultiaddr()) {
		return Relayed
	}
	return Direct
}

// relayed tells whether an address leads through another home.
func relayed(at multiaddr.Multiaddr) bool {
	_, err := at.ValueForProtocol(multiaddr.P_CIRCUIT)
	return err == nil
}

// relayOf returns the node through which an address leads; ok is false if it leads
// through none.
func relayOf(at multiaddr.Multiaddr) (relay wire.Key, ok bool) {
	to, _ := multiaddr.SplitFunc(at, func(c multiaddr.Component) bool { return c.Protocol().Code == multiaddr.P_CIRCUIT })
	text, err := to.ValueForProtocol(multiaddr.P_P2P)
	if err != nil || !relayed(at) {
		return relay, false
	}
	id, err := peer.Decode(text)
	if err == nil {
		relay, err = keyOf(id)
	}
	return relay, err == nil
}

// mingle keeps as many links as are wanted.
func (n *Node) mingle(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	var first time.Time // since when there are links
	for {
		if links := len(n.all()); links == 0 {
			first = time.Time{}
		} else if first.IsZero() {
			first = time.Now()
		}
		n.sift()
		n.reach(ctx, !first.IsZero() && time.Since(first) >= settled)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-n.news:
		}
	}
}

// Stir has the node look at once whom it could reach: the roster changed.
func (n *Node) Stir() {
	select {
	case n.news <- struct{}{}:
	default:
	}
}

// reach tries some of those that are not linked, if links are wanting, and asks
// a neighbor where others are.
func (n *Node) reach(ctx context.Context, relays bool) {
	free, lost := n.choose(relays)
	for _, node := range free {
		n.start(func() { n.try(ctx, node) })
	}
	if links := n.all(); len(lost) > 0 && len(links) > 0 {
		shuffle(lost)
		of := links[rand.IntN(len(links))].node
		n.start(func() { _ = n.ask(ctx, of, lost) }) // another one is asked in a while
	}
}

// choose returns whom to try, who are busy then, and whose addresses are wanted.
// Half of the links that are missing is tried at a time, since others try this
// home meanwhile. A host that does not know its own address yet dials nobody
// over a relay: it could not tell the other side where to meet.
func (n *Node) choose(relays bool) (free, lost []wire.Key) {
	nodes := n.home.Nodes()
	n.mu.Lock()
	defer n.mu.Unlock()
	missing := wanted - len(n.links)
	if missing <= 0 {
		return nil, nil
	}
	now := time.Now()
	for _, node := range nodes {
		t := n.tried[node]
		if t.busy {
			missing--
		}
		if _, ok := n.links[node]; ok || node == n.own || t.busy || now.Before(t.next) && (len(n.links) > 0 || now.Before(t.last.Add(alone))) {
			continue
		}
		at := n.book.of(node)
		if len(at) == 0 || t.fails > 0 {
			lost = append(lost, node)
		}
		if len(at) > 0 && (relays || t.fails > 0 || !onlyRelayed(at)) {
			free = append(free, node)
		}
	}
	if missing <= 0 || now.Sub(n.dialed) < look {
		return nil, lost
	}
	shuffle(free)
	free = free[:min(len(free), (missing+1)/2)]
	for _, node := range free {
		t := n.tried[node]
		t.busy, t.last = true, now
		n.tried[node] = t
		n.dialed = now
	}
	return free, lost
}

// try dials a node, and sees that a link comes of it: who is not admitted
// notices by nothing else.
func (n *Node) try(ctx context.Context, node wire.Key) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id, err := peerOf(node)
	if err != nil {
		return
	}
	if n.host.Network().Connectedness(id) == network.Connected {
		n.start(func() { n.open(node) })
	} else {
		if s, ok := n.host.Network().(interface{ Backoff() *swarm.DialBackoff }); ok {
			s.Backoff().Clear(id) // it is this node that leaves others alone for a while
		}
		err = n.host.Connect(ctx, peer.AddrInfo{ID: id, Addrs: n.book.of(node)})
	}
	for wait := time.NewTicker(look / 5); err == nil; {
		if n.linked(node) {
			wait.Stop()
			return
		}
		select {
		case <-ctx.Done():
			err = ctx.Err()
			wait.Stop()
		case <-wait.C:
		}
	}
	n.mu.Lock()
	t := n.tried[node]
	t.busy = false
	t.fails++
	t.next = time.Now().Add(pause(t.fails))
	n.tried[node] = t
	n.mu.Unlock()
}

// pause is how long a node is left alone: from 10 s on twice as long each time.
func pause(fails int) time.Duration {
	d := min(shortly<<min(fails-1, 10), longest)
	return d/2 + rand.N(d/2)
}

// again forgets that a node could not be reached where it was.
func (n *Node) again(node wire.Key) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if t := n.tried[node]; !t.busy {
		delete(n.tried, node)
	}
	n.Stir()
}

func (n *Node) linked(node wire.Key) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.links[node]
	return ok
}

// connected opens the link on a new connection, if that is for this side to do,
// and none stands, or one over a relay, or one that the other side has forgotten:
// a home that lost its power does not say so, and dials again once it is back,
// half a minute before the old connection is known to be dead.
func (n *Node) connected(_ network.Network, c network.Conn) {
	node, err := keyOf(c.RemotePeer())
	if err != nil || !n.home.Member(node) {
		return
	}
	n.mu.Lock()
	l := n.links[node]
	n.mu.Unlock()
	switch {
	case l == nil, wayOf(l.stream.Conn()) == Relayed && wayOf(c) == Direct:
		n.start(func() { n.open(node) })
	case forgotten(l.stream.Conn(), c):
		n.start(func() {
			_ = l.stream.Conn().Close() // it is gone in any case
			<-l.ended
			n.open(node)
		})
	}
}

// forgotten tells whether the other side dialed anew since it does not know of an
// old connection: who knows of one dials no second, but for two that dial each
// other at once.
func forgotten(old, anew network.Conn) bool {
	return anew.Stat().Direction == network.DirInbound && wayOf(old) == wayOf(anew) && anew.Stat().Opened.Sub(old.Stat().Opened) > crossed
}

// sift sees that each connection is of use. It opens the link on one that has
// none, and closes those to nodes that are out and have none, over which they
// would be told. Strangers who dial back are gone by themselves before that.
func (n *Node) sift() {
	for _, c := range n.host.Network().Conns() {
		node, err := keyOf(c.RemotePeer())
		switch age := time.Since(c.Stat().Opened); {
		case err == nil && n.linked(node):
		case err == nil && n.home.Member(node):
			if age > look {
				n.start(func() { n.open(node) })
			}
		case age > patience:
			_ = c.Close() // it is gone in any case
		}
	}
}

// open opens the link to a node that is connected, and talks on it. The one with
// the smaller key does, and one at a time, so that there are not two: of two that
// cross each side might end the other.
func (n *Node) open(node wire.Key) {
	id, err := peerOf(node)
	if err != nil || bytes.Compare(n.own[:], node[:]) > 0 || !n.opens(node) {
		return
	}
	n.mu.Lock()
	l := n.links[node]
	n.mu.Unlock()
	if l != nil && wayOf(l.stream.Conn()) == Direct { // it was opened meanwhile
		n.opened(node)
		return
	}
	ctx, cancel := context.WithTimeout(n.ctx, patience)
	defer cancel()
	s, err := n.host.NewStream(network.WithNoDial(ctx, "link"), id, linkProtocol)
	if err != nil {
		n.opened(node)
		return // it is tried again
	}
	l = newLink(node, s)
	entered := n.enter(l)
	n.opened(node)
	n.talk(l, entered)
}

// opens notes that the link to a node is being opened, unless it is already.
func (n *Node) opens(node wire.Key) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, busy := n.opening[node]; busy {
		return false
	}
	n.opening[node] = struct{}{}
	return true
}

func (n *Node) opened(node wire.Key) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.opening, node)
}

// onlyRelayed tells whether there is no address but over relays.
func onlyRelayed(at []multiaddr.Multiaddr) bool {
	return !slices.ContainsFunc(at, func(a multiaddr.Multiaddr) bool { return !relayed(a) })
}

func shuffle(nodes []wire.Key) {
	rand.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
}
