package datadir

import (
	"context"
	"errors"
	"slices"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// RemovedCameras returns the cameras that were removed and still have footage,
// with the newest of it.
func (d *Dir) RemovedCameras(ctx context.Context) ([]nvr.Camera, error) {
	streams, err := d.Catalog.Streams(ctx)
	if err != nil {
		return nil, err
	}
	list, err := d.Home.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	names, err := d.Home.RemovedCameras(ctx)
	if err != nil {
		return nil, err
	}
	var removed []nvr.Camera
	for _, s := range streams { // those of a camera follow each other
		if slices.ContainsFunc(list, func(c household.Camera) bool { return c.ID == s.ID.Camera }) {
			continue
		}
		newest, err := d.Player.Newest(ctx, s.ID)
		if errors.Is(err, nvr.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n := len(removed); n == 0 || removed[n-1].ID != s.ID.Camera {
			removed = append(removed, nvr.Camera{ID: s.ID.Camera, Name: names[s.ID.Camera], State: nvr.State{Phase: nvr.Gone}})
		}
		c := &removed[len(removed)-1]
		if newest.To > c.Newest.To {
			c.Newest = newest
		}
		c.Streams = append(c.Streams, nvr.Stream{Quality: s.ID.Quality, Phase: nvr.Gone})
	}
	return removed, nil
}
