package find

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/camera"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

func newFinder(t *testing.T) *Finder {
	t.Helper()
	return NewFinder(Config{Log: silent, Refusals: &camera.Refusals{}, Home: homely{}})
}

var silent = slog.New(slog.DiscardHandler)

// addresses are addresses as people type them, and where they lead.
var addresses = map[string]target{
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
	"rtsp://[fd00::20]/a":                           {"fd00::20", "http://[fd00::20]/", "rtsp://[fd00::20]/a"},
}

// none are texts that lead nowhere.
var none = []string{"", "ftp://192.168.1.20/", "two words", "http:///", "\x00", strings.Repeat("a", 3000), "file:///etc/passwd"}

func TestRead(t *testing.T) {
	for text, want := range addresses {
		got, _, wrong := read(Wanted{Address: text})
		if wrong != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, wrong)
		}
	}
	for _, text := range none {
		if got, _, wrong := read(Wanted{Address: text}); wrong == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
	if _, w, _ := read(Wanted{Address: "rtsp://ada:sesame@192.168.1.20/a"}); w.User != "ada" || w.Password.Reveal() != "sesame" {
		t.Error("the account was not taken over")
	}
}

// FuzzRead has texts read as addresses: whatever they are, all that is asked then is
// one machine, and no password stays in an address or in what is said about it.
func FuzzRead(f *testing.F) {
	for text := range addresses {
		f.Add(text)
	}
	for _, text := range append(none, "rtsp://ada:canary@192.168.1.20:99999/", "http://ada:canary@192.168.1.20/", "ada:canary@192.168.1.20", "http://192.168.1.20@203.0.113.9/", "[fe80::1%25eth0]") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, w, wrong := read(Wanted{Address: text})
		if wrong != nil {
			if got != (target{}) {
				t.Errorf("%q is wrong, and leads to %+v", text, got)
			}
			return
		}
		for _, address := range []string{got.web, got.stream} {
			u, err := url.Parse(address)
			if address == "" {
				continue
			}
			if err != nil || u.Hostname() != got.host || got.host == "" || u.User != nil {
				t.Errorf("%q leads to %+v: %v", text, got, err)
			}
		}
		if len(w.Password) > 3 && strings.Count(text, w.Password.Reveal()) == 1 && strings.Contains(got.host+got.web+got.stream, w.Password.Reveal()) {
			t.Errorf("%q leads to %+v, with the password in it", text, got)
		}
	})
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
	got, err := newFinder(t).Ask(t.Context(), Wanted{Address: "http://169.254.169.254/latest/meta-data"})
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

func clip(t *testing.T) rtspsim.Clip {
	t.Helper()
	c, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAsk(t *testing.T) {
	device, film, address := street(t, onvifsim.OtherHost)
	f := newFinder(t)
	got, err := f.Ask(t.Context(), Wanted{Address: address})
	if err != nil || got.Camera != nil || !got.NeedPassword || got.Refused {
		t.Fatalf("without a password: %+v, %v", got, err)
	}
	got, err = f.Ask(t.Context(), Wanted{Address: address, User: "admin", Password: "sesame"})
	if err != nil || got.Camera == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	c := got.Camera
	if c.Input.URL != film.URL("main") || c.Input.SubURL != film.URL("sub") || c.Input.User != "admin" || c.Suggest != "Bell 2" || !c.Moved || len(c.Streams) != 2 || len(c.Offers) != 2 {
		t.Errorf("found %+v", c)
	}
	if c.Bell == nil || c.Bell.Kind != household.ONVIFBell || string(c.Bell.Settings) != `{"profile":"m","relays":["door"],"endpoint":"00000000-0000-4000-8000-00000000cafe"}` {
		t.Errorf("bell %+v", c.Bell)
	}
	if format, err := fmp4.ParseInit(c.Picture); err != nil && !bytes.Contains(c.Picture, []byte("mdat")) {
		t.Errorf("a picture of %+v, %v", format, err)
	}
	got, err = f.Ask(t.Context(), Wanted{Address: address, User: "admin", Password: "wrong"})
	if _, refused := device.LogIns(); err != nil || got.Camera != nil || !got.Refused || refused != 1 {
		t.Errorf("with a wrong password: %+v, %v; %d were refused", got, err, refused)
	}
}

// TestHostileDevices asks devices that answer without end, in depth, with entities of
// entities, with a page, or with other machines of the home, which hear nothing.
func TestHostileDevices(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("this machine has one address alone: %v", err)
	}
	t.Cleanup(func() { other.Close() })
	var heard atomic.Int32
	go func() {
		for {
			c, err := other.Accept()
			if err != nil {
				return // the test is over
			}
			heard.Add(1)
			c.Close()
		}
	}()
	elsewhere := other.Addr().String()
	sent := map[string]http.Handler{
		"a redirect": http.RedirectHandler("http://"+elsewhere+"/onvif/device_service", http.StatusTemporaryRedirect),
		"a gap":      http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
	}
	for _, q := range []onvifsim.Quirk{onvifsim.Endless, onvifsim.Deep, onvifsim.Bomb, onvifsim.Page, onvifsim.OtherHost, ""} {
		d := onvifsim.New(onvifsim.Config{
			User: "admin", Password: "sesame", Quirks: []onvifsim.Quirk{q}, Maker: "M",
			Streams: []onvifsim.Stream{{Token: "m", Encoding: "H264", Width: 640, Height: 360, URI: "rtsp://" + elsewhere + "/main"}},
		})
		sent[string(q)] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if q == "" { // all of its services are at the other machine
				r.Host = elsewhere
			}
			d.ServeHTTP(w, r)
		})
	}
	for name, handler := range sent {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(handler)
			t.Cleanup(s.Close)
			s.Config.ErrorLog = slog.NewLogLogger(silent.Handler(), slog.LevelError)
			began := time.Now()
			got, err := newFinder(t).Ask(t.Context(), Wanted{Address: s.URL, User: "admin", Password: "sesame"})
			if err != nil || got.Camera != nil || got.Reason == "" {
				t.Errorf("%+v, %v", got, err)
			}
			if took := time.Since(began); took > allWithin+5*time.Second {
				t.Errorf("that took %s", took)
			}
		})
	}
	if n := heard.Load(); n > 0 {
		t.Errorf("another machine was asked %d times", n)
	}
}

func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFinder(Config{Log: silent, Home: homely{}, Search: func(ctx context.Context) ([]onvif.Found, error) {
			<-ctx.Done()
			return nil, nil
		}})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = f.Around(ctx) }()
		synctest.Wait()
		if _, err := f.Around(t.Context()); !errors.Is(err, nvr.ErrBusy) {
			t.Errorf("a second search: %v", err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := f.Around(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("one that nobody waits for: %v", err)
		}
		time.AfterFunc(time.Second, cancel) // the page is left
		ctx, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		if _, err := f.Around(ctx); err != nil {
			t.Errorf("the next search: %v", err)
		}
	})
}

func TestAdd(t *testing.T) {
	var bells []household.Bell
	taken := true
	f := NewFinder(Config{Log: silent, SetBell: func(_ context.Context, b household.Bell) error { bells = append(bells, b); return nil },
		Add: func(_ context.Context, in household.CameraInput) (nvr.Camera, error) {
			if taken {
				return nvr.Camera{}, nvr.ErrExists
			}
			return nvr.Camera{ID: 7, Name: in.Name, URL: in.URL}, nil
		}})
	name := f.held.keep(Camera{Input: household.CameraInput{URL: "rtsp://10.0.0.1/"}, Bell: &household.Bell{Kind: household.ONVIFBell}})
	if _, err := f.Add(t.Context(), name, "Door"); !errors.Is(err, nvr.ErrExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	taken = false
	if c, err := f.Add(t.Context(), name, "Front door"); err != nil || c.Name != "Front door" || c.URL != "rtsp://10.0.0.1/" {
		t.Errorf("%+v, %v", c, err)
	}
	if len(bells) != 1 || bells[0].Camera != 7 {
		t.Errorf("bells %+v", bells)
	}
	if _, err := f.Add(t.Context(), name, "Back door"); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
}

func TestAccount(t *testing.T) {
	for _, w := range []Wanted{{Address: "10.0.0.1", User: strings.Repeat("a", 300)}, {Address: "10.0.0.1", User: "a\r\nb", Password: "x"}, {Address: "10.0.0.1", User: "a", Password: "x\x00"}} {
		if _, err := newFinder(t).Ask(t.Context(), w); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%q: %v", w.User, err)
		}
	}
}

func TestHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h held
		first := h.keep(Camera{Suggest: "first"})
		if c, err := h.get(first); err != nil || c.Suggest != "first" {
			t.Error(c, err)
		}
		if _, err := h.get("another"); !errors.Is(err, nvr.ErrNotFound) {
			t.Error(err)
		}
		for range maxHeld {
			h.keep(Camera{})
		}
		if _, err := h.get(first); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("one too many: %v", err)
		}
		last := h.keep(Camera{})
		h.drop(last)
		if _, err := h.get(last); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("dropped: %v", err)
		}
		late := h.keep(Camera{})
		time.Sleep(heldTime + time.Second)
		if _, err := h.get(late); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("too late: %v", err)
		}
	})
}
