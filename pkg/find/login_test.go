package find

import (
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/camera"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif/onvifsim"
)

// half is the time in which refusals are counted, and most is how many there may be.
const half, most = 30 * time.Minute, 4

// TestNoLockOut has a person try one wrong password after another: no device sees so
// many that it shuts this machine out, and the right one is asked for again after half
// an hour.
func TestNoLockOut(t *testing.T) {
	for name, auth := range map[string]onvifsim.Auth{"token": onvifsim.Token, "digest": onvifsim.Digest, "both": onvifsim.Both, "either": onvifsim.Either} {
		device := onvifsim.New(onvifsim.Config{User: "admin", Password: "sesame", Auth: auth, Clock: time.Hour})
		web := httptest.NewServer(device)
		t.Cleanup(web.Close)
		f := newFinder(t)
		var got Answer
		var err error
		for i := range 20 {
			if got, err = f.Ask(t.Context(), Wanted{Address: web.URL, Password: household.Secret("wrong" + strconv.Itoa(i))}); err != nil || !got.NeedPassword || got.Camera != nil {
				t.Fatalf("%s: %+v, %v", name, got, err)
			}
		}
		if _, refused := device.LogIns(); refused != most || got.Wait < half-time.Minute || got.Wait > half {
			t.Errorf("%s: %d log-ins were refused, and then it is left alone for %s", name, refused, got.Wait)
		}
		if got, err = f.Ask(t.Context(), Wanted{Address: web.URL}); err != nil || !got.NeedPassword || got.Wait > 0 {
			t.Errorf("%s, as nobody: %+v, %v", name, got, err)
		}
	}
}

// atPort returns a finder for which cameras are at the port of an address.
func atPort(t *testing.T, address string) *Finder {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	f := newFinder(t)
	if f.port, err = strconv.Atoi(u.Port()); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestOneRefusal has a person type a wrong password at a camera that wants it by ONVIF
// and by RTSP: it refuses one log-in, and when the same is typed again none; when it
// was set at the camera in between, it is tried anew.
func TestOneRefusal(t *testing.T) {
	for name, auth := range map[string]onvifsim.Auth{"token": onvifsim.Token, "digest": onvifsim.Digest, "both": onvifsim.Both, "either": onvifsim.Either, "open": onvifsim.Open} {
		for _, before := range []bool{true, false} { // whether RTSP is at the port that is tried first
			device, film, address := street(t)
			device.Auth = auth
			f := newFinder(t)
			if before {
				f = atPort(t, film.URL(""))
			}
			refused := func() int { _, n := device.LogIns(); return n + film.Refused() }
			for i, c := range []struct {
				password household.Secret
				anew     bool
				cost     int
			}{{"wrong", false, 1}, {"wrong", false, 0}, {"wrong", true, 1}, {"other", false, 1}} {
				had := refused()
				got, err := f.Ask(t.Context(), Wanted{Address: address, User: "admin", Password: c.password, Anew: c.anew})
				if err != nil || got.Camera != nil || !got.Refused || refused()-had != c.cost || (got.Again > 0) != (c.cost == 0) {
					t.Errorf("%s, %t, %d: %+v, %v; %d refused", name, before, i, got, err, refused()-had)
				}
			}
			device.Password = "other" // it was set there
			if got, err := f.Ask(t.Context(), Wanted{Address: address, User: "admin", Password: "sesame"}); err != nil || (got.Camera != nil) != (auth == onvifsim.Open) && !before {
				t.Errorf("%s, %t, another account by ONVIF: %+v, %v", name, before, got, err)
			}
		}
	}
}

// TestAccountOfItsOwn has a camera whose password is another one by ONVIF: it is found
// by its maker's path, without a bell.
func TestAccountOfItsOwn(t *testing.T) {
	device, film, address := street(t)
	device.Password = "another"
	if err := film.Play(strings.Trim(makers[0].main, "/"), clip(t)); err != nil {
		t.Fatal(err)
	}
	f := atPort(t, film.URL(""))
	for range most - 1 {
		f.config.Refusals.Add("127.0.0.1", "admin", "wrong")
	}
	got, err := f.Ask(t.Context(), Wanted{Address: address, Password: "sesame"})
	if _, refused := device.LogIns(); err != nil || got.Camera == nil || got.Camera.Bell != nil || refused+film.Refused() != 1 {
		t.Errorf("%+v, %v; %d and %d refused", got, err, refused, film.Refused())
	}
	if wait := f.config.Refusals.Wait("127.0.0.1"); wait != 0 {
		t.Errorf("it is left alone for %s", wait)
	}
}

// TestSharedCount has others log in at the machine: what they were refused counts for
// a person who looks for a camera there, and the other way round.
func TestSharedCount(t *testing.T) {
	device, _, address := street(t)
	f := newFinder(t)
	shared := f.config.Refusals.(*camera.Refusals)
	recorder := camera.NewLogIns(shared, "127.0.0.1", 0)
	for range most {
		recorder.Refused("main")
	}
	got, err := f.Ask(t.Context(), Wanted{Address: address, Password: "sesame"})
	if accepted, refused := device.LogIns(); err != nil || got.Camera != nil || got.Wait == 0 || accepted+refused > 0 {
		t.Errorf("%+v, %v; %d and %d log-ins", got, err, accepted, refused)
	}
	shared.Forget("127.0.0.1")
	for i := range most {
		if got, err = f.Ask(t.Context(), Wanted{Address: address, Password: household.Secret("wrong" + strconv.Itoa(i))}); err != nil || !got.Refused {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if ok, in, _ := camera.NewLogIns(shared, "127.0.0.1", 0).May("main"); ok || in < half-time.Minute {
		t.Errorf("the recorder may log in: %t, in %s", ok, in)
	}
}

func TestAskForAStream(t *testing.T) {
	_, film, _ := street(t)
	f := newFinder(t)
	got, err := f.Ask(t.Context(), Wanted{Address: "admin:sesame@" + strings.TrimPrefix(film.URL("main"), "rtsp://")})
	if err != nil || got.Camera == nil || got.Camera.Input.URL != film.URL("main") || len(got.Camera.Picture) == 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	got, err = f.Ask(t.Context(), Wanted{Address: film.URL("main"), User: "admin", Password: "wrong"})
	if err != nil || got.Camera != nil || !got.Refused || got.Reason != nvr.WrongPassword || film.Refused() != 1 {
		t.Errorf("with a wrong password: %+v, %v", got, err)
	}
	got, err = f.Ask(t.Context(), Wanted{Address: film.URL("nothing"), User: "admin", Password: "sesame"})
	if err != nil || got.Camera != nil || got.Refused || got.Reason != nvr.Refused {
		t.Errorf("at a path there is not: %+v, %v", got, err)
	}
}
