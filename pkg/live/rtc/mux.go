package rtc

import (
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
)

// mux shares one socket among all connections: who sends is told by the user
// name of ICE, and by address from then on.
type mux struct {
	*ice.UDPMuxDefault
	at netip.AddrPort
}

// rooms for what arrives while we are busy; the kernel gives less if it must.
const socketBytes = 1 << 20

func newMux(conn net.PacketConn, logs logs) *mux {
	if udp, ok := conn.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(socketBytes) // it works with less
		_ = udp.SetWriteBuffer(socketBytes)
	}
	m := &mux{UDPMuxDefault: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn, Logger: logs.NewLogger("mux")})}
	if udp, ok := conn.LocalAddr().(*net.UDPAddr); ok {
		m.at = udp.AddrPort()
	}
	return m
}

// GetListenAddresses returns where this machine can be reached at the moment:
// asked for every connection, since addresses change while it runs.
func (m *mux) GetListenAddresses() []net.Addr {
	if !m.at.Addr().IsUnspecified() {
		return []net.Addr{net.UDPAddrFromAddrPort(m.at)}
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []net.Addr
	for _, ip := range reachable(all) {
		out = append(out, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, m.at.Port())))
	}
	return out
}

// reachable leaves out what others cannot use: addresses of one link, which
// need the name of an interface, and loopback unless there is nothing else.
func reachable(all []net.Addr) []netip.Addr {
	var out, loopback []netip.Addr
	for _, a := range all {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		switch ip := prefix.Addr().Unmap(); {
		case ip.IsLoopback():
			loopback = append(loopback, ip)
		case ip.IsGlobalUnicast():
			out = append(out, ip)
		}
	}
	if len(out) == 0 {
		return loopback
	}
	return out
}
