package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// errBlocked is why a connection is not even tried.
var errBlocked = errors.New("messages may not be sent to this address")

// reach says how near to this machine an address may be.
type reach int

const (
	public reach = iota // what a browser or a stranger named: only the internet
	near                // what the owner typed: the home's network and this machine, too
)

// dialer makes every connection of this package. It looks at the address that is
// connected to, after the name was looked up and for each address anew, so that no
// name can lead where no address may.
type dialer struct{ own []uint16 }

// connectTime bounds one connection: a server at home answers in milliseconds, one
// far away in a second.
const connectTime = 5 * time.Second

// dial returns a function that connects as far as r allows.
func (d dialer) dial(r reach) func(ctx context.Context, network, address string) (net.Conn, error) {
	inner := net.Dialer{Timeout: connectTime, KeepAlive: 30 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return d.check(address, r)
	}}
	return inner.DialContext
}

// forbidden are addresses that no channel leads to.
var forbidden = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),          // this network
	netip.MustParsePrefix("169.254.0.0/16"),     // link-local; clouds give keys away at 169.254.169.254
	netip.MustParsePrefix("192.0.0.0/24"),       // protocol assignments; Oracle's metadata at 192.0.0.192
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba's metadata
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure's
	netip.MustParsePrefix("240.0.0.0/4"),        // reserved, broadcast
	netip.MustParsePrefix("fe80::/10"),          // link-local
	netip.MustParsePrefix("fd00:ec2::/32"),      // Amazon's metadata
	netip.MustParsePrefix("::/128"),
}

// local are those that only what the owner typed leads to.
var local = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT, overlay networks
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("fec0::/10"),       // site-local, as it was once
}

// embeds are prefixes in which an IPv4 address stands, with the bytes before it.
var embeds = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},   // NAT64
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12}, // NAT64 of one's own
	{netip.MustParsePrefix("2002::/16"), 2},       // 6to4
	{netip.MustParsePrefix("::/96"), 12},          // IPv4-compatible
}

// check returns [errBlocked] of an address and port that must not be connected to.
func (d dialer) check(address string, r reach) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, errBlocked)
	}
	ip := to.Addr().WithZone("").Unmap()
	if to.Addr().Zone() != "" || !permitted(ip, r) {
		return fmt.Errorf("%s: %w", ip, errBlocked)
	}
	for _, e := range embeds {
		if e.prefix.Contains(ip) && !ip.IsLoopback() {
			b := ip.As16()
			if inner := netip.AddrFrom4([4]byte(b[e.at : e.at+4])); !permitted(inner, r) || d.isOwn(inner, to.Port()) {
				return fmt.Errorf("%s: %w", ip, errBlocked)
			}
		}
	}
	if d.isOwn(ip, to.Port()) {
		return fmt.Errorf("%s is this program itself: %w", to, errBlocked)
	}
	return nil
}

func permitted(ip netip.Addr, r reach) bool {
	in := func(all []netip.Prefix) bool {
		return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	if ip.IsUnspecified() || ip.IsMulticast() || in(forbidden) {
		return false
	}
	return r == near || !ip.IsLoopback() && !ip.IsPrivate() && !in(local)
}

// isOwn tells whether this program listens there.
func (d dialer) isOwn(ip netip.Addr, port uint16) bool {
	if !slices.Contains(d.own, port) {
		return false
	}
	if ip.IsLoopback() {
		return true
	}
	all, err := net.InterfaceAddrs()
	return err != nil || slices.ContainsFunc(all, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Addr().Unmap() == ip
	})
}

// hostName returns a host as names are compared.
func hostName(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }
