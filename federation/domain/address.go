package domain

import (
	"net"
	"net/netip"
	"slices"
)

// translated is where IPv4 is reached from networks that have IPv6 alone (RFC 6052):
// the last four bytes are the address.
var translated = netip.MustParsePrefix("64:ff9b::/96")

// unicast is what of IPv6 is in use on the internet.
var unicast = netip.MustParsePrefix("2000::/3")

// reserved are not on the internet though they look so (the special purpose registries
// of IANA, RFC 6890): what is private, this machine's, a carrier's, for tests and
// documents, or stands for an IPv4 address that would not be judged.
var reserved = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

func prefixes(all ...string) (parsed []netip.Prefix) {
	for _, p := range all {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return parsed
}

// public tells whether an address is one of the internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if translated.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	return (a.Is4() || unicast.Contains(a)) && !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}

// internet tells whether an address may be asked. A machine that can't tell which
// networks it is in asks none.
func internet(a netip.Addr) bool {
	own, err := net.InterfaceAddrs()
	return err == nil && public(a) && !nearby(a, own)
}

// nearby tells whether an address is in a network that a machine with such addresses
// is in: with IPv6 all that is at home has an address of the internet.
func nearby(a netip.Addr, own []net.Addr) bool {
	return slices.ContainsFunc(own, func(o net.Addr) bool {
		p, err := netip.ParsePrefix(o.String())
		return err == nil && p.Contains(a.Unmap())
	})
}
