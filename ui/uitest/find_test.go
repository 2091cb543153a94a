package uitest

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// device starts a doorbell that speaks ONVIF, with a clock an hour behind and
// addresses of a machine behind a router, and returns where it is.
func device(t *testing.T) string {
	t.Helper()
	door := porch.Door()
	film := camera(t, rtspsim.Options{User: "admin", Password: "right"}, map[string]rtspsim.Clip{"main": clip(t, door.Main), "sub": clip(t, door.Sub)})
	_, port, _ := strings.Cut(film.address, ":")
	s := httptest.NewServer(onvifsim.New(onvifsim.Config{
		User: "admin", Password: "right", Auth: onvifsim.Token, Clock: -time.Hour, Model: "Bell 2", Quirks: []onvifsim.Quirk{onvifsim.OtherHost},
		Streams: []onvifsim.Stream{
			{Token: "m", Encoding: "H264", Width: 1280, Height: 720, URI: "rtsp://192.0.2.77:" + port + "/main"},
			{Token: "s", Encoding: "H264", Width: 640, Height: 360, URI: "rtsp://192.0.2.77:" + port + "/sub"},
		},
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}
