package node

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/netip"
	"strconv"
	"sync"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/autorelay"
	"github.com/libp2p/go-libp2p/p2p/host/observedaddrs"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

// Config is how a node is reached.
type Config struct {
	Key       ed25519.PrivateKey // the node key
	Port      uint16             // for UDP and TCP; 0 lets the system choose
	Local     bool               // neighbors are on this machine: listens on loopback only, and tells it
	Forwarded netip.Addr         // where a router forwards Port and the next one from, if its owner said so
	RelayOnly bool               // neighbors are not told the home's address, and reach it through other members
}

// Listen makes a node that is reached over QUIC and TCP (with TLS), asks the
// home's router for a port, learns from neighbors whether that worked, is
// reached through other members if it did not, and lets members reach each
// other through it if it did.
func Listen(c Config, home Home, porter Porter, pages Pages) (*Node, error) {
	gate := &Gate{Roster: home, Local: c.Local, RelayOnly: c.RelayOnly}
	made := make(chan *Node, 1) // the host asks it for relays
	h, err := c.host(gate, func(ctx context.Context, count int) <-chan peer.AddrInfo {
		n := <-made
		made <- n
		if n == nil {
			none := make(chan peer.AddrInfo)
			close(none)
			return none
		}
		return n.relays(ctx, count)
	})
	if err != nil {
		return nil, fmt.Errorf("neighborhood: %w", err)
	}
	half, err := c.halfway(h)
	if err != nil {
		_ = h.Close() // what failed before is told
		return nil, fmt.Errorf("neighborhood: %w", err)
	}
	n, err := New(h, gate, home, pages)
	if err == nil {
		n.attend(c, porter)
		if !c.Local {
			n.hush = announce(h, nodeService, n.meet(gate))
			n.start(func() { n.passOn(n.ctx, gate) })
			n.start(func() { n.straighten(n.ctx, half) })
		}
	}
	made <- n
	if err != nil {
		_ = h.Close() // what failed before is told
		return nil, err
	}
	return n, nil
}

func (c Config) host(gate *Gate, members autorelay.PeerSource) (host.Host, error) {
	key, err := private(c.Key)
	if err != nil {
		return nil, err
	}
	most, err := limits()
	if err != nil {
		return nil, err
	}
	few.Do(func() { observedaddrs.ActivationThresh = 1 })
	known := &proven{config: c}
	options := append(transports(), libp2p.Identity(key), libp2p.ListenAddrStrings(c.listens()...), libp2p.ResourceManager(bounds{most, gate}),
		libp2p.ConnectionGater(gate), libp2p.AddrsFactory(known.tell))
	if !c.Local {
		options = append(options,
			libp2p.ForceReachabilityPrivate(), // or relays are not looked for until the first AutoNAT says so; what is told is by the second
			libp2p.EnableAutoRelayWithPeerSource(members, autoRelay()...),
		)
	}
	if !c.Local && !c.RelayOnly { // each of these tells neighbors where this home is, whatever is told otherwise
		options = append(options,
			libp2p.NATPortMap(),
			libp2p.EnableAutoNATv2(),
		)
	}
	h, err := libp2p.New(options...)
	if err == nil {
		known.know(h)
	}
	return h, err
}

// transports are the options of every host: QUIC and TCP with TLS, which is
// post-quantum by default, and nothing that tells more than it must.
func transports() []libp2p.Option {
	return []libp2p.Option{
		libp2p.Transport(quic.NewTransport),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(libp2ptls.ID, libp2ptls.New),
		libp2p.ConnectionManager(connmgr.NullConnMgr{}), // who makes a host knows which connections it wants
		libp2p.UserAgent("stoop"),
		libp2p.DisableMetrics(),
		libp2p.Ping(false),
		libp2p.MultiaddrResolver(names{}),
		// After a hundred attempts that failed, libp2p takes UDP for blocked and
		// hardly tries it again: so does a home that was without a line for an hour.
		libp2p.UDPBlackHoleSuccessCounter(nil),
		libp2p.IPv6BlackHoleSuccessCounter(nil),
	}
}

// few has an address count that one neighbor sees: a street may have three homes.
var few sync.Once

func (c Config) listens() []string {
	port := strconv.Itoa(int(c.Port))
	hosts := []string{"/ip4/0.0.0.0", "/ip6/::"}
	if c.Local {
		hosts = []string{"/ip4/127.0.0.1"}
	}
	var at []string
	for _, h := range hosts {
		at = append(at, h+"/udp/"+port+"/quic-v1", h+"/tcp/"+port)
	}
	return at
}
