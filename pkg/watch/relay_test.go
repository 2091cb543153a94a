package watch

import (
	"errors"
	"net/http/httptest"
	"testing"

	"nvrd/pkg/household"
	"nvrd/pkg/onvif/onvifsim"
)

// A door is opened by an output of a device that has a bell, and by no other.
func TestRelays(t *testing.T) {
	for name, tt := range map[string]struct {
		outputs []string
		want    error
	}{"one": {[]string{"door", "gate"}, nil}, "none": {nil, errNoRelay}} {
		device := onvifsim.New(onvifsim.Config{User: "ada", Password: "right", Relays: tt.outputs})
		server := httptest.NewServer(device)
		t.Cleanup(server.Close)
		home, cameras, _ := newCameras(t, t.TempDir())
		cam, err := home.AddCamera(t.Context(), household.CameraInput{Name: "Porch", URL: "rtsp://127.0.0.1:1/door"})
		if err != nil {
			t.Fatal(err)
		}
		relays := cameras.Relays()
		if relays.Opens(cam.ID) {
			t.Errorf("%s: it opens without a bell", name)
		}
		bell := household.Bell{Camera: cam.ID, Kind: household.ONVIFBell, Address: server.URL, User: "ada", Password: "right"}
		if err := home.SetBell(t.Context(), bell); err != nil {
			t.Fatal(err)
		}
		if err := relays.Open(t.Context(), cam.ID); !errors.Is(err, tt.want) || !relays.Opens(cam.ID) {
			t.Errorf("%s: %v", name, err)
		}
		for settings, want := range map[string]bool{`{"profile":"m"}`: false, `{"profile":"m","relays":["door"]}`: true, `{}`: true, `null`: true, `[1]`: true} {
			bell.Settings = []byte(settings)
			if err := home.SetBell(t.Context(), bell); err != nil {
				t.Fatal(err)
			}
			if got := relays.Opens(cam.ID); got != want {
				t.Errorf("with settings %s it opens: %v", settings, got)
			}
		}
		if device.Relay("door") != (tt.want == nil) || device.Relay("gate") {
			t.Errorf("%s: the wrong outputs are on", name)
		}
	}
}
