package virtual

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Traffic is what went one way through the socket of a host: UDP packets and
// the bytes in them. Headers of UDP and IP add 28 bytes to each packet.
type Traffic struct{ Packets, Bytes int }

type packet struct {
	at    time.Time // when it arrives
	here  bool      // it has arrived, and waits for those before it
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
	news    chan struct{} // that there is something else to wait for
	closed  chan struct{}

	mu       sync.Mutex
	coming   []packet  // the first to arrive first
	deadline time.Time // of reading
	sent     Traffic
	received Traffic
}

func newSocket(n *Network, a *net.UDPAddr, at netip.Addr) *socket {
	return &socket{
		network: n, address: a, at: at, up: lane{rate: n.wires.Rate}, down: lane{rate: n.wires.Rate},
		news: make(chan struct{}, 1), closed: make(chan struct{}),
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

// expect takes a packet that is on its way.
func (s *socket) expect(p packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.insert(p)
	if s.coming[0].at.Equal(p.at) {
		s.wake()
	}
}

func (s *socket) insert(p packet) {
	at, _ := slices.BinarySearchFunc(s.coming, p, func(o, p packet) int {
		if o.at.After(p.at) {
			return 1
		}
		return -1 // behind those of the same time
	})
	s.coming = slices.Insert(s.coming, at, p)
}

func (s *socket) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// next returns the packet that is to be read now, or until when to wait for one;
// zero for as long as it takes.
func (s *socket) next() (*packet, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.coming) > 0 {
		p := s.coming[0]
		if p.at.After(time.Now()) {
			return nil, p.at
		}
		s.coming = slices.Delete(s.coming, 0, 1)
		if s.off.Load() {
			continue
		}
		if !p.here {
			wait, ok := s.down.pass(len(p.bytes))
			if !ok {
				continue
			}
			if wait > 0 {
				p.here, p.at = true, time.Now().Add(wait)
				s.insert(p)
				continue
			}
		}
		s.received.Packets++
		s.received.Bytes += len(p.bytes)
		return &p, time.Time{}
	}
	return nil, time.Time{}
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

// ReadFrom waits for a packet. One goroutine at a time reads.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		p, until := s.next()
		if p != nil {
			return copy(b, p.bytes), p.from, nil
		}
		s.mu.Lock()
		deadline := s.deadline
		s.mu.Unlock()
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return 0, nil, os.ErrDeadlineExceeded
		}
		if until.IsZero() || !deadline.IsZero() && deadline.Before(until) {
			until = deadline
		}
		var due <-chan time.Time
		if !until.IsZero() {
			timer.Reset(time.Until(until))
			due = timer.C
		}
		select {
		case <-due:
		case <-s.news:
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
	s.wake()
	return nil
}

// SetWriteDeadline does nothing: writing never blocks.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is [socket.SetReadDeadline].
func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadBuffer has no buffer to set; without it QUIC complains. So does SetWriteBuffer.
func (s *socket) SetReadBuffer(int) error  { return nil }
func (s *socket) SetWriteBuffer(int) error { return nil }
