package find

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// tryTimeout is how long one of many addresses may take to show a picture.
const tryTimeout = 12 * time.Second

// logIn finds out by RTSP whether the password is right, if there is one: most
// cameras ask for it whatever path they are asked for. One that is tried anew was
// refused there, and may be right for ONVIF and the paths that it tells.
func (s *search) logIn(ctx context.Context) {
	if s.wanted.User == "" || s.wanted.Anew || !s.speaksRTSP("rtsp://"+s.at(s.port)+"/") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, speakTimeout)
	defer cancel()
	taken, err := rtsp.LogIn(ctx, s.config("rtsp://"+s.at(s.port)+makers[0].main))
	s.taken = taken
	s.failed(err)
}

// failed notes why a stream is not to be had.
func (s *search) failed(err error) {
	var fault *rtsp.Fault
	if !errors.As(err, &fault) {
		return
	}
	s.reason, s.detail = fault.Reason, fault.Text
	if s.reason == nvr.WrongPassword {
		s.wants = true
		if s.wanted.User != "" {
			s.tries++
		}
	}
}

// tryMakers tries the paths of makers, at the usual port and at theirs.
func (s *search) tryMakers(ctx context.Context) {
	shut := map[int]bool{}
	for _, m := range likely(s.device.Maker + " " + s.device.Model) {
		for _, port := range append([]int{s.port}, m.ports...) {
			host := s.at(port)
			if shut[port] || !s.speaksRTSP("rtsp://"+host+"/") || !s.allowed() || ctx.Err() != nil {
				continue
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
		s.failed(err)
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
	sub, picture, err := s.look(ctx, nvr.Sub, address)
	if err != nil || sub.Video.Width*sub.Video.Height > large.Width*large.Height {
		return
	}
	s.found.Input.SubURL = address
	s.found.Streams = append(s.found.Streams, sub)
	if large.Codec != string(media.H264) && sub.Video.Codec == string(media.H264) {
		s.found.Picture = picture // which every browser shows
	}
}

func (s *search) look(ctx context.Context, q nvr.Quality, address string) (nvr.Stream, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	if u, err := url.Parse(address); err != nil || u.Hostname() != s.target.host {
		return nvr.Stream{}, nil, &rtsp.Fault{Reason: nvr.Refused, Text: "the stream is at another machine"}
	}
	return look(ctx, q, s.config(address))
}

// config is how a stream is asked for.
func (s *search) config(address string) rtsp.Config {
	return rtsp.Config{URL: address, User: s.wanted.User, Password: s.wanted.Password.Reveal(), DialContext: s.dial.DialContext, Log: s.log}
}

// at returns host and port of the machine, without the port that need not be said.
func (s *search) at(port int) string {
	if port == usualRTSP {
		return bracket(s.target.host)
	}
	return net.JoinHostPort(s.target.host, strconv.Itoa(port))
}
