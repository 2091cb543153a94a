package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/dialog"
)

// maxHops bounds how often a camera may redirect one attempt.
const maxHops = 3

// attempt makes one connection, more where the camera redirects or wants UDP.
// It returns why it ended; the sink is not told.
func attempt(ctx context.Context, c Config, sink media.Sink) *Fault {
	address, err := c.address()
	if err != nil {
		return faultOf(err)
	}
	transport := gortsplib.TransportTCP
	if c.Transport == UDP {
		transport = gortsplib.TransportUDP
	}
	if transport == gortsplib.TransportUDP && address.Scheme == "rtsps" {
		return &Fault{nvr.Refused, "with rtsps:// packets come by TCP; choose TCP for this camera"}
	}
	user := address.User
	for hops := 0; ; hops++ {
		err = play(ctx, c, address, user, transport, sink)
		if c.Transport == Auto && address.Scheme == "rtsp" && refusesTCP(err) {
			transport = gortsplib.TransportUDP
			err = play(ctx, c, address, user, transport, sink)
		}
		var r *dialog.Redirect
		if !errors.As(err, &r) {
			break
		}
		if address, err = follow(address, r.Location, hops); err != nil {
			break
		}
	}
	fault := *faultOf(err)
	fault.Text = printable(scrub(fault.Text, user))
	return &fault
}

// follow returns where a camera redirects to. It must be the same host: a
// camera has no say in where the household's password goes, nor in what this
// machine connects to.
func follow(from *url.URL, location string, hops int) (*url.URL, error) {
	to, err := from.Parse(location)
	switch {
	case err != nil || to.Scheme != "rtsp" && to.Scheme != "rtsps":
		return nil, &Fault{nvr.Refused, "the camera redirects to something that is no address"}
	case to.Hostname() != from.Hostname():
		return nil, &Fault{nvr.Refused, Redirects + (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path, RawQuery: to.RawQuery}).String()}
	case from.Scheme == "rtsps" && to.Scheme == "rtsp":
		return nil, &Fault{nvr.Refused, "the camera redirects to an address that is not encrypted"}
	case hops >= maxHops:
		return nil, &Fault{nvr.Refused, "the camera redirects without end"}
	}
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	return to, nil
}

// address reads the URL. Its errors do not quote it: it may hold a password.
func (c Config) address() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "rtsp" && u.Scheme != "rtsps" || u.Hostname() == "" || u.Opaque != "" {
		return nil, &Fault{nvr.Refused, "the address is not of the form rtsp://host/path"}
	}
	u.Fragment, u.RawFragment = "", ""
	if c.User != "" || c.Password != "" {
		u.User = url.UserPassword(c.User, c.Password)
	}
	return u, nil
}

// farewell bounds how long the farewell to a camera may take.
const farewell = 500 * time.Millisecond

// play runs one session from connecting to hanging up. The client library is
// told neither user nor password: it would log in by itself.
func play(ctx context.Context, c Config, address *url.URL, user *url.Userinfo, transport gortsplib.Transport, sink media.Sink) error {
	s := newStream(sink, c)
	d := newDialer(c, address, user)
	faults := make(chan *Fault, 1)
	client := newClient(address, transport, d)
	client.ReadTimeout = 2 * slowest * c.Patience // the stream and its dialer lose patience before
	client.OnDecodeError = func(err error) {
		if f := s.undecodable(err); f != nil {
			select {
			case faults <- f:
			default:
			}
		}
	}
	if err := client.Start2(); err != nil {
		return err
	}
	hangUp := func() { hangUp(client, d) }
	defer s.end()
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()

	mute := time.AfterFunc(c.Patience, func() {
		if d.mute() {
			d.cut()
		}
	})
	slow := time.AfterFunc(2*c.Patience, d.cut)
	err := open(client, bare(address), d, s)
	if !mute.Stop() && err != nil && d.mute() && ctx.Err() == nil {
		return &Fault{nvr.Unreachable, noCamera}
	}
	if !slow.Stop() && err != nil && ctx.Err() == nil {
		return &Fault{nvr.Unreachable, fmt.Sprintf("the camera did not answer within %v", 2*c.Patience)}
	}
	if err != nil {
		return err
	}
	defer time.AfterFunc(settleAfter, d.settle).Stop()
	return wait(ctx, client, s, faults)
}

// newDialer returns what opens the connection to an address, and logs in as user.
func newDialer(c Config, address *url.URL, user *url.Userinfo) *dialer {
	d := &dialer{dial: redial(c.dial()), patience: c.Patience, user: user}
	if address.Scheme == "rtsps" {
		d.tls = c.tls(address.Hostname())
	}
	return d
}

// newClient returns a client of the library's that was not started yet.
func newClient(address *url.URL, transport gortsplib.Transport, d *dialer) *gortsplib.Client {
	return &gortsplib.Client{
		Scheme:        "rtsp", // the dialer encrypts
		Host:          hostPort(address),
		Transport:     &transport,
		AnyPortEnable: true, // packets must come from the camera, but it need not say from which port
		UserAgent:     "Stoop",
		DialContext:   d.DialContext,
		ListenPacket:  listenPacket,
		OnPacketsLost: func(uint64) {}, // video and audio see for themselves
	}
}

// hangUp ends a session and its connection; it may be called more than once.
func hangUp(client *gortsplib.Client, d *dialer) {
	cut := time.AfterFunc(farewell, d.cut)
	defer cut.Stop()
	client.Close()
}

// bare is an address without user and password.
func bare(address *url.URL) *base.URL {
	b := *address
	b.User = nil
	return (*base.URL)(&b)
}

// open asks for the stream and has its packets sent to s.
func open(client *gortsplib.Client, address *base.URL, d *dialer, s *stream) error {
	if _, _, err := client.Describe(address); err != nil {
		return err
	}
	said, err := readDescription(d.described())
	if err != nil {
		return err
	}
	offer, err := choose(said.medias, said.missing)
	if err != nil {
		return err
	}
	for track, m := range offer.medias {
		_, err := client.Setup(said.base, m, 0, 0)
		var status liberrors.ErrClientBadStatusCode
		if track > 0 && errors.As(err, &status) {
			// Sound that a camera offers and then refuses costs no pictures.
			offer.without(fmt.Errorf("the camera refuses it with %d %s", status.Code, status.Message))
			break
		}
		if err != nil {
			return err
		}
	}
	s.expect(offer)
	for track, m := range offer.medias {
		client.OnPacketRTP(m, offer.rtp[track], func(p *rtp.Packet) { s.packet(track, p) })
		client.OnPacketRTCP(m, func(p rtcp.Packet) { s.report(track, p) })
	}
	answer, err := client.Play(nil)
	if err != nil {
		return err
	}
	s.played(rtpInfo(answer, offer.medias))
	return nil
}

// wait returns when the stream ends, for whatever reason.
func wait(ctx context.Context, client *gortsplib.Client, s *stream, faults <-chan *Fault) error {
	ended := make(chan error, 1)
	go func() { ended <- client.Wait() }()
	tick := time.NewTicker(min(s.patience/4, time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			return err
		case f := <-faults:
			return f
		case now := <-tick.C:
			if f := s.watch(now); f != nil {
				return f
			}
		}
	}
}

// tls returns how to encrypt a connection to a host.
func (c Config) tls(host string) *tls.Config {
	// Cameras have certificates of their own making, for no name in
	// particular: encryption keeps listeners out, and more is not to be had.
	own := &tls.Config{InsecureSkipVerify: true} //nolint:gosec
	if c.TLS != nil {
		own = c.TLS.Clone()
	}
	own.ServerName = host
	return own
}

// listenPacket opens a socket for RTP with room for a large key frame, which
// cameras send in one burst. The system may grant less.
func listenPacket(network, address string) (net.PacketConn, error) {
	conn, err := net.ListenPacket(network, address)
	if udp, ok := conn.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(1 << 20)
	}
	return conn, err
}

// rtpInfo returns where the clocks of two tracks stand at one instant.
func rtpInfo(answer *base.Response, medias []*description.Media) *[2]uint32 {
	var info headers.RTPInfo
	if len(medias) != 2 || info.Unmarshal(answer.Header["RTP-Info"]) != nil {
		return nil
	}
	var at [2]uint32
	for track, m := range medias {
		entry := entryOf(info, m, track)
		if entry == nil || entry.Timestamp == nil {
			return nil
		}
		at[track] = *entry.Timestamp
	}
	return &at
}

// entryOf finds a medium's entry by its address, or by its place if the
// camera wrote the addresses in another way.
func entryOf(info headers.RTPInfo, m *description.Media, place int) *headers.RTPInfoEntry {
	for _, e := range info {
		if m.Control != "" && strings.HasSuffix(strings.TrimRight(e.URL, "/"), strings.TrimRight(m.Control, "/")) {
			return e
		}
	}
	if len(info) == 2 {
		return info[place]
	}
	return nil
}

// undecodable counts packets that the client library refuses. It lets a
// track have one SSRC only, so when a camera takes another (RFC 3550, 8.2) by
// UDP, where nothing hides that from it, only a new connection helps.
func (s *stream) undecodable(err error) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oddities.add(1, time.Now(), "err", err)
	var alien liberrors.ErrClientRTPPacketUnknownPayloadType
	if errors.As(err, &alien) {
		s.video.order.skip()
		if s.audio != nil {
			s.audio.order.skip()
		}
	}
	if strings.Contains(err.Error(), "wrong SSRC") {
		return &Fault{nvr.StreamChanged, "the camera began another RTP stream"}
	}
	return nil
}
