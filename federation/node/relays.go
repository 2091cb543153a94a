package node

import (
	"context"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/autorelay"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"nvrd/federation/wire"
)

// autoRelay are the options by which a home that can't be reached is reached
// through two members who can.
func autoRelay() []autorelay.Option {
	return []autorelay.Option{
		autorelay.WithNumRelays(2),
		autorelay.WithMinCandidates(1),
		autorelay.WithBootDelay(5 * time.Second),
		autorelay.WithBackoff(time.Minute),
		autorelay.WithMinInterval(10 * time.Second),
	}
}

// relays offers members that say of themselves where they are reached
// directly. Whether that is so shows when they are asked.
func (n *Node) relays(_ context.Context, count int) <-chan peer.AddrInfo {
	found := make(chan peer.AddrInfo, count)
	defer close(found)
	nodes := n.home.Nodes()
	shuffle(nodes)
	for _, node := range nodes {
		id, err := peerOf(node)
		at := n.book.of(node)
		if err != nil || node == n.own || onlyRelayed(at) || !anyPublic(at) {
			continue
		}
		select {
		case found <- peer.AddrInfo{ID: id, Addrs: at}:
		default:
			return found
		}
	}
	return found
}

func anyPublic(at []multiaddr.Multiaddr) bool { return slices.ContainsFunc(at, manet.IsPublicAddr) }

// passOn lets members reach each other through this home while others reach it
// directly: while a neighbor that dialed it back says so (AutoNAT v2), and until
// one has tried where the machine itself has a public address. On a busy machine
// that takes minutes. What libp2p has for this waits for the first AutoNAT, which
// nobody speaks here.
func (n *Node) passOn(ctx context.Context, gate *Gate) {
	changes, err := n.host.EventBus().Subscribe(new(event.EvtHostReachableAddrsChanged))
	if err != nil {
		return // only of a bus that is closed
	}
	defer changes.Close()
	var r *relay.Relay
	defer func() { shut(r) }()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-changes.Out():
			if !ok {
				return
			}
			known := e.(event.EvtHostReachableAddrsChanged)
			reached := len(known.Reachable) > 0 || n.untried(known.Unknown)
			switch {
			case reached && r == nil:
				r, _ = relay.New(n.host, forMembers(gate)...) // it is tried again with the next change
			case !reached:
				shut(r)
				r = nil
			}
		}
	}
}

// untried tells whether one of the addresses that nobody has tried yet is a public
// one of this machine's own.
func (n *Node) untried(unknown []multiaddr.Multiaddr) bool {
	own, err := n.host.Network().InterfaceListenAddresses()
	return err == nil && slices.ContainsFunc(unknown, func(a multiaddr.Multiaddr) bool { return manet.IsPublicAddr(a) && multiaddr.Contains(own, a) })
}

func shut(r *relay.Relay) {
	if r != nil {
		_ = r.Close() // it is gone in any case
	}
}

// reachable tells whether others may reach this home directly: whether no
// neighbor found that they don't. Who asks for a door tries it.
func (n *Node) reachable() bool {
	at := n.places()
	return n.door.config.Local || anyPublic(at) && !onlyRelayed(at)
}

// Shut tells whether no home of the neighborhood can be reached from outside, as
// far as this one knows: neither it nor any whose address it has. It takes a
// while after the start until that is so.
func (n *Node) Shut() bool {
	if n.door == nil || n.reachable() || time.Since(n.door.begun) < forwarding {
		return false
	}
	return !slices.ContainsFunc(n.home.Nodes(), func(node wire.Key) bool {
		at := n.book.told(node)
		return node != n.own && anyPublic(at) && !onlyRelayed(at)
	})
}
