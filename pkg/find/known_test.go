package find

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
)

// homely is a home with some cameras.
type homely struct {
	cameras []household.Camera
	bells   []household.Bell
}

func (h homely) Cameras(context.Context) ([]household.Camera, error) { return h.cameras, nil }
func (h homely) Bells(context.Context) ([]household.Bell, error)     { return h.bells, nil }

// with adds a camera that calls itself something, or nothing.
func (h *homely) with(t *testing.T, address, endpoint string) {
	t.Helper()
	c := household.Camera{ID: nvr.CameraID(len(h.cameras) + 1), Name: "At " + address, URL: address}
	h.cameras = append(h.cameras, c)
	if endpoint == "" {
		return
	}
	text, err := json.Marshal(Settings{Profile: "m", Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	h.bells = append(h.bells, household.Bell{Camera: c.ID, Kind: household.ONVIFBell, Settings: text})
}

// TestKnown has devices answer a search of which the home has some already.
func TestKnown(t *testing.T) {
	var home homely
	home.with(t, "rtsp://10.0.0.1:8554/main", "")
	home.with(t, "rtsp://10.0.0.2/main", "two")
	home.with(t, "rtsp://[::ffff:10.0.0.3]/main", "three")
	home.with(t, "rtsp://10.0.0.4/main", "shared")
	home.with(t, "rtsp://localhost/main", "")
	home.with(t, "rtsp://no-such-camera.invalid/main", "")
	home.bells = append(home.bells, household.Bell{Camera: 1, Kind: household.DahuaBell, Settings: []byte("null")})
	answers := []struct {
		host, endpoint string
		want           string
	}{
		{"10.0.0.1", "one", "1"},        // by its address
		{"10.0.0.2", "", "2"},           // it does not say what it is
		{"10.0.0.9", "two", "2 moved"},  // the router gave it another one
		{"10.0.0.3", "another", "new"},  // another one has its address now
		{"10.0.0.4", "shared", "4"},     //
		{"10.0.0.5", "shared", "new"},   // of a maker that calls all the same
		{"127.0.0.1", "local", "5"},     // whose address is a name
		{"10.0.0.6", "", "new"},         //
		{"10.0.0.7", "somebody", "new"}, //
	}
	var found []onvif.Found
	want := map[string]string{}
	for _, a := range answers {
		found = append(found, onvif.Found{Address: "http://" + a.host + ":8000/onvif/device_service", Endpoint: a.endpoint})
		want[a.host] = a.want
	}
	f := NewFinder(Config{Log: silent, Home: home, Search: func(context.Context) ([]onvif.Found, error) { return found, nil }})
	all, err := f.Around(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for i, d := range all {
		what := "new"
		if d.Camera != 0 {
			what = fmt.Sprint(d.Camera)
			if d.Called != home.cameras[d.Camera-1].Name {
				t.Errorf("camera %s is called %q", d.Camera, d.Called)
			}
		}
		if d.Moved {
			what += " moved"
		}
		got[hostOf(d.Address)] = what
		if i > 0 && d.Camera == 0 && all[i-1].Camera != 0 {
			t.Errorf("%s is new, and stands after one that is not", d.Address)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
