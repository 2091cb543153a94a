package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/api"
	"nvrd/pkg/camera"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/household"
	"nvrd/pkg/live"
	"nvrd/pkg/media"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
	"nvrd/pkg/rtsp"
)

// cameras keeps the cameras of the household connected and tells how they are.
type cameras struct {
	home     *household.DB
	recorder *recorder.Recorder
	hub      *live.Hub
	log      *slog.Logger

	mu      sync.Mutex
	watched map[nvr.CameraID]*watched
	waiting map[chan struct{}]bool // subscribers
}

// watched is a camera that is being watched.
type watched struct {
	camera household.Camera
	stop   context.CancelFunc
	done   chan struct{}
	state  camera.State
}

func newCameras(home *household.DB, r *recorder.Recorder, hub *live.Hub, log *slog.Logger) *cameras {
	return &cameras{
		home: home, recorder: r, hub: hub, log: log,
		watched: map[nvr.CameraID]*watched{}, waiting: map[chan struct{}]bool{},
	}
}

// follow watches the cameras that the household has, and goes along with its
// changes, until ctx ends. It returns when every connection is closed.
func (c *cameras) follow(ctx context.Context) {
	if err := c.forget(ctx); err != nil {
		c.log.Error("cameras that were removed are still accounted for", "err", err)
	}
	c.keepUp(ctx)
	c.mu.Lock()
	all := slices.Collect(maps.Values(c.watched))
	c.mu.Unlock()
	for _, w := range all {
		w.stop()
	}
	for _, w := range all {
		<-w.done
	}
}

// adjustAgain is when to try once more after the household could not be read.
const adjustAgain = 2 * time.Second

// keepUp adjusts after every change of the household until ctx ends.
func (c *cameras) keepUp(ctx context.Context) {
	changes := c.home.Watch(ctx)
	var again <-chan time.Time // set while the last try failed
	for {
		select {
		case _, ok := <-changes:
			if !ok {
				return
			}
		case <-again:
		}
		err := c.adjust(ctx)
		switch {
		case err == nil:
			again = nil
			continue
		case again == nil && ctx.Err() == nil:
			c.log.Error("cameras cannot be read", "err", err)
		}
		again = time.After(adjustAgain)
	}
}

// forget ends the account of cameras that were removed while nothing ran.
func (c *cameras) forget(ctx context.Context) error {
	list, err := c.home.Cameras(ctx)
	if err != nil {
		return err
	}
	var keep []nvr.StreamID
	for _, cam := range list {
		for _, source := range sources(cam) {
			keep = append(keep, nvr.StreamID{Camera: cam.ID, Quality: source.quality})
		}
	}
	return c.recorder.Keep(ctx, keep)
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

// adjust starts and stops cameras until those that are watched are those that
// the household has.
func (c *cameras) adjust(ctx context.Context) error {
	list, err := c.home.Cameras(ctx)
	if err != nil {
		return err
	}
	want := map[nvr.CameraID]household.Camera{}
	for _, cam := range list {
		want[cam.ID] = cam
	}
	c.mu.Lock()
	have := maps.Clone(c.watched)
	c.mu.Unlock()
	for id, w := range have {
		if want[id] != w.camera {
			c.unwatch(id, w)
		}
	}
	var errs []error
	for _, cam := range list {
		if w := have[cam.ID]; w == nil || w.camera != cam {
			errs = append(errs, c.watch(ctx, cam))
		}
	}
	c.changed()
	return errors.Join(errs...)
}

func (c *cameras) watch(ctx context.Context, cam household.Camera) error {
	config := camera.Config{ID: cam.ID, Log: c.log.With("camera", cam.Name)}
	for _, source := range sources(cam) {
		id := nvr.StreamID{Camera: cam.ID, Quality: source.quality}
		sink, err := c.recorder.Stream(id)
		if err != nil {
			return err
		}
		config.Streams = append(config.Streams, camera.Stream{
			Quality: source.quality,
			RTSP:    rtspConfig(source.url, cam.User, cam.Password, c.log),
			Sink:    camera.Tee(sink, c.hub.Open(id)),
		})
	}
	ctx, stop := context.WithCancel(ctx)
	w := &watched{camera: cam, stop: stop, done: make(chan struct{}), state: camera.State{Phase: camera.Connecting, Since: nvr.Now()}}
	config.Report = func(s camera.State) {
		c.mu.Lock()
		w.state = s
		c.mu.Unlock()
		c.changed()
	}
	c.mu.Lock()
	c.watched[cam.ID] = w
	c.mu.Unlock()
	go func() {
		defer close(w.done)
		camera.Run(ctx, config)
	}()
	return nil
}

func (c *cameras) unwatch(id nvr.CameraID, w *watched) {
	w.stop()
	<-w.done
	for _, quality := range []nvr.Quality{nvr.Main, nvr.Sub} {
		stream := nvr.StreamID{Camera: id, Quality: quality}
		c.recorder.Remove(stream)
		c.hub.Close(stream)
	}
	c.mu.Lock()
	delete(c.watched, id)
	c.mu.Unlock()
}

func rtspConfig(url, user string, password household.Secret, log *slog.Logger) rtsp.Config {
	return rtsp.Config{URL: url, User: user, Password: password.Reveal(), Log: log}
}

// subscribe returns a channel that gives a value after every change of List.
func (c *cameras) subscribe() (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	c.mu.Lock()
	c.waiting[ch] = true
	c.mu.Unlock()
	return ch, func() {
		c.mu.Lock()
		delete(c.waiting, ch)
		c.mu.Unlock()
	}
}

func (c *cameras) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ch := range c.waiting {
		select {
		case ch <- struct{}{}:
		default: // it has not looked since the last time, and will see this, too
		}
	}
}

// List implements api.Cameras.
func (c *cameras) List(ctx context.Context) ([]api.Camera, error) {
	list, err := c.home.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]api.Camera, len(list))
	for i, cam := range list {
		shown[i] = c.show(cam)
	}
	return shown, nil
}

// Get implements api.Cameras.
func (c *cameras) Get(ctx context.Context, id nvr.CameraID) (api.Camera, error) {
	cam, err := c.home.Camera(ctx, id)
	if err != nil {
		return api.Camera{}, err
	}
	return c.show(cam), nil
}

// Add implements api.Cameras. The camera is watched within a moment.
func (c *cameras) Add(ctx context.Context, in household.CameraInput) (api.Camera, error) {
	cam, err := c.home.AddCamera(ctx, in)
	if err != nil {
		return api.Camera{}, err
	}
	return c.show(cam), nil
}

// Remove implements api.Cameras.
func (c *cameras) Remove(ctx context.Context, id nvr.CameraID) error {
	return c.home.RemoveCamera(ctx, id)
}

func (c *cameras) show(cam household.Camera) api.Camera {
	state := camera.State{Phase: camera.Connecting, Since: cam.Created}
	c.mu.Lock()
	if w := c.watched[cam.ID]; w != nil {
		state = w.state
	}
	c.mu.Unlock()
	shown := api.Camera{
		ID: cam.ID, Name: cam.Name, URL: cam.URL, SubURL: cam.SubURL,
		State: api.State{Phase: api.Phase(state.Phase), Reason: state.Reason, Detail: state.Detail, Since: state.Since, RetryAt: state.RetryAt},
	}
	for _, s := range state.Streams {
		shown.Streams = append(shown.Streams, showStream(s.Quality, api.Phase(s.Phase), s.Format))
	}
	return shown
}

func showStream(quality nvr.Quality, phase api.Phase, format media.Format) api.Stream {
	s := api.Stream{Stream: quality.String(), Phase: phase, Missing: format.Missing}
	if len(format.Tracks) == 0 {
		return s
	}
	v := format.Video()
	s.Video = &api.Video{Codec: string(v.Codec), Width: v.Width, Height: v.Height}
	if a, ok := format.Audio(); ok {
		s.Audio = &api.Audio{Codec: string(a.Codec), SampleRate: a.SampleRate, Channels: a.Channels}
	}
	s.MIME = fmp4.MIME(pcm.Stored(format))
	return s
}

// probeTimeout is how long a camera has to answer.
const probeTimeout = 10 * time.Second

// Probe implements api.Cameras.
func (c *cameras) Probe(ctx context.Context, in household.CameraInput) (api.Probe, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return probe(ctx, in, c.log)
}

// probe asks each stream of a camera what it sends.
func probe(ctx context.Context, in household.CameraInput, log *slog.Logger) (api.Probe, error) {
	in, err := in.Normalize()
	if err != nil {
		return api.Probe{}, err
	}
	out := api.Probe{OK: true}
	for i, url := range []string{in.URL, in.SubURL} {
		if url == "" {
			continue
		}
		format, err := rtsp.Probe(ctx, rtspConfig(url, in.User, in.Password, log))
		var fault *rtsp.Fault
		if errors.As(err, &fault) {
			return api.Probe{Reason: fault.Reason, Detail: fmt.Sprintf("%s stream: %s", nvr.Quality(i), fault.Text)}, nil
		}
		if err != nil {
			return api.Probe{}, err
		}
		out.Streams = append(out.Streams, showStream(nvr.Quality(i), api.Streaming, format))
	}
	return out, nil
}
