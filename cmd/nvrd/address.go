package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"nvrd/pkg/nvr"
)

// whereabouts says where a person finds the pages that are served at listening:
// addresses that can be typed on another machine, and that are not refused there.
func whereabouts(listening net.Addr, tls bool) string {
	scheme := "http://"
	if tls {
		scheme = "https://"
	}
	at, ok := listening.(*net.TCPAddr)
	if !ok || !at.IP.IsUnspecified() {
		return scheme + listening.String()
	}
	if inContainer() {
		return fmt.Sprintf("http://localhost:%d in this container, and outside at %s and the address of the machine, at the port that is published for it", at.Port, scheme)
	}
	name, err := os.Hostname()
	if err != nil {
		name = ""
	}
	return everywhere(scheme, name, at.Port, interfaceAddresses())
}

// everywhere returns the addresses of a port that all interfaces serve: by name,
// and by IPv4 or, where there is none, by IPv6.
func everywhere(scheme, name string, port int, own []netip.Addr) string {
	hosts := []string{}
	if name != "" && name != "localhost" {
		hosts = append(hosts, name)
	}
	has4 := slices.ContainsFunc(own, netip.Addr.Is4)
	for _, a := range own {
		if a.Is4() == has4 && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			hosts = append(hosts, a.String())
		}
	}
	if len(hosts) == 0 {
		hosts = append(hosts, "localhost")
	}
	for i, h := range hosts {
		hosts[i] = scheme + net.JoinHostPort(h, strconv.Itoa(port))
	}
	return strings.Join(hosts, " and ")
}

// reached returns the address by which phones open this home, for links in messages:
// by the first name that the owner gave, and else by the first of own. It is empty
// where that is not known: on this machine alone, in a container, and behind a proxy,
// unless the owner gave a name.
func (s settings) reached(listening net.Addr, tls, container bool, own []netip.Addr) string {
	at, ok := listening.(*net.TCPAddr)
	named, proxied := len(s.hosts) > 0, len(s.proxies) > 0
	switch {
	case !ok:
		return ""
	case named && proxied: // who serves HTTPS at its own port
		return "https://" + bracketed(s.hosts[0])
	case at.IP.IsLoopback() || proxied || container && !named:
		return ""
	}
	scheme := "http://"
	if tls {
		scheme = "https://"
	}
	if named {
		return scheme + net.JoinHostPort(s.hosts[0], strconv.Itoa(at.Port))
	}
	if !at.IP.IsUnspecified() {
		return scheme + at.String()
	}
	first, _, _ := strings.Cut(everywhere(scheme, "", at.Port, own), " and ")
	if strings.HasPrefix(first, scheme+"localhost:") {
		return ""
	}
	return first
}

// bracketed returns a host as addresses of pages have it.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// interfaceAddresses returns the addresses of the interfaces that lead out of
// this machine.
func interfaceAddresses() []netip.Addr {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil // the name is left
	}
	var own []netip.Addr
	for _, i := range interfaces {
		inner := slices.ContainsFunc([]string{"docker", "br-", "veth", "virbr", "cni", "podman", "lxc"}, func(prefix string) bool {
			return strings.HasPrefix(i.Name, prefix)
		})
		addresses, err := i.Addrs()
		if err != nil || inner || i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				own = append(own, p.Addr())
			}
		}
	}
	return own
}

// inContainer tells whether docker or podman runs this program: what it calls
// itself there, and its addresses, are known to nobody outside.
func inContainer() bool {
	return slices.ContainsFunc([]string{"/.dockerenv", "/run/.containerenv"}, func(mark string) bool {
		_, err := os.Stat(mark)
		return err == nil
	})
}

// hostPort takes apart what --listen says.
func hostPort(listen string) (host, port string, err error) {
	if host, port, err = net.SplitHostPort(listen); err != nil {
		return "", "", fmt.Errorf("--listen %q is not HOST:PORT: %w", listen, nvr.ErrInvalid)
	}
	return host, port, nil
}

// addressOf returns where a program on this machine is reached that listens so.
func addressOf(listen string) (string, error) {
	host, port, err := hostPort(listen)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
