package rtsp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/nvr"
)

// readAhead is how much is taken from the kernel at once. The client library
// reads 4 KiB at a time, which would be eight system calls for one picture of
// 30 KiB.
const readAhead = 64 << 10

// readEvery is how long packets may gather in the kernel once a stream runs.
// A camera sends 60 packets of sound and picture a second at uneven times, and
// 16 of them would wake this program a thousand times a second. All connections
// are read at the same instants instead, 25 times a second.
const readEvery = 40 * time.Millisecond

// settleAfter is when a stream runs: its handshake is over, and picture and
// sound were aligned, for which the time of arrival may have mattered.
const settleAfter = 2 * time.Second

// lowWater keeps the kernel from reporting what arrives between two readings
// (SO_RCVLOWAT, socket(7)); a second of 2 Mb/s.
const lowWater = 256 << 10

// aheadConn reads ahead, and at intervals once it is settled.
type aheadConn struct {
	net.Conn
	r       *bufio.Reader
	check   bool // what comes first is yet to be looked at
	settled atomic.Bool
	raw     syscall.RawConn // once it reads at intervals
	more    bool            // the kernel has more than the last reading took
}

func newAheadConn(conn net.Conn, check bool) *aheadConn {
	c := &aheadConn{Conn: conn, check: check}
	c.r = bufio.NewReaderSize(kernel{c}, readAhead)
	return c
}

// Read refuses a peer that begins with anything but an RTSP answer. The client
// library would look for one in whatever comes until the peer hangs up, and
// somebody who took the wrong port would be told that nothing answered.
func (c *aheadConn) Read(p []byte) (int, error) {
	if c.check {
		c.check = false
		if b, err := c.r.Peek(4); err == nil && string(b) != "RTSP" {
			return 0, &Fault{nvr.BadStream, "what answers there does not speak RTSP"}
		}
	}
	return c.r.Read(p)
}

// kernel is the side of an aheadConn that reads from the socket.
type kernel struct{ c *aheadConn }

func (k kernel) Read(p []byte) (n int, err error) {
	c := k.c
	if c.raw == nil && c.settled.Load() {
		c.quiet()
	}
	if c.raw == nil {
		return c.Conn.Read(p)
	}
	for {
		if !c.more {
			time.Sleep(readEvery - time.Duration(time.Now().UnixNano())%readEvery)
		}
		var failed error
		err = c.raw.Read(func(fd uintptr) bool {
			n, failed = unix.Read(int(fd), p)
			return true // never wait for the kernel to report
		})
		if err == nil && failed != nil && failed != unix.EAGAIN && failed != unix.EINTR {
			err = fmt.Errorf("read: %w", failed)
		}
		switch {
		case err != nil:
			return 0, err
		case failed != nil: // nothing there yet
			c.more = false
		case n == 0:
			return 0, io.EOF
		default:
			c.more = n == len(p)
			return n, nil
		}
	}
}

// quiet makes c read at intervals, if it is a plain TCP connection.
func (c *aheadConn) quiet() {
	c.settled.Store(false) // once
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	err = raw.Control(func(fd uintptr) {
		// If it cannot be set the program wakes more often, that is all.
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, lowWater)
	})
	if err == nil {
		c.raw = raw
	}
}

// dialer opens the connections of one attempt.
type dialer struct {
	dial  dialFunc
	plain bool // RTSP comes without TLS

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
	d.conn = newAheadConn(conn, d.plain)
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
