package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// defaultListen is reached from this machine only.
const defaultListen = "127.0.0.1:8080"

func run(ctx context.Context, c *call) error {
	var s settings
	f := c.flags()
	data := dataFlag(f)
	f.StringVar(&s.listen, "listen", defaultListen, "address of the pages")
	s.flags(f)
	s.networkFlags(f)
	s.neighborFlags(f)
	if err := c.parse(f); err != nil {
		return err
	}
	s.data = *data
	return c.appliance(ctx, s, nil)
}

// flags adds the settings that every appliance has.
func (s *settings) flags(f *flag.FlagSet) {
	f.StringVar(&s.accessKey, "access-key-file", "", "file with the key that browsers are asked for")
	f.Func("host", "a further name or address that the pages are reached by", func(name string) error {
		s.hosts = append(s.hosts, divide(name)...)
		return nil
	})
	f.Func("webrtc-port", "UDP port of live pictures; that of --listen unless given", func(text string) error {
		port, err := strconv.ParseUint(text, 10, 16)
		s.webrtcPort = uint16(port)
		return err
	})
}

// divide takes apart a list, as the environment has of flags that may be given more than once.
func divide(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// neighborPort is where neighbors reach this home unless it is told otherwise.
const neighborPort = 7667

// neighborFlags adds how neighbors reach the home.
func (s *settings) neighborFlags(f *flag.FlagSet) {
	s.neighbors.Port = neighborPort
	f.Func("neighbor-port", "first port, UDP and TCP, for neighbors; 0 takes free ones; 7667 unless given", func(text string) error {
		port, err := strconv.ParseUint(text, 10, 16)
		s.neighbors.Port = uint16(port)
		return err
	})
	f.Func("neighbor-address", "public address from which the router forwards the ports for neighbors to this machine", func(text string) (err error) {
		s.neighbors.Forwarded, err = publicAddress(text)
		return err
	})
	f.BoolVar(&s.neighbors.RelayOnly, "relay-only", false, "do not tell neighbors this home's address; they reach it through each other")
}

// shared are the addresses that providers give to homes behind one of their routers (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// publicAddress reads an address that may be reached from everywhere.
func publicAddress(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err == nil && (!a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" || shared.Contains(a.Unmap())) {
		err = errors.New("nobody outside reaches that address; behind a provider's router another home has to open a port")
	}
	return a.Unmap(), err
}

// appliance runs an appliance until ctx ends. ready, which may be nil, is
// called with it once it records.
func (c *call) appliance(ctx context.Context, s settings, ready func(*server) error) (err error) {
	a, err := start(ctx, s, c.logger())
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil // it was told to end before it had begun
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if ready != nil {
		if err := ready(a); err != nil {
			return err
		}
	}
	if err := c.greet(a); err != nil {
		return err
	}
	return a.serve(ctx)
}

func health(ctx context.Context, c *call) error {
	f := c.flags()
	listen := f.String("listen", defaultListen, "address of the pages")
	if err := c.parse(f); err != nil {
		return err
	}
	address, err := addressOf(*listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/v1/health", nil)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if _, err := fmt.Fprintln(c.out, strings.TrimSpace(string(body))); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not well: %s", response.Status)
	}
	return nil
}
