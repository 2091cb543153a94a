package node

import (
	"context"
	"errors"
	"net/netip"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/x/rate"
	"github.com/multiformats/go-multiaddr"
)

// street is how many homes may come from one address: a provider that has many
// behind one is as common as a house with many flats. libp2p's own limits are 8.
const street = 256

// bounds has a host serve strangers nothing: on their connections no stream is
// of any protocol but that by which a home that dials back says so. So they hear
// neither where the home is reached nor what it talks.
type bounds struct {
	network.ResourceManager
	gate *Gate
}

// OpenStream is that of [network.ResourceManager].
func (b bounds) OpenStream(id peer.ID, d network.Direction) (network.StreamManagementScope, error) {
	s, err := b.ResourceManager.OpenStream(id, d)
	if err != nil || b.gate.member(id) {
		return s, err
	}
	return strange{s}, nil
}

// strange is a stream with a stranger.
type strange struct{ network.StreamManagementScope }

var errStranger = errors.New("a stranger is served nothing")

// SetProtocol is that of [network.StreamManagementScope].
func (s strange) SetProtocol(p protocol.ID) error {
	if p != autonatv2.DialBackProtocol {
		return errStranger
	}
	return s.StreamManagementScope.SetProtocol(p)
}

// names looks up no name: a neighbor that gives one as its address would learn
// from whoever is asked for it who looks, and when.
type names struct{}

var errName = errors.New("names are not looked up")

// ResolveDNSAddr is that of [network.MultiaddrDNSResolver].
func (names) ResolveDNSAddr(context.Context, peer.ID, multiaddr.Multiaddr, int, int) ([]multiaddr.Multiaddr, error) {
	return nil, errName
}

// ResolveDNSComponent is that of [network.MultiaddrDNSResolver].
func (names) ResolveDNSComponent(context.Context, multiaddr.Multiaddr, int) ([]multiaddr.Multiaddr, error) {
	return nil, errName
}

// limits bounds what all neighbors together take of this home.
func limits() (network.ResourceManager, error) {
	some := func(streams, conns, memory int) rcmgr.ResourceLimits {
		return rcmgr.ResourceLimits{
			Streams: rcmgr.LimitVal(streams), StreamsInbound: rcmgr.LimitVal(streams), StreamsOutbound: rcmgr.LimitVal(streams),
			Conns: rcmgr.LimitVal(conns), ConnsInbound: rcmgr.LimitVal(conns), ConnsOutbound: rcmgr.LimitVal(conns),
			FD: rcmgr.LimitVal(conns), Memory: rcmgr.LimitVal64(memory),
		}
	}
	most := rcmgr.PartialLimitConfig{
		System:      some(4096, 2*street, 128<<20),
		Transient:   some(512, street, 32<<20), // connections that have not proven yet who they are
		PeerDefault: some(256, 8, 32<<20),
	}.Build(rcmgr.DefaultLimits.AutoScale())
	here := []rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: street}}
	there := []rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: street}}
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(most),
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
