package appliance

import (
	"time"

	"nvrd/pkg/nvr"
)

// newest returns when the newest picture of a camera came, of either stream.
func (a *Appliance) newest(camera nvr.CameraID) (at time.Time) {
	for _, q := range []nvr.Quality{nvr.Main, nvr.Sub} {
		if s, ok := a.Live.Stream(nvr.StreamID{Camera: camera, Quality: q}); ok && s.Newest().After(at) {
			at = s.Newest()
		}
	}
	return at
}
