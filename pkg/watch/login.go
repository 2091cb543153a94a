package watch

import (
	"net/url"
	"strings"

	"nvrd/pkg/camera"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Refusals returns what counts the log-ins that the home's machines refuse, for
// whoever else logs in at one.
func (c *Cameras) Refusals() *camera.Refusals { return &c.refusals }

// LogIns returns the budget of log-ins for who logs in for a camera at an address,
// with a user and a password of its own or those of the camera: that of the camera's
// streams if it is the same machine, and else one that shares what that refuses.
func (c *Cameras) LogIns(id nvr.CameraID, address string) *camera.LogIns {
	host := hostOf(address)
	if h := c.handle(id); h != nil && h.LogIns().At(host) {
		return h.LogIns()
	}
	return camera.NewLogIns(&c.refusals, host, id)
}

// logInsOf returns a new budget of a camera's streams.
func (c *Cameras) logInsOf(cam household.Camera) *camera.LogIns {
	return camera.NewLogIns(&c.refusals, hostOf(cam.URL), cam.ID)
}

// hostOf returns the machine that an address names, with or without a scheme.
func hostOf(address string) string {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
