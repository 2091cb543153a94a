package main

import (
	"context"
	"errors"
	"time"

	"nvrd/pkg/alert"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/ui/text"
)

// newAlerts tells the household what happens, with pictures if there is ffmpeg.
func (a *server) newAlerts(texts *text.Texts) *alert.Alerts {
	words := func(language string) alert.Words { return alert.Words(texts.In(language).Messages) }
	c := alert.Config{Home: a.Dir.Home, Events: a.Events, Rings: a.Rings, Outbox: a.outbox, Words: words, Log: a.log}
	if a.tool != nil {
		c.Pictures = studio{player: a.Dir.Player, tool: a.tool}
	}
	return alert.New(c)
}

// Newest is the newest picture of a camera, of the large stream or else of the small one.
func (s studio) Newest(ctx context.Context, camera nvr.CameraID) (jpeg []byte, taken nvr.Time, err error) {
	var film *playback.File
	for _, q := range []nvr.Quality{nvr.Main, nvr.Sub} {
		if film, taken, err = s.player.Picture(ctx, nvr.StreamID{Camera: camera, Quality: q}, 0); err == nil {
			break
		}
	}
	if err != nil {
		return nil, 0, err
	}
	jpeg, err = s.tool.Photo(ctx, film, time.Duration(0), nil)
	return jpeg, taken, errors.Join(err, film.Close())
}
