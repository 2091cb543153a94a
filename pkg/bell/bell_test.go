package bell

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/household"
	"nvrd/pkg/maker/dahua/dahuasim"
	"nvrd/pkg/maker/report"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/ring"
)

// home is a household with a camera whose bells are listened to.
type home struct {
	*household.DB
	t     *testing.T
	cam   nvr.CameraID
	bells *Bells
	rings *ring.Listener

	mu     sync.Mutex
	events []nvr.Event
}

func newHome(t *testing.T, all ...household.Bell) *home {
	t.Helper()
	db, err := household.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	cam, err := db.AddCamera(t.Context(), household.CameraInput{Name: "Door", URL: "rtsp://127.0.0.1:9/", User: "admin", Password: "front door"})
	if err != nil {
		t.Fatal(err)
	}
	h := &home{DB: db, t: t, cam: cam.ID}
	for _, b := range all {
		h.set(b)
	}
	log := slog.New(slog.DiscardHandler)
	rings := ring.New(db, h.publish, nil, log)
	h.rings = rings.Listen()
	h.bells = New(Config{Home: db, Rings: rings, Publish: h.publish, LogIns: func(household.Bell) device.LogIns { return nil }, Log: log})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { rings.Run(ctx) })
	running.Go(func() { h.bells.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return h
}

func (h *home) publish(e nvr.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

func (h *home) set(b household.Bell) {
	h.t.Helper()
	b.Camera = h.cam
	if err := h.SetBell(h.t.Context(), b); err != nil {
		h.t.Fatal(err)
	}
}

// rang waits for a press.
func (h *home) rang() nvr.Press {
	h.t.Helper()
	select {
	case p := <-h.rings.Changes():
		return p
	case <-time.After(20 * time.Second):
		h.t.Fatalf("nobody rang; %+v", h.bells.States())
		return nvr.Press{}
	}
}

// until waits for something to be so.
func (h *home) until(what string, is func() bool) {
	h.t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s: not so; %+v", what, h.bells.States())
		}
	}
}

func (h *home) state() State {
	if all := h.bells.States(); len(all) == 1 {
		return all[0]
	}
	return State{}
}

func (h *home) unbound(camera nvr.CameraID) []Heard {
	h.t.Helper()
	of, err := h.bells.Of(h.t.Context(), camera)
	if err != nil {
		h.t.Fatal(err)
	}
	return of.Unbound
}

const visitor, input = "tns1:RuleEngine/MyRuleDetector/Visitor", "tns1:Device/Trigger/tns1:DigitalInput"

// onvifBell is a device that speaks ONVIF, and its bell.
func onvifBell(t *testing.T) (*onvifsim.Device, household.Bell) {
	t.Helper()
	d := onvifsim.New(onvifsim.Config{User: "admin", Password: "front door", Auth: onvifsim.Digest})
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	return d, household.Bell{Kind: household.ONVIFBell, Address: s.URL, AsCamera: true}
}

func TestPressRings(t *testing.T) {
	d, bell := onvifBell(t)
	h := newHome(t, bell)
	h.until("it subscribes", func() bool { return d.Subscribed() == 1 })
	began := time.Now()
	d.Tell(onvifsim.Notice{Topic: visitor, Source: "Source=000", Data: "State=true"})
	p := h.rang()
	if took := time.Since(began); !p.Rings() || p.Camera != h.cam || !strings.Contains(p.Source, "Visitor") || took > 5*time.Second {
		t.Errorf("%+v after %v", p, took)
	} else {
		t.Logf("press to ring: %v", took)
	}
	d.Reboot() // which forgets subscriptions
	d.Tell(onvifsim.Notice{Topic: visitor, Source: "Source=000", Data: "State=false"})
	h.until("it subscribes anew", func() bool { return d.Subscribed() == 1 })
	if s := h.state(); s.Kind != household.ONVIFBell || s.Camera != h.cam {
		t.Errorf("state %+v", s)
	}
}

func TestDeviceComesBack(t *testing.T) {
	d := dahuasim.New()
	h := newHome(t, household.Bell{Kind: household.DahuaBell, Address: "http://" + strings.TrimPrefix(d.Start(t, false), "http://"), User: "admin", Password: "front door"})
	d.Say(dahuasim.Press)
	if p := h.rang(); !p.Rings() {
		t.Errorf("%+v", p)
	}
	d.Cut()
	h.until("its trouble is told", func() bool { return h.state().Trouble != "" })
	d.Say("Heartbeat\r\n") // waits for one who listens
	d.Say(dahuasim.Part("Code=VideoMotion;action=Start;index=0"))
	h.until("it is well again", func() bool { return h.state().Trouble == "" })
}

func TestWrongPasswordIsMended(t *testing.T) {
	d := dahuasim.New()
	bell := household.Bell{Kind: household.DahuaBell, Address: "http://" + strings.TrimPrefix(d.Start(t, false), "http://"), User: "admin", Password: "back door"}
	h := newHome(t, bell)
	h.until("it is refused", func() bool { return strings.Contains(h.state().Trouble, "password") })
	bell.Password = "front door" // the owner mends it
	h.set(bell)
	d.Say(dahuasim.Press)
	h.rang()
	if n := d.Refusals(); n != 1 {
		t.Errorf("%d log-ins were refused", n)
	}
	if err := h.RemoveBell(t.Context(), h.cam, household.DahuaBell); err != nil {
		t.Fatal(err)
	}
	h.until("nobody listens", func() bool { return len(h.bells.States()) == 0 })
}

// TestWrongPasswordIsNotTriedAgain keeps a bell for a day whose device refuses the
// password: it is asked after 6 minutes, then after twice as long each time, up to 6
// hours. One that fails otherwise is asked each minute.
func TestWrongPasswordIsNotTriedAgain(t *testing.T) {
	for fault, want := range map[device.Kind]struct{ most, least int }{device.WrongLogIn: {10, 9}, device.Unreachable: {1800, 1200}} {
		synctest.Test(t, func(t *testing.T) {
			const kind household.BellKind = "of a test"
			var tries []time.Time
			ways[kind] = func(context.Context, household.Bell, ear) error {
				tries = append(tries, time.Now())
				return &device.Error{Kind: fault}
			}
			defer delete(ways, kind)
			b := New(Config{LogIns: func(household.Bell) device.LogIns { return nil }, Log: slog.New(slog.DiscardHandler)})
			ctx, stop := context.WithTimeout(t.Context(), 24*time.Hour)
			defer stop()
			l := &listening{bell: household.Bell{Camera: 1, Kind: kind}, log: report.New("test")}
			b.keep(ctx, l)
			if len(tries) > want.most || len(tries) < want.least || !l.state.Known || l.state.Trouble == "" {
				t.Errorf("%v: asked %d times in a day; %+v", fault, len(tries), l.state)
			}
			for i := 1; i < len(tries) && fault == device.WrongLogIn; i++ {
				if gap := tries[i].Sub(tries[i-1]); gap != min(refused<<(i-1), maxRefused) {
					t.Errorf("asked again after %s", gap)
				}
			}
		})
	}
}

// TestTold has a device tell a press that nobody knows: it is in the log that the owner
// may paste, with nothing of the home, and the bell is known to be listened to at once.
func TestTold(t *testing.T) {
	d, bell := onvifBell(t)
	h := newHome(t, bell)
	began := time.Now()
	h.until("it is known to be listened to", func() bool { return h.state().Known && h.state().Trouble == "" })
	if took := time.Since(began); took > steady/2 {
		t.Errorf("that took %s", took)
	}
	h.until("it subscribes", func() bool { return d.Subscribed() == 1 })
	d.Tell(onvifsim.Notice{Topic: "tns1:Maker/Doorbell/Knock", Source: "Door=Ada", Data: "State=true,Serial=EC71DB112233"})
	log := func() string {
		text, err := h.bells.Told(h.cam, household.ONVIFBell)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	h.until("it is in the log", func() bool { return strings.Contains(log(), "Maker/Doorbell/Knock") })
	text := log()
	if !strings.Contains(text, "kind onvif") || !strings.Contains(text, "subscribed") || !strings.Contains(text, "State=true") {
		t.Errorf("the log is\n%s", text)
	}
	for _, secret := range []string{"Ada", "EC71", "127.0.0.1", "admin", "front door"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in\n%s", secret, text)
		}
	}
	if _, err := h.bells.Told(h.cam, household.DahuaBell); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("of a bell that is not there: %v", err)
	}
}

// The owner presses the button, and says that what was heard was the bell.
func TestLearnedBinding(t *testing.T) {
	d, bell := onvifBell(t)
	h := newHome(t, bell)
	h.until("it subscribes", func() bool { return d.Subscribed() == 1 })
	closed := func(on string) {
		d.Tell(onvifsim.Notice{Topic: input, Source: "InputToken=1", Data: "LogicalState=" + on})
	}
	closed("true")
	h.until("the input was heard", func() bool { return len(h.unbound(h.cam)) == 1 })
	closed("false")
	source := h.unbound(h.cam)[0].Source
	if len(h.unbound(h.cam+1)) != 0 {
		t.Error("another camera heard it, too")
	}
	if err := h.Bind(t.Context(), household.Binding{Camera: h.cam, Source: source, Kind: nvr.RingEvent}); err != nil {
		t.Fatal(err)
	}
	h.until("it is known", func() bool { return len(h.unbound(h.cam)) == 0 })
	closed("true")
	if p := h.rang(); p.Source != source {
		t.Errorf("%+v", p)
	}
}

func TestMeanings(t *testing.T) {
	const s = int64(1e6)
	at := func(sec int64) nvr.Time { return nvr.Time(1e15 + sec*s) }
	sig := func(kind, source string, on bool, sec int64) nvr.Signal {
		return nvr.Signal{Kind: kind, Source: source, On: on, At: at(sec)}
	}
	for name, c := range map[string]struct {
		bound   map[string]string
		signals []nvr.Signal
		want    []string // kind and seconds
		presses int
	}{
		"begins and ends":              {nil, []nvr.Signal{sig("person", "a", true, 0), sig("person", "a", false, 9)}, []string{"person 0-0", "person 0-9"}, 0},
		"an end told twice":            {nil, []nvr.Signal{sig("person", "a", true, 0), sig("person", "a", false, 9), sig("person", "a", false, 50)}, []string{"person 0-0", "person 0-9"}, 0},
		"an end of nothing":            {nil, []nvr.Signal{sig("person", "a", false, 9)}, nil, 0},
		"two places":                   {nil, []nvr.Signal{sig("motion", "a", true, 0), sig("motion", "b", true, 1), sig("motion", "a", false, 5)}, []string{"motion 0-0", "motion 1-1", "motion 0-5"}, 0},
		"a flood":                      {nil, []nvr.Signal{sig("motion", "a", true, 0), sig("motion", "a", true, 0), sig("motion", "a", true, 1)}, []string{"motion 0-0", "motion 1-1"}, 0},
		"an end that came a day later": {nil, []nvr.Signal{sig("door", "a", true, 0), sig("door", "a", false, 86400)}, []string{"door 0-0", "door 0-3600"}, 0},
		"an input means nothing":       {nil, []nvr.Signal{sig(nvr.InputSignal, "a", true, 0)}, nil, 0},
		"unless it was learned":        {map[string]string{"a": "door"}, []nvr.Signal{sig(nvr.InputSignal, "a", true, 0)}, []string{"door 0-0"}, 0},
		"a press":                      {nil, []nvr.Signal{sig("ring", "a", true, 0), sig("ring", "a", false, 3)}, nil, 1},
		"a bell on a contact":          {map[string]string{"a": "ring"}, []nvr.Signal{sig(nvr.InputSignal, "a", true, 0), sig(nvr.InputSignal, "a", false, 1)}, nil, 1},
		"motion that is the bell":      {map[string]string{"a": "ring"}, []nvr.Signal{sig("motion", "a", true, 0)}, nil, 1},
	} {
		var got []string
		presses := 0
		m := meanings{
			press: func(nvr.CameraID, string, nvr.Time) nvr.Press { presses++; return nvr.Press{} },
			publish: func(e nvr.Event) {
				got = append(got, fmt.Sprintf("%s %d-%d", e.Kind, int64(e.Span.From-at(0))/s, int64(e.Span.To-at(0))/s))
			},
		}
		var all []household.Binding
		for source, kind := range c.bound {
			all = append(all, household.Binding{Camera: 1, Source: source, Kind: kind})
		}
		m.bind(all)
		for _, x := range c.signals {
			m.take(1, x)
		}
		if strings.Join(got, ", ") != strings.Join(c.want, ", ") || presses != c.presses {
			t.Errorf("%s: %q and %d presses, want %q and %d", name, got, presses, c.want, c.presses)
		}
	}
	m := meanings{}
	for n := range 3 * remembered {
		m.take(1, sig(nvr.InputSignal, string(rune('a'+n)), true, int64(n)))
	}
	if all := m.unbound(1); len(all) != remembered || all[0].At != at(3*remembered-1) {
		t.Errorf("%d places are remembered, the newest %+v", len(all), all[0])
	}
}

// TestDeviceClockIsSet: a press is of now, however far back the device's clock was
// set while it was listened to.
func TestDeviceClockIsSet(t *testing.T) {
	d, bell := onvifBell(t)
	h := newHome(t, bell)
	h.until("it subscribes", func() bool { return d.Subscribed() == 1 })
	d.Clock = -50 * time.Second
	d.Tell(onvifsim.Notice{Topic: visitor, Source: "Source=000", Data: "State=true"})
	if p := h.rang(); nvr.Now().Sub(p.At) > 10*time.Second || !p.Rings() {
		t.Errorf("pressed %v ago, it says, and so it is %q", nvr.Now().Sub(p.At).Round(time.Second), p.Outcome)
	}
}
