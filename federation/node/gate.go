package node

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// Gate lets members in, and out to members. It is asked for each connection
// before anything is said on it.
//
// There is one exception: a home learns whether it is reachable when another one
// dials it back, and does that under another key, since a connection stands
// already. So who comes from the very address of a linked member may connect. It
// is served nothing but that (see [bounds]).
type Gate struct {
	Roster Roster
	Local  bool // addresses of this machine and its network are dialed, too

	// RelayOnly has the home connect directly to [fronts] members at most, who pass
	// on for it, and to whom is in its own network: whoever is connected directly
	// learns its address.
	RelayOnly bool

	mu      sync.Mutex
	network network.Network
	near    map[peer.ID]map[string]bool // addresses that were found in the home's own network
}

// fronts is how many members learn the address of a home that is relay only.
const fronts = 2

// strangers is how many may dial back at a time.
const strangers = 4

var _ connmgr.ConnectionGater = (*Gate)(nil)

func (g *Gate) member(id peer.ID) bool {
	node, err := keyOf(id)
	return err == nil && g.Roster.Member(node)
}

// InterceptPeerDial is that of [connmgr.ConnectionGater], as are the others.
func (g *Gate) InterceptPeerDial(id peer.ID) bool { return g.member(id) }

// InterceptAddrDial refuses addresses within homes: a neighbor may name those of
// this home's network, to learn what there is.
func (g *Gate) InterceptAddrDial(id peer.ID, at multiaddr.Multiaddr) bool {
	ip, err := manet.ToIP(at)
	if err != nil || translates(ip) {
		return false // see [names]
	}
	if g.Local {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !manet.IsPublicAddr(at):
		return g.near[id][string(at.Bytes())]
	case relayed(at):
		return true
	case g.RelayOnly && !g.front(id):
		return false
	}
	return true
}

// front tells whether a home that is relay only may connect directly to a member.
// g.mu is held.
func (g *Gate) front(id peer.ID) bool {
	if g.network == nil {
		return true
	}
	others := map[peer.ID]bool{}
	for _, c := range g.network.Conns() {
		if manet.IsPublicAddr(c.RemoteMultiaddr()) && !relayed(c.RemoteMultiaddr()) {
			others[c.RemotePeer()] = true
		}
	}
	delete(others, id)
	return len(others) < fronts
}

// translates tells whether an address of IPv6 stands for one of IPv4, which may
// lie in the home's network: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056) and
// Teredo (RFC 4380).
func translates(ip net.IP) bool {
	a, _ := netip.AddrFromSlice(ip)
	return slices.ContainsFunc(translated, func(p netip.Prefix) bool { return p.Contains(a) })
}

var translated = []netip.Prefix{netip.MustParsePrefix("64:ff9b::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32")}

// InterceptAccept lets all begin: who they are they have to prove first. Only a
// home that is relay only is reached by nobody from the street.
func (g *Gate) InterceptAccept(c network.ConnMultiaddrs) bool {
	return !g.RelayOnly || g.Local || relayed(c.RemoteMultiaddr()) || !manet.IsPublicAddr(c.RemoteMultiaddr())
}

// InterceptSecured lets in who has proven to be a member.
func (g *Gate) InterceptSecured(d network.Direction, id peer.ID, c network.ConnMultiaddrs) bool {
	return g.member(id) || d == network.DirInbound && g.dialsBack(c.RemoteMultiaddr())
}

// dialsBack tells whether a stranger who comes from there may dial this home back.
func (g *Gate) dialsBack(from multiaddr.Multiaddr) bool {
	at, ok := ipOf(from)
	g.mu.Lock()
	n := g.network
	g.mu.Unlock()
	if !ok || n == nil {
		return false
	}
	linked, unknown := false, 0
	for _, c := range n.Conns() {
		ip, ok := ipOf(c.RemoteMultiaddr())
		if !g.member(c.RemotePeer()) {
			unknown++
		} else if ok && ip == at {
			linked = true
		}
	}
	return linked && unknown < strangers
}

// ipOf returns the address of a direct connection.
func ipOf(at multiaddr.Multiaddr) (netip.Addr, bool) {
	if relayed(at) {
		return netip.Addr{}, false
	}
	ip, err := manet.ToIP(at)
	if err != nil {
		return netip.Addr{}, false
	}
	a, ok := netip.AddrFromSlice(ip)
	return a.Unmap(), ok
}

func (g *Gate) bind(n network.Network) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.network = n
}

// InterceptUpgraded has nothing to add.
func (g *Gate) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

// Near tells that a node was found at these addresses in the home's own network.
func (g *Gate) Near(found peer.AddrInfo) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := map[string]bool{}
	for _, a := range found.Addrs {
		at[string(a.Bytes())] = true
	}
	if g.near == nil {
		g.near = map[peer.ID]map[string]bool{}
	}
	g.near[found.ID] = at
}
