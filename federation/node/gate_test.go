package node

import (
	"crypto/sha256"
	"testing"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/identity"
	"nvrd/federation/wire"
)

// list is a roster.
type list []wire.Key

func (l list) Nodes() []wire.Key { return l }
func (l list) Member(k wire.Key) bool {
	for _, is := range l {
		if is == k {
			return true
		}
	}
	return false
}

// conn is a connection as a gate looks at it.
type conn struct {
	network.Conn
	id peer.ID
	at multiaddr.Multiaddr
}

func (c conn) RemotePeer() peer.ID                  { return c.id }
func (c conn) RemoteMultiaddr() multiaddr.Multiaddr { return c.at }
func (c conn) LocalMultiaddr() multiaddr.Multiaddr  { return nil }

// conns is a network with these connections.
type conns struct {
	network.Network
	are []network.Conn
}

func (c conns) Conns() []network.Conn { return c.are }

func called(t *testing.T, name string) (peer.ID, wire.Key) {
	t.Helper()
	key := wire.PublicKey(identity.Seed(sha256.Sum256([]byte(name))).Node(identity.Place{}, 0))
	id, err := peerOf(key)
	if err != nil {
		t.Fatal(err)
	}
	return id, key
}

// Who may be dialed, and where.
func TestGateDials(t *testing.T) {
	ben, benKey := called(t, "ben")
	cleo, cleoKey := called(t, "cleo")
	stranger, _ := called(t, "stranger")
	home := list{benKey, cleoKey}
	g := &Gate{Roster: home}
	if !g.InterceptPeerDial(ben) || g.InterceptPeerDial(stranger) || g.InterceptPeerDial("nonsense") {
		t.Error("members are dialed, and nobody else")
	}
	near := multiaddr.StringCast("/ip4/192.168.1.20/udp/4001/quic-v1")
	g.Near(peer.AddrInfo{ID: ben, Addrs: []multiaddr.Multiaddr{near}})
	for _, c := range []struct {
		at            string
		public, local bool // whether it is dialed, in the world and on this machine
	}{
		{"/ip4/8.8.4.4/udp/4001/quic-v1", true, true},
		{"/ip4/8.8.4.4/tcp/4001", true, true},
		{"/ip6/2a00:1450:4001::1/udp/4001/quic-v1", true, true},
		{"/ip4/192.168.1.1/tcp/80", false, true},
		{"/ip4/10.0.0.138/tcp/80", false, true},
		{"/ip4/172.16.5.5/tcp/80", false, true},
		{"/ip4/100.64.0.1/tcp/80", false, true},
		{"/ip4/169.254.169.254/tcp/80", false, true},
		{"/ip4/127.0.0.1/tcp/80", false, true},
		{"/ip4/0.0.0.0/tcp/80", false, true},
		{"/ip4/255.255.255.255/udp/1900/quic-v1", false, true},
		{"/ip4/224.0.0.251/udp/5353/quic-v1", false, true},
		{"/ip6/::1/tcp/80", false, true},
		{"/ip6/::ffff:192.168.1.1/tcp/80", false, true},
		{"/ip6/fe80::1/tcp/80", false, true},
		{"/ip6zone/eth0/ip6/fe80::1/tcp/80", false, true},
		{"/ip6/fd12::1/tcp/80", false, true},
		{"/ip6/ff02::fb/udp/5353/quic-v1", false, true},
		{"/ip6/64:ff9b::c0a8:101/tcp/80", false, false}, // 192.168.1.1, if the network translates
		{"/ip6/64:ff9b:1::c0a8:101/tcp/80", false, false},
		{"/ip6/2002:c0a8:101::1/tcp/80", false, false},
		{"/ip6/2001:0:1::1/tcp/80", false, false},
		{"/dns4/router.example/tcp/80", false, false},
		{"/dnsaddr/neighbors.example", false, false},
		{"/dns/localhost/tcp/80", false, false},
		{"/unix/run/docker.sock", false, false},
	} {
		at := multiaddr.StringCast(c.at)
		if got := g.InterceptAddrDial(ben, at); got != c.public {
			t.Errorf("%s is dialed: %v", c.at, got)
		}
		if got := (&Gate{Roster: home, Local: true}).InterceptAddrDial(ben, at); got != c.local {
			t.Errorf("%s is dialed on this machine: %v", c.at, got)
		}
	}
	if !g.InterceptAddrDial(ben, near) || g.InterceptAddrDial(cleo, near) {
		t.Error("what was found in the home's network is dialed for whom it was found, and nobody else")
	}
}

// Who may connect.
func TestGateLetsIn(t *testing.T) {
	ben, benKey := called(t, "ben")
	cleo, cleoKey := called(t, "cleo")
	stranger, _ := called(t, "stranger")
	const bens, cleos, other = "/ip4/203.0.113.5/udp/4001/quic-v1", "/ip6/2a00:1450:4001::1/tcp/9", "/ip4/203.0.113.6/tcp/4001"
	relayed := other + "/p2p/" + ben.String() + "/p2p-circuit"
	link := func(id peer.ID, at string) network.Conn { return conn{id: id, at: multiaddr.StringCast(at)} }
	linked := []network.Conn{link(ben, bens), link(cleo, cleos)}
	var guests []network.Conn
	for range strangers {
		guests = append(guests, link(stranger, bens))
	}
	for _, c := range []struct {
		what  string
		links []network.Conn
		from  peer.ID
		at    string
		way   network.Direction
		lets  bool
	}{
		{"a member", nil, ben, other, network.DirInbound, true},
		{"a member, over a relay", nil, ben, relayed, network.DirInbound, true},
		{"a member, while many strangers are there", guests, ben, bens, network.DirInbound, true},
		{"a member that was dialed", nil, ben, bens, network.DirOutbound, true},
		{"a stranger", nil, stranger, other, network.DirInbound, false},
		{"a stranger from where no neighbor is", linked, stranger, other, network.DirInbound, false},
		{"a stranger from where a neighbor is", linked, stranger, bens, network.DirInbound, true},
		{"from another port of it", linked, stranger, "/ip4/203.0.113.5/tcp/1", network.DirInbound, true},
		{"by IPv6", linked, stranger, cleos, network.DirInbound, true},
		{"by IPv4 within IPv6", linked, stranger, "/ip6/::ffff:203.0.113.5/tcp/1", network.DirInbound, true},
		{"from the same street, not the same address", linked, stranger, "/ip6/2a00:1450:4001::2/tcp/9", network.DirInbound, false},
		{"a stranger over a relay there", linked, stranger, bens + "/p2p/" + ben.String() + "/p2p-circuit", network.DirInbound, false},
		{"from a relay through which a neighbor is linked", []network.Conn{link(ben, relayed)}, stranger, other, network.DirInbound, false},
		{"a stranger that was dialed", linked, stranger, bens, network.DirOutbound, false},
		{"one stranger more", append(guests[1:], linked...), stranger, bens, network.DirInbound, true},
		{"one stranger too many", append(guests, linked...), stranger, bens, network.DirInbound, false},
		{"from where a stranger is", guests[:1], stranger, bens, network.DirInbound, false},
		{"nonsense", linked, "nonsense", other, network.DirInbound, false},
	} {
		g := &Gate{Roster: list{benKey, cleoKey}}
		g.bind(conns{are: c.links})
		if got := g.InterceptSecured(c.way, c.from, conn{at: multiaddr.StringCast(c.at)}); got != c.lets {
			t.Errorf("%s is let in: %v", c.what, got)
		}
	}
	g := &Gate{Roster: list{benKey}}
	if g.InterceptSecured(network.DirInbound, stranger, conn{at: multiaddr.StringCast(bens)}) {
		t.Error("a stranger is let in before anything is bound")
	}
	a := access{g}
	for _, c := range []struct {
		from, to      peer.ID
		reserve, pass bool
	}{{ben, ben, true, true}, {ben, cleo, true, false}, {cleo, ben, false, false}, {stranger, ben, false, false}, {stranger, stranger, false, false}} {
		if got := a.AllowReserve(c.from, nil); got != c.reserve {
			t.Errorf("%v has a place at this relay: %v", c.from, got)
		}
		if got := a.AllowConnect(c.from, nil, c.to); got != c.pass {
			t.Errorf("%v is passed on to %v: %v", c.from, c.to, got)
		}
	}
}

// What a neighbor gives a name for is not looked up: it is not found, though it
// is there.
func TestNamesAreNotLookedUp(t *testing.T) {
	for _, name := range []string{"/dns4/localhost/tcp/4001", "/dnsaddr/localhost", "/dns/localhost/udp/1/quic-v1"} {
		at := multiaddr.StringCast(name)
		if found, err := (names{}).ResolveDNSAddr(t.Context(), "", at, 1, 1); err == nil || found != nil {
			t.Errorf("%s is %v", name, found)
		}
		if found, err := (names{}).ResolveDNSComponent(t.Context(), at, 1); err == nil || found != nil {
			t.Errorf("%s is %v", name, found)
		}
	}
	start := func(name string, home Roster) host.Host {
		h, err := Config{Key: identity.Seed(sha256.Sum256([]byte(name))).Node(identity.Place{}, 0), Local: true}.host(&Gate{Roster: home, Local: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { h.Close() })
		return h
	}
	anna, annaKey := called(t, "anna")
	_, benKey := called(t, "ben")
	home := list{annaKey, benKey}
	there, here := start("anna", home), start("ben", home)
	for _, at := range there.Addrs() {
		port, err := at.ValueForProtocol(multiaddr.P_TCP)
		if err != nil {
			continue
		}
		if err := here.Connect(t.Context(), peer.AddrInfo{ID: anna, Addrs: []multiaddr.Multiaddr{multiaddr.StringCast("/dns4/localhost/tcp/" + port)}}); err == nil {
			t.Error("a name is looked up")
		}
		if err := here.Connect(t.Context(), peer.AddrInfo{ID: anna, Addrs: []multiaddr.Multiaddr{at}}); err != nil {
			t.Error(err)
		}
	}
}

// Streams with a stranger are of no protocol but that by which a home tells that
// it dialed back; those with members are of any.
func TestStrangersHaveOneProtocol(t *testing.T) {
	ben, benKey := called(t, "ben")
	stranger, _ := called(t, "stranger")
	most, err := limits()
	if err != nil {
		t.Fatal(err)
	}
	defer most.Close()
	b := bounds{most, &Gate{Roster: list{benKey}}}
	for _, p := range []protocol.ID{
		identify.ID, identify.IDPush, linkProtocol, whereabouts.protocol, hold.protocol, pass.protocol, vouch.protocol,
		autonatv2.DialProtocol, autonatv2.DialBackProtocol, proto.ProtoIDv2Hop, proto.ProtoIDv2Stop, holepunch.Protocol, "/anything",
	} {
		for id, serves := range map[peer.ID]bool{ben: true, stranger: p == autonatv2.DialBackProtocol} {
			for _, d := range []network.Direction{network.DirInbound, network.DirOutbound} {
				s, err := b.OpenStream(id, d)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.SetProtocol(p); (err == nil) != serves {
					t.Errorf("%s with %v: %v", p, id, err)
				}
				s.Done()
			}
		}
	}
}
