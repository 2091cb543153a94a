package find

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"nvrd/pkg/nvr"
)

// Trouble is why no camera is found at an address, as far as more is known than a
// reason says.
type Trouble string

// The troubles.
const (
	NoSuchName Trouble = "no_such_name" // nobody knows the name
	Outside    Trouble = "outside"      // the address is none of a home's network, and nothing answers there
	Forbidden  Trouble = "forbidden"    // no camera can be at the address
	Silent     Trouble = "silent"       // nothing answers at all
	Shut       Trouble = "shut"         // a machine answers, and takes no connection where cameras do
	Mute       Trouble = "mute"         // it takes connections, and says nothing
	OnlyWeb    Trouble = "only_web"     // something else is spoken there, and no stream
	NoPath     Trouble = "no_path"      // it speaks RTSP, and has its pictures at none of the known paths
)

// Troubles are all of them.
var Troubles = []Trouble{NoSuchName, Outside, Forbidden, Silent, Shut, Mute, OnlyWeb, NoPath}

const (
	// knockTime is how long a machine may take to say whether a port is open: its
	// network sends the question again after a second.
	knockTime = 3 * time.Second
	// greetTime is how long one may take to say what it speaks.
	greetTime = 3 * time.Second
)

// greeting is what a port that is open speaks.
type greeting uint8

const (
	nothing greeting = iota
	byRTSP
	otherwise
)

// reachable finds out which machine it is, and what it speaks: all ports at which
// cameras are tried are knocked at, at once. It returns why there is nothing to go on
// with, if so. It takes 6 s at most.
func (s *search) reachable(ctx context.Context) (machine string, t Trouble, detail string) {
	within, cancel := context.WithTimeout(ctx, knockTime)
	defer cancel()
	all, err := net.DefaultResolver.LookupNetIP(within, "ip", s.target.host)
	if err != nil || len(all) == 0 {
		return "", NoSuchName, fmt.Sprint(err)
	}
	number := slices.MinFunc(all, netip.Addr.Compare).Unmap()
	errs := s.knock(ctx)
	if len(s.open) > 0 {
		return number.String(), "", ""
	}
	switch err := worst(errs); {
	case errors.Is(err, errFenced):
		return "", Forbidden, ""
	case errors.Is(err, syscall.ECONNREFUSED):
		return "", Shut, err.Error()
	case home(number):
		return "", Silent, err.Error()
	default:
		return "", Outside, err.Error()
	}
}

// home tells whether a number can be one of a home's network.
func home(n netip.Addr) bool {
	return n.IsPrivate() || n.IsLoopback() || n.IsLinkLocalUnicast() || netip.MustParsePrefix("100.64.0.0/10").Contains(n)
}

// worst returns the error that says most.
func worst(errs []error) error {
	for _, says := range []error{errFenced, syscall.ECONNREFUSED} {
		if i := slices.IndexFunc(errs, func(err error) bool { return errors.Is(err, says) }); i >= 0 {
			return errs[i]
		}
	}
	return errs[0]
}

// knock fills in which ports are open and what they speak, and returns why the others
// are not.
func (s *search) knock(ctx context.Context) (errs []error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	s.open = map[int]greeting{}
	for _, port := range s.ports() {
		all.Go(func() {
			said, err := s.greet(ctx, net.JoinHostPort(s.target.host, strconv.Itoa(port)))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				s.open[port] = said
			} else {
				errs = append(errs, err)
			}
		})
	}
	all.Wait()
	return errs
}

// greet asks what is spoken at a port, which costs no log-in. Its error is that it is
// not open.
func (s *search) greet(ctx context.Context, at string) (greeting, error) {
	within, cancel := context.WithTimeout(ctx, knockTime)
	defer cancel()
	conn, err := s.dial.DialContext(within, "tcp", at)
	if err != nil {
		return nothing, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(greetTime)); err != nil {
		return nothing, err
	}
	said := make([]byte, len("RTSP"))
	n := 0
	if _, err = conn.Write([]byte("OPTIONS rtsp://" + at + "/ RTSP/1.0\r\nCSeq: 1\r\n\r\n")); err == nil {
		n, err = io.ReadFull(conn, said)
	}
	switch {
	case string(said) == "RTSP":
		return byRTSP, nil
	case n == 0 && errors.Is(err, os.ErrDeadlineExceeded):
		return nothing, nil
	}
	return otherwise, nil
}

// trouble says what is there where no camera was found.
func (s *search) trouble() Trouble {
	t := Mute
	for _, said := range s.open {
		switch said {
		case byRTSP:
			if s.target.stream == "" && s.reason == nvr.Refused {
				return NoPath
			}
			return ""
		case otherwise:
			t = OnlyWeb
		}
	}
	return t
}

// ports returns where a camera may be: where the address leads, and where makers have
// their streams and ONVIF.
func (s *search) ports() []int {
	all := []int{s.port, portOf(s.target.web)}
	if s.target.stream != "" {
		all = append(all, portOf(s.target.stream))
	}
	for _, web := range services(s.target.web) {
		all = append(all, portOf(web))
	}
	for _, m := range makers {
		all = append(all, m.ports...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// portOf returns the port of an address, which may be the usual one.
func portOf(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return 0
	}
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	return map[string]int{"http": 80, "https": 443, "rtsp": usualRTSP, "rtsps": 322}[u.Scheme]
}

// speaksRTSP tells whether a stream may be at an address: RTSP is spoken there, or it
// is encrypted.
func (s *search) speaksRTSP(address string) bool {
	said, ok := s.open[portOf(address)]
	return ok && (said == byRTSP || strings.HasPrefix(address, "rtsps:"))
}
