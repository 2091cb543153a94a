package device_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/device"
	"nvrd/pkg/device/devicesim"
	"nvrd/pkg/nvr"
)

const page = "/cgi-bin/page.cgi?codes=[All]&beat=5"

// start serves pages behind a log-in, and returns how to reach them.
func start(t *testing.T, d *devicesim.Device, encrypted bool, pages http.HandlerFunc) device.Config {
	d.User, d.Password, d.Pages = "admin", "front door", pages
	return device.Config{Address: d.Start(t, encrypted) + "/ignored?path", User: d.User, Password: d.Password}
}

func ask(t *testing.T, c device.Config) (string, error) {
	t.Helper()
	client, err := device.New(c)
	if err != nil {
		return "", err
	}
	defer client.Close()
	body, err := client.Ask(t.Context(), device.Request{Path: page}, 100)
	return string(body), err
}

func hello(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello "+r.URL.RequestURI()) }

// TestLogIn shows every way to log in that devices have, and that the password is
// never sent as it is over a line that anybody can read.
func TestLogIn(t *testing.T) {
	for _, c := range []struct {
		name      string
		d         *devicesim.Device
		encrypted bool
		want      device.Kind
	}{
		{"digest of old", &devicesim.Device{}, false, ""},
		{"digest", &devicesim.Device{Algorithm: "MD5", QOP: []string{"auth"}}, false, ""},
		{"digest, offered with a space", &devicesim.Device{QOP: []string{"auth-int", " auth"}}, false, ""},
		{"SHA-256", &devicesim.Device{Algorithm: "SHA-256", QOP: []string{"auth"}}, false, ""},
		{"digest over TLS", &devicesim.Device{QOP: []string{"auth"}}, true, ""},
		{"basic over TLS", &devicesim.Device{Basic: true}, true, ""},
		{"basic", &devicesim.Device{Basic: true}, false, device.Plain},
		{"an algorithm nobody knows", &devicesim.Device{Algorithm: "MD6"}, false, device.Odd},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := c.d
			config := start(t, d, c.encrypted, hello)
			body, err := ask(t, config)
			if device.KindOf(err) != c.want || err == nil && body != "hello "+page || d.Refusals() != 0 {
				t.Errorf("%q, %v, %d refusals", body, err, d.Refusals())
			}
			if c.want != "" {
				return
			}
			config.Password = "back door"
			if _, err := ask(t, config); device.KindOf(err) != device.WrongLogIn || !errors.Is(err, nvr.ErrUnauthorized) || d.Refusals() != 1 {
				t.Errorf("a wrong password: %v, %d refusals", err, d.Refusals())
			}
		})
	}
}

// TestNonce shows that one client logs in with one question as long as its nonce
// is good, and with two when it expired.
func TestNonce(t *testing.T) {
	d := &devicesim.Device{QOP: []string{"auth"}, Uses: 2}
	client, err := device.New(start(t, d, false, hello))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{2, 3, 5, 6, 8} {
		if _, err := client.Ask(t.Context(), device.Request{Path: page}, 100); err != nil || len(d.Asked()) != want {
			t.Fatalf("question %d: %v, %d requests, not %d", i, err, len(d.Asked()), want)
		}
	}
	if d.Refusals() != 0 {
		t.Error("a password was wrong")
	}
}

// TestBudget shows that the device's budget of log-ins is kept to: after one wrong
// password nothing more is tried, and one that was right goes on.
func TestBudget(t *testing.T) {
	d := &devicesim.Device{QOP: []string{"auth"}}
	config := start(t, d, false, hello)
	config.LogIns, config.Party = &budget{}, "events"
	wrong := config
	wrong.Password = "back door"
	if _, err := ask(t, wrong); device.KindOf(err) != device.WrongLogIn {
		t.Error(err)
	}
	for range 3 {
		if _, err := ask(t, wrong); device.KindOf(err) != device.Waiting || !errors.Is(err, nvr.ErrTooMany) {
			t.Error(err)
		}
	}
	if d.Refusals() != 1 {
		t.Errorf("%d wrong passwords were sent", d.Refusals())
	}
	right := &budget{}
	config.LogIns = right
	for range 2 {
		if _, err := ask(t, config); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"may events", "accepted events", "may events", "accepted events"}, right.said); diff != "" {
		t.Error(diff)
	}
}

// budget allows nothing after a refusal, and notes what it is told.
type budget struct {
	refused bool
	said    []string
}

func (b *budget) May(party string) (bool, time.Duration, <-chan struct{}) {
	b.said = append(b.said, "may "+party)
	return !b.refused, 0, nil
}
func (b *budget) Accepted(party string) { b.said = append(b.said, "accepted "+party) }
func (b *budget) Refused(party string) {
	b.refused = true
	b.said = append(b.said, "refused "+party)
}
func (b *budget) Undecided(party string) { b.said = append(b.said, "undecided "+party) }

// TestElsewhere shows that no redirect is followed, neither to another host nor
// to another page.
func TestElsewhere(t *testing.T) {
	var strangers atomic.Int32
	other := (&devicesim.Device{Pages: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) })}).Start(t, false)
	d := &devicesim.Device{QOP: []string{"auth"}}
	to := other
	c := start(t, d, false, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	for _, to = range []string{other, "/other"} {
		if _, err := ask(t, c); device.KindOf(err) != device.Elsewhere {
			t.Error(err)
		}
	}
	if strangers.Load() != 0 || len(d.Asked()) != 4 {
		t.Errorf("%d questions to a stranger, %q", strangers.Load(), d.Asked())
	}
}

// TestBounds shows that nothing a device says is longer or later than it may be.
func TestBounds(t *testing.T) {
	for name, c := range map[string]struct {
		says http.HandlerFunc
		want device.Kind
	}{
		"at the limit":   {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 100)) }, ""},
		"beyond":         {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 101)) }, device.Odd},
		"a large header": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 20<<10)) }, device.Unreachable},
		"a large refusal": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			fmt.Fprint(w, strings.Repeat("x", 1<<20))
		}, device.NoPage},
		"zipped": {func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "" {
				fmt.Fprint(w, strings.Repeat("x", 101))
			}
		}, ""},
	} {
		if _, err := ask(t, start(t, &devicesim.Device{}, false, c.says)); device.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	late := start(t, &devicesim.Device{}, false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client, err := device.New(late)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Open(t.Context(), device.Request{Path: page, Within: 50 * time.Millisecond}); device.KindOf(err) != device.Unreachable {
		t.Errorf("a device that does not answer: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.Open(ctx, device.Request{Path: page}); !errors.Is(err, context.DeadlineExceeded) || device.KindOf(err) != "" {
		t.Errorf("who asks has no more time: %v", err)
	}
}

// TestAddress shows what an owner may type, and that a password in there is not
// repeated.
func TestAddress(t *testing.T) {
	for _, bad := range []string{"", "rtsp://192.168.1.20", "http://", "http://user:secret%zz@host", "://", "http://[::1"} {
		if _, err := device.New(device.Config{Address: bad}); device.KindOf(err) != device.BadAddress || strings.Contains(errors.Join(err.(*device.Error).Unwrap()...).Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"192.168.1.20", " 192.168.1.20:8080 ", "https://door.home", "::1", "[fe80::1]:80", "http://192.168.1.20/path?x"} {
		if _, err := device.New(device.Config{Address: good}); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

// TestSecrets shows that a config can be printed without its password.
func TestSecrets(t *testing.T) {
	c := device.Config{Address: "192.168.1.20", User: "admin", Password: "front door"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, c); got != "192.168.1.20" {
			t.Errorf("%s prints %s", format, got)
		}
	}
	if got := c.LogValue().String(); got != "192.168.1.20" {
		t.Error(got)
	}
}

func TestSource(t *testing.T) {
	for want, words := range map[string][]string{
		"dahua AlarmLocal 6": {"dahua", " AlarmLocal ", "6"},
		"2n a b":             {"2n", "a\x00\n b\x7f"},
		"ünicode":            {"\xffünicode\u202e"},
	} {
		if got := device.Source(words...); got != want {
			t.Errorf("%q is %q", words, got)
		}
	}
	long := device.Source("x" + strings.Repeat("ü", 200))
	if diff := cmp.Diff("x"+strings.Repeat("ü", 99), long); diff != "" {
		t.Error(diff)
	}
}

// TestRefusedWithoutChallenge: a device that refuses a log-in has refused it, also if
// it does not say how else to log in.
func TestRefusedWithoutChallenge(t *testing.T) {
	wrong := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Digest realm="device", nonce="abc", qop="auth"`)
		} else {
			wrong++
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer s.Close()
	b := &budget{}
	c := device.Config{Address: s.URL, User: "admin", Password: "wrong", LogIns: b, Party: "events"}
	_, first := ask(t, c)
	_, second := ask(t, c)
	if device.KindOf(first) != device.WrongLogIn || device.KindOf(second) != device.Waiting || wrong != 1 || !b.refused {
		t.Errorf("%v, then %v; the wrong password was sent %d times, and the budget was told %q", first, second, wrong, b.said)
	}
}
