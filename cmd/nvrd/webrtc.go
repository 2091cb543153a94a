package main

import (
	"context"
	"log/slog"
	"net"
	"net/netip"

	"nvrd/pkg/api"
	"nvrd/pkg/live/rtc"
)

// openRTC opens the UDP socket of live pictures at the address of the pages, by
// their port unless another is given. Without it pages play by fMP4, so a port
// that is taken stops nobody.
func openRTC(ctx context.Context, pages net.Addr, port uint16, log *slog.Logger) *rtc.Engine {
	at, err := netip.ParseAddrPort(pages.String())
	if err != nil {
		log.Warn("no live pictures by WebRTC", "err", err)
		return nil
	}
	if port != 0 {
		at = netip.AddrPortFrom(at.Addr(), port)
	}
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", at.String())
	if err != nil {
		log.Warn("no live pictures by WebRTC", "err", err)
		return nil
	}
	engine, err := rtc.New(rtc.Config{Conn: conn, Log: log})
	if err != nil {
		log.Warn("no live pictures by WebRTC", "err", err)
		return nil
	}
	return engine
}

// byRTC is nil for no engine, not an interface around it.
func byRTC(e *rtc.Engine) api.WebRTC {
	if e == nil {
		return nil
	}
	return e
}
