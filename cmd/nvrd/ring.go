package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"nvrd/pkg/nvr"
)

// ringBell rings at the nvrd that runs.
func ringBell(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	name := f.String("camera", "", "name of the camera at which somebody rings")
	if err := c.parse(f, "camera"); err != nil {
		return err
	}
	var known struct{ Cameras []nvr.Camera }
	if err := r.call(ctx, http.MethodGet, "/cameras", nil, &known); err != nil {
		return err
	}
	i := slices.IndexFunc(known.Cameras, func(cam nvr.Camera) bool { return cam.Name == *name || cam.ID.String() == *name })
	if i < 0 {
		return fmt.Errorf("there is no camera %q; `nvrd camera list` names them: %w", *name, nvr.ErrNotFound)
	}
	if err := r.call(ctx, http.MethodPost, fmt.Sprintf("/cameras/%s/ring", known.Cameras[i].ID), nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "%s rings\n", known.Cameras[i].Name)
	return err
}
