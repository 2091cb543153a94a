package main

import (
	"context"

	"nvrd/pkg/bell"
	"nvrd/pkg/household"
	"nvrd/pkg/maker/mqtt"
	"nvrd/pkg/nvr"
	pages "nvrd/ui/appliance"
)

// pageBells lets the pages say how presses are heard.
type pageBells struct {
	bells *bell.Bells
	home  *household.DB
}

func (p pageBells) Of(ctx context.Context, camera nvr.CameraID) (told pages.BellsTold, err error) {
	of, err := p.bells.Of(ctx, camera)
	for _, b := range of.Bells {
		told.Bells = append(told.Bells, pageBell(b))
	}
	for _, b := range of.Bindings {
		told.Bindings = append(told.Bindings, pages.Signal{Source: b.Source, Kind: b.Kind})
	}
	for _, h := range of.Unbound {
		told.Unbound = append(told.Unbound, pages.Signal{Source: h.Source, At: h.At})
	}
	return told, err
}

func pageBell(b bell.Bell) pages.Bell {
	out := pages.Bell{
		Kind: string(b.Kind), Address: b.Address, User: b.User, AsCamera: b.AsCamera,
		Known: b.State.Known, Trouble: b.State.Trouble, Since: b.State.Since, Heard: b.State.Heard,
	}
	if len(b.Topics) > 0 {
		out.Topic, out.Field, out.On = b.Topics[0].Name, b.Topics[0].Field, b.Topics[0].On
	}
	return out
}

func (p pageBells) Choose(ctx context.Context, camera nvr.CameraID, in pages.BellInput) (pages.BellSecret, error) {
	c := bell.Choice{
		Camera: camera, Kind: household.BellKind(in.Kind), Address: in.Address, AsCamera: in.AsCamera,
		User: in.User, Password: household.Secret(in.Password), Means: in.Means,
	}
	if in.Topic != "" {
		c.Topics = []mqtt.Topic{{Name: in.Topic, Kind: nvr.RingEvent, Field: in.Field, On: in.On}}
	}
	once, err := bell.Choose(ctx, p.home, c)
	return pages.BellSecret(once), err
}

func (p pageBells) Remove(ctx context.Context, camera nvr.CameraID, kind string) error {
	return p.home.RemoveBell(ctx, camera, household.BellKind(kind))
}

func (p pageBells) Bind(ctx context.Context, camera nvr.CameraID, source, kind string) error {
	if kind == "" {
		return p.home.Unbind(ctx, camera, source)
	}
	return p.home.Bind(ctx, household.Binding{Camera: camera, Source: source, Kind: kind})
}
