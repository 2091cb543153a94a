package api

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

const (
	// handshake is the first byte of a connection that begins TLS (RFC 8446, 5.1).
	// No request of HTTP begins with it.
	handshake = 22
	// firstByte is how long that may take to come: as long as a request's header.
	firstByte = 10 * time.Second
)

// Offer returns a listener that speaks TLS with whoever begins it, and hands
// over other connections as they are: see [Guards.TLS] for what those get. Its
// connections come in the order in which they begin to speak; one that says
// nothing for 10 s is closed.
func Offer(l net.Listener, config *tls.Config) net.Listener {
	ctx, cancel := context.WithCancel(context.Background())
	o := &offered{Listener: l, config: config, begun: make(chan begun), ctx: ctx, cancel: cancel}
	go o.run()
	return o
}

type offered struct {
	net.Listener
	config *tls.Config
	begun  chan begun
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
}

// begun is a connection whose first byte is known, or why there is none.
type begun struct {
	net.Conn
	err error
}

// Accept implements [net.Listener].
func (o *offered) Accept() (net.Conn, error) {
	select {
	case b := <-o.begun:
		return b.Conn, b.err
	case <-o.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener]. Connections that have said nothing yet are closed, too.
func (o *offered) Close() error {
	o.cancel()
	return o.Listener.Close()
}

// run ends with the listener. An error waits until Accept takes it, so that a
// server that lets some time pass after one has that here as well.
func (o *offered) run() {
	for {
		c, err := o.Listener.Accept()
		if err != nil {
			if !o.give(nil, err) || errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		go o.begin(c)
	}
}

func (o *offered) give(c net.Conn, err error) bool {
	select {
	case o.begun <- begun{c, err}:
		return true
	case <-o.ctx.Done():
		return false
	}
}

// begin waits for the first byte of c.
func (o *offered) begin(c net.Conn) {
	stop := context.AfterFunc(o.ctx, func() { _ = c.Close() })
	first := make([]byte, 1)
	err := c.SetReadDeadline(time.Now().Add(firstByte))
	if err == nil {
		_, err = c.Read(first)
	}
	if err == nil {
		err = c.SetReadDeadline(time.Time{})
	}
	if !stop() || err != nil {
		_ = c.Close()
		return
	}
	var known net.Conn = &peeked{Conn: c, first: first}
	if first[0] == handshake {
		known = tls.Server(known, o.config)
	}
	if !o.give(known, nil) {
		_ = c.Close()
	}
}

// peeked is a connection whose first byte was read.
type peeked struct {
	net.Conn
	first []byte // until it is read again
}

// Read implements [net.Conn].
func (p *peeked) Read(b []byte) (int, error) {
	if len(p.first) == 0 {
		return p.Conn.Read(b)
	}
	n := copy(b, p.first)
	p.first = p.first[n:]
	return n, nil
}
