package certificate

import (
	"crypto/x509"
	"net"
	"net/netip"
	"strings"
)

// ranges are addresses that are nobody's on the Internet: of homes (RFC 1918,
// RFC 4193), of providers and private networks between machines (RFC 6598), of
// one link (RFC 3927, RFC 4291), and of the machine itself.
var ranges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::1/128"),
}

// domains are never public: localhost (RFC 6761), local (RFC 6762), home.arpa
// (RFC 8375), internal (reserved by ICANN in 2024), and two that routers use and
// that ICANN does not give away.
var domains = []string{"localhost", "local", "home.arpa", "internal", "lan", "home"}

// constrain has an authority speak for ranges, domains and hosts alone. The
// extension is critical, as RFC 5280 asks: what would not understand it must
// refuse the authority rather than trust it with everything.
func constrain(template *x509.Certificate, hosts []string) {
	template.PermittedDNSDomainsCritical = true
	template.PermittedDNSDomains = append([]string{}, domains...)
	for _, p := range ranges {
		template.PermittedIPRanges = append(template.PermittedIPRanges, network(p))
	}
	_, _, unfit := divide(template, hosts)
	for _, host := range unfit {
		if a, err := netip.ParseAddr(host); err == nil {
			a = a.Unmap().WithZone("")
			template.PermittedIPRanges = append(template.PermittedIPRanges, network(netip.PrefixFrom(a, a.BitLen())))
		} else if hostname(host) {
			template.PermittedDNSDomains = append(template.PermittedDNSDomains, host)
		}
	}
}

func network(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// divide tells names from addresses, and both from what the authority may not
// speak for.
func divide(authority *x509.Certificate, hosts []string) (names []string, addresses []netip.Addr, unfit []string) {
	for _, host := range hosts {
		a, err := netip.ParseAddr(host)
		a = a.Unmap().WithZone("")
		switch {
		case err == nil && speaksForAddress(authority, a):
			addresses = append(addresses, a)
		case err != nil && hostname(host) && speaksForName(authority, host):
			names = append(names, host)
		default:
			unfit = append(unfit, host)
		}
	}
	return names, addresses, unfit
}

func speaksForAddress(authority *x509.Certificate, a netip.Addr) bool {
	for _, n := range authority.PermittedIPRanges {
		if n.Contains(a.AsSlice()) {
			return true
		}
	}
	return false
}

func speaksForName(authority *x509.Certificate, name string) bool {
	for _, domain := range authority.PermittedDNSDomains {
		if name == domain || strings.HasSuffix(name, "."+domain) {
			return true
		}
	}
	return false
}

// hostname tells whether a certificate can be for name: labels of small letters,
// digits, - and _, as browsers send them. One that can't would spoil it for all others.
func hostname(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
