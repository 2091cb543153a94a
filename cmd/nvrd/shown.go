package main

import (
	"context"

	"nvrd/pkg/api"
	"nvrd/pkg/camera"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/household"
	"nvrd/pkg/media"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

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
	state, mode := camera.State{Phase: camera.Connecting, Since: cam.Created}, nvr.Mode("")
	c.mu.Lock()
	if w := c.watched[cam.ID]; w != nil {
		state, mode = w.state, w.mode
	}
	c.mu.Unlock()
	shown := api.Camera{
		ID: cam.ID, Name: cam.Name, URL: cam.URL, SubURL: cam.SubURL, Mode: mode,
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
