package rtsp

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// readAhead is how much is taken from the kernel at once. The client library
// reads 4 KiB at a time, which would be eight system calls for one picture of
// 30 KiB.
const readAhead = 64 << 10

// readEvery is how long packets may gather in the kernel once a stream runs.
// A camera sends 60 packets of sound and picture a second at uneven times; 16
// of them would wake this program a thousand times a second. All connections
// are read at the same instants instead, 25 times a second.
const readEvery = 40 * time.Millisecond

// settleAfter is when a stream runs: its handshake is over, and picture and
// sound were aligned, for which the time of arrival may have mattered.
const settleAfter = 2 * time.Second

type aheadConn struct {
	net.Conn
	r       *bufio.Reader
	settled atomic.Bool
	more    bool // the last read from the kernel did not take everything
}

func (c *aheadConn) Read(p []byte) (int, error) {
	if c.r.Buffered() == 0 && !c.more && c.settled.Load() {
		time.Sleep(readEvery - time.Duration(time.Now().UnixNano())%readEvery)
	}
	fill := c.r.Buffered() == 0
	n, err := c.r.Read(p)
	if fill {
		c.more = n+c.r.Buffered() == readAhead
	}
	return n, err
}

// dialer opens the connections of one attempt.
type dialer struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	first string // the address that was asked for
	opens int
	conn  *aheadConn
}

// maxOpens bounds how often a camera may redirect one attempt.
const maxOpens = 4

func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if err := d.allow(address); err != nil {
		return nil, err
	}
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conn = &aheadConn{Conn: conn, r: bufio.NewReaderSize(conn, readAhead)}
	return d.conn, nil
}

// allow refuses redirects to other hosts: a camera has no say in where the
// household's password goes, nor in what this machine connects to.
func (d *dialer) allow(address string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	host, _, _ := net.SplitHostPort(address)
	if d.opens++; d.opens == 1 {
		d.first = host
	}
	if host != d.first {
		return errors.New("the camera redirects to another host")
	}
	if d.opens > maxOpens {
		return errors.New("the camera redirects without end")
	}
	return nil
}

// settle has the connection read at intervals from now on.
func (d *dialer) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.conn.settled.Store(true)
	}
}

// cut breaks the connection under whoever is blocked in it.
func (d *dialer) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.conn.Close()
	}
}
