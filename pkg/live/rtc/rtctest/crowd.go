package rtctest

import (
	"fmt"
	"net"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// Crowd is many viewers who cost little. It is safe for use from several
// goroutines.
type Crowd struct{ packets, bytes atomic.Int64 }

// Viewer is one of a crowd. Its owner must close it.
type Viewer struct {
	*Browser
	mux  *ice.UDPMuxDefault
	only atomic.Bool
}

// Join returns another viewer, with a socket of its own on this machine.
func (c *Crowd) Join() (*Viewer, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	v := new(Viewer)
	v.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: counting{conn, c, v}})
	if v.Browser, err = newBrowser(nil, func(s *webrtc.SettingEngine) { s.SetICEUDPMux(v.mux) }); err != nil {
		_ = v.mux.Close()
		return nil, err
	}
	return v, nil
}

// Close ends it.
func (v *Viewer) Close() error {
	err := v.Browser.Close()
	_ = v.mux.Close() // fails if its socket is closed by then
	return err
}

// Count has what comes counted and thrown away from now on, instead of decrypted.
func (v *Viewer) Count() { v.only.Store(true) }

// Counted returns the packets of pictures and sound that those got who only
// count, and the bytes in them.
func (c *Crowd) Counted() (packets, bytes int64) { return c.packets.Load(), c.bytes.Load() }

// counting is the socket of a viewer.
type counting struct {
	*net.UDPConn
	crowd  *Crowd
	viewer *Viewer
}

func (c counting) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(p)
		if err == nil && n > 0 && p[0]>>6 == 2 && c.viewer.only.Load() { // RTP or RTCP (RFC 7983, 7)
			c.crowd.packets.Add(1)
			c.crowd.bytes.Add(int64(n))
			continue
		}
		return n, net.UDPAddrFromAddrPort(from), err
	}
}
