package ui

import (
	"context"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

// seen shows of all cameras those that whoever asks may see.
type seen struct{ appliance.Cameras }

func (s seen) List(ctx context.Context) ([]nvr.Camera, error) {
	all, err := s.Cameras.List(ctx)
	return only(ctx, all, auth.Watch), err
}

func (s seen) Removed(ctx context.Context) ([]nvr.Camera, error) {
	all, err := s.Cameras.Removed(ctx)
	return only(ctx, all, auth.Review), err
}

// only returns those of all for which who asks may do something.
func only(ctx context.Context, all []nvr.Camera, action auth.Action) (some []nvr.Camera) {
	for _, c := range all {
		if auth.May(ctx, action, auth.Camera(c.ID)) {
			some = append(some, c)
		}
	}
	return some
}
