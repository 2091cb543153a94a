package virtual

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Traffic is what went one way through the socket of a host: UDP packets and
// the bytes in them. Headers of UDP and IP add 28 bytes to each packet.
type Traffic struct{ Packets, Bytes int }

type packet struct {
	from  *net.UDPAddr
	bytes []byte
}

// socket is a [net.PacketConn] of a network.
type socket struct {
	network *Network
	address *net.UDPAddr
	at      netip.Addr
	up      lane
	down    lane
	off     atomic.Bool
	in      chan packet

	mu       sync.Mutex
	deadline time.Time     // of reading
	moved    chan struct{} // the deadline was moved
	closed   chan struct{}
	sent     Traffic
	received Traffic
}

func newSocket(n *Network, a *net.UDPAddr, at netip.Addr) *socket {
	return &socket{
		network: n, address: a, at: at, up: lane{rate: n.wires.Rate}, down: lane{rate: n.wires.Rate},
		in: make(chan packet, 1024), moved: make(chan struct{}, 1), closed: make(chan struct{}),
	}
}

// lane is one direction of what connects a host to the network.
type lane struct {
	rate int // bits a second
	mu   sync.Mutex
	free time.Time // when it has sent all that it was given
}

// pass tells how long a packet waits for those before it; not ok if it is dropped.
func (l *lane) pass(bytes int) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.free.Before(now) {
		l.free = now
	}
	wait := l.free.Sub(now)
	if wait > patience {
		return 0, false
	}
	l.free = l.free.Add(time.Duration(bytes) * 8 * time.Second / time.Duration(l.rate))
	return wait, true
}

// deliver hands over a packet that arrived.
func (s *socket) deliver(p packet) {
	if s.off.Load() {
		return
	}
	select {
	case s.in <- p:
	default: // nobody reads
	}
}

// WriteTo sends a packet. It never blocks.
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-s.closed:
		return 0, net.ErrClosed
	default:
	}
	s.mu.Lock()
	s.sent.Packets++
	s.sent.Bytes += len(b)
	s.mu.Unlock()
	if !s.off.Load() {
		s.network.carry(s, b, to.(*net.UDPAddr))
	}
	return len(b), nil
}

// ReadFrom waits for a packet.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		s.mu.Lock()
		var expired <-chan time.Time
		if !s.deadline.IsZero() {
			expired = time.After(time.Until(s.deadline))
		}
		s.mu.Unlock()
		select {
		case p := <-s.in:
			s.mu.Lock()
			s.received.Packets++
			s.received.Bytes += len(p.bytes)
			s.mu.Unlock()
			return copy(b, p.bytes), p.from, nil
		case <-s.moved:
		case <-expired:
			return 0, nil, os.ErrDeadlineExceeded
		case <-s.closed:
			return 0, nil, net.ErrClosed
		}
	}
}

// traffic returns what was sent, lost or not, and what was received.
func (s *socket) traffic() (sent, received Traffic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, s.received
}

// Close ends the socket. Its address is free then.
func (s *socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
		s.network.forget(s)
	}
	return nil
}

// LocalAddr returns the address that packets come from.
func (s *socket) LocalAddr() net.Addr { return s.address }

// SetReadDeadline moves the deadline of reading.
func (s *socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	select {
	case s.moved <- struct{}{}:
	default:
	}
	return nil
}

// SetWriteDeadline does nothing: writing never blocks.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is [socket.SetReadDeadline].
func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadBuffer has no buffer to set; without it QUIC complains. So does SetWriteBuffer.
func (s *socket) SetReadBuffer(int) error  { return nil }
func (s *socket) SetWriteBuffer(int) error { return nil }
