package watch

import (
	"fmt"
	"testing"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
)

// TestRefusalsAreShared has a person test wrong passwords at a machine of which no
// camera is known: it refuses four, and then nobody asks it, whoever would.
func TestRefusalsAreShared(t *testing.T) {
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{User: "ada", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	home, cameras, _ := newCameras(t, t.TempDir())
	test := func(password string) nvr.Probe {
		t.Helper()
		answer, err := cameras.Probe(t.Context(), 0, household.CameraInput{Name: "Porch", URL: sim.URL("door"), User: "ada", Password: household.Secret(password)})
		if err != nil || answer.OK || answer.Reason != nvr.WrongPassword {
			t.Fatalf("%+v, %v", answer, err)
		}
		return answer
	}
	for i := range 6 {
		test(fmt.Sprint("wrong", i))
	}
	if n := sim.Refused(); n != 4 || cameras.Refusals().Wait("127.0.0.1") == 0 {
		t.Errorf("%d were refused", n)
	}
	if answer := test("right"); answer.Detail == "" || sim.Refused() != 4 {
		t.Errorf("%+v", answer)
	}
	cam, err := home.AddCamera(t.Context(), household.CameraInput{Name: "Porch", URL: sim.URL("door"), User: "ada", Password: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	changes, unsubscribe := cameras.Subscribe()
	defer unsubscribe()
	defer run(cameras)()
	for cameras.handle(cam.ID) == nil {
		<-changes
	}
	streams := cameras.handle(cam.ID).LogIns()
	for address, want := range map[string]bool{"http://127.0.0.1:80/onvif": true, "127.0.0.1": true, "http://10.0.0.9/": false, "": false} {
		if got := cameras.LogIns(cam.ID, address) == streams; got != want {
			t.Errorf("who logs in at %q shares the budget of the streams: %t", address, got)
		}
	}
	if ok, in, _ := cameras.LogIns(cam.ID+1, "http://127.0.0.1/").May("onvif"); ok || in == 0 {
		t.Error("another camera's bell may log in at the machine")
	}
	if n := sim.Refused(); n != 4 {
		t.Errorf("%d were refused in the end", n)
	}
}
