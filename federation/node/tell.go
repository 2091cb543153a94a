package node

import (
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// told returns those of the home's addresses that neighbors are told: none of
// its own network.
func (c Config) told(own []multiaddr.Multiaddr) []multiaddr.Multiaddr {
	return slices.DeleteFunc(slices.Concat(own, c.forwarded()), func(a multiaddr.Multiaddr) bool {
		return !c.Local && !manet.IsPublicAddr(a) || c.RelayOnly && !relayed(a)
	})
}

// forwarded returns the addresses that the owner said a router forwards.
func (c Config) forwarded() []multiaddr.Multiaddr {
	if !c.Forwarded.IsValid() || c.Port == 0 {
		return nil
	}
	kind := "/ip4/"
	if c.Forwarded.Is6() {
		kind = "/ip6/"
	}
	at, port := kind+c.Forwarded.String(), strconv.Itoa(int(c.Port))
	return []multiaddr.Multiaddr{multiaddr.StringCast(at + "/udp/" + port + "/quic-v1"), multiaddr.StringCast(at + "/tcp/" + port)}
}

// located is what a host of libp2p knows of where it is.
type located interface {
	host.Host
	AllAddrs() []multiaddr.Multiaddr                                         // all but those over relays
	ConfirmedAddrs() (reachable, unreachable, unknown []multiaddr.Multiaddr) // as neighbors found who dialed back
}

// proven tells neighbors where this home is reached. Where they only saw it send
// from is a port of its router, mostly, at which nothing comes in: that is told
// once one of them has dialed back. Else all homes of a street dial in vain for
// as long as that takes, and take each other for relays.
type proven struct {
	config Config
	host   atomic.Pointer[located]
}

func (p *proven) know(h host.Host) {
	if l, ok := h.(located); ok {
		p.host.Store(&l)
	}
}

// tell is called again and again, a moment after what is known has changed too.
func (p *proven) tell(own []multiaddr.Multiaddr) []multiaddr.Multiaddr {
	own = p.config.told(own)
	l := p.host.Load()
	if l == nil {
		return own // it begins: nobody has seen it yet
	}
	known, _, _ := (*l).ConfirmedAddrs()
	known = append(known, p.config.forwarded()...)
	if here, err := (*l).Network().InterfaceListenAddresses(); err == nil {
		known = append(known, here...)
	}
	return slices.DeleteFunc(own, func(a multiaddr.Multiaddr) bool { return !relayed(a) && !multiaddr.Contains(known, a) })
}

// places returns where this home may be reached: where it is told to be, and
// where nobody has tried yet.
func (n *Node) places() []multiaddr.Multiaddr {
	all := n.host.Addrs()
	if l, ok := n.host.(located); ok && n.door != nil {
		_, _, unknown := l.ConfirmedAddrs()
		all = append(all, n.door.config.told(unknown)...)
	}
	return multiaddr.Unique(all)
}
