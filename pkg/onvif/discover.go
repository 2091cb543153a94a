package onvif

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

// Found is a device that answered a search.
type Found struct {
	Address  string // of its device service, on the machine that answered
	Name     string // as the device calls itself; printable, may be empty
	Hardware string // likewise, its model
	// Endpoint is what the device calls itself wherever it is, in small letters: as a
	// rule a UUID (WS-Discovery, 2.6). It may be empty, or that of another device.
	Endpoint string
}

// Search says where and how long to search. The zero value searches the home's
// own networks.
type Search struct {
	// For is how long to wait for answers; zero means 3 s. Devices answer within
	// half a second of a question that is asked twice (WS-Discovery, 1.1, 3.1.3).
	For time.Duration
	// Sockets opens what is asked from, and says where each asks; nil means one
	// for each private address of this machine.
	Sockets func() ([]Socket, error)
}

// Socket is what a search asks from, and where to. The search closes it.
type Socket struct {
	Conn net.PacketConn
	To   net.Addr
}

// Bounds of what answers a search. All of a street's cameras are fewer.
const (
	maxFound    = 64
	maxAnswers  = 1024     // datagrams on one socket
	maxDatagram = 16 << 10 // bytes; answers have 1 to 3 KiB
	maxSockets  = 16       // networks of one machine
	maxName     = 64       // bytes of a name
	maxEndpoint = 128      // bytes; a UUID as a URN has 45
	maxXAddrs   = 16
)

// Discover asks the home's own networks which cameras there are, by multicast
// (WS-Discovery), and returns who answered within the time, by address. It sends
// nothing to anybody else, and tells of no machine but the one that an answer came
// from. It is for when a person asks for it.
func Discover(ctx context.Context, s Search) ([]Found, error) {
	if s.For <= 0 {
		s.For = 3 * time.Second
	}
	if s.Sockets == nil {
		s.Sockets = privateSockets
	}
	sockets, err := s.Sockets()
	if err != nil {
		return nil, fmt.Errorf("search for cameras: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.For)
	defer cancel()
	var mu sync.Mutex
	found := map[string]Found{}
	var all sync.WaitGroup
	for _, socket := range sockets {
		all.Go(func() {
			socket.search(ctx, func(f Found) {
				mu.Lock()
				defer mu.Unlock()
				if _, ok := found[f.Address]; !ok && len(found) < maxFound {
					found[f.Address] = f
				}
			})
		})
	}
	all.Wait()
	list := make([]Found, 0, len(found))
	for _, f := range found {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Found) int { return strings.Compare(a.Address, b.Address) })
	return list, nil
}

// search asks twice from one socket, since packets get lost, and reads answers
// until ctx ends. The second question is for devices that do not answer to the
// first one's type.
func (s Socket) search(ctx context.Context, found func(Found)) {
	defer s.Conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = s.Conn.SetReadDeadline(time.Now()) })
	defer stop()
	ids := []string{newUUID(), newUUID()}
	go func() {
		for i, types := range []string{"<d:Types xmlns:n=\"http://www.onvif.org/ver10/network/wsdl\">n:NetworkVideoTransmitter</d:Types>", ""} {
			if _, err := s.Conn.WriteTo(probe(ids[i], types), s.To); err != nil || !pause(ctx, 200*time.Millisecond) {
				return
			}
		}
	}()
	buffer := make([]byte, maxDatagram)
	for range maxAnswers {
		n, from, err := s.Conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if udp, ok := from.(*net.UDPAddr); ok {
			if f, ok := readMatch(buffer[:n], udp, ids); ok {
				found(f)
			}
		}
	}
}

func probe(id, types string) []byte {
	const space = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="` + nsSOAP + `" xmlns:a="` + space + `" xmlns:d="` + nsDiscovery + `">` +
		`<s:Header><a:MessageID>urn:uuid:` + id + `</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>` +
		`<a:Action>` + nsDiscovery + `/Probe</a:Action></s:Header><s:Body><d:Probe>` + types + `</d:Probe></s:Body></s:Envelope>`)
}

// readMatch reads an answer: of a camera, to a question of ours, from a machine of
// the home. The address is on the machine that it came from, whatever it says.
func readMatch(data []byte, from *net.UDPAddr, ids []string) (Found, bool) {
	at, ok := netip.AddrFromSlice(from.IP)
	if at = at.Unmap(); !ok || !at.IsPrivate() && !at.IsLoopback() {
		return Found{}, false
	}
	root, err := parse(data)
	if err != nil {
		return Found{}, false
	}
	to := root.find(root.space, "Header").within("http://schemas.xmlsoap.org/ws/2004/08/addressing", "RelatesTo")
	if to == nil {
		to = root.find(root.space, "Header").within(nsAddressing, "RelatesTo")
	}
	if to != nil && !slices.ContainsFunc(ids, func(id string) bool { return strings.HasSuffix(strings.ToLower(to.text), id) }) {
		return Found{}, false
	}
	match := root.within(nsDiscovery, "ProbeMatch")
	scopes := match.find(nsDiscovery, "Scopes").String()
	if !strings.Contains(match.find(nsDiscovery, "Types").String(), "NetworkVideoTransmitter") && !strings.Contains(scopes, "onvif://") {
		return Found{}, false
	}
	address, ok := choose(strings.Fields(match.find(nsDiscovery, "XAddrs").String()), at)
	return Found{address, scope(scopes, "name"), scope(scopes, "hardware"), endpoint(match)}, ok
}

// endpoint returns what an answer calls the device.
func endpoint(match *element) string {
	for _, space := range []string{"http://schemas.xmlsoap.org/ws/2004/08/addressing", nsAddressing} {
		if text := endpointOf(match.find(space, "EndpointReference", "Address").String()); text != "" {
			return text
		}
	}
	return ""
}

// endpointOf returns the one way to write what a device calls itself; empty if that
// can't be.
func endpointOf(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > maxEndpoint || text != printable(text) {
		return ""
	}
	return strings.TrimPrefix(strings.TrimPrefix(text, "urn:"), "uuid:")
}

// choose returns the address of the device service among those that an answer
// names, on the machine that it came from.
func choose(all []string, at netip.Addr) (string, bool) {
	var best *url.URL
	for _, text := range all[:min(len(all), maxXAddrs)] {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			continue
		}
		if best == nil || u.Hostname() == at.String() && best.Hostname() != at.String() {
			best = u
		}
	}
	if best == nil {
		return "", false
	}
	host := at.String()
	if at.Is6() {
		host = "[" + host + "]"
	}
	if port := best.Port(); port != "" {
		host += ":" + port
	}
	path := best.EscapedPath()
	if path == "" || len(path) > maxText {
		path = usualPath
	}
	return best.Scheme + "://" + host + path, true
}

// scope returns the value of the first scope of a kind (ONVIF Core, 7.3.2.2).
func scope(scopes, kind string) string {
	for _, s := range strings.Fields(scopes) {
		if rest, ok := strings.CutPrefix(s, "onvif://www.onvif.org/"+kind+"/"); ok {
			if text, err := url.PathUnescape(rest); err == nil {
				rest = text
			}
			return cut(printable(strings.ReplaceAll(rest, "_", " ")), maxName)
		}
	}
	return ""
}

// privateSockets opens one socket for each private address (IPv4) of this machine: on a
// network that is the home's own, not the far end of a tunnel.
func privateSockets() ([]Socket, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var all []Socket
	for _, in := range interfaces {
		const needs, not = net.FlagUp | net.FlagMulticast, net.FlagLoopback | net.FlagPointToPoint
		if in.Flags&needs != needs || in.Flags&not != 0 {
			continue
		}
		addresses, err := in.Addrs()
		if err != nil {
			continue // it is gone
		}
		for _, a := range addresses {
			if s, ok := socketAt(a); ok && len(all) < maxSockets {
				all = append(all, s)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("this machine is in no private network: %w", nvr.ErrNotFound)
	}
	return all, nil
}

// socketAt opens a socket at an address of an interface. What is sent to a group
// leaves by the interface that the socket's own address belongs to.
func socketAt(a net.Addr) (Socket, bool) {
	own, ok := a.(*net.IPNet)
	if !ok {
		return Socket{}, false
	}
	// By IPv6 a camera would answer a second time, from an address of one link, at
	// which it can't be kept.
	at, ok := netip.AddrFromSlice(own.IP)
	if at = at.Unmap(); !ok || !at.Is4() || !at.IsPrivate() {
		return Socket{}, false
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: own.IP})
	return Socket{conn, &net.UDPAddr{IP: net.IPv4(239, 255, 255, 250), Port: 3702}}, err == nil
}
