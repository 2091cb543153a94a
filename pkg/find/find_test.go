package find

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

var silent = slog.New(slog.DiscardHandler)

func TestRead(t *testing.T) {
	for text, want := range map[string]target{
		"192.168.1.20":                        {"192.168.1.20", "http://192.168.1.20/", ""},
		" 192.168.1.20:8000 ":                 {"192.168.1.20", "http://192.168.1.20:8000/", ""},
		"camera.lan":                          {"camera.lan", "http://camera.lan/", ""},
		"camera":                              {"camera", "http://camera/", ""},
		"http://192.168.1.20/":                {"192.168.1.20", "http://192.168.1.20/", ""},
		"https://192.168.1.20:8443/index.htm": {"192.168.1.20", "https://192.168.1.20:8443/", ""},
		"http://192.168.1.20:8899/onvif/device_service": {"192.168.1.20", "http://192.168.1.20:8899/onvif/device_service", ""},
		"rtsp://192.168.1.20:8554/main":                 {"192.168.1.20", "http://192.168.1.20/", "rtsp://192.168.1.20:8554/main"},
		"rtsp://ada:sesame@192.168.1.20/a":              {"192.168.1.20", "http://192.168.1.20/", "rtsp://192.168.1.20/a"},
		"192.168.1.20/stream1":                          {"192.168.1.20", "http://192.168.1.20/", "rtsp://192.168.1.20/stream1"},
	} {
		got, _, wrong := read(Wanted{Address: text})
		if wrong != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, wrong)
		}
	}
	for _, text := range []string{"", "ftp://192.168.1.20/", "two words", "http:///", "\x00", strings.Repeat("a", 3000), "file:///etc/passwd"} {
		if got, _, wrong := read(Wanted{Address: text}); wrong == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
	if _, w, _ := read(Wanted{Address: "rtsp://ada:sesame@192.168.1.20/a"}); w.User != "ada" || w.Password.Reveal() != "sesame" {
		t.Error("the account was not taken over")
	}
}

// TestFence has names and addresses that lead where no camera can be.
func TestFence(t *testing.T) {
	for _, c := range []struct{ host, at string }{
		{"169.254.169.254", "169.254.169.254:80"}, {"camera.example", "169.254.1.1:80"}, {"camera.example", "127.0.0.1:80"}, {"camera.example", "[::1]:80"},
		{"camera.example", "[::ffff:127.0.0.1]:80"}, {"fe80::1", "[fe80::1]:80"}, {"0.0.0.0", "0.0.0.0:80"}, {"fd00:ec2::254", "[fd00:ec2::254]:80"}, {"x", "239.1.1.1:80"},
	} {
		if err := fence(c.host).Control("tcp", c.at, nil); !errors.Is(err, errFenced) {
			t.Errorf("%s as %s: %v", c.host, c.at, err)
		}
	}
	for _, c := range []struct{ host, at string }{{"127.0.0.1", "127.0.0.1:80"}, {"localhost", "[::1]:80"}, {"camera.lan", "192.168.1.20:554"}, {"10.0.0.1", "10.0.0.1:1"}} {
		if err := fence(c.host).Control("tcp", c.at, nil); err != nil {
			t.Errorf("%s as %s: %v", c.host, c.at, err)
		}
	}
	got, err := Ask(t.Context(), Wanted{Address: "http://169.254.169.254/latest/meta-data"}, silent)
	if err != nil || got.Camera != nil || got.Reason != nvr.Unreachable {
		t.Errorf("metadata: %+v, %v", got, err)
	}
}

func TestMakersAreSane(t *testing.T) {
	for _, m := range makers {
		for _, path := range []string{m.main, m.sub} {
			if u, err := url.Parse("rtsp://h" + path); path != "" && (err != nil || u.Hostname() != "h") || m.name != strings.ToLower(m.name) {
				t.Errorf("%+v", m)
			}
		}
	}
	if first := likely("TP-Link Tapo C200")[0].main; first != "/stream1" {
		t.Errorf("a Tapo is tried at %s first", first)
	}
}

func TestServices(t *testing.T) {
	if got := services("http://10.0.0.1:81/"); len(got) != 1 || got[0] != "http://10.0.0.1:81/" {
		t.Errorf("with a port: %q", got)
	}
	if got := services("http://[fd00::1]/"); len(got) != 1+len(onvifPorts) || got[1] != "http://[fd00::1]:8000/" {
		t.Errorf("without a port: %q", got)
	}
}

// street starts a camera that sends pictures and one that speaks ONVIF before it.
func street(t *testing.T, quirks ...onvifsim.Quirk) (device *onvifsim.Device, film *rtspsim.Server, address string) {
	t.Helper()
	film, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{User: "admin", Password: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(film.Close)
	for path, file := range map[string][]byte{"main": porch.Door().Main, "sub": porch.Door().Sub} {
		clip, err := rtspsim.LoadClip(file)
		if err == nil {
			err = film.Play(path, clip)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	device = onvifsim.New(onvifsim.Config{
		User: "admin", Password: "sesame", Auth: onvifsim.Token, Clock: -time.Hour, Model: "Bell 2", Relays: []string{"door"}, Quirks: quirks,
		Streams: []onvifsim.Stream{
			{Token: "s", Encoding: "H264", Width: 640, Height: 360, URI: strings.Replace(film.URL("sub"), "127.0.0.1", "192.0.2.77", 1)},
			{Token: "m", Encoding: "H264", Width: 1920, Height: 1080, URI: strings.Replace(film.URL("main"), "127.0.0.1", "192.0.2.77", 1)},
		},
	})
	web := httptest.NewServer(device)
	t.Cleanup(web.Close)
	return device, film, web.URL
}

func TestAsk(t *testing.T) {
	device, film, address := street(t, onvifsim.OtherHost)
	got, err := Ask(t.Context(), Wanted{Address: address}, silent)
	if err != nil || got.Camera != nil || !got.NeedPassword || got.Refused {
		t.Fatalf("without a password: %+v, %v", got, err)
	}
	got, err = Ask(t.Context(), Wanted{Address: address, User: "admin", Password: "sesame"}, silent)
	if err != nil || got.Camera == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	c := got.Camera
	if c.Input.URL != film.URL("main") || c.Input.SubURL != film.URL("sub") || c.Input.User != "admin" || c.Suggest != "Bell 2" || !c.Moved || len(c.Streams) != 2 {
		t.Errorf("found %+v", c)
	}
	if c.Bell == nil || c.Bell.Kind != household.ONVIFBell || string(c.Bell.Settings) != `{"profile":"m","relays":["door"]}` {
		t.Errorf("bell %+v", c.Bell)
	}
	if format, err := fmp4.ParseInit(c.Picture); err != nil && !bytes.Contains(c.Picture, []byte("mdat")) {
		t.Errorf("a picture of %+v, %v", format, err)
	}
	got, err = Ask(t.Context(), Wanted{Address: address, User: "admin", Password: "wrong"}, silent)
	if _, refused := device.LogIns(); err != nil || got.Camera != nil || !got.Refused || refused > maxRefused {
		t.Errorf("with a wrong password: %+v, %v; %d were refused", got, err, refused)
	}
}

func TestAskForAStream(t *testing.T) {
	_, film, _ := street(t)
	got, err := Ask(t.Context(), Wanted{Address: "admin:sesame@" + strings.TrimPrefix(film.URL("main"), "rtsp://")}, silent)
	if err != nil || got.Camera == nil || got.Camera.Input.URL != film.URL("main") || len(got.Camera.Picture) == 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	got, err = Ask(t.Context(), Wanted{Address: film.URL("main"), User: "admin", Password: "wrong"}, silent)
	if err != nil || got.Camera != nil || !got.Refused || got.Reason != nvr.WrongPassword {
		t.Errorf("with a wrong password: %+v, %v", got, err)
	}
	got, err = Ask(t.Context(), Wanted{Address: film.URL("nothing"), User: "admin", Password: "sesame"}, silent)
	if err != nil || got.Camera != nil || got.Refused || got.Reason != nvr.Refused {
		t.Errorf("at a path there is not: %+v, %v", got, err)
	}
}

func TestHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Held
		first := h.Keep(Camera{Suggest: "first"})
		if c, err := h.Get(first); err != nil || c.Suggest != "first" {
			t.Error(c, err)
		}
		if _, err := h.Get("another"); !errors.Is(err, nvr.ErrNotFound) {
			t.Error(err)
		}
		for range maxHeld {
			h.Keep(Camera{})
		}
		if _, err := h.Get(first); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("one too many: %v", err)
		}
		last := h.Keep(Camera{})
		h.Drop(last)
		if _, err := h.Get(last); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("dropped: %v", err)
		}
		late := h.Keep(Camera{})
		time.Sleep(heldTime + time.Second)
		if _, err := h.Get(late); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("too late: %v", err)
		}
	})
}
