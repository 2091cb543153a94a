package node

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"nvrd/federation/wire"
)

// rest is how long it takes at least from one try to go directly to the next.
// Three attempts to meet take half of it. Then a router may have taken what the
// other side sent for a conversation of its own, and lead what is sent there
// from another port, until it has heard nothing for 30 s.
const rest = 2 * patience

// halfway returns how two homes meet that nobody reaches (DCUtR); nil for a home
// that must not, since each tells the other where it is.
func (c Config) halfway(h host.Host) (*holepunch.Service, error) {
	if c.Local || c.RelayOnly {
		return nil, nil
	}
	known, ok := h.(interface {
		IDService() identify.IDService
		AllAddrs() []multiaddr.Multiaddr
	})
	if !ok {
		return nil, fmt.Errorf("a host of type %T does not say where it is seen", h)
	}
	seen := func() []multiaddr.Multiaddr {
		return slices.DeleteFunc(known.AllAddrs(), func(a multiaddr.Multiaddr) bool { return !manet.IsPublicAddr(a) })
	}
	p := newPunches()
	h.Network().Notify(&network.NotifyBundle{ConnectedF: p.connected})
	return holepunch.NewService(h, known.IDService(), seen, holepunch.WithAddrFilter(p))
}

// straighten has links that go over a relay go directly, as soon as they can: who
// says by now where they are reached is dialed, since that a router forwards a
// port is found out later than who is in; others are met half way once more.
// libp2p tries that by itself only as a connection over a relay comes, which may
// be before this home knows where it is seen, or while a machine is busy.
func (n *Node) straighten(ctx context.Context, half *holepunch.Service) {
	var bending sync.WaitGroup
	defer func() {
		bending.Wait()
		if half != nil {
			_ = half.Close() // it is gone in any case
		}
	}()
	tick := time.NewTicker(look)
	defer tick.Stop()
	dialed, met := rounds{}, rounds{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, l := range n.all() {
			c, at := l.stream.Conn(), slices.DeleteFunc(n.book.of(l.node), relayed)
			switch { // if it succeeds, the link moves; if not, it is tried again
			case wayOf(c) == Direct:
				delete(dialed, l.node)
				delete(met, l.node)
			case len(at) > 0 && dialed.due(l.node):
				bending.Go(func() {
					ctx, cancel := context.WithTimeout(network.WithForceDirectDial(ctx, "the link goes over a relay"), patience)
					defer cancel()
					_ = n.host.Connect(ctx, peer.AddrInfo{ID: c.RemotePeer(), Addrs: at})
				})
			case n.meets(c, half) && met.due(l.node):
				bending.Go(func() { _ = half.DirectConnect(c.RemotePeer()) })
			}
		}
	}
}

// meets tells whether it is for this home to begin meeting another half way: the one
// that was called over the relay does. Where it is not known yet where this home is
// seen, it would wait for that, and for good.
func (n *Node) meets(c network.Conn, half *holepunch.Service) bool {
	return half != nil && c.Stat().Direction == network.DirInbound && slices.Contains(n.host.Mux().Protocols(), holepunch.Protocol)
}

// rounds is how often something was tried with nodes, which is done more and more
// seldom.
type rounds map[wire.Key]attempt

// due notes that it is tried now, unless it was of late.
func (r rounds) due(node wire.Key) bool {
	t, now := r[node], time.Now()
	if now.Before(t.next) {
		return false
	}
	t.fails++
	t.next = now.Add(rest + pause(t.fails))
	r[node] = t
	return true
}
