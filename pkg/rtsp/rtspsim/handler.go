package rtspsim

import (
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"nvrd/pkg/nvr"
)

// handler answers what the RTSP library hands up.
type handler Server

func status(code base.StatusCode) *base.Response { return &base.Response{StatusCode: code} }

func (h *handler) OnConnOpen(c *gortsplib.ServerHandlerOnConnOpenCtx) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns[c.Conn] = struct{}{}
}

func (h *handler) OnConnClose(c *gortsplib.ServerHandlerOnConnCloseCtx) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c.Conn)
}

func (h *handler) OnSessionClose(c *gortsplib.ServerHandlerOnSessionCloseCtx) {
	s := (*Server)(h)
	s.speaker.closed(c.Session)
	s.mu.Lock()
	var gone []string
	for name, p := range s.paths {
		if p.publisher == c.Session {
			gone = append(gone, name)
		}
	}
	s.mu.Unlock()
	for _, name := range gone {
		s.replace(name, nil)
	}
}

// allowed tells whether a request carries the right password.
func (h *handler) allowed(c *gortsplib.ServerConn, r *base.Request) bool {
	if h.options.Password == "" || c.VerifyCredentials(r, h.options.User, h.options.Password) {
		return true
	}
	if len(r.Header["Authorization"]) > 0 {
		h.refused.Add(1)
	}
	return false
}

func (h *handler) path(name string) *path {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.paths[strings.Trim(name, "/")]
}

func (h *handler) OnDescribe(c *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	h.describes.Add(1)
	if !h.allowed(c.Conn, c.Request) {
		return status(base.StatusUnauthorized), nil, liberrors.ErrServerAuth{}
	}
	if h.options.RefuseRequire && len(c.Request.Header["Require"]) > 0 {
		return status(base.StatusOptionNotSupported), nil, nil
	}
	p := h.path(c.Path)
	if p == nil {
		return status(base.StatusNotFound), nil, nil
	}
	switch bad := p.trouble(); {
	case bad.Status != 0:
		return status(base.StatusCode(bad.Status)), nil, nil
	case bad.Describe != "":
		return &base.Response{StatusCode: base.StatusOK, Body: []byte(bad.Describe)}, nil, nil
	}
	return status(base.StatusOK), p.stream, nil
}

func (h *handler) OnSetup(c *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if !h.allowed(c.Conn, c.Request) {
		return status(base.StatusUnauthorized), nil, liberrors.ErrServerAuth{}
	}
	if c.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return status(base.StatusOK), nil, nil
	}
	if h.options.RefuseTCP && c.Transport == gortsplib.TransportTCP {
		return status(base.StatusUnsupportedTransport), nil, nil
	}
	p := h.path(c.Path)
	if p == nil {
		return status(base.StatusNotFound), nil, nil
	}
	h.speaker.setUp(c.Session, p.stream.Desc.Medias, c.Request.URL.String())
	return status(base.StatusOK), p.stream, nil
}

func (h *handler) OnPlay(c *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	h.speaker.listen(c.Session)
	return status(base.StatusOK), nil
}

// OnAnnounce takes a stream that somebody publishes, in place of what was there.
func (h *handler) OnAnnounce(c *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	if !h.allowed(c.Conn, c.Request) {
		return status(base.StatusUnauthorized), liberrors.ErrServerAuth{}
	}
	p := &path{
		stream:    &gortsplib.ServerStream{Server: h.rtsp, Desc: c.Description},
		publisher: c.Session, stop: make(chan struct{}),
	}
	if err := p.stream.Initialize(); err != nil {
		return status(base.StatusBadRequest), err
	}
	(*Server)(h).replace(strings.Trim(c.Path, "/"), p)
	return status(base.StatusOK), nil
}

func (h *handler) OnRecord(c *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	p := h.path(c.Path)
	if p == nil {
		return status(base.StatusNotFound), nil
	}
	r := relay{stream: p.stream, stats: p.stream.Stats(), reports: make(map[*description.Media]*rtcp.SenderReport)}
	c.Session.OnPacketRTPAny(func(m *description.Media, f format.Format, packet *rtp.Packet) {
		now := time.Now()
		_ = p.stream.WritePacketRTPWithNTP(m, packet, r.at(m, f, packet, now)) // fails once the stream is closed
		r.repeat(now)
	})
	c.Session.OnPacketRTCPAny(func(m *description.Media, packet rtcp.Packet) {
		if sr, ok := packet.(*rtcp.SenderReport); ok {
			r.report(m, sr)
		}
	})
	return status(base.StatusOK), nil
}

// OnStreamWriteError is told of viewers that cannot keep up; the library
// disconnects them.
func (h *handler) OnStreamWriteError(*gortsplib.ServerHandlerOnStreamWriteErrorCtx) {}

func (h *handler) OnDecodeError(*gortsplib.ServerHandlerOnDecodeErrorCtx) {}

func (h *handler) OnPacketsLost(*gortsplib.ServerHandlerOnPacketsLostCtx) {}

// relay passes the sender reports of a publisher on, and repeats them for
// those who come later: publishers send them every five seconds or so.
type relay struct {
	stream *gortsplib.ServerStream
	stats  *gortsplib.ServerStreamStats

	mu      sync.Mutex
	reports map[*description.Media]*rtcp.SenderReport
	sent    time.Time
}

func (r *relay) report(m *description.Media, sr *rtcp.SenderReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	own := *sr
	own.SSRC, own.Reports = r.stats.Medias[m].Formats[m.Formats[0]].LocalSSRC, nil
	r.reports[m] = &own
	_ = r.stream.WritePacketRTCP(m, &own)
}

// at is when a packet was taken, by the publisher's clock if that is known.
// Viewers are told in RTP-Info how the tracks belong together, and sound that
// was gathered into one packet arrives a tenth of a second late.
func (r *relay) at(m *description.Media, f format.Format, p *rtp.Packet, now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	sr := r.reports[m]
	if sr == nil {
		return now
	}
	return ntpTime(sr.NTPTime).Add(nvr.Duration(int64(int32(p.Timestamp-sr.RTPTime)), uint32(f.ClockRate())))
}

func (r *relay) repeat(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.sent) < reportEvery {
		return
	}
	r.sent = now
	for m, sr := range r.reports {
		_ = r.stream.WritePacketRTCP(m, sr)
	}
}
