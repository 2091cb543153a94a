package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"nvrd/pkg/find"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
)

// Relays opens doors by the outputs of devices that are asked by ONVIF, as the
// bells of the household say. It is safe for concurrent use.
type Relays struct{ cameras *Cameras }

// Relays returns what opens the doors at these cameras.
func (c *Cameras) Relays() Relays { return Relays{c} }

// Opens tells whether a camera has a bell by ONVIF, unless it was found without an
// output. Of one that was typed that is known when it is asked to open.
func (r Relays) Opens(camera nvr.CameraID) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	bell, err := r.bell(ctx, camera)
	if err != nil {
		return false
	}
	var found find.Settings
	_ = json.Unmarshal(bell.Settings, &found) // of one that was typed there are none
	return found.Profile == "" || len(found.Relays) > 0
}

func (r Relays) bell(ctx context.Context, camera nvr.CameraID) (household.Bell, error) {
	all, err := r.cameras.home.Bells(ctx)
	if err != nil {
		return household.Bell{}, err
	}
	i := slices.IndexFunc(all, func(b household.Bell) bool { return b.Camera == camera && b.Kind == household.ONVIFBell })
	if i < 0 {
		return household.Bell{}, fmt.Errorf("this camera has no bell by ONVIF: %w", nvr.ErrNotFound)
	}
	return all[i], nil
}

var errNoRelay = errors.New("the device has no output that goes back by itself, so that a door would stay open")

// Open switches on the first output of a camera's device that goes back by itself.
func (r Relays) Open(ctx context.Context, camera nvr.CameraID) error {
	bell, err := r.bell(ctx, camera)
	if err != nil {
		return err
	}
	device, err := onvif.New(onvif.Config{
		Address: bell.Address, User: bell.User, Password: bell.Password.Reveal(), LogIns: r.cameras.LogIns(camera, bell.Address),
	})
	if err != nil {
		return err
	}
	defer device.Close()
	outputs, err := device.Relays(ctx)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if o.Pulse {
			return device.SetRelay(ctx, o.Token, true)
		}
	}
	return errNoRelay
}
