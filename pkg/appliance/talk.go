package appliance

import (
	"context"
	"errors"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
	"nvrd/pkg/talk"
)

// speaker opens the speaker of a camera for whoever talks there.
func (a *Appliance) speaker(ctx context.Context, camera nvr.CameraID) (talk.Speaker, error) {
	b, err := a.Cameras.Speaker(ctx, camera)
	if none, ok := errors.AsType[*rtsp.NoSpeaker](err); ok {
		return nil, talk.NoSpeaker(none.Error())
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}
