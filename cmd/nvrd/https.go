package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"

	"nvrd/pkg/api"
	"nvrd/pkg/auth"
	"nvrd/pkg/certificate"
	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

// networkFlags adds how others on the network reach the pages.
func (s *settings) networkFlags(f *flag.FlagSet) {
	f.StringVar(&s.own[0], "certificate", "", "file with a certificate of your own, in place of one of the home's authority; read again when it changes")
	f.StringVar(&s.own[1], "certificate-key", "", "file with the key of that certificate")
	f.Func("proxy", "a proxy that may send without TLS, and is believed about whom it passes on; an address or a range such as 172.17.0.0/16", func(text string) error {
		p, err := proxy(text)
		s.proxies = append(s.proxies, p...)
		return err
	})
}

// proxy reads addresses and ranges; several, as from the environment, have commas or spaces between them.
func proxy(text string) (all []netip.Prefix, err error) {
	for _, word := range divide(text) {
		p, err := netip.ParsePrefix(word)
		if a, alone := netip.ParseAddr(word); alone == nil {
			p, err = netip.PrefixFrom(a.Unmap().WithZone(""), a.Unmap().BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no address, and no range", word)
		}
		if p.Bits() == 0 {
			return nil, errors.New("that is everybody")
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// gate reads the access key. Without one, only this machine may be served.
func (s settings) gate() (*auth.AccessKey, error) {
	if len(s.proxies) > 0 && s.accessKey == "" {
		return nil, fmt.Errorf("--proxy: everybody who reaches the proxy would see your cameras: give --access-key-file, too: %w", nvr.ErrInvalid)
	}
	if s.accessKey != "" {
		key, err := auth.ReadAccessKey(s.accessKey)
		return &key, err
	}
	host, _, err := hostPort(s.listen)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("refusing to show your cameras to everybody who reaches %s: write a key of 16 characters or more to a file and name it with --access-key-file, or listen on 127.0.0.1: %w",
			s.listen, nvr.ErrInvalid)
	}
	return nil, nil
}

// names returns the names by which this machine is reached.
func (s settings) names() ([]string, error) {
	machine, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name of this machine: %w", err)
	}
	return auth.Names(machine, s.hosts), nil
}

// offerTLS has the listener speak TLS if others than this machine reach it, or if
// there is a certificate for it.
func (a *server) offerTLS(s settings, names []string) error {
	at, ok := a.listener.Addr().(*net.TCPAddr)
	if s.own != [2]string{} {
		if s.own[0] == "" || s.own[1] == "" {
			return fmt.Errorf("--certificate and --certificate-key go together: %w", nvr.ErrInvalid)
		}
		files, err := certificate.OpenFiles(s.own[0], s.own[1], a.log)
		if err != nil {
			return err
		}
		a.listener, a.tls = api.Offer(a.listener, files.TLS()), true
		return nil
	}
	if ok && at.IP.IsLoopback() {
		return nil
	}
	authority, err := certificate.Open(s.data, names)
	if err != nil {
		return err
	}
	for _, name := range authority.Unfit() {
		a.log.Warn("the home's authority can't vouch for this name, which it did not know when it was made", "name", name)
	}
	a.authority = authority
	a.listener, a.tls = api.Offer(a.listener, authority.TLS()), true
	return nil
}

// greet says where the pages are, and how browsers come to trust them.
func (c *call) greet(a *server) error {
	if _, err := fmt.Fprintf(c.out, "Stoop is at %s\n", whereabouts(a.listener.Addr(), a.tls)); err != nil || a.authority == nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "Browsers warn until they trust this home: open /trust there. Its authority is %s, SHA-256 fingerprint\n%s\n", a.authority.Name(), a.authority.Fingerprint())
	return err
}

// showCertificate prints what devices show of the home's authority.
func showCertificate(_ context.Context, c *call) error {
	f := c.flags()
	data := dataFlag(f)
	out := f.String("out", "", "file to write the authority's certificate to, as PEM")
	if err := c.parse(f); err != nil {
		return err
	}
	a, err := certificate.Load(*data)
	if errors.Is(err, nvr.ErrNotFound) {
		return fmt.Errorf("%w; `nvrd run` makes it when it first listens on an address that others reach", err)
	}
	if err != nil {
		return err
	}
	if *out != "" {
		if err := durable.Create(*out, 0o644, durable.Bytes(a.PEM())); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(c.out, "name         %s\nfingerprint  %s\nuntil        %s\n", a.Name(), a.Fingerprint(), a.Until().Format("2006-01-02"))
	return err
}
