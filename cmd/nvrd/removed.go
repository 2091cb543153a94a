package main

import (
	"context"
	"errors"
	"slices"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	pages "nvrd/ui/appliance"
)

// Removed returns the cameras that were removed and still have footage.
func (p pageCameras) Removed(ctx context.Context) ([]pages.Camera, error) {
	streams, err := p.Dir.Catalog.Streams(ctx)
	if err != nil {
		return nil, err
	}
	list, err := p.Dir.Home.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	names, err := p.Dir.Home.RemovedCameras(ctx)
	if err != nil {
		return nil, err
	}
	var removed []pages.Camera
	for _, s := range streams { // those of a camera follow each other
		if slices.ContainsFunc(list, func(c household.Camera) bool { return c.ID == s.ID.Camera }) {
			continue
		}
		newest, err := p.Dir.Player.Newest(ctx, s.ID)
		if errors.Is(err, nvr.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n := len(removed); n == 0 || removed[n-1].ID != s.ID.Camera {
			removed = append(removed, pages.Camera{ID: s.ID.Camera, Name: names[s.ID.Camera], Phase: pages.Removed})
		}
		c := &removed[len(removed)-1]
		if newest.To > c.Newest.To {
			c.Newest = newest
		}
		c.Streams = append(c.Streams, pages.Stream{Quality: s.ID.Quality, Phase: pages.Removed})
	}
	return removed, nil
}
