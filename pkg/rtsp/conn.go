package rtsp

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/dialog"
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
	heard   atomic.Bool // something came
	settled atomic.Bool
	raw     syscall.RawConn // once it reads at intervals
	more    bool            // the kernel has more than the last reading took
}

func newAheadConn(conn net.Conn) *aheadConn {
	c := &aheadConn{Conn: conn}
	c.r = bufio.NewReaderSize(kernel{c}, readAhead)
	return c
}

func (c *aheadConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// kernel is the side of an aheadConn that reads from the socket.
type kernel struct{ c *aheadConn }

func (k kernel) Read(p []byte) (n int, err error) {
	c := k.c
	if c.raw == nil && c.settled.Load() {
		c.quiet()
	}
	if c.raw == nil {
		n, err = c.Conn.Read(p)
		if n > 0 {
			c.heard.Store(true)
		}
		return n, err
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

// dialer opens the connection of one attempt.
type dialer struct {
	dial     dialFunc
	patience time.Duration // until the connection is open
	tls      *tls.Config   // nil for RTSP that is not encrypted
	user     *url.Userinfo

	mu     sync.Mutex
	conn   *aheadConn
	dialog *dialog.Conn
}

// DialContext also encrypts, so that the client library always speaks plain
// RTSP: on its own it would take RTP apart only after another encryption
// within this one (RFC 3711), for which it wants keys that few servers offer.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	ahead := newAheadConn(conn)
	d.mu.Lock()
	d.conn = ahead
	d.mu.Unlock()
	under, r := net.Conn(ahead), ahead.r
	if d.tls != nil {
		encrypted := tls.Client(ahead, d.tls)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			_ = ahead.Close()
			return nil, &Fault{nvr.Unreachable, "the camera does not encrypt as rtsps asks for: " + err.Error()}
		}
		under, r = encrypted, bufio.NewReaderSize(encrypted, readAhead)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dialog = dialog.New(under, r, d.user)
	return d.dialog, nil
}

// described returns what the camera answered DESCRIBE with.
func (d *dialer) described() (body []byte, base *url.URL) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dialog.Described()
}

// settle has the connection read at intervals from now on.
func (d *dialer) settle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.conn.settled.Store(true)
	}
}

// mute tells whether nothing came by the connection, which is open.
func (d *dialer) mute() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dialog != nil && !d.conn.heard.Load()
}

// cut breaks the connection under whoever is blocked in it.
func (d *dialer) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.conn.Close()
	}
}
