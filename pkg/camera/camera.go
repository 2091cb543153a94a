// Package camera keeps one camera connected: it connects each of its streams,
// watches it, backs off when it fails, and says how things stand. What a
// stream is and why it failed is the business of pkg/rtsp; what becomes of
// its samples that of the sinks.
package camera

import (
	"context"
	"log/slog"
	"sync"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// Config is one camera. Its first stream is the one that counts: the camera
// is live when that is, and the others start when it is live or has failed.
type Config struct {
	ID      nvr.CameraID
	Streams []Stream
	Log     *slog.Logger // nil means silence
	LogIns  *LogIns      // of the device, if it has a budget already; nil means a new one
	// Report is called with every change, from one goroutine at a time. It
	// must return soon, and must not change what it is given.
	Report func(State)

	// For tests; nil means rtsp.Run and rtsp.Knock.
	connect func(context.Context, rtsp.Config, media.Sink) error
	knock   func(context.Context, rtsp.Config) error
}

// Stream is one of a camera's streams, each of which is a connection.
type Stream struct {
	Quality nvr.Quality
	RTSP    rtsp.Config
	Sink    media.Sink
}

// Handle is a handle on a camera that is kept connected. Its methods are safe
// for concurrent use.
type Handle struct {
	board  *board
	logIns *LogIns
	stop   context.CancelCauseFunc
	done   chan struct{}
}

// Start keeps a camera connected until ctx ends or the camera is stopped. A sink
// is given End for every attempt that fails, and last the reason for which ctx
// ended or the camera was stopped (see [rtsp.StopReason]).
func Start(ctx context.Context, c Config) *Handle {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.connect == nil {
		c.connect = rtsp.Run
	}
	if c.knock == nil {
		c.knock = rtsp.Knock
	}
	if c.Report == nil {
		c.Report = func(State) {}
	}
	if c.LogIns == nil {
		c.LogIns = &LogIns{}
	}
	ctx, stop := context.WithCancelCause(ctx)
	h := &Handle{board: newBoard(c), logIns: c.LogIns, stop: stop, done: make(chan struct{})}
	doors := map[string]*door{}
	var all sync.WaitGroup
	for i, s := range c.Streams {
		at := s.RTSP.HostPort()
		if doors[at] == nil {
			doors[at] = newDoor(func(ctx context.Context) error { return c.knock(ctx, s.RTSP) })
		}
		l := &link{
			board: h.board, index: i, stream: s, connect: c.connect, door: doors[at],
			logIns: c.LogIns, party: s.Quality.String(),
			log: c.Log.With("stream", nvr.StreamID{Camera: c.ID, Quality: s.Quality}.String()),
		}
		all.Go(func() { l.run(ctx) })
	}
	go func() {
		all.Wait()
		stop(nil)
		close(h.done)
	}()
	return h
}

// Stop has every connection closed, and returns at once. why tells the sinks the
// reason if it is an [rtsp.Fault]. Of several calls the first counts.
func (h *Handle) Stop(why error) { h.stop(why) }

// Wait returns when every connection is closed.
func (h *Handle) Wait() { <-h.done }

// Done returns a channel that is closed when every connection is.
func (h *Handle) Done() <-chan struct{} { return h.done }

// State returns how the camera stands.
func (h *Handle) State() State {
	h.board.mu.Lock()
	defer h.board.mu.Unlock()
	return h.board.state()
}

// LogIns returns the budget that whatever else talks to the device goes by.
func (h *Handle) LogIns() *LogIns { return h.logIns }

// Tee returns a sink that hands everything to each of sinks, in their order.
func Tee(sinks ...media.Sink) media.Sink { return tee(sinks) }

type tee []media.Sink

func (t tee) Begin(f media.Format, fresh bool) {
	for _, s := range t {
		s.Begin(f, fresh)
	}
}

func (t tee) Sample(m media.Sample) {
	for _, s := range t {
		s.Sample(m)
	}
}

func (t tee) End(r nvr.Reason, err error) {
	for _, s := range t {
		s.End(r, err)
	}
}
