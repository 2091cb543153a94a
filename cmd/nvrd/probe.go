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

// probeTimeout is how long a camera has to answer.
const probeTimeout = 10 * time.Second

// Probe implements api.Cameras.
func (c *cameras) Probe(ctx context.Context, in household.CameraInput) (api.Probe, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return probe(ctx, in, c.log)
}

// probe asks each stream of a camera what it sends.
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
		format, err := rtsp.Probe(ctx, rtspConfig(url, in.User, in.Password, log))
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
