package main

import (
	"context"
	"log/slog"
	"net"
	"strconv"

	"nvrd/pkg/api"
	"nvrd/pkg/live/rtc"
)

// openRTC opens the UDP socket of live pictures and of voices at the address of
// the pages, by their port unless another is given. A proxy passes on the pages
// and no UDP: with one on this machine, which alone reaches the pages, the socket
// is at every address. Without it pages play by fMP4, so a port that is taken
// stops nobody.
func openRTC(ctx context.Context, pages net.Addr, s settings, log *slog.Logger) *rtc.Engine {
	host, port, err := net.SplitHostPort(pages.String())
	if err != nil {
		log.Warn("no live pictures by WebRTC", "err", err)
		return nil
	}
	if s.webrtcPort != 0 {
		port = strconv.Itoa(int(s.webrtcPort))
	}
	if ip := net.ParseIP(host); len(s.proxies) > 0 && ip.IsLoopback() {
		host = ""
	}
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", net.JoinHostPort(host, port))
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
