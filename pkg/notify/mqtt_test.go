package notify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"

	"nvrd/pkg/household"
)

func decode64(t *testing.T, b []byte) []byte {
	t.Helper()
	out, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(b)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// broker is Debian's mosquitto, with one user whose password is right.
type broker struct {
	t       *testing.T
	dir     string
	address string
	cmd     *exec.Cmd
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{t: t, dir: t.TempDir(), address: l.Addr().String()}
	l.Close()
	_, port, _ := net.SplitHostPort(b.address)
	passwords, config := filepath.Join(b.dir, "passwords"), filepath.Join(b.dir, "mosquitto.conf")
	if out, err := exec.Command("mosquitto_passwd", "-b", "-c", passwords, "stoop", "right").CombinedOutput(); err != nil {
		t.Fatalf("mosquitto: %v %s; `make peers` installs it", err, out)
	}
	err = os.WriteFile(config, fmt.Appendf(nil, "listener %s 127.0.0.1\nallow_anonymous false\npassword_file %s\npersistence false\nuser root\n", port, passwords), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	b.t.Helper()
	b.cmd = exec.Command("mosquitto", "-c", filepath.Join(b.dir, "mosquitto.conf"))
	b.cmd.Stdout, b.cmd.Stderr = b.t.Output(), b.t.Output()
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	eventually(b.t, "broker up", func() bool {
		c, err := net.Dial("tcp", b.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (b *broker) stop() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait()
		b.cmd = nil
	}
}

// assistant is what Home Assistant sees of the broker.
type assistant struct {
	got chan *paho.Publish
	m   *autopaho.ConnectionManager
}

func (b *broker) assistant(name string) *assistant {
	b.t.Helper()
	a := &assistant{got: make(chan *paho.Publish, 1000)}
	server, err := url.Parse("mqtt://" + b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	a.m, err = autopaho.NewConnection(b.t.Context(), autopaho.ClientConfig{
		ServerUrls: []*url.URL{server}, KeepAlive: 20, ConnectUsername: "stoop", ConnectPassword: []byte("right"),
		ClientConfig: paho.ClientConfig{ClientID: name, OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			a.got <- p.Packet
			return true, nil
		}}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), testPatience)
	defer cancel()
	if err := a.m.AwaitConnection(ctx); err != nil {
		b.t.Fatal(err)
	}
	if _, err := a.m.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "#", QoS: 1}}}); err != nil {
		b.t.Fatal(err)
	}
	return a
}

// until returns the next message to a topic that ends so.
func (a *assistant) until(t *testing.T, ending string) *paho.Publish {
	t.Helper()
	for {
		if p := next(t, a.got); strings.HasSuffix(p.Topic, ending) {
			return p
		}
	}
}

func TestHomeAssistant(t *testing.T) {
	b := startBroker(t)
	a := b.assistant("assistant")
	h := newHouse(t)
	if _, err := h.db.AddCamera(t.Context(), household.CameraInput{Name: "Old", URL: "rtsp://192.168.1.20/"}); err != nil {
		t.Fatal(err)
	}
	c := h.add(MQTT, "server", "mqtt://"+b.address, "user", "stoop", "password", "right")
	discovered := func() (topic string, d device) {
		p := a.until(t, "_1/config")
		if err := json.Unmarshal(p.Payload, &d); err != nil {
			t.Fatal(err)
		}
		return p.Topic, d
	}
	topic, d := discovered()
	if !strings.HasPrefix(topic, "homeassistant/device/stoop_") || d.Device.Name != "Front door" || len(d.Components) != 3 ||
		d.Components["ring"].Platform != "event" || d.Components["ring"].Class != "doorbell" || d.Components["motion"].Platform != "binary_sensor" || d.Components["picture"].Platform != "image" {
		t.Errorf("%s %+v", topic, d)
	}
	status := a.until(t, "/status")
	if string(status.Payload) != "online" || status.Topic != d.Availability {
		t.Errorf("%s %s", status.Topic, status.Payload)
	}
	h.send(ring("ring-1"), shot)
	var told struct {
		Type string `json:"event_type"`
		ID   string
	}
	for part, name := range map[string]string{"ring": "Doorbell", "motion": "Motion", "picture": "Last picture"} {
		if got := d.Components[part].Name; got == nil || *got != name {
			t.Errorf("%s has the name %v", part, got)
		}
	}
	if p := a.until(t, "/ring"); json.Unmarshal(p.Payload, &told) != nil || told.Type != "ring" || told.ID != "ring-1" || p.Topic != d.Components["ring"].State || p.Retain {
		t.Errorf("%s %s", p.Topic, p.Payload)
	}
	if p := a.until(t, "/picture"); string(p.Payload) != string(jpeg) || p.Topic != d.Components["picture"].Image {
		t.Errorf("%s: %d bytes", p.Topic, len(p.Payload))
	}
	if _, err := h.box.Change(t.Context(), c.ID, Input{Events: []string{"ring", "motion"}}); err != nil {
		t.Fatal(err)
	}
	if p := a.until(t, "/status"); string(p.Payload) != "offline" {
		t.Errorf("it goes without a word: %s", p.Payload)
	}
	motion := ring("motion-1")
	motion.Kind, motion.Urgent = "motion", false
	h.send(motion, nil)
	if p := a.until(t, "/motion"); string(p.Payload) != "ON" || p.Topic != d.Components["motion"].State {
		t.Errorf("%s %s", p.Topic, p.Payload)
	}
	eventually(t, "settled", func() bool { return h.waiting() == 0 })
	for len(a.got) > 0 {
		<-a.got
	}
	// Home Assistant starts anew and knows nothing.
	if _, err := a.m.Publish(t.Context(), &paho.Publish{QoS: 1, Topic: "homeassistant/status", Payload: []byte("online")}); err != nil {
		t.Fatal(err)
	}
	if again, _ := discovered(); again != topic {
		t.Error(again)
	}
	if err := h.box.Remove(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	if p := a.until(t, "_1/config"); len(p.Payload) != 0 {
		t.Errorf("a removed channel leaves %s", p.Payload)
	}
}

// The broker goes and comes back; a ring meanwhile is told then.
func TestABrokerThatWasAway(t *testing.T) {
	b := startBroker(t)
	h := newHouse(t)
	h.add(MQTT, "server", "mqtt://"+b.address, "user", "stoop", "password", "right")
	h.send(ring("ring-1"), nil)
	eventually(t, "told", func() bool { return h.waiting() == 0 })
	b.stop()
	h.send(ring("ring-2"), nil)
	eventually(t, "noted", func() bool { return h.box.Channels()[0].Trouble == Unreachable })
	b.start()
	a := b.assistant("assistant")
	if p := a.until(t, "/ring"); !strings.Contains(string(p.Payload), "ring-2") {
		t.Errorf("%s", p.Payload)
	}
}

func TestABrokerThatIsLeftAlone(t *testing.T) {
	b := startBroker(t)
	h := newHouse(t)
	h.add(MQTT, "server", "mqtt://"+b.address, "user", "stoop", "password", "right")
	eventually(t, "well", func() bool {
		c, err := h.box.Test(t.Context(), h.box.Channels()[0].ID, "Test", "Test")
		return err == nil && c.Trouble == ""
	})
	a := b.assistant("assistant")
	if p := a.until(t, "/status"); string(p.Payload) != "online" {
		t.Errorf("%s", p.Payload)
	}
	if p := b.assistant("another").until(t, "/status"); string(p.Payload) != "online" || !p.Retain {
		t.Errorf("who comes later is told %s", p.Payload)
	}
	h.box.open[h.box.Channels()[0].ID].sender.(*mqtt).manager.TerminateConnectionForTest() // as if the power went
	if p := a.until(t, "/status"); string(p.Payload) != "offline" {
		t.Errorf("%s", p.Payload)
	}
}

func TestABrokerThatWantsAnotherPassword(t *testing.T) {
	b := startBroker(t)
	h := newHouse(t)
	c := h.add(MQTT, "server", "mqtt://"+b.address, "user", "stoop", "password", "wrong")
	eventually(t, "denied", func() bool {
		got, err := h.box.Test(t.Context(), c.ID, "Test", "Test")
		return err == nil && got.Trouble == Denied
	})
}
