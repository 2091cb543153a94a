package watch

import (
	"context"
	"errors"
	"fmt"

	"nvrd/pkg/camera"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// talker is the party that whoever talks is in a device's budget of log-ins.
const talker = "talk"

// Speaker opens the speaker of a camera, with a log-in of the budget of its
// device. It is closed, whoever uses it, when the camera is: because it was
// removed, its address changed, or cameras are off. It fails with a
// [*rtsp.NoSpeaker], with [nvr.ErrNotFound] if there is no such camera, and
// otherwise with [nvr.ErrBusy] and a message for people.
func (c *Cameras) Speaker(ctx context.Context, id nvr.CameraID) (*rtsp.BackChannel, error) {
	cam, err := c.home.Camera(ctx, id)
	if err != nil {
		return nil, err
	}
	h := c.handle(id)
	if h == nil || over(h.Done()) {
		return nil, fmt.Errorf("this camera is off: %w", nvr.ErrBusy)
	}
	logIns := h.LogIns()
	if ok, _, _ := logIns.May(talker); !ok {
		return nil, busy(nvr.WrongPassword)
	}
	b, err := rtsp.OpenBackChannel(ctx, rtspConfig(cam.URL, cam.User, cam.Password, c.log))
	var fault *rtsp.Fault
	switch {
	case errors.As(err, &fault):
		said(logIns, fault)
		c.log.Info("the speaker of a camera was not opened", "camera", cam.Name, "reason", fault.Reason, "err", fault.Text)
		return nil, busy(fault.Reason)
	case err != nil: // there is no speaker, which some say to strangers
		logIns.Undecided(talker)
		return nil, err
	}
	logIns.Accepted(talker)
	go func() {
		select {
		case <-h.Done():
			b.Close()
		case <-b.Done():
		}
	}()
	return b, nil
}

func busy(why nvr.Reason) error { return fmt.Errorf("%s: %w", why.Sentence(), nvr.ErrBusy) }

// said tells a budget what became of a log-in that failed.
func said(logIns *camera.LogIns, fault *rtsp.Fault) {
	if fault.Reason == nvr.WrongPassword {
		logIns.Refused(talker)
		return
	}
	logIns.Undecided(talker)
}

func over(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
