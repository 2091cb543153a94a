package node

import (
	"context"
	"slices"
	"strings"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
	"github.com/libp2p/zeroconf/v2"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

// How nodes and doors call themselves in the home's own network (RFC 6762). They
// tell their keys and addresses there, and no names.
const (
	nodeService = "_stoop-node._udp"
	doorService = "_stoop-door._udp"
)

// found is called with what was found in the home's own network.
type found func(peer.AddrInfo)

// HandlePeerFound is that of [mdns.Notifee].
func (f found) HandlePeerFound(at peer.AddrInfo) { f(at) }

// announce tells the home's own network of a host, and calls on for others.
// A network without multicast has no neighbors in it: that is no error.
func announce(h host.Host, service string, on found) (end func()) {
	s := mdns.NewMdnsService(h, service, on)
	if err := s.Start(); err != nil {
		return func() {}
	}
	return func() { _ = s.Close() } // it ends in any case
}

// meet takes a node that was found in the home's own network. It is told of once,
// perhaps before this home hears that it is a member.
func (n *Node) meet(gate *Gate) found {
	return func(at peer.AddrInfo) {
		node, err := keyOf(at.ID)
		if err != nil || node == n.own || !n.book.meet(node, at.Addrs) {
			return
		}
		gate.Near(at)
		n.again(node)
	}
}

// nearby looks for doors in the home's own network until ctx ends, and then
// closes what it returns. Each door is told of once.
func nearby(ctx context.Context, doors []wire.Door) <-chan peer.AddrInfo {
	entries := make(chan *zeroconf.ServiceEntry, len(doors))
	go func() { _ = zeroconf.Browse(ctx, doorService, "local", entries) }() // without multicast there is nothing to be found
	at := make(chan peer.AddrInfo)
	go func() {
		defer close(at)
		seen := map[wire.Key]bool{}
		for {
			select {
			case <-ctx.Done():
				return
			case e, ok := <-entries:
				if !ok {
					return
				}
				for _, p := range addressed(e.Text) {
					key, err := keyOf(p.ID)
					if err != nil || seen[key] || !slices.ContainsFunc(doors, func(d wire.Door) bool { return d.Node == key }) {
						continue
					}
					seen[key] = true
					select {
					case at <- p:
					case <-ctx.Done():
					}
				}
			}
		}
	}()
	return at
}

// addressed reads what hosts tell of themselves in their own network.
func addressed(texts []string) []peer.AddrInfo {
	var all []multiaddr.Multiaddr
	for _, text := range texts {
		if at, ok := strings.CutPrefix(text, "dnsaddr="); ok {
			if a, err := multiaddr.NewMultiaddr(at); err == nil {
				all = append(all, a)
			}
		}
	}
	found, err := peer.AddrInfosFromP2pAddrs(all...)
	if err != nil {
		return nil
	}
	return found
}
