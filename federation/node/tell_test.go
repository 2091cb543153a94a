package node

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

// seen is a host that neighbors saw, and dialed back.
type seen struct {
	host.Host
	listens, reached, unknown []multiaddr.Multiaddr
}

func (s seen) Network() network.Network        { return listening{at: s.listens} }
func (s seen) AllAddrs() []multiaddr.Multiaddr { return slices.Concat(s.listens, s.reached, s.unknown) }
func (s seen) ConfirmedAddrs() (reached, none, unknown []multiaddr.Multiaddr) {
	return s.reached, nil, s.unknown
}

type listening struct {
	network.Network
	at []multiaddr.Multiaddr
}

func (l listening) InterfaceListenAddresses() ([]multiaddr.Multiaddr, error) { return l.at, nil }

// Neighbors are told where this home is reached, and not where it was only seen.
func TestToldIsProven(t *testing.T) {
	over := "/ip4/44.0.1.1/udp/7667/quic-v1/p2p/12D3KooWHHzSeKaY8xuZVzkLbKFfvNgPPeKhFBGrMbNzbm5akpqu/p2p-circuit"
	lan, mine, sent := "/ip4/192.168.1.10/udp/7667/quic-v1", "/ip4/44.0.9.9/udp/7667/quic-v1", "/ip4/44.0.2.1/udp/7667/quic-v1"
	for _, c := range []struct {
		what                  string
		config                Config
		own, reached, unknown []string
		want                  []string
	}{
		{"seen", Config{}, []string{lan, sent, over}, nil, []string{sent}, []string{over}},
		{"dialed back", Config{}, []string{lan, sent, over}, []string{sent}, nil, []string{sent, over}},
		{"listens there", Config{}, []string{mine, over}, nil, []string{mine}, []string{mine, over}},
		{"relay only", Config{RelayOnly: true}, []string{mine, sent, over}, []string{sent, mine}, nil, []string{over}},
		{"forwarded", Config{Forwarded: netip.MustParseAddr("44.0.2.1"), Port: 7667}, []string{lan}, nil, nil, []string{sent, "/ip4/44.0.2.1/tcp/7667"}},
		{"forwarded and relay only", Config{Forwarded: netip.MustParseAddr("44.0.2.1"), Port: 7667, RelayOnly: true}, []string{lan}, nil, nil, nil},
		{"on one machine", Config{Local: true}, []string{lan}, nil, nil, []string{lan}},
	} {
		p := &proven{config: c.config}
		p.know(seen{listens: at(lan, mine), reached: at(c.reached...), unknown: at(c.unknown...)})
		if got := p.tell(at(c.own...)); fmt.Sprint(got) != fmt.Sprint(at(c.want...)) {
			t.Errorf("%s: %v is told, not %v", c.what, got, c.want)
		}
	}
}

// line is the connection of a link.
type line struct {
	network.Stream
	conn conn
}

func (l line) Conn() network.Conn { return l.conn }

// A node that others reach over relays only is not linked with all of them.
func TestPassedLinks(t *testing.T) {
	n := &Node{links: map[wire.Key]*link{}, tried: map[wire.Key]attempt{}, news: make(chan struct{}, 1)}
	over, direct := at("/ip4/44.0.1.1/tcp/1/p2p-circuit")[0], at("/ip4/44.0.1.1/tcp/1")[0]
	for i := range byte(most) {
		if got, want := n.enter(newLink(wire.Key{1, i}, line{conn: conn{at: over}})), i < passed; got != want {
			t.Fatalf("the link %d over a relay stands: %v", i+1, got)
		}
	}
	if !n.enter(newLink(wire.Key{2}, line{conn: conn{at: direct}})) {
		t.Error("who is connected directly has no link")
	}
}
