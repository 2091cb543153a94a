// Package sip takes the calls of doorbells that ring by SIP alone (RFC 3261). A
// doorbell registers here as it would at a telephone exchange, and calls: that is a
// ring. The call is answered "ringing" until its ring is over, and then refused; it
// is never taken, since pictures and sound come another way.
//
// It is a registrar for nobody else: it makes no call, passes none on, sends nothing
// but answers, and those only to the host that asked; whom a call is for does not
// matter. It speaks UDP, at addresses of the home's network, and to those
// alone.
package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"golang.org/x/time/rate"

	"nvrd/pkg/nvr"
)

const (
	// DefaultRing is how long a call may ring: doorbells give up after 30 to 60 s.
	DefaultRing = 30 * time.Second
	// maxDatagram is of one question; a call with a long description has 2 KiB.
	maxDatagram = 8 << 10
	// burst and perCalm are for one address: a doorbell says some 10 things for a
	// ring. More is dropped.
	burst   = 50
	perCalm = 100 * time.Millisecond
	// maxSources is how many addresses are known at once. The library remembers
	// each for good, so when there are more all begins anew.
	maxSources = 4096
	// maxCalls is how many calls ring at once, of all doorbells.
	maxCalls = 16
)

// Config says where calls are taken, and of whom.
type Config struct {
	Address string // 192.168.1.2:5060: an address of the home's network or this machine
	// Password returns that of a doorbell; empty if there is no such. It must not block.
	Password func(user string) string
	Ring     time.Duration // how long a call may ring; DefaultRing if zero
	// Heard is told of all that a doorbell says which logged in; nil means nobody. It
	// must not block.
	Heard func(user, what string)
}

// Registrar takes calls. It is safe for concurrent use.
type Registrar struct {
	config Config
	tell   chan told
	nonces nonces

	mu      sync.Mutex
	calls   map[string]*call // by user
	sources map[netip.AddrPort]*rate.Limiter
	full    chan struct{} // closed when too many addresses were seen
}

// told is a signal of a doorbell.
type told struct {
	user string
	nvr.Signal
}

// call is one that rings.
type call struct {
	id   string
	over chan struct{} // closed by End
	once sync.Once
}

var errAddress = errors.New("calls are taken at an address of the home's network, such as 192.168.1.2:5060")

// New returns a registrar. It touches nothing, and fails with [nvr.ErrInvalid] for
// an address that is not of the home's network.
func New(c Config) (*Registrar, error) {
	addr, err := netip.ParseAddrPort(c.Address)
	if err != nil || !home(addr.Addr()) {
		return nil, fmt.Errorf("%w: %w", errAddress, nvr.ErrInvalid)
	}
	quiet.Do(func() { sip.SetDefaultLogger(silent) })
	if c.Ring <= 0 {
		c.Ring = DefaultRing
	}
	if c.Heard == nil {
		c.Heard = func(string, string) {}
	}
	return &Registrar{config: c, nonces: newNonces(), tell: make(chan told), calls: map[string]*call{}, sources: map[netip.AddrPort]*rate.Limiter{}, full: make(chan struct{})}, nil
}

// home tells of addresses that no router passes on.
func home(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()
}

// Listen takes calls until ctx ends or the socket fails, and tells of the doorbell
// that rings and when it is over. The error is never nil. tell is called from one
// goroutine. A registrar listens once at a time.
func (x *Registrar) Listen(ctx context.Context, tell func(user string, s nvr.Signal)) error {
	conn, err := net.ListenPacket("udp", x.config.Address)
	if err != nil {
		return fmt.Errorf("listen for calls: %w", err)
	}
	return x.serve(ctx, conn, tell)
}

func (x *Registrar) serve(ctx context.Context, conn net.PacketConn, tell func(string, nvr.Signal)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	full := make(chan struct{})
	x.mu.Lock()
	x.sources, x.full = map[netip.AddrPort]*rate.Limiter{}, full
	x.mu.Unlock()
	ua, err := x.agent(ctx)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- ua.TransportLayer().ServeUDP(conn) }()
	defer func() {
		conn.Close()
		<-ended
		_ = ua.Close() // its socket is closed already
	}()
	for {
		select {
		case t := <-x.tell:
			tell(t.user, t.Signal)
		case err := <-ended:
			ended <- err
			return fmt.Errorf("listen for calls: %w", errors.Join(err, net.ErrClosed))
		case <-full:
			return fmt.Errorf("more than %d addresses call: %w", maxSources, nvr.ErrTooMany)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var (
	// silent is for the library, which repeats what strangers send. Some of its
	// parts have no logger of their own, so the common one is taken away as well.
	silent = slog.New(slog.DiscardHandler)
	quiet  sync.Once
)

// agent sets the library up: only UDP is served, no name is ever looked up, and
// what is not from home or too much is dropped before it is read.
func (x *Registrar) agent(ctx context.Context) (*sipgo.UserAgent, error) {
	nobody := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("Stoop"), sipgo.WithUserAgentDNSResolver(nobody),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(silent), sip.WithTransportLayerReadFilter(x.admit)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(silent)))
	if err != nil {
		return nil, err
	}
	server, err := sipgo.NewServer(ua, sipgo.WithServerLogger(silent))
	if err != nil {
		return nil, err
	}
	server.OnRegister(x.register)
	server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) { x.invite(ctx, req, tx) })
	server.OnOptions(func(req *sip.Request, tx sip.ServerTransaction) { answer(tx, req, sip.StatusOK, "OK") })
	server.OnBye(func(req *sip.Request, tx sip.ServerTransaction) {
		answer(tx, req, sip.StatusCallTransactionDoesNotExists, "No such call")
	})
	server.OnAck(func(*sip.Request, sip.ServerTransaction) {})
	return ua, nil
}

// admit is the library's filter of datagrams.
func (x *Registrar) admit(from sip.TransportReadProps, data []byte) ([]byte, error) {
	udp, ok := from.RemoteAddr.(*net.UDPAddr)
	if !ok || len(data) > maxDatagram {
		return nil, nil
	}
	source := udp.AddrPort()
	if !home(source.Addr()) {
		return nil, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	limit := x.sources[source]
	if limit == nil {
		if len(x.sources) >= maxSources {
			select {
			case <-x.full:
			default:
				close(x.full)
			}
			return nil, nil
		}
		limit = rate.NewLimiter(rate.Every(perCalm), burst)
		x.sources[source] = limit
	}
	if !limit.Allow() {
		return nil, nil
	}
	return data, nil
}
