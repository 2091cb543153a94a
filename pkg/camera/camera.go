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

// Run keeps the camera connected until ctx ends, and returns when every
// connection is closed. A sink is given End for every attempt that fails, and
// last the reason for which ctx ended (see [rtsp.StopReason]).
func Run(ctx context.Context, c Config) {
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
	b := newBoard(c)
	doors := map[string]*door{}
	var all sync.WaitGroup
	for i, s := range c.Streams {
		at := s.RTSP.HostPort()
		if doors[at] == nil {
			doors[at] = newDoor(func(ctx context.Context) error { return c.knock(ctx, s.RTSP) })
		}
		l := &link{
			board: b, place: i, stream: s, connect: c.connect, door: doors[at],
			log: c.Log.With("stream", nvr.StreamID{Camera: c.ID, Quality: s.Quality}.String()),
		}
		all.Go(func() { l.run(ctx) })
	}
	all.Wait()
}

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
