package watch

import (
	"context"

	"nvrd/pkg/camera"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/household"
	"nvrd/pkg/media"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

// Subscribe returns a channel that gives a value after every change of what
// List returns (changes that follow quickly may share one), and a function that
// ends the subscription.
func (c *Cameras) Subscribe() (changed <-chan struct{}, end func()) {
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

func (c *Cameras) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ch := range c.waiting {
		select {
		case ch <- struct{}{}:
		default: // it has not looked since the last time, and will see this, too
		}
	}
}

// List returns the cameras in the order in which they were added.
func (c *Cameras) List(ctx context.Context) ([]nvr.Camera, error) {
	list, err := c.home.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]nvr.Camera, len(list))
	for i, cam := range list {
		shown[i] = c.show(cam)
	}
	return shown, nil
}

// Get fails with [nvr.ErrNotFound] if there is no such camera.
func (c *Cameras) Get(ctx context.Context, id nvr.CameraID) (nvr.Camera, error) {
	cam, err := c.home.Camera(ctx, id)
	if err != nil {
		return nvr.Camera{}, err
	}
	return c.show(cam), nil
}

// Add adds a camera to the household; it is watched within a moment. It fails
// as [household.DB.AddCamera] does.
func (c *Cameras) Add(ctx context.Context, in household.CameraInput) (nvr.Camera, error) {
	cam, err := c.home.AddCamera(ctx, in)
	if err != nil {
		return nvr.Camera{}, err
	}
	return c.show(cam), nil
}

// Remove removes a camera from the household, and so ends its recording; its
// footage stays. It fails as [household.DB.RemoveCamera] does.
func (c *Cameras) Remove(ctx context.Context, id nvr.CameraID) error {
	return c.home.RemoveCamera(ctx, id)
}

func (c *Cameras) show(cam household.Camera) nvr.Camera {
	shown := nvr.Camera{
		ID: cam.ID, Name: cam.Name, URL: cam.URL, SubURL: cam.SubURL,
		State:  nvr.State{Phase: nvr.Connecting, Since: cam.Created},
		Motion: c.recorder.Sight(cam.ID),
	}
	c.mu.Lock()
	w := c.watched[cam.ID]
	if w != nil {
		shown.Mode = w.mode
	}
	c.mu.Unlock()
	if h := c.handle(cam.ID); h != nil {
		state := h.State()
		shown.State = state.State
		shown.Doubt = doubt("url", cam.URL, shown.Reason, shown.Detail)
		for _, s := range state.Streams {
			shown.Streams = append(shown.Streams, streamOf(s.Quality, s.Phase, s.Format))
		}
	} else if w != nil {
		shown.Phase = nvr.Off
	}
	return shown
}

// streamOf says what is known of a stream, whose format may have no tracks yet.
func streamOf(quality nvr.Quality, phase nvr.Phase, format media.Format) nvr.Stream {
	s := nvr.Stream{Quality: quality, Phase: phase, Missing: format.Missing}
	if len(format.Tracks) == 0 {
		return s
	}
	v := format.Video()
	s.Video = nvr.Video{Codec: string(v.Codec), Width: v.Width, Height: v.Height}
	if a, ok := format.Audio(); ok {
		s.Audio = nvr.Audio{Codec: string(a.Codec), SampleRate: a.SampleRate, Channels: a.Channels}
	}
	s.MIME = fmp4.MIME(pcm.Stored(format))
	return s
}

// handle returns the handle on a camera, or nil if there was no connection yet.
func (c *Cameras) handle(id nvr.CameraID) *camera.Handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.watched[id]; w != nil {
		return w.handle
	}
	return nil
}
