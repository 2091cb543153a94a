package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"nvrd/pkg/api"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// probeTimeout is how long each stream has to answer: longer than the 10 s of
// patience of pkg/rtsp, which then says what is wrong.
const probeTimeout = 12 * time.Second

// Probe implements api.Cameras.
func (c *cameras) Probe(ctx context.Context, in household.CameraInput) (api.Probe, error) {
	return probe(ctx, in, c.log)
}

// probe asks each stream of a camera what it sends, which takes at most 12 s
// for each.
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
		within, cancel := context.WithTimeout(ctx, probeTimeout)
		format, err := rtsp.Probe(within, rtspConfig(url, in.User, in.Password, log))
		cancel()
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

func rtspConfig(url, user string, password household.Secret, log *slog.Logger) rtsp.Config {
	return rtsp.Config{URL: url, User: user, Password: password.Reveal(), Log: log}
}
