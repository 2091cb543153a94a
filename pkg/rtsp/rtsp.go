// Package rtsp turns one connection to a camera into samples: it connects,
// asks for the camera's picture and sound, puts access units together from RTP
// packets and hands them to a [media.Sink] with times that fit together.
//
// It makes one attempt and says why it ended; pkg/camera tries again. A stream
// never asks for a back-channel, because an open one disables the button of
// several doorbells: only [OpenBackChannel] does, for as long as somebody talks.
// Nothing it returns or logs holds the password.
package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/dialog"
)

// Transport is how RTP packets travel.
type Transport string

// The transports. The zero value, Auto, takes TCP, and UDP where the camera
// refuses TCP: a recorder would rather have every packet than an early one.
const (
	Auto Transport = ""
	TCP  Transport = "tcp"
	UDP  Transport = "udp"
)

// Config says what to connect to.
type Config struct {
	// URL is rtsp:// or rtsps://, a host, and optionally port, path and query.
	// It may carry user and password, but User and Password win over them.
	URL            string
	User, Password string
	Transport      Transport
	// TLS is used for rtsps. Without it any certificate is accepted, since
	// cameras sign their own and nobody could check them.
	TLS *tls.Config
	// DialContext opens the connection for RTSP; nil means a [net.Dialer].
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Patience is how long a camera may send no picture, or at the start no
	// key frame, before Run gives up. Between the first two pictures it may be
	// three times as long, later on, where pictures come slowly, and between two
	// key frames six times. Zero means 10 s.
	Patience time.Duration
	// Packets is told each minute, and at the end, what was sent since it was told
	// last. It must return soon; nil means that nobody counts.
	Packets func(nvr.Packets)
	Log     *slog.Logger // nil means silence
}

// Fault is the error of this package: why an attempt ended.
type Fault struct {
	Reason nvr.Reason // Unreachable, WrongPassword, Refused, BadStream, Unsupported, NoPicture or StreamChanged
	Text   string     // for logs and curious people; holds no password
}

// What the text of a Fault may say that hints at another address.
var (
	NotRTSP   = dialog.ErrNotRTSP.Error()
	Redirects = "the camera redirects to another host: " // an address follows, which may be cut off
)

func (f *Fault) Error() string { return f.Text }

// Run connects, plays, and hands the stream to sink until ctx ends or the
// connection does. It calls sink.End exactly once, before it returns, also if
// it never got to Begin.
//
// It returns nil if and only if ctx ended, within a second of it. End is then
// given [StopReason]. Any other error is a [*Fault].
func Run(ctx context.Context, c Config, sink media.Sink) error {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Patience <= 0 {
		c.Patience = 10 * time.Second
	}
	fault := attempt(ctx, c, sink)
	if ctx.Err() != nil {
		sink.End(StopReason(ctx), nil)
		return nil
	}
	sink.End(fault.Reason, fault)
	return fault
}

// StopReason tells why ctx ended: the reason of the [*Fault] that it was
// canceled with, else [nvr.NotRunning].
func StopReason(ctx context.Context) nvr.Reason {
	var cause *Fault
	if errors.As(context.Cause(ctx), &cause) {
		return cause.Reason
	}
	return nvr.NotRunning
}

// Probe connects, waits until it knows everything about the stream, and
// disconnects. Its error is a [*Fault], also when ctx ends first.
func Probe(ctx context.Context, c Config) (media.Format, error) {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &probe{found: cancel}
	err := Run(within, c, p)
	if len(p.format.Tracks) > 0 {
		return p.format, nil
	}
	if err == nil {
		return media.Format{}, &Fault{nvr.NoPicture, fmt.Sprintf("no picture came in time: %v", ctx.Err())}
	}
	return media.Format{}, err
}

// probe is a sink that is content with a format.
type probe struct {
	format media.Format
	found  func()
}

func (p *probe) Begin(f media.Format, _ bool) { p.format = f; p.found() }
func (p *probe) Sample(media.Sample)          {}
func (p *probe) End(nvr.Reason, error)        {}
