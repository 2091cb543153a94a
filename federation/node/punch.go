package node

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

const (
	series = 3         // attempts to meet half way, one after another (DCUtR)
	anew   = time.Hour // after that it is tried again whether the router leads back in
)

// punches has homes that could not meet half way leave each other alone for a
// while: a relayed link may be made anew often, and each begins with a series of
// attempts. Two behind one address meet by their router only if it leads what is
// sent to itself back in, and many don't: that is tried with one neighbor, not
// with each of forty.
type punches struct {
	mu    sync.Mutex
	tried map[peer.ID]attempt
	own   map[netip.Addr]bool // where this home was seen
	loops bool                // the router leads back in
	loop  attempt             // to find that out
}

func newPunches() *punches {
	return &punches{tried: map[peer.ID]attempt{}, own: map[netip.Addr]bool{}}
}

// FilterLocal is asked at the begin of each attempt what the other home is told.
// If it is told nothing, the attempt ends.
func (p *punches) FilterLocal(id peer.ID, own []multiaddr.Multiaddr) []multiaddr.Multiaddr {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.own)
	for _, a := range own {
		if ip, ok := ipOf(a); ok {
			p.own[ip] = true
		}
	}
	now, t := time.Now(), p.tried[id]
	if now.Before(t.next) {
		return nil
	}
	t.fails++ // until they are connected
	if t.fails%series == 0 {
		t.next = now.Add(pause(t.fails / series))
	}
	p.tried[id] = t
	return own
}

// FilterRemote is asked which of the other home's addresses are dialed.
func (p *punches) FilterRemote(_ peer.ID, at []multiaddr.Multiaddr) []multiaddr.Multiaddr {
	p.mu.Lock()
	defer p.mu.Unlock()
	here := func(a multiaddr.Multiaddr) bool {
		ip, ok := ipOf(a)
		return ok && p.own[ip]
	}
	if p.loops || !slices.ContainsFunc(at, here) {
		return at
	}
	if now := time.Now(); now.After(p.loop.next) {
		if p.loop.fails++; p.loop.fails%series == 0 {
			p.loop.next = now.Add(anew)
		}
		return at
	}
	return slices.DeleteFunc(slices.Clone(at), here)
}

// connected notes that two have met.
func (p *punches) connected(_ network.Network, c network.Conn) {
	ip, ok := ipOf(c.RemoteMultiaddr())
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tried, c.RemotePeer())
	p.loops = p.loops || p.own[ip]
}
