package onvif_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/maker/report"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
	"nvrd/pkg/onvif/onvifsim"
)

const (
	user     = "admin"
	password = "a <secret> & more"
)

// budget is one of log-ins, as pkg/camera keeps it: after a refusal nobody may.
type budget struct {
	mu      sync.Mutex
	refused bool
}

func (b *budget) May(string) (ok bool, in time.Duration, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.refused, 5 * time.Minute, nil
}

func (b *budget) Refused(string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = true
}

func (b *budget) Accepted(string)  {}
func (b *budget) Undecided(string) {}

// serve starts a device and returns it with its address.
func serve(t *testing.T, c onvifsim.Config) (*onvifsim.Device, string) {
	t.Helper()
	c.User, c.Password = user, password
	d := onvifsim.New(c)
	s := httptest.NewUnstartedServer(d)
	s.Config.ErrorLog = nil
	s.Start()
	t.Cleanup(s.Close)
	return d, s.URL
}

func device(t *testing.T, c onvif.Config) *onvif.Device {
	t.Helper()
	d, err := onvif.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

var streams = []onvifsim.Stream{
	{Token: "small", Encoding: "H264", Width: 640, Height: 360, URI: "rtsp://admin:old@192.0.2.77:8554/sub?a=1&amp;b=2"},
	{Token: "large", Encoding: "H265", Width: 2560, Height: 1920, URI: "rtsp://192.0.2.77/main"},
	{Token: "still", Encoding: "JPEG", Width: 4000, Height: 3000, URI: "rtsp://192.0.2.77/jpeg"},
}

// fine are quirks in spite of which everything is to be had.
var fine = []onvifsim.Quirk{
	"", onvifsim.NoServices, onvifsim.NoRenew, onvifsim.NoDuration, onvifsim.ClosesPulls, onvifsim.OtherHost, onvifsim.HiddenClock, onvifsim.OneNonce, onvifsim.StaleFirst,
	onvifsim.ShortPulls, onvifsim.AnswersAtOnce, onvifsim.Latin1, onvifsim.ByteOrderMark, onvifsim.Undeclared, onvifsim.SOAP11, onvifsim.Bomb, onvifsim.GarbledPulls,
	onvifsim.OldAddressing, onvifsim.TwoChallenges, onvifsim.SaysAuthorized, onvifsim.NamedParams,
}

// all asks a device for everything that is to be had without events.
func all(ctx context.Context, d *onvif.Device) error {
	if err := d.Time(ctx); err != nil {
		return err
	}
	if _, err := d.Information(ctx); err != nil {
		return err
	}
	profiles, err := d.Profiles(ctx)
	if err != nil {
		return err
	}
	main, sub, ok := onvif.Pick(profiles)
	if !ok || main.Token != "large" || sub.Token != "small" {
		return errors.New("other streams were picked")
	}
	for _, p := range []onvif.Profile{main, sub} {
		if _, err := d.StreamURI(ctx, p); err != nil {
			return err
		}
		if _, err := d.SnapshotURI(ctx, p); err != nil {
			return err
		}
	}
	relays, err := d.Relays(ctx)
	if err != nil || len(relays) != 1 {
		return errors.Join(err, errors.New("other relays"))
	}
	return d.SetRelay(ctx, relays[0].Token, true)
}

func TestDevice(t *testing.T) {
	for name, auth := range map[string]onvifsim.Auth{
		"open": onvifsim.Open, "digest": onvifsim.Digest, "token": onvifsim.Token, "both": onvifsim.Both, "either": onvifsim.Either,
	} {
		for _, clock := range []time.Duration{0, -50 * 365 * 24 * time.Hour, 3 * time.Hour} {
			for _, quirk := range fine {
				for _, second := range []bool{false, true} {
					sim, address := serve(t, onvifsim.Config{
						Auth: auth, Clock: clock, Quirks: []onvifsim.Quirk{quirk}, Streams: streams, Relays: []string{"door"}, Media2: second && quirk != onvifsim.NoServices,
					})
					logIns := &budget{}
					d := device(t, onvif.Config{Address: address, User: user, Password: password, LogIns: logIns})
					if err := all(t.Context(), d); err != nil {
						t.Errorf("%s, %s, %q, media 2 %t: %v", name, clock, quirk, second, err)
					}
					if _, refused := sim.LogIns(); refused > 0 && quirk != onvifsim.OneNonce {
						t.Errorf("%s, %s, %q: %d log-ins were refused", name, clock, quirk, refused)
					}
					if !sim.Relay("door") {
						t.Errorf("%s, %s, %q: the relay is off", name, clock, quirk)
					}
				}
			}
		}
	}
}

func TestAddressesStayOnTheMachine(t *testing.T) {
	_, address := serve(t, onvifsim.Config{Auth: onvifsim.Digest, Quirks: []onvifsim.Quirk{onvifsim.OtherHost}, Streams: streams})
	d := device(t, onvif.Config{Address: address, User: user, Password: password})
	profiles, err := d.Profiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range profiles {
		uri, err := d.StreamURI(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, uri)
	}
	if diff := cmp.Diff([]string{"rtsp://127.0.0.1:8554/sub?a=1&b=2", "rtsp://127.0.0.1/main", "rtsp://127.0.0.1/jpeg"}, got); diff != "" {
		t.Error(diff)
	}
	snapshot, err := d.SnapshotURI(t.Context(), profiles[0])
	if err != nil || !strings.HasPrefix(snapshot, address+"/") || !d.Moved() {
		t.Errorf("%s, %v; moved: %t", snapshot, err, d.Moved())
	}
}

// TestWrongPasswords counts what a device sees of a password that is wrong: one
// log-in, and none after that.
func TestWrongPasswords(t *testing.T) {
	for name, auth := range map[string]onvifsim.Auth{"digest": onvifsim.Digest, "token": onvifsim.Token, "both": onvifsim.Both, "either": onvifsim.Either} {
		for _, quirk := range fine {
			sim, address := serve(t, onvifsim.Config{Auth: auth, Clock: time.Hour, Quirks: []onvifsim.Quirk{quirk}, Streams: streams})
			logIns := &budget{}
			for range 3 { // also another that talks to the device
				d := device(t, onvif.Config{Address: address, User: user, Password: "wrong", LogIns: logIns})
				for range 3 {
					if _, err := d.Profiles(t.Context()); !onvif.IsWrongPassword(err) || strings.Contains(err.Error(), "secret") {
						t.Errorf("%s, %q: %v", name, quirk, err)
					}
				}
			}
			if accepted, refused := sim.LogIns(); accepted > 0 || refused != 1 {
				t.Errorf("%s, %q: %d log-ins were accepted, %d refused", name, quirk, accepted, refused)
			}
			if ok, _, _ := logIns.May("main"); ok {
				t.Errorf("%s, %q: others may log in", name, quirk)
			}
		}
	}
}

func TestNoUserNoLogIn(t *testing.T) {
	sim, address := serve(t, onvifsim.Config{Auth: onvifsim.Either})
	d := device(t, onvif.Config{Address: address})
	if _, err := d.Information(t.Context()); !onvif.IsWrongPassword(err) {
		t.Error(err)
	}
	if accepted, refused := sim.LogIns(); accepted+refused > 0 {
		t.Errorf("%d and %d log-ins without a user", accepted, refused)
	}
}

// TestHostileAnswers has devices answer what must not be believed or kept.
func TestHostileAnswers(t *testing.T) {
	for quirk, want := range map[onvifsim.Quirk]nvr.Reason{
		onvifsim.Redirects: nvr.Refused, onvifsim.Endless: nvr.BadStream, onvifsim.Deep: nvr.BadStream, onvifsim.Page: nvr.BadStream,
	} {
		_, address := serve(t, onvifsim.Config{Quirks: []onvifsim.Quirk{quirk}, Streams: streams})
		d := device(t, onvif.Config{Address: address, User: user, Password: password})
		_, err := d.Information(t.Context())
		var fault *onvif.Fault
		if !errors.As(err, &fault) || fault.Reason != want {
			t.Errorf("%q: %v", quirk, err)
		}
	}
	_, address := serve(t, onvifsim.Config{Quirks: []onvifsim.Quirk{onvifsim.Bomb}, Maker: "M"})
	d := device(t, onvif.Config{Address: address})
	if i, err := d.Information(t.Context()); err != nil || i.Maker != "M&c;&c;&c;" {
		t.Errorf("entities came to %q, %v", i.Maker, err)
	}
	_, address = serve(t, onvifsim.Config{Quirks: []onvifsim.Quirk{onvifsim.Latin1}, Maker: "Tür", Model: "\x1b[31m"})
	d = device(t, onvif.Config{Address: address})
	if i, err := d.Information(t.Context()); err != nil || i.Maker != "Tür" || strings.Contains(i.Model, "\x1b") {
		t.Errorf("a name came to %q, %v", i, err)
	}
}

// ear listens to a device.
type ear struct {
	mu    sync.Mutex
	heard []nvr.Signal
	news  chan struct{}
	stop  func() error
}

func listen(t *testing.T, c onvif.Config) *ear {
	t.Helper()
	e := &ear{news: make(chan struct{}, 1000)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- onvif.Listen(ctx, c, func(s nvr.Signal) {
			e.mu.Lock()
			e.heard = append(e.heard, s)
			e.mu.Unlock()
			e.news <- struct{}{}
		})
	}()
	e.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := e.stop(); err != nil {
			t.Errorf("listening ended with %v", err)
		}
	})
	return e
}

// signals returns what was heard, without times.
func (e *ear) signals() []nvr.Signal {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := slices.Clone(e.heard)
	for i := range out {
		out[i].At = 0
	}
	return out
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// last is told after a case, to know that all of it was heard.
var last = onvifsim.Notice{Topic: "tns1:VideoSource/MotionAlarm", Source: "Source=last", Data: "State=true"}

func lastHeard(e *ear) func() bool {
	return func() bool {
		s := e.signals()
		return len(s) > 0 && s[len(s)-1].Source == "VideoSource/MotionAlarm Source=last"
	}
}

func TestCases(t *testing.T) {
	for _, c := range onvifsim.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			sim, address := serve(t, onvifsim.Config{Auth: onvifsim.Token, Clock: -time.Hour})
			e := listen(t, onvif.Config{Address: address, User: user, Password: password})
			eventually(t, "a subscription", func() bool { return sim.Subscribed() == 1 })
			began := nvr.Now()
			sim.Tell(append(slices.Clone(c.Notices), last)...)
			eventually(t, "all was heard", lastHeard(e))
			got := e.signals()
			if diff := cmp.Diff(c.Want, got[:len(got)-1], cmp.Transformer("nil", func(s []nvr.Signal) []nvr.Signal { return append([]nvr.Signal{}, s...) })); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, s := range e.heard {
				if s.At < began.Add(-3*time.Second) || s.At > nvr.Now() {
					t.Errorf("it happened at %s, and now it is %s", s.At, nvr.Now())
				}
			}
			if n := sim.Called("CreatePullPointSubscription"); n != 1 {
				t.Errorf("%d subscriptions", n)
			}
		})
	}
}

// TestQuirksOfEvents has devices that are hard to listen to tell of a press, and of
// another one.
func TestQuirksOfEvents(t *testing.T) {
	for _, quirk := range fine {
		for name, auth := range map[string]onvifsim.Auth{"digest": onvifsim.Digest, "token": onvifsim.Token} {
			t.Run(name+" "+string(quirk), func(t *testing.T) {
				t.Parallel()
				sim, address := serve(t, onvifsim.Config{Auth: auth, Quirks: []onvifsim.Quirk{quirk}})
				e := listen(t, onvif.Config{Address: address, User: user, Password: password, LogIns: &budget{}})
				for i, on := range []string{"true", "false", "true"} {
					eventually(t, "a subscription", func() bool { return sim.Subscribed() == 1 })
					sim.Tell(onvifsim.Notice{Topic: "tns1:VideoSource/MotionAlarm", Source: "Source=v", Data: "State=" + on})
					eventually(t, "a signal", func() bool { return len(e.signals()) == i+1 })
				}
				want := 1
				if quirk == onvifsim.NoDuration {
					want = 2 // the first is refused
				}
				if n := sim.Called("CreatePullPointSubscription"); n != want {
					t.Errorf("%d subscriptions", n)
				}
				if err := e.stop(); err != nil || sim.Subscribed() != 0 {
					t.Errorf("%v, and %d subscriptions are left", err, sim.Subscribed())
				}
			})
		}
	}
}

func TestReboot(t *testing.T) {
	sim, address := serve(t, onvifsim.Config{Auth: onvifsim.Digest})
	sim.Initially(onvifsim.Notice{Topic: "tns1:RuleEngine/MyRuleDetector/Visitor", Operation: "Initialized", Source: "Source=000", Data: "State=true"})
	e := listen(t, onvif.Config{Address: address, User: user, Password: password, LogIns: &budget{}})
	for i := range 3 {
		eventually(t, "a subscription", func() bool { return sim.Subscribed() == 1 })
		n := last
		n.Data = "State=" + map[bool]string{true: "true", false: "false"}[i%2 == 0]
		sim.Tell(n)
		eventually(t, "a signal", func() bool { return len(e.signals()) == i+1 })
		sim.Reboot()
	}
	if n := sim.Called("CreatePullPointSubscription"); n < 3 {
		t.Errorf("%d subscriptions", n)
	}
}

func TestListenEnds(t *testing.T) {
	for name, c := range map[string]struct {
		sim    onvifsim.Config
		change func(*onvif.Config)
		want   nvr.Reason
	}{
		"wrong password": {onvifsim.Config{Auth: onvifsim.Token}, func(c *onvif.Config) { c.Password = "wrong" }, nvr.WrongPassword},
		"redirect":       {onvifsim.Config{Quirks: []onvifsim.Quirk{onvifsim.Redirects}}, func(*onvif.Config) {}, nvr.Refused},
		"no device":      {onvifsim.Config{}, func(c *onvif.Config) { c.Address = "http://127.0.0.1:1/" }, nvr.Unreachable},
		"a page":         {onvifsim.Config{Quirks: []onvifsim.Quirk{onvifsim.Page}}, func(*onvif.Config) {}, nvr.BadStream},
	} {
		_, address := serve(t, c.sim)
		config := onvif.Config{Address: address, User: user, Password: password}
		c.change(&config)
		var fault *onvif.Fault
		if err := onvif.Listen(t.Context(), config, func(nvr.Signal) {}); !errors.As(err, &fault) || fault.Reason != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, address := range []string{"", "rtsp://127.0.0.1/", "http://", "http://ada:sesame@127.0.0.1/", "127.0.0.1"} {
		if _, err := onvif.New(onvif.Config{Address: address}); !errors.Is(err, nvr.ErrInvalid) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestHeard has a device tell what nobody knows: a report takes it, and holds neither
// names nor addresses nor serial numbers of the home.
func TestHeard(t *testing.T) {
	sim, address := serve(t, onvifsim.Config{})
	log := report.New("onvif", "Ada")
	e := listen(t, onvif.Config{Address: address, Heard: log.Add})
	eventually(t, "a subscription", func() bool { return sim.Subscribed() == 1 })
	sim.Tell(onvifsim.Notice{Topic: "tns1:Maker/AC123456789/Key", Source: "Token=EC71DB112233, Name=Front of Ada", Data: "State=true, At=192.168.1.20, Count=77, Serial=123456789"}, last)
	eventually(t, "all was heard", lastHeard(e))
	text := log.Text()
	if want := "Maker/AC#########/Key Changed At=number Count=number Name=text Serial=number State=true Token=text\n"; !strings.Contains(text, want) {
		t.Errorf("%q lacks %q", text, want)
	}
	for _, secret := range []string{"EC71", "Ada", "192.168", "123456789"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in\n%s", secret, text)
		}
	}
}
