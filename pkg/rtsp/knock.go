package rtsp

import (
	"context"
	"net"
	"net/url"
	"time"
)

// HostPort returns where the camera listens, as host:port, or nothing if the
// address is none.
func (c Config) HostPort() string {
	u, err := c.address()
	if err != nil {
		return ""
	}
	return hostPort(u)
}

func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "rtsps":
		port = "322"
	default:
		port = "554"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// Knock returns nil if something listens where the camera should. It opens a
// TCP connection and closes it: no RTSP is spoken, nobody logs in.
func Knock(ctx context.Context, c Config) error {
	u, err := c.address()
	if err != nil {
		return err
	}
	conn, err := c.dial()(ctx, "tcp", hostPort(u))
	if err != nil {
		return faultOf(err)
	}
	return conn.Close()
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

func (c Config) dial() dialFunc {
	if c.DialContext != nil {
		return c.DialContext
	}
	return (&net.Dialer{}).DialContext
}

// redialEvery is how long the opening of a connection may go unanswered before
// it is begun again.
const redialEvery = 2 * time.Second

// redial makes dial ask about once a second until it is answered or ctx ends.
// The kernel alone asks after 1, 3, 7 and 15 s, and a camera that came back in
// between would have to wait for that.
func redial(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		for {
			try, cancel := context.WithTimeout(ctx, redialEvery)
			conn, err := dial(try, network, address)
			again := err != nil && try.Err() != nil && ctx.Err() == nil
			cancel()
			if !again {
				return conn, err
			}
		}
	}
}
