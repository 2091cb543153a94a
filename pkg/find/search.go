package find

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
)

// search is one question.
type search struct {
	target target
	wanted Wanted
	port   int // of RTSP
	log    *slog.Logger
	dial   *net.Dialer

	open    map[int]greeting // what is spoken at the ports that are
	taken   bool             // by RTSP the log-in is right
	tries   int              // log-ins that were refused
	wants   bool
	reason  nvr.Reason
	detail  string
	found   Camera
	device  onvif.Information
	streams []string // addresses, the large one first
}

const (
	usualRTSP = 554
	// speakTimeout is how long each of several ports may take to show what is spoken
	// there.
	speakTimeout = 3 * time.Second
)

// run tries the address of a stream that was given, or else whether the password is
// right; then ONVIF, and then makers' paths. A password that is wrong is so at the
// first of them: it is refused once, and the others are left alone.
func (s *search) run(ctx context.Context) Answer {
	s.reason = nvr.Unreachable
	switch {
	case s.target.stream == "":
		s.logIn(ctx)
	case s.speaksRTSP(s.target.stream):
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
	a := Answer{NeedPassword: s.wants || refused, Refused: refused, Reason: s.reason, Detail: s.detail}
	if !a.NeedPassword {
		a.Trouble = s.trouble()
	}
	return a
}

// allowed tells whether to log in once more: what wants an account that was not
// given, or refused it, is left alone. An account that is right by RTSP may be none
// by ONVIF: makers have different ones.
func (s *search) allowed() bool {
	return (s.tries == 0 || s.taken) && !(s.wants && (s.wanted.User == "" || s.target.stream != ""))
}

// askONVIF asks for the streams, and whether the device tells what happens at it.
func (s *search) askONVIF(ctx context.Context) {
	d := s.speaks(ctx)
	if d == nil {
		return
	}
	defer d.Close()
	defer func() { s.tries += d.Tries() }()
	profiles, err := d.Profiles(ctx)
	if onvif.IsWrongPassword(err) {
		s.wants, s.reason, s.detail = true, nvr.WrongPassword, err.Error()
	}
	if err != nil {
		return
	}
	s.found.Offers = profiles
	main, sub, ok := onvif.Pick(profiles)
	for _, p := range []onvif.Profile{main, sub} {
		if p.Token == "" {
			continue
		}
		if uri, err := d.StreamURI(ctx, p); err == nil {
			s.streams = append(s.streams, uri)
		}
	}
	s.device, _ = d.Information(ctx) // which some tell to administrators alone
	if !ok {
		return
	}
	settings := Settings{Profile: main.Token, Endpoint: d.Endpoint(ctx)}
	if relays, err := d.Relays(ctx); err == nil {
		for _, r := range relays {
			if r.Pulse { // a door would stay open by another
				settings.Relays = append(settings.Relays, r.Token)
			}
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
	all := services(s.target.web)
	spoken := make([]*onvif.Device, len(all))
	ctx, cancel := context.WithTimeout(ctx, speakTimeout)
	defer cancel()
	var asking sync.WaitGroup
	for i, web := range all {
		if _, open := s.open[portOf(web)]; !open {
			continue
		}
		asking.Go(func() {
			d, err := onvif.New(onvif.Config{Address: web, User: s.wanted.User, Password: s.wanted.Password.Reveal(), DialContext: s.dial.DialContext})
			if err != nil {
				return
			}
			if d.Time(ctx) != nil {
				d.Close()
				return
			}
			spoken[i] = d
		})
	}
	asking.Wait()
	var first *onvif.Device
	for i, d := range spoken {
		switch {
		case d == nil:
		case first == nil:
			first, s.target.web = d, all[i]
		default:
			d.Close()
		}
	}
	return first
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
	Relays  []string `json:"relays,omitempty"` // tokens of its outputs that go back by themselves
	// Endpoint is what the device calls itself in a search, wherever it is.
	Endpoint string `json:"endpoint,omitempty"`
}
