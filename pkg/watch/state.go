package watch

import (
	"context"

	"nvrd/pkg/camera"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Camera is a camera of the household and how it stands.
type Camera struct {
	ID     nvr.CameraID
	Name   string
	URL    string   // without user and password
	SubURL string   // likewise; empty if there is no sub stream
	Mode   nvr.Mode // what is kept of it at the moment; empty until known
	State  camera.State
}

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
func (c *Cameras) List(ctx context.Context) ([]Camera, error) {
	list, err := c.home.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]Camera, len(list))
	for i, cam := range list {
		shown[i] = c.show(cam)
	}
	return shown, nil
}

// Get fails with [nvr.ErrNotFound] if there is no such camera.
func (c *Cameras) Get(ctx context.Context, id nvr.CameraID) (Camera, error) {
	cam, err := c.home.Camera(ctx, id)
	if err != nil {
		return Camera{}, err
	}
	return c.show(cam), nil
}

// Add adds a camera to the household; it is watched within a moment. It fails
// as [household.DB.AddCamera] does.
func (c *Cameras) Add(ctx context.Context, in household.CameraInput) (Camera, error) {
	cam, err := c.home.AddCamera(ctx, in)
	if err != nil {
		return Camera{}, err
	}
	return c.show(cam), nil
}

func (c *Cameras) show(cam household.Camera) Camera {
	shown := Camera{
		ID: cam.ID, Name: cam.Name, URL: cam.URL, SubURL: cam.SubURL,
		State: camera.State{Phase: camera.Connecting, Since: cam.Created},
	}
	c.mu.Lock()
	w := c.watched[cam.ID]
	if w != nil {
		shown.Mode = w.mode
	}
	c.mu.Unlock()
	if h := c.handle(cam.ID); h != nil {
		shown.State = h.State()
	} else if w != nil {
		shown.State.Phase = camera.Off
	}
	return shown
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
