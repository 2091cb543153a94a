// Package virtual is a network for real libp2p hosts in virtual time: within a
// bubble of testing/synctest, hosts that speak QUIC over sockets that are no
// sockets. Packets take their time, get lost, wait behind others, and are
// counted; a host goes off the network and comes back. An hour passes as soon as
// nothing is left to do in it.
//
// What runs above is what ships: connections, streams, encryption, gaters. That
// makes it unlike federation/fedtest, whose homes have no network at all: a
// thousand homes instead of ten thousand, and no two runs are the same to the
// packet, since goroutines take turns as they like.
//
// It is support of tests and no part of the program.
package virtual

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Wires says what the network between hosts is like.
type Wires struct {
	Seed    uint64
	Latency time.Duration // one way
	Spread  time.Duration // of the latencies of pairs of hosts: up to so much more or less
	Loss    float64       // the share of packets that get lost
	Rate    int           // bits a second that a host sends at most, and receives at most; 0 for 20 million
}

const (
	usualRate = 20_000_000
	// patience is for how long packets wait to be sent; those that would wait
	// longer are dropped, as routers in homes do.
	patience = 200 * time.Millisecond
	port     = 8000
)

// Network is a network of hosts. Make one with [New], within a bubble. Its
// methods may be called by any goroutine of that bubble.
type Network struct {
	wires Wires

	mu      sync.Mutex
	watch   func(from, to netip.Addr, bytes int)
	chance  *rand.Rand
	sockets map[netip.Addr]*socket
	last    netip.Addr // that was given to a host
}

// New returns a network without hosts.
func New(w Wires) *Network {
	if w.Rate == 0 {
		w.Rate = usualRate
	}
	return &Network{
		wires: w, chance: rand.New(rand.NewPCG(w.Seed, 0)), sockets: map[netip.Addr]*socket{},
		last: netip.AddrFrom4([4]byte{44, 0, 0, 0}), // addresses that look public, and belong to radio amateurs
	}
}

// Watch has each packet that is sent seen by watch, lost or not. It is called from many
// goroutines, one at a time.
func (n *Network) Watch(watch func(from, to netip.Addr, bytes int)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.watch = watch
}

// address returns one that no host had yet.
func (n *Network) address() netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = n.last.Next()
	return n.last
}

// listen is where a host gets its socket from.
func (n *Network) listen(a *net.UDPAddr) (*socket, error) {
	at, _ := netip.AddrFromSlice(a.IP.To4())
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, taken := n.sockets[at]; taken || a.Port != port {
		return nil, errors.New("a host has one socket")
	}
	s := newSocket(n, a, at)
	n.sockets[at] = s
	return s, nil
}

// forget takes away a socket that was closed.
func (n *Network) forget(s *socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.sockets, s.at)
}

// carry brings a packet from a socket to an address, if it gets there.
func (n *Network) carry(from *socket, b []byte, addr *net.UDPAddr) {
	at, _ := netip.AddrFromSlice(addr.IP.To4())
	n.mu.Lock()
	to := n.sockets[at]
	lost := n.chance.Float64() < n.wires.Loss
	if n.watch != nil {
		n.watch(from.at, at, len(b))
	}
	n.mu.Unlock()
	wait, ok := from.up.pass(len(b))
	if to == nil || lost || !ok {
		return
	}
	to.expect(packet{at: time.Now().Add(wait + n.latency(from.at, to.at)), from: from.address, bytes: append([]byte(nil), b...)})
}

// latency is that of a pair of hosts, the same both ways and always.
func (n *Network) latency(a, b netip.Addr) time.Duration {
	if b.Less(a) {
		a, b = b, a
	}
	h := fnv.New64a()
	one, other := a.As4(), b.As4()
	_, _ = h.Write(binary.BigEndian.AppendUint64(append(one[:], other[:]...), n.wires.Seed))
	share := rand.New(rand.NewPCG(h.Sum64(), n.wires.Seed)).Float64()
	return n.wires.Latency + time.Duration((2*share-1)*float64(n.wires.Spread))
}
