package find

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
)

// mute takes connections and says nothing.
func mute(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return l.Addr().String()
}

// shut is where nothing listens.
func shut(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// What is wrong is said within seconds, whatever is at an address.
func TestTroubles(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	film, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer film.Close()
	if err := film.Play("odd/path", clip(t)); err != nil {
		t.Fatal(err)
	}
	silent := mute(t)
	for name, c := range map[string]struct {
		address string
		trouble Trouble
		reason  nvr.Reason
	}{
		"no such name":       {"no-such-camera.invalid", NoSuchName, nvr.Unreachable},
		"link-local":         {"169.254.169.254", Forbidden, nvr.Unreachable},
		"nothing listens":    {shut(t), Shut, nvr.Unreachable},
		"no stream listens":  {"rtsp://" + shut(t) + "/a", Shut, nvr.Unreachable},
		"mute":               {silent, Mute, nvr.Unreachable},
		"mute, a stream":     {"rtsp://" + silent + "/a", Mute, nvr.Unreachable},
		"pages":              {web.Listener.Addr().String(), OnlyWeb, nvr.Unreachable},
		"a stream of a page": {"rtsp://" + web.Listener.Addr().String() + "/a", OnlyWeb, nvr.Unreachable},
		"an odd path":        {strings.TrimPrefix(strings.TrimSuffix(film.URL(""), "/"), "rtsp://"), NoPath, nvr.Refused},
		"a wrong path":       {film.URL("b"), "", nvr.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFinder(t)
			f.port = portOf("rtsp://" + shut(t)) // another one of this machine may be in use
			began := time.Now()
			a, err := f.Ask(t.Context(), Wanted{Address: c.address})
			if err != nil || a.Camera != nil || a.Trouble != c.trouble || a.Reason != c.reason || a.NeedPassword || a.Address != c.address {
				t.Errorf("%+v, %v", a, err)
			}
			t.Logf("%s after %v", a.Trouble, time.Since(began))
			if took := time.Since(began); took > 12*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A link with user and password comes back without it.
func TestLinkWithPassword(t *testing.T) {
	film, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{User: "ada", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	defer film.Close()
	f := newFinder(t)
	link := strings.Replace(film.URL("door"), "rtsp://", "rtsp://ada:wrong@", 1)
	a, err := f.Ask(t.Context(), Wanted{Address: link})
	if err != nil || !a.Refused || a.Address != film.URL("door") || a.User != "ada" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestHomeNumbers(t *testing.T) {
	for text, want := range map[string]bool{"192.168.1.20": true, "10.0.0.1": true, "127.0.0.1": true, "100.100.1.1": true, "fd00::1": true, "fe80::1": true, "8.8.8.8": false, "2001:4860::8888": false} {
		if home(netip.MustParseAddr(text)) != want {
			t.Errorf("%s is one of a home: %t", text, !want)
		}
	}
}
