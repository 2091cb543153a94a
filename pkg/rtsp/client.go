package rtsp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// attempt makes one connection, or two where the camera wants UDP. It returns
// why it ended; the sink is not told.
func attempt(ctx context.Context, c Config, sink media.Sink) *Fault {
	address, err := c.address()
	if err != nil {
		return faultOf(err)
	}
	transport := gortsplib.TransportTCP
	if c.Transport == UDP {
		transport = gortsplib.TransportUDP
	}
	err = play(ctx, c, address, transport, sink)
	if c.Transport == Auto && address.Scheme == "rtsp" && refusesTCP(err) {
		err = play(ctx, c, address, gortsplib.TransportUDP, sink)
	}
	fault := *faultOf(err)
	fault.Text = printable(scrub(fault.Text, address.User))
	return &fault
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
	if u.User == nil {
		u.User = url.UserPassword("", "")
	}
	return u, nil
}

// farewell bounds how long the farewell to a camera may take.
const farewell = 500 * time.Millisecond

// play runs one session from connecting to hanging up.
func play(ctx context.Context, c Config, address *url.URL, transport gortsplib.Transport, sink media.Sink) error {
	s := newStream(sink, c)
	d := &dialer{dial: redial(c.dial()), plain: address.Scheme == "rtsp"}
	faults := make(chan *Fault, 1)
	var missing []string
	client := &gortsplib.Client{
		Scheme:        address.Scheme,
		Host:          address.Host,
		Transport:     &transport,
		TLSConfig:     c.tls(),
		UserAgent:     "Stoop",
		DialContext:   d.DialContext,
		ListenPacket:  listenPacket,
		OnPacketsLost: func(uint64) {}, // video and audio see for themselves
		OnDecodeError: func(err error) {
			if f := s.undecodable(err); f != nil {
				select {
				case faults <- f:
				default:
				}
			}
		},
		OnResponse: func(r *base.Response) {
			if kind := r.Header["Content-Type"]; len(kind) == 1 && strings.HasPrefix(kind[0], "application/sdp") {
				r.Body, missing = repair(r.Body)
			}
		},
	}
	if err := client.Start2(); err != nil {
		return err
	}
	hangUp := func() {
		cut := time.AfterFunc(farewell, d.cut)
		defer cut.Stop()
		client.Close()
	}
	defer s.end()
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()

	// The library waits without end for an answer to a TLS handshake.
	slow := time.AfterFunc(2*c.Patience, d.cut)
	err := open(client, (*base.URL)(address), s, &missing)
	if !slow.Stop() && err != nil && ctx.Err() == nil {
		return &Fault{nvr.Unreachable, fmt.Sprintf("the camera did not answer within %v", 2*c.Patience)}
	}
	if err != nil {
		return err
	}
	defer time.AfterFunc(settleAfter, d.settle).Stop()
	return wait(ctx, client, s, faults)
}

// open asks for the stream and has its packets sent to s.
func open(client *gortsplib.Client, address *base.URL, s *stream, missing *[]string) error {
	session, _, err := client.Describe(address)
	if err != nil {
		return err
	}
	offer, err := choose(session.Medias, *missing)
	if err != nil {
		return err
	}
	s.expect(offer)
	for track, m := range offer.medias {
		if _, err := client.Setup(session.BaseURL, m, 0, 0); err != nil {
			return err
		}
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

// tls returns a configuration that the client may change.
func (c Config) tls() *tls.Config {
	if c.TLS != nil {
		return c.TLS.Clone()
	}
	// Cameras have certificates of their own making, for no name in
	// particular: encryption keeps listeners out, and more is not to be had.
	return &tls.Config{InsecureSkipVerify: true} //nolint:gosec
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
// track have one SSRC only, so when a camera takes another (RFC 3550, 8.2)
// only a new connection helps.
func (s *stream) undecodable(err error) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oddities.add(1, time.Now(), "err", err)
	if strings.Contains(err.Error(), "wrong SSRC") {
		return &Fault{nvr.StreamChanged, "the camera began another RTP stream"}
	}
	return nil
}
