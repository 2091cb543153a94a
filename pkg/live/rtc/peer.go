package rtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pion/webrtc/v4"

	"nvrd/pkg/nvr"
)

const (
	// connectWithin is how long a browser may take from its answer to the first
	// packet it can decrypt; on a home's network it takes 0.1 s.
	connectWithin = 10 * time.Second
	// A browser says every 2.5 s that it is still there (RFC 7675). One that is
	// silent for silentAfter and goneAfter together has gone.
	silentAfter = 5 * time.Second
	goneAfter   = 4 * time.Second
	keepalive   = 2 * time.Second
)

var (
	errStopped = errors.New("the recorder is stopping")
	errLeft    = errors.New("the browser has left")
	errNoWay   = errors.New("the browser did not reach this machine by UDP")
)

// peer is one browser that is connected, or tries to be, whatever it is for.
// Its methods may be called from any goroutine.
type peer struct {
	id        string
	pc        *webrtc.PeerConnection
	log       *slog.Logger
	answer    string
	connected chan struct{} // closed once, when it is
	ctx       context.Context
	cancel    context.CancelCauseFunc
	done      chan struct{} // closed when nothing of it runs any more
}

// end lets the connection end, for the first reason that was given.
func (p *peer) end(why error) { p.cancel(why) }

// follow notes what becomes of the connection.
func (p *peer) follow() {
	p.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			select {
			case <-p.connected:
			default:
				close(p.connected) // states come one after the other
			}
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			p.end(errLeft)
		}
	})
}

// negotiate makes the answer to a clean offer.
func (p *peer) negotiate(ctx context.Context, clean string, offer Offer, prepare func(*webrtc.PeerConnection) error) error {
	if err := prepare(p.pc); err != nil {
		return err
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: clean}); err != nil {
		return fmt.Errorf("the offer does not hold together: %w: %w", err, nvr.ErrInvalid)
	}
	answer, err := p.pc.CreateAnswer(nil)
	if errors.Is(err, webrtc.ErrSenderWithNoCodecs) {
		return fmt.Errorf("the browser offers to take nothing that would be sent: %w", nvr.ErrCodec)
	}
	if err != nil {
		return fmt.Errorf("the offer has no answer: %w: %w", err, nvr.ErrInvalid)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return fmt.Errorf("the offer has no answer: %w: %w", err, nvr.ErrInvalid)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return fmt.Errorf("WebRTC: %w", ctx.Err())
	}
	p.answer, err = reachedBy(p.pc.LocalDescription().SDP, offer.Reached)
	return err
}

// run waits until the browser is connected, serves it, and cleans up.
func (p *peer) run(serve func(context.Context) error) {
	defer close(p.done)
	late := time.AfterFunc(connectWithin, func() { p.end(errNoWay) })
	defer late.Stop()
	select {
	case <-p.connected:
		late.Stop()
		p.end(serve(p.ctx))
	case <-p.ctx.Done():
	}
	if err := p.pc.Close(); err != nil {
		p.log.Debug("connection did not close", "err", err)
	}
	p.log.Debug("connection ended", "why", context.Cause(p.ctx))
}
