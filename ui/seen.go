package ui

import (
	"context"

	"nvrd/pkg/auth"
	"nvrd/ui/appliance"
)

// seen shows of all cameras those that whoever asks may see.
type seen struct{ appliance.Cameras }

func (s seen) List(ctx context.Context) ([]appliance.Camera, error) {
	all, err := s.Cameras.List(ctx)
	return only(ctx, all, auth.Watch), err
}

func (s seen) Removed(ctx context.Context) ([]appliance.Camera, error) {
	all, err := s.Cameras.Removed(ctx)
	return only(ctx, all, auth.Review), err
}

// only returns those of all for which who asks may do something.
func only(ctx context.Context, all []appliance.Camera, action auth.Action) (some []appliance.Camera) {
	for _, c := range all {
		if auth.May(ctx, action, auth.Camera(c.ID)) {
			some = append(some, c)
		}
	}
	return some
}
