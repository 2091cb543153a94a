package find

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
	"nvrd/pkg/rtsp"
)

// search is one question.
type search struct {
	target target
	wanted Wanted
	log    *slog.Logger
	dial   *net.Dialer

	tries   int // log-ins that were refused
	wants   bool
	reason  nvr.Reason
	detail  string
	found   Camera
	device  onvif.Information
	streams []string // addresses, the large one first
}

const (
	// tryTimeout is how long one of many addresses may take to show a picture.
	tryTimeout = 12 * time.Second
	usualRTSP  = 554
	// speakTimeout is how long each of several ports may take to show that ONVIF is
	// spoken there.
	speakTimeout = 3 * time.Second
)

// reachable tells which machine it is, and whether the fence lets it be asked at
// all: only that, and a name that nobody knows, is an error, since a port that is
// shut says nothing.
func (s *search) reachable(ctx context.Context) (machine netip.Addr, err error) {
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", s.target.host)
	if err != nil {
		return netip.Addr{}, err
	}
	conn, err := s.dial.DialContext(ctx, "tcp", net.JoinHostPort(s.target.host, strconv.Itoa(usualRTSP)))
	if err == nil {
		conn.Close()
	}
	if errors.Is(err, errFenced) {
		return netip.Addr{}, err
	}
	return slices.MinFunc(all, netip.Addr.Compare).Unmap(), nil
}

// run tries ONVIF, then the address of a stream that was given, then makers' paths.
func (s *search) run(ctx context.Context) Answer {
	s.reason = nvr.Unreachable
	if s.target.stream != "" {
		s.try(ctx, []string{s.target.stream})
	}
	if s.allowed() {
		s.askONVIF(ctx)
	}
	switch known := len(s.found.Streams) > 0; {
	case known && len(s.streams) == 2 && s.found.Input.SubURL == "" && s.streams[1] != s.target.stream:
		s.small(ctx, s.streams[1])
	case known:
	case len(s.streams) > 0:
		s.try(ctx, s.streams)
	case s.target.stream == "" && s.allowed():
		s.tryMakers(ctx)
	}
	if len(s.found.Streams) > 0 {
		return Answer{Camera: &s.found}
	}
	refused := s.tries > 0
	return Answer{NeedPassword: s.wants || refused, Refused: refused, Reason: s.reason, Detail: s.detail}
}

// allowed tells whether to log in once more: what wants an account that was not
// given, or refused twice, is left alone.
func (s *search) allowed() bool {
	return s.tries < maxRefused && !(s.wants && (s.wanted.User == "" || s.target.stream != ""))
}

// askONVIF asks for the streams, and whether the device tells what happens at it.
func (s *search) askONVIF(ctx context.Context) {
	d := s.speaks(ctx)
	if d == nil {
		return
	}
	defer d.Close()
	profiles, err := d.Profiles(ctx)
	s.tries += d.Tries()
	if onvif.IsWrongPassword(err) {
		s.wants, s.reason, s.detail = true, nvr.WrongPassword, err.Error()
	}
	if err != nil {
		return
	}
	s.device, _ = d.Information(ctx)
	s.found.Offers = profiles
	main, sub, ok := onvif.Pick(profiles)
	if !ok {
		return
	}
	for _, p := range []onvif.Profile{main, sub} {
		if uri, err := d.StreamURI(ctx, p); err == nil && p.Token != "" {
			s.streams = append(s.streams, uri)
		}
	}
	settings := Settings{Profile: main.Token}
	if relays, err := d.Relays(ctx); err == nil {
		for _, r := range relays {
			settings.Relays = append(settings.Relays, r.Token)
		}
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return
	}
	s.found.Moved, s.found.Suggest = d.Moved(), s.device.Model
	s.found.Bell = &household.Bell{Kind: household.ONVIFBell, Address: s.target.web, AsCamera: true, Settings: text}
}

// speaks returns the device that speaks ONVIF at the machine, at the port that was
// given or else at those that makers use; nil if none does.
func (s *search) speaks(ctx context.Context) *onvif.Device {
	for _, web := range services(s.target.web) {
		d, err := onvif.New(onvif.Config{Address: web, User: s.wanted.User, Password: s.wanted.Password.Reveal(), DialContext: s.dial.DialContext})
		if err != nil {
			return nil
		}
		within, cancel := context.WithTimeout(ctx, speakTimeout)
		err = d.Time(within)
		cancel()
		if err == nil {
			s.target.web = web
			return d
		}
		d.Close()
	}
	return nil
}

// services returns where ONVIF may be spoken, given one address of the machine.
func services(web string) []string {
	all := []string{web}
	u, err := url.Parse(web)
	if err != nil || u.Port() != "" {
		return all
	}
	for _, port := range onvifPorts {
		all = append(all, "http://"+net.JoinHostPort(u.Hostname(), port)+"/")
	}
	return all
}

// Settings are what is kept of a device that speaks ONVIF, with its bell.
type Settings struct {
	Profile string   `json:"profile"`          // token of the large stream
	Relays  []string `json:"relays,omitempty"` // tokens of its outputs
}

// tryMakers tries the paths of makers, at the usual port and at theirs.
func (s *search) tryMakers(ctx context.Context) {
	shut := map[int]bool{}
	for _, m := range likely(s.device.Maker + " " + s.device.Model) {
		for _, port := range append([]int{usualRTSP}, m.ports...) {
			if shut[port] || s.tries >= maxRefused || ctx.Err() != nil {
				continue
			}
			host := bracket(s.target.host)
			if port != usualRTSP {
				host = net.JoinHostPort(s.target.host, strconv.Itoa(port))
			}
			all := []string{"rtsp://" + host + m.main}
			if m.sub != "" {
				all = append(all, "rtsp://"+host+m.sub)
			}
			s.try(ctx, all)
			shut[port] = s.reason == nvr.Unreachable || s.reason == nvr.BadStream
			if len(s.found.Streams) > 0 || s.reason == nvr.WrongPassword {
				return // found, or who was refused at one path is at all
			}
		}
	}
}

// try asks for the picture of the first address, and for what the second sends. A
// small stream that is not there is left out.
func (s *search) try(ctx context.Context, addresses []string) {
	in := household.CameraInput{URL: addresses[0], User: s.wanted.User, Password: s.wanted.Password}
	main, picture, err := s.look(ctx, nvr.Main, addresses[0])
	if err != nil {
		var fault *rtsp.Fault
		if errors.As(err, &fault) {
			s.reason, s.detail = fault.Reason, fault.Text
		}
		if s.reason == nvr.WrongPassword {
			s.wants = true
			if s.wanted.User != "" {
				s.tries++
			}
		}
		return
	}
	s.found.Streams, s.found.Picture, s.found.Input = []nvr.Stream{main}, picture, in
	if len(addresses) > 1 {
		s.small(ctx, addresses[1])
	}
}

// small adds the small stream to the large one, if it is there and is smaller.
func (s *search) small(ctx context.Context, address string) {
	large := s.found.Streams[0].Video
	if sub, _, err := s.look(ctx, nvr.Sub, address); err == nil && sub.Video.Width*sub.Video.Height <= large.Width*large.Height {
		s.found.Input.SubURL = address
		s.found.Streams = append(s.found.Streams, sub)
	}
}

func (s *search) look(ctx context.Context, q nvr.Quality, address string) (nvr.Stream, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	if u, err := url.Parse(address); err != nil || u.Hostname() != s.target.host {
		return nvr.Stream{}, nil, &rtsp.Fault{Reason: nvr.Refused, Text: "the stream is at another machine"}
	}
	return look(ctx, q, rtsp.Config{URL: address, User: s.wanted.User, Password: s.wanted.Password.Reveal(), DialContext: s.dial.DialContext, Log: s.log})
}
