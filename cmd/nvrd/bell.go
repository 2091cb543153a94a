package main

import (
	"context"
	"encoding/json"

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
	all, err := p.home.Bells(ctx)
	if err != nil {
		return told, err
	}
	states := p.bells.States()
	for _, b := range all {
		if b.Camera == camera {
			told.Bells = append(told.Bells, pageBell(b, states))
		}
	}
	bindings, err := p.home.Bindings(ctx)
	for _, b := range bindings {
		if b.Camera == camera {
			told.Bindings = append(told.Bindings, pages.Signal{Source: b.Source, Kind: b.Kind})
		}
	}
	for _, h := range p.bells.Unbound(camera) {
		told.Unbound = append(told.Unbound, pages.Signal{Source: h.Source, At: h.At})
	}
	return told, err
}

func pageBell(b household.Bell, states []bell.State) pages.Bell {
	out := pages.Bell{Kind: string(b.Kind), Address: b.Address, User: b.User, AsCamera: b.AsCamera}
	var topics []mqtt.Topic
	if b.Kind == household.MQTTBell && json.Unmarshal(b.Settings, &topics) == nil && len(topics) > 0 {
		out.Topic, out.Field, out.On = topics[0].Name, topics[0].Field, topics[0].On
	}
	for _, s := range states {
		if s.Camera == b.Camera && s.Kind == b.Kind {
			out.Known, out.Trouble, out.Since, out.Heard = s.Known, s.Trouble, s.Since, s.Heard
		}
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
