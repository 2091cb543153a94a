// Package find finds out how a camera is reached, for a person who adds one: it
// searches the home's network when asked to, or takes an address as people have
// it, and tries ONVIF, the usual port and makers' usual paths. What it found it
// shows as a picture before anything is stored.
//
// It logs in only with what the person gave, and stops at the first refusal. It
// does not store cameras (pkg/household does), decide who may ask (pkg/auth does)
// nor keep them connected (pkg/camera).
package find

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
)

// Wanted is what a person knows of a camera.
type Wanted struct {
	Address  string // an IP address, a name, an address of the web or of a stream
	User     string // empty for nobody, or for admin if there is a password
	Password household.Secret
	// Anew tries user and password once more that the device refused within half an
	// hour: they may be right by now, since somebody set them there.
	Anew bool
}

// Camera is a camera that was found, and how to reach it.
type Camera struct {
	Input   household.CameraInput // all but its name
	Suggest string                // a name that suits it; may be empty
	Streams []nvr.Stream          // what it sends, the large one first
	Picture []byte                // an MP4 with one key frame, in H.264 if one of them is
	Offers  []onvif.Profile       // all that it offers, if it speaks ONVIF
	Bell    *household.Bell       // how it tells what happens, if it does; its camera is not set
	// Moved tells that the camera named another machine in its addresses, in whose
	// place the one that was asked was put.
	Moved bool
}

// Device is a device that answered a search.
type Device struct {
	onvif.Found
	// Camera is the one of the home that it is, as far as is known; zero if it is none.
	Camera nvr.CameraID
	Called string // the name of that
	// Moved tells that the home knows Camera at another address.
	Moved bool
}

// Answer is what came of a question: a camera, or why there is none and what
// would help.
type Answer struct {
	Camera *Camera
	Name   string // by which the Finder holds the camera
	// Address and User are what was asked with, without the password that a link may hold.
	Address, User string
	// NeedPassword tells that something is there and wants user and password, or
	// other ones if some were given.
	NeedPassword bool
	Refused      bool // those that were given are wrong
	// Again is how long ago the device refused the very same, which were not tried
	// again, unless it is zero.
	Again time.Duration
	// Wait is how long nobody logs in at the device, since it refused too often.
	Wait    time.Duration
	Reason  nvr.Reason
	Trouble Trouble // empty if no more is known than Reason says
	Detail  string  // for curious people; holds no password
	Mistake *household.AddressError
}

const (
	// allWithin bounds a question: each stream may take 12 s to send a key frame.
	allWithin = 45 * time.Second
	usualUser = "admin" // what most cameras come with
)

// account checks user and password, and completes them. It fails with
// [nvr.ErrInvalid].
func (w Wanted) account() (Wanted, error) {
	if w.User == "" && w.Password != "" {
		w.User = usualUser
	}
	_, err := household.CameraInput{URL: "rtsp://camera/", User: w.User, Password: w.Password}.Normalize()
	return w, err
}

// target is where to look.
type target struct {
	host   string // without brackets
	web    string // address of an ONVIF service to try
	stream string // address of a stream that was given; empty if none was
}

// read takes an address as people mean it. User and password in it are taken over.
func read(w Wanted) (target, Wanted, *household.AddressError) {
	text := strings.TrimSpace(w.Address)
	in, wrong := household.CameraInput{URL: text, User: w.User, Password: w.Password}.Tidy()
	w.User, w.Password = in.User, in.Password
	if len(wrong) == 0 {
		u, err := url.Parse(in.URL)
		if err != nil {
			return target{}, w, &household.AddressError{Field: "address", Mistake: household.Unreadable}
		}
		return target{host: u.Hostname(), web: "http://" + bracket(u.Hostname()) + "/", stream: in.URL}, w, nil
	}
	switch m := wrong[0]; m.Mistake {
	case household.NoScheme, household.Label: // all but the rtsp:// in front
		if u, err := url.Parse(m.Likely); err == nil && u.Hostname() != "" {
			return target{host: u.Hostname(), web: "http://" + bracket(u.Hostname()) + "/", stream: m.Likely}, w, nil
		}
	case household.OnlyHost, household.OnlyPort, household.WebPage:
		web := in.URL
		if m.Mistake != household.WebPage {
			web = "http://" + in.URL
		}
		if u, err := url.Parse(web); err == nil && u.Hostname() != "" {
			if !strings.Contains(u.Path, "onvif") {
				u.Path, u.RawQuery = "/", ""
			}
			return target{host: u.Hostname(), web: u.String()}, w, nil
		}
	case household.Unreadable: // one word may be the name of a machine
		if u, err := url.Parse("http://" + text + "/"); err == nil && text != "" && u.Host == text && !strings.ContainsAny(text, "@:/ ") {
			return target{host: u.Hostname(), web: u.String()}, w, nil
		}
	}
	return target{}, w, &household.AddressError{Field: "address", Mistake: wrong[0].Mistake, Likely: wrong[0].Likely}
}

// bracket writes a host as it stands in an address.
func bracket(host string) string { return strings.TrimSuffix(net.JoinHostPort(host, ""), ":") }

// errFenced says that an address is none at which a camera can be.
var errFenced = errors.New("no camera can be at this address")

// fence returns a dialer that reaches the machine that a person named, after its
// name was looked up, and no place that only this machine or its provider reaches:
// no link-local address, where providers keep secrets, and this machine itself
// only if it was named as such.
func fence(host string) *net.Dialer {
	own, err := netip.ParseAddr(host)
	named := strings.EqualFold(host, "localhost") || err == nil && own.IsLoopback()
	return &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return errFenced
		}
		ip := at.Addr().Unmap()
		if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || ip.IsLoopback() && !named || ip == netip.MustParseAddr("fd00:ec2::254") {
			return errFenced
		}
		return nil
	}}
}
