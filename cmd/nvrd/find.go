package main

import (
	"context"
	"net/url"
	"strings"

	finding "nvrd/pkg/find"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	pages "nvrd/ui/appliance"
)

// finder lets the pages find cameras before they are added.
type finder struct{ *finding.Finder }

func (f finder) Around(ctx context.Context) ([]pages.Device, error) {
	all, err := f.Finder.Around(ctx)
	out := make([]pages.Device, len(all))
	for i, d := range all {
		host := d.Address
		if u, err := url.Parse(d.Address); err == nil {
			host = u.Host
		}
		out[i] = pages.Device{
			Address: d.Address, Name: strings.TrimSpace(strings.TrimSpace(d.Name+" "+d.Hardware) + " (" + host + ")"), Camera: d.Camera, Called: d.Called, Moved: d.Moved,
		}
	}
	return out, err
}

func (f finder) Ask(ctx context.Context, w pages.Wanted) (pages.Finding, error) {
	a, err := f.Finder.Ask(ctx, finding.Wanted{Address: w.Address, User: w.User, Password: household.Secret(w.Password), Anew: w.Anew})
	if err != nil {
		return pages.Finding{}, err
	}
	if a.Camera != nil {
		return foundAs(a.Name, *a.Camera), nil
	}
	return pages.Finding{NeedPassword: a.NeedPassword, Refused: a.Refused, Again: a.Again > 0, Wait: a.Wait, Reason: a.Reason, Trouble: string(a.Trouble), Detail: a.Detail, Address: a.Address, User: a.User, Doubt: a.Mistake.Doubt()}, nil
}

func foundAs(name string, c finding.Camera) pages.Finding {
	return pages.Finding{Name: name, Suggest: c.Suggest, Streams: c.Streams, Moved: c.Moved, Tells: c.Bell != nil}
}

func (f finder) Found(name string) (pages.Finding, error) {
	c, err := f.Finder.Found(name)
	return foundAs(name, c), err
}

func (f finder) AddFound(ctx context.Context, name, as string) (nvr.CameraID, error) {
	c, err := f.Finder.Add(ctx, name, as)
	return c.ID, err
}
