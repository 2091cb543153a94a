package watch

import (
	"errors"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// porchOf returns a camera of the household that is watched, and reached at a
// simulated one.
func porchOf(t *testing.T, o rtspsim.Options, password string) (*rtspsim.Server, *household.DB, *Cameras, nvr.CameraID) {
	t.Helper()
	sim, err := rtspsim.Listen("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	clip, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Play("door", clip); err != nil {
		t.Fatal(err)
	}
	home, cameras, _ := newCameras(t, t.TempDir())
	in := household.CameraInput{Name: "Porch", URL: sim.URL("door")}
	if password != "" {
		in.User, in.Password = "ada", household.Secret(password)
	}
	cam, err := home.AddCamera(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(run(cameras))
	return sim, home, cameras, cam.ID
}

// waitFor returns when a camera is in a phase.
func waitFor(t *testing.T, cameras *Cameras, id nvr.CameraID, p nvr.Phase) {
	t.Helper()
	changes, end := cameras.Subscribe()
	defer end()
	deadline := time.After(20 * time.Second)
	for {
		shown, err := cameras.Get(t.Context(), id)
		if err == nil && shown.Phase == p {
			return
		}
		select {
		case <-changes:
		case <-deadline:
			t.Fatalf("the camera is %+v, %v, not %s", shown.State, err, p)
		}
	}
}

// TestSpeaker opens the speaker of a camera that is watched, and has cameras
// turned off while somebody talks.
func TestSpeaker(t *testing.T) {
	sim, home, cameras, id := porchOf(t, rtspsim.Options{Speaker: []string{"PCMU/8000"}, User: "ada", Password: "right"}, "right")
	if _, err := cameras.Speaker(t.Context(), 99); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("no such camera: %v", err)
	}
	waitFor(t, cameras, id, nvr.Live)
	if ever, _ := sim.Speaking(); ever != 0 {
		t.Errorf("%d back-channels of a camera that is watched", ever)
	}
	speaker, err := cameras.Speaker(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := speaker.Write(make([]int16, 160)); err != nil {
		t.Error(err)
	}
	if _, err := home.ChangeHome(t.Context(), func(h *household.Home) error { return h.Choose(nvr.HousePrivacy, 0, nvr.Now()) }); err != nil {
		t.Fatal(err)
	}
	select {
	case <-speaker.Done():
	case <-time.After(10 * time.Second):
		t.Error("cameras are off, and somebody still talks")
	}
	waitFor(t, cameras, id, nvr.Off)
	if _, err := cameras.Speaker(t.Context(), id); !errors.Is(err, nvr.ErrBusy) {
		t.Errorf("of a camera that is off: %v", err)
	}
}

// TestSpeakerGoesByLogIns checks that nobody talks with a password that the
// camera refused.
func TestSpeakerGoesByLogIns(t *testing.T) {
	sim, _, cameras, id := porchOf(t, rtspsim.Options{Speaker: []string{"PCMU/8000"}, User: "ada", Password: "right"}, "wrong")
	waitFor(t, cameras, id, nvr.Waiting)
	before := sim.Describes()
	if _, err := cameras.Speaker(t.Context(), id); !errors.Is(err, nvr.ErrBusy) {
		t.Errorf("%v", err)
	}
	if n := sim.Describes(); n != before {
		t.Errorf("%d more log-ins", n-before)
	}
}

func TestNoSpeaker(t *testing.T) {
	_, _, cameras, id := porchOf(t, rtspsim.Options{}, "")
	waitFor(t, cameras, id, nvr.Live)
	var none *rtsp.NoSpeaker
	if _, err := cameras.Speaker(t.Context(), id); !errors.As(err, &none) {
		t.Errorf("%v", err)
	}
}
