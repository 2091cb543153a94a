package watch

import (
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// TestRestartsDoNotLockOut starts the program again and again while the password of a
// camera is wrong: the device is asked twice in half an hour, as it is by one that
// runs. Another password is tried at once, and a right one after each restart.
func TestRestartsDoNotLockOut(t *testing.T) {
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{User: "ada", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	clip, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"door", "sub"} {
		if err := sim.Play(name, clip); err != nil {
			t.Fatal(err)
		}
	}
	data := t.TempDir()
	var id nvr.CameraID
	life := func(t *testing.T, want nvr.Phase, before func(*household.DB)) {
		home, cameras, _ := newCameras(t, data)
		before(home)
		changes, unsubscribe := cameras.Subscribe()
		defer unsubscribe()
		defer run(cameras)()
		late := time.After(20 * time.Second)
		for {
			c, err := cameras.Get(t.Context(), id)
			if err == nil && c.Phase == want && (want == nvr.Live || c.Reason == nvr.WrongPassword) {
				return
			}
			select {
			case <-changes:
			case <-late:
				t.Fatalf("the camera is %+v, %v", c.State, err)
			}
		}
	}
	store := func(password household.Secret) func(*household.DB) {
		return func(home *household.DB) {
			if id == 0 {
				c, err := home.AddCamera(t.Context(), household.CameraInput{Name: "Porch", URL: sim.URL("door"), SubURL: sim.URL("sub"), User: "ada", Password: password})
				if err != nil {
					t.Fatal(err)
				}
				id = c.ID
			} else if _, err := home.ChangeCamera(t.Context(), id, func(in *household.CameraInput) { in.Password = password }); err != nil {
				t.Fatal(err)
			}
		}
	}
	as := func(*household.DB) {}
	refused := func(want int) {
		t.Helper()
		if n := sim.Refused(); n != want {
			t.Fatalf("%d log-ins were refused, not %d", n, want)
		}
	}
	t.Run("the first life", func(t *testing.T) { life(t, nvr.Waiting, store("wrong")) })
	refused(1)
	for range 5 {
		t.Run("another life", func(t *testing.T) { life(t, nvr.Waiting, as) })
	}
	refused(1) // five minutes are not over
	t.Run("another wrong one", func(t *testing.T) { life(t, nvr.Waiting, store("wrong, too")) })
	refused(2)
	for range 5 {
		t.Run("another life", func(t *testing.T) { life(t, nvr.Waiting, as) })
	}
	refused(2)
	t.Run("the right one", func(t *testing.T) { life(t, nvr.Live, store("right")) })
	t.Run("the right one, in another life", func(t *testing.T) { life(t, nvr.Live, as) })
	refused(2)
	t.Run("what the machine refused still counts", func(t *testing.T) {
		home, cameras, _ := newCameras(t, data)
		talk := cameras.LogIns(id, "127.0.0.1")
		for _, want := range []bool{true, false} { // refused, and then taken
			if talk.Refused("talk"); !want {
				talk.Accepted("talk")
			}
			if at, err := home.Refused(t.Context(), id, "talk"); err != nil || (at != 0) != want {
				t.Errorf("who talks is held up: %d, %v", at, err)
			}
		}
		cameras.Refusals().Add("127.0.0.1", "ada", "wrong")
		cameras.Refusals().Add("localhost", "ada", "wrong")
	})
	t.Run("in the next life, too", func(t *testing.T) {
		_, cameras, _ := newCameras(t, data)
		for _, host := range []string{"127.0.0.1", "localhost"} {
			if wait := cameras.Refusals().Wait(host); wait < 25*time.Minute {
				t.Errorf("%s is left alone for %s", host, wait)
			}
		}
		cameras.Refusals().Forget("127.0.0.1")
	})
	t.Run("until a person got in", func(t *testing.T) {
		_, cameras, _ := newCameras(t, data)
		if wait := cameras.Refusals().Wait("localhost"); wait != 0 {
			t.Errorf("it is left alone for %s", wait)
		}
	})
}
