package rtsp

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
)

// readAhead is how much is taken from the kernel at once. The client library
// reads 4 KiB at a time, which would be eight system calls for one picture of
// 30 KiB.
const readAhead = 64 << 10

type aheadConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *aheadConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// dialer opens the connections of one attempt.
type dialer struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	first string // the address that was asked for
	opens int
	conn  net.Conn
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
	d.conn = conn
	return &aheadConn{conn, bufio.NewReaderSize(conn, readAhead)}, nil
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

// cut breaks the connection under whoever is blocked in it.
func (d *dialer) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		d.conn.Close()
	}
}
