package watch

import (
	"context"

	"nvrd/pkg/camera"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// watched is a camera that is being watched.
type watched struct {
	camera    household.Camera
	streams   []*stream
	connected bool
	logIns    *camera.LogIns // for as long as the camera is reached like that

	// Guarded by Cameras.mu, and changed by Run alone.
	mode   nvr.Mode
	handle *camera.Handle // of the connection, or the last one; nil before the first
}

// stream is one stream of a camera that is being watched.
type stream struct {
	source
	id  nvr.StreamID
	tap tap
}

// source is where one stream of a camera comes from.
type source struct {
	quality nvr.Quality
	url     string
}

func sources(cam household.Camera) []source {
	all := []source{{nvr.Main, cam.URL}}
	if cam.SubURL != "" {
		all = append(all, source{nvr.Sub, cam.SubURL})
	}
	return all
}

// Why a connection is ended on purpose.
var (
	errPaused = &rtsp.Fault{Reason: nvr.PausedByUser, Text: "paused"}
	errMoved  = &rtsp.Fault{Reason: nvr.Starting, Text: "the camera's address was changed"}
)

// reaches tells whether w connects as one does to cam, whatever it is called.
func (w *watched) reaches(cam household.Camera) bool {
	cam.Name = w.camera.Name
	return cam == w.camera
}

// move lets the next connection go to cam, which has as many streams.
func (w *watched) move(cam household.Camera, logIns *camera.LogIns) {
	w.camera, w.logIns = cam, logIns
	for i, source := range sources(cam) {
		w.streams[i].source = source
	}
}

// apply brings a camera to what the household wants of it. What is recorded
// changes without a new connection, except for privacy.
func (c *Cameras) apply(ctx context.Context, wish wish) error {
	w := c.watched[wish.camera.ID]
	if w == nil {
		w = c.watch(wish.camera)
	}
	c.recorder.SetZones(wish.camera.ID, wish.zones)
	private := wish.plan.Mode == nvr.Privacy
	if private {
		c.disconnect(w)
	}
	for _, s := range w.streams {
		switch record := wish.streams.Have(s.quality); {
		case record && s.tap.closed():
			to, err := c.recorder.Stream(s.id)
			if err != nil {
				return err
			}
			to.SetPlan(wish.plan)
			s.tap.open(to)
		case record:
			s.tap.replan(wish.plan)
		default:
			c.unrecord(s)
		}
		if private {
			s.tap.End(nvr.PausedByUser, nil)
		}
	}
	c.mu.Lock()
	w.mode = wish.plan.Mode
	c.mu.Unlock()
	if !private && !w.connected {
		c.connect(ctx, w)
	}
	return nil
}

// watch begins to watch a camera, without a connection yet.
func (c *Cameras) watch(cam household.Camera) *watched {
	w := &watched{camera: cam, logIns: c.logInsOf(cam)}
	for _, source := range sources(cam) {
		w.streams = append(w.streams, &stream{source: source, id: nvr.StreamID{Camera: cam.ID, Quality: source.quality}})
	}
	c.mu.Lock()
	c.watched[cam.ID] = w
	c.mu.Unlock()
	return w
}

func (c *Cameras) connect(ctx context.Context, w *watched) {
	config := camera.Config{ID: w.camera.ID, Log: c.log.With("camera", w.camera.Name), LogIns: w.logIns, Report: func(camera.State) { c.changed() }}
	for _, s := range w.streams {
		s.tap.End(nvr.Starting, nil) // not paused any more
		from := rtspConfig(s.url, w.camera.User, w.camera.Password, c.log)
		from.Packets = func(p nvr.Packets) { c.count(config.ID, p) }
		config.Streams = append(config.Streams, camera.Stream{
			Quality: s.quality,
			RTSP:    from,
			Sink:    camera.Tee(&s.tap, c.hub.Open(s.id)),
		})
	}
	h := camera.Start(ctx, config)
	w.connected = true
	c.mu.Lock()
	w.handle = h
	c.mu.Unlock()
}

// stop has the connection end, if there is one; wait returns when it has.
func (w *watched) stop(why error) {
	if w.handle != nil {
		w.handle.Stop(why)
	}
}

func (w *watched) wait() {
	if w.handle != nil {
		w.handle.Wait()
	}
}

// disconnect ends the connection to a camera, if there is one, and what is
// shown live of it.
func (c *Cameras) disconnect(w *watched) {
	w.stop(errPaused)
	w.wait()
	w.connected = false
	for _, s := range w.streams {
		c.hub.Close(s.id)
	}
}

func (c *Cameras) unwatch(w *watched) {
	c.disconnect(w)
	for _, s := range w.streams {
		c.unrecord(s)
	}
	c.mu.Lock()
	delete(c.watched, w.camera.ID)
	delete(c.counted, w.camera.ID)
	c.mu.Unlock()
}

// unrecord ends the recording of a stream, if it is recorded.
func (c *Cameras) unrecord(s *stream) {
	s.tap.close()
	c.recorder.Remove(s.id)
}
