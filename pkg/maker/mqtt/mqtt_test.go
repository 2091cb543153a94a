package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

// topicCases feed the test and the fuzzer.
var topicCases = []struct {
	name          string
	topic         Topic
	payload, want string // "on", "off" or nothing
}{
	{"any message is a press", Topic{Name: "t", Kind: "ring"}, "pressed", "on"},
	{"an empty message clears a topic", Topic{Name: "t", Kind: "ring"}, " ", ""},
	{"one word", Topic{Name: "t", Kind: "ring", On: "ON", Off: "OFF"}, "on\n", "on"},
	{"its contrary", Topic{Name: "t", Kind: "ring", On: "ON", Off: "OFF"}, "off", "off"},
	{"another word", Topic{Name: "t", Kind: "ring", On: "ON", Off: "OFF"}, "unavailable", ""},
	{"a button of Zigbee2MQTT", Topic{Name: "t", Kind: "ring", Field: "action", On: "single"}, `{"action":"single","battery":97}`, "on"},
	{"its release", Topic{Name: "t", Kind: "ring", Field: "action", On: "single"}, `{"action":"","battery":97}`, ""},
	{"a door's contact", Topic{Name: "t", Kind: "door", Field: "contact", On: "false", Off: "true"}, `{"contact":false}`, "on"},
	{"it closes", Topic{Name: "t", Kind: "door", Field: "contact", On: "false", Off: "true"}, `{"contact":true}`, "off"},
	{"a number", Topic{Name: "t", Kind: "alarm", Field: "sensor.level", On: "1"}, `{"sensor":{"level":1.0}}`, "on"},
	{"no field", Topic{Name: "t", Kind: "alarm", Field: "sensor.level"}, `{"sensor":{}}`, ""},
	{"no object", Topic{Name: "t", Kind: "alarm", Field: "sensor.level"}, `{"sensor":[1]}`, ""},
	{"a list", Topic{Name: "t", Kind: "alarm", Field: "a"}, `{"a":[1]}`, ""},
	{"no JSON", Topic{Name: "t", Kind: "alarm", Field: "a"}, `{"a":`, ""},
}

func TestTopics(t *testing.T) {
	for _, c := range topicCases {
		if err := c.topic.check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		s, ok := c.topic.signal(&paho.Publish{Topic: "t", Payload: []byte(c.payload)})
		got := map[bool]string{true: "on", false: "off"}[s.On]
		if !ok {
			got = ""
		}
		if got != c.want || ok && (s.Source != "mqtt t" || s.Kind != c.topic.Kind) {
			t.Errorf("%s: %q, %+v", c.name, got, s)
		}
		if _, ok := c.topic.signal(&paho.Publish{Topic: "t/other", Payload: []byte(c.payload)}); ok {
			t.Errorf("%s: another topic counts", c.name)
		}
	}
}

func TestCheck(t *testing.T) {
	good := Topic{Name: "t", Kind: "ring"}
	for name, c := range map[string]Config{
		"no topic":            {Address: "mqtt://b"},
		"a password in there": {Address: "mqtt://u:p@b", Topics: []Topic{good}},
		"another scheme":      {Address: "http://b", Topics: []Topic{good}},
		"a wildcard":          {Address: "mqtt://b", Topics: []Topic{{Name: "#", Kind: "ring"}}},
		"another kind":        {Address: "mqtt://b", Topics: []Topic{{Name: "t", Kind: "message"}}},
		"too many":            {Address: "mqtt://b", Topics: make([]Topic, MaxTopics+1)},
		"too deep":            {Address: "mqtt://b", Topics: []Topic{{Name: "t", Kind: "ring", Field: "a.b.c.d.e"}}},
	} {
		if err := Listen(t.Context(), c, nil); !errors.Is(err, nvr.ErrInvalid) || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// broker starts Debian's mosquitto with one user, and returns its address.
func broker(t *testing.T) (address string, stop func()) {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	passwords, config := filepath.Join(dir, "passwords"), filepath.Join(dir, "mosquitto.conf")
	if out, err := exec.Command("mosquitto_passwd", "-b", "-c", passwords, "stoop", "right").CombinedOutput(); err != nil {
		t.Fatalf("mosquitto: %v %s; `make peers` installs it", err, out)
	}
	text := fmt.Sprintf("listener %s 127.0.0.1\npassword_file %s\nallow_anonymous false\nuser root\n", port, passwords)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("mosquitto", "-c", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(stop)
	for range 200 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address, stop
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Fatal("mosquitto does not answer")
	return "", nil
}

// TestListen hears a press by a real broker, but not what the broker kept, nor
// another topic, nor that a door is still open; and learns that it is gone.
func TestListen(t *testing.T) {
	address, stop := broker(t)
	publish := func(topic, message string, retain bool) {
		t.Helper()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c := paho.NewClient(paho.ClientConfig{Conn: conn})
		_, err = c.Connect(t.Context(), &paho.Connect{ClientID: "other", CleanStart: true, KeepAlive: 30, Username: "stoop", UsernameFlag: true, Password: []byte("right"), PasswordFlag: true})
		if err == nil {
			_, err = c.Publish(t.Context(), &paho.Publish{Topic: topic, Payload: []byte(message), QoS: 1, Retain: retain})
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Disconnect(&paho.Disconnect{})
	}
	publish("home/bell", "kept", true)
	c := Config{Address: "mqtt://" + address, User: "stoop", Password: "right", Topics: []Topic{{Name: "home/bell", Kind: nvr.RingEvent}, {Name: "home/ready", Kind: nvr.AlarmEvent}, {Name: "home/door", Kind: nvr.DoorEvent, Field: "contact", On: "false", Off: "true"}}}
	told, ended := make(chan nvr.Signal, 100), make(chan error, 1)
	go func() { ended <- Listen(t.Context(), c, func(s nvr.Signal) { told <- s }) }()
	ready := time.NewTicker(50 * time.Millisecond)
	defer ready.Stop()
	for listening := false; !listening; {
		publish("home/ready", "?", false)
		select {
		case s := <-told:
			if listening = true; s.Kind != nvr.AlarmEvent {
				t.Fatalf("told of what was kept: %+v", s)
			}
		case err := <-ended:
			t.Fatal(err)
		case <-ready.C:
		}
	}
	publish("home/other", "x", false)
	for _, report := range []string{`{"contact":false}`, `{"contact":false,"battery":97}`, `{"contact":true}`, `{"contact":true,"battery":96}`, `{"contact":false}`} {
		publish("home/door", report, false)
	}
	publish("home/bell", "pressed", false)
	var door []bool
	for ring := false; !ring; {
		select {
		case s := <-told:
			s.At = 0
			if s.Kind == nvr.DoorEvent {
				door = append(door, s.On)
				continue
			}
			ring = cmp.Equal(nvr.Signal{Kind: nvr.RingEvent, Source: "mqtt home/bell", On: true}, s)
			if !ring && s.Kind != nvr.AlarmEvent {
				t.Fatalf("told %+v", s)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no ring")
		}
	}
	if !slices.Equal(door, []bool{true, false, true}) {
		t.Errorf("the door: %v", door)
	}
	stop()
	select {
	case err := <-ended:
		if device.KindOf(err) != device.Silent {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody notices that the broker is gone")
	}
}

func TestFaults(t *testing.T) {
	address, _ := broker(t)
	c := Config{Address: "mqtt://" + address, User: "stoop", Password: "wrong", Topics: []Topic{{Name: "t", Kind: "ring"}}}
	if err := Listen(t.Context(), c, nil); device.KindOf(err) != device.WrongLogIn {
		t.Error(err)
	}
	c.Address = "mqtt://127.0.0.1:1"
	if err := Listen(t.Context(), c, nil); device.KindOf(err) != device.Unreachable {
		t.Error(err)
	}
	c.Address, c.Password = "mqtt://"+address, "right"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Listen(ctx, c, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := fmt.Sprintf("%+v %#v", c, c); strings.Contains(got, "right") {
		t.Error(got)
	}
}

func FuzzTopics(f *testing.F) {
	for _, c := range topicCases {
		f.Add(c.topic.Field, c.topic.On, c.topic.Off, c.payload)
	}
	f.Fuzz(func(t *testing.T, field, on, off, payload string) {
		topic := Topic{Name: "t", Kind: "ring", Field: field, On: on, Off: off}
		if topic.check() != nil {
			return
		}
		if s, ok := topic.signal(&paho.Publish{Topic: "t", Payload: []byte(payload)}); ok && s.Source != "mqtt t" {
			t.Errorf("%+v", s)
		}
	})
}
