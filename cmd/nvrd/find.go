package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"

	finding "nvrd/pkg/find"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/watch"
	pages "nvrd/ui/appliance"
)

// finder lets the pages find cameras before they are added.
type finder struct {
	cameras *watch.Cameras
	home    *household.DB
	held    *finding.Held
	log     *slog.Logger
}

func (f finder) Around(ctx context.Context) ([]pages.Device, error) {
	all, err := finding.Around(ctx)
	out := make([]pages.Device, len(all))
	for i, d := range all {
		host := d.Address
		if u, err := url.Parse(d.Address); err == nil {
			host = u.Host
		}
		out[i] = pages.Device{Address: d.Address, Name: fmt.Sprintf("%s %s (%s)", d.Name, d.Hardware, host)}
	}
	return out, err
}

func (f finder) Ask(ctx context.Context, address, user, password string) (pages.Finding, error) {
	a, err := finding.Ask(ctx, finding.Wanted{Address: address, User: user, Password: household.Secret(password)}, f.log)
	if err != nil {
		return pages.Finding{}, err
	}
	out := pages.Finding{NeedPassword: a.NeedPassword, Refused: a.Refused, Reason: a.Reason, Detail: a.Detail, Doubt: a.Mistake.Doubt()}
	if a.Camera != nil {
		return foundAs(f.held.Keep(*a.Camera), *a.Camera), nil
	}
	return out, nil
}

func foundAs(name string, c finding.Camera) pages.Finding {
	return pages.Finding{Name: name, Suggest: c.Suggest, Streams: c.Streams, Moved: c.Moved, Tells: c.Bell != nil}
}

func (f finder) Found(name string) (pages.Finding, error) {
	c, err := f.held.Get(name)
	return foundAs(name, c), err
}

func (f finder) Picture(name string) ([]byte, error) {
	c, err := f.held.Get(name)
	return c.Picture, err
}

func (f finder) AddFound(ctx context.Context, name, as string) (nvr.CameraID, error) {
	c, err := f.held.Get(name)
	if err != nil {
		return 0, err
	}
	c.Input.Name = as
	added, err := f.cameras.Add(ctx, c.Input)
	if err != nil {
		return 0, err
	}
	f.held.Drop(name)
	if c.Bell != nil {
		c.Bell.Camera = added.ID
		if err := f.home.SetBell(ctx, *c.Bell); err != nil { // the camera is there, and can be given its bell again
			f.log.Error("a camera was added without its bell", "camera", added.ID, "err", err)
		}
	}
	return added.ID, nil
}
