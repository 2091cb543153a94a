package node

import (
	"net/netip"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/x/rate"
	"github.com/multiformats/go-multiaddr"
)

// street is how many homes may come from one address: a provider that has many
// behind one is as common as a house with many flats. libp2p's own limits are 8.
const street = 256

// limits bounds what all neighbors together take of this home.
func limits() (network.ResourceManager, error) {
	some := func(streams, conns, memory int) rcmgr.ResourceLimits {
		return rcmgr.ResourceLimits{
			Streams: rcmgr.LimitVal(streams), StreamsInbound: rcmgr.LimitVal(streams), StreamsOutbound: rcmgr.LimitVal(streams),
			Conns: rcmgr.LimitVal(conns), ConnsInbound: rcmgr.LimitVal(conns), ConnsOutbound: rcmgr.LimitVal(conns),
			FD: rcmgr.LimitVal(conns), Memory: rcmgr.LimitVal64(memory),
		}
	}
	bounds := rcmgr.PartialLimitConfig{
		System:      some(4096, 2*street, 128<<20),
		Transient:   some(512, street, 32<<20), // connections that have not proven yet who they are
		PeerDefault: some(256, 8, 32<<20),
	}.Build(rcmgr.DefaultLimits.AutoScale())
	here := []rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: street}}
	there := []rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: street}, {PrefixLength: 48, ConnCount: 2 * street}}
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(bounds),
		rcmgr.WithMetricsDisabled(), rcmgr.WithLimitPerSubnet(here, there), rcmgr.WithConnRateLimiters(rates()))
}

// rates bounds how often one address connects: after a power cut a whole street
// does at once, and then seldom.
func rates() *rate.Limiter {
	often := rate.Limit{RPS: 2, Burst: 2 * street}
	return &rate.Limiter{
		NetworkPrefixLimits: []rate.PrefixLimit{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}, {Prefix: netip.MustParsePrefix("::1/128")}},
		SubnetRateLimiter: rate.SubnetLimiter{
			IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: often}},
			IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: often}, {PrefixLength: 48, Limit: often}},
		},
	}
}

// forMembers bounds what this home does for neighbors that can't be reached: it
// passes on what they say to each other, which it can't read.
func forMembers(gate *Gate) []relay.Option {
	r := relay.DefaultResources()
	r.Limit = nil // a link stands for weeks
	r.MaxReservations, r.MaxReservationsPerIP, r.MaxReservationsPerASN = street, street, street
	r.MaxCircuits = most
	return []relay.Option{relay.WithResources(r), relay.WithACL(access{gate})}
}

// access is who may be reached through this home, and by whom.
type access struct{ gate *Gate }

func (a access) AllowReserve(id peer.ID, _ multiaddr.Multiaddr) bool { return a.gate.member(id) }

func (a access) AllowConnect(from peer.ID, _ multiaddr.Multiaddr, to peer.ID) bool {
	return a.gate.member(from) && a.gate.member(to)
}
