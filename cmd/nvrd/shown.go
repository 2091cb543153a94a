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
	"nvrd/pkg/watch"
)

// apiCameras shows the cameras to the API in its own words.
type apiCameras struct {
	cameras *watch.Cameras
	home    *household.DB
}

func (a apiCameras) List(ctx context.Context) ([]api.Camera, error) {
	list, err := a.cameras.List(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]api.Camera, len(list))
	for i, c := range list {
		shown[i] = showCamera(c)
	}
	return shown, nil
}

func (a apiCameras) Get(ctx context.Context, id nvr.CameraID) (api.Camera, error) {
	c, err := a.cameras.Get(ctx, id)
	if err != nil {
		return api.Camera{}, err
	}
	return showCamera(c), nil
}

func (a apiCameras) Add(ctx context.Context, in household.CameraInput) (api.Camera, error) {
	c, err := a.cameras.Add(ctx, in)
	if err != nil {
		return api.Camera{}, err
	}
	return showCamera(c), nil
}

func (a apiCameras) Remove(ctx context.Context, id nvr.CameraID) error {
	return a.home.RemoveCamera(ctx, id)
}

func (a apiCameras) Probe(ctx context.Context, in household.CameraInput) (api.Probe, error) {
	answer, err := a.cameras.Probe(ctx, 0, in)
	return showAnswer(answer), err
}

func showAnswer(a watch.Answer) api.Probe {
	if a.Reason != "" {
		return api.Probe{Reason: a.Reason, Detail: a.Detail}
	}
	p := api.Probe{OK: true}
	for i, format := range a.Formats {
		p.Streams = append(p.Streams, showStream(nvr.Quality(i), camera.Live, format))
	}
	return p
}

func showCamera(c watch.Camera) api.Camera {
	shown := api.Camera{
		ID: c.ID, Name: c.Name, URL: c.URL, SubURL: c.SubURL, Mode: c.Mode,
		State: api.State{Phase: api.Phase(c.State.Phase), Reason: c.State.Reason, Detail: c.State.Detail, Since: c.State.Since, RetryAt: c.State.RetryAt},
	}
	for _, s := range c.State.Streams {
		shown.Streams = append(shown.Streams, showStream(s.Quality, s.Phase, s.Format))
	}
	return shown
}

func showStream(quality nvr.Quality, phase camera.Phase, format media.Format) api.Stream {
	s := api.Stream{Stream: quality.String(), Phase: api.Phase(phase), Missing: format.Missing}
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
