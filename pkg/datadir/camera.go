package datadir

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nvrd/pkg/nvr"
)

// FindCamera returns the camera with a name, or with a number as "2" or "camera
// 2", which is how one is called that was removed and has footage left. It fails
// with [nvr.ErrNotFound] if there is none.
func (d *Dir) FindCamera(ctx context.Context, camera string) (nvr.CameraID, error) {
	named, unnamed := d.Home.CameraByName(ctx, camera)
	if !errors.Is(unnamed, nvr.ErrNotFound) {
		return named.ID, unnamed
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(strings.ToLower(camera), "camera "), 10, 64)
	if err == nil {
		if listed, err := d.Home.Camera(ctx, nvr.CameraID(id)); !errors.Is(err, nvr.ErrNotFound) {
			return listed.ID, err
		}
		stocks, err := d.Catalog.Stocks(ctx)
		if err != nil {
			return 0, err
		}
		if slices.ContainsFunc(stocks, func(k nvr.Stock) bool { return k.Stream.Camera == nvr.CameraID(id) }) {
			return nvr.CameraID(id), nil
		}
	}
	return 0, fmt.Errorf("%w; `nvrd camera list` shows the names, and `nvrd storage` the numbers of cameras that were removed", unnamed)
}

// CameraNames returns what tells the name of a camera; one that was removed is
// called by its number.
func (d *Dir) CameraNames(ctx context.Context) (func(nvr.CameraID) string, error) {
	list, err := d.Home.Cameras(ctx)
	if err != nil {
		return nil, err
	}
	names := map[nvr.CameraID]string{}
	for _, c := range list {
		names[c.ID] = c.Name
	}
	return func(id nvr.CameraID) string {
		if name, ok := names[id]; ok {
			return name
		}
		return "camera " + id.String()
	}, nil
}
