package notify

import (
	"context"
	"encoding/json"

	"github.com/eclipse/paho.golang/paho"

	"nvrd/pkg/nvr"
)

// device is what Home Assistant is told of a camera (MQTT discovery by device): a
// doorbell, motion, and a picture.
type device struct {
	Device       about              `json:"device"`
	Origin       about              `json:"origin"`
	Components   map[string]element `json:"components"`
	Availability string             `json:"availability_topic"`
}

type about struct {
	IDs   []string `json:"identifiers,omitempty"`
	Name  string   `json:"name"`
	Maker string   `json:"manufacturer,omitempty"`
}

// element is one thing of a device.
type element struct {
	Platform string   `json:"platform"`
	ID       string   `json:"unique_id"`
	Name     *string  `json:"name"` // null: that of the device
	Class    string   `json:"device_class,omitempty"`
	State    string   `json:"state_topic,omitempty"`
	Events   []string `json:"event_types,omitempty"`
	OffAfter int      `json:"off_delay,omitempty"` // seconds
	Image    string   `json:"image_topic,omitempty"`
	Content  string   `json:"content_type,omitempty"`
}

// configTopic is where Home Assistant is told of a camera.
func (m *mqtt) configTopic(id nvr.CameraID) string {
	return m.discovery + "/device/" + m.node + "_" + id.String() + "/config"
}

func (m *mqtt) device(c Camera, w Words) ([]byte, error) {
	node, topic := m.node+"_"+c.ID.String(), m.home+"/camera/"+c.ID.String()
	named := func(s string) *string { return &s }
	return json.Marshal(device{
		Device: about{IDs: []string{node}, Name: c.Name, Maker: "Stoop"},
		Origin: about{Name: "Stoop"},
		Components: map[string]element{
			"ring":    {Platform: "event", ID: node + "_ring", Name: named(w.Ring), Class: "doorbell", State: topic + "/ring", Events: []string{"ring"}},
			"motion":  {Platform: "binary_sensor", ID: node + "_motion", Name: named(w.Motion), Class: "motion", State: topic + "/motion", OffAfter: motionTime},
			"picture": {Platform: "image", ID: node + "_picture", Name: named(w.Picture), Image: topic + "/picture", Content: "image/jpeg"},
		},
		Availability: m.home + "/status",
	})
}

// announce tells a broker what there is: whenever the connection is new, Home
// Assistant has started, or cameras changed.
func (m *mqtt) announce(ctx context.Context) {
	changed := m.o.c.Home.Watch(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.renew:
			m.tell(ctx, true)
		case _, ok := <-changed:
			if !ok {
				return
			}
			m.tell(ctx, false)
		}
	}
}

// tell announces all. A connection that is not there yet calls for it later.
func (m *mqtt) tell(ctx context.Context, anew bool) {
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	if m.discovery != "" && anew {
		if _, err := m.manager.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: m.discovery + "/status", QoS: 0}}}); err != nil {
			return
		}
	}
	if m.discovery != "" && m.discover(ctx) != nil {
		return
	}
	if anew {
		_ = m.publish(ctx, m.home+"/status", []byte("online"), true) // fails with the connection, which will be new
	}
}

// discover tells Home Assistant of each camera, and takes back those that were
// removed.
func (m *mqtt) discover(ctx context.Context) error {
	cameras, err := m.o.cameras(ctx)
	if err != nil {
		m.o.c.Log.Error("cameras can't be announced", "err", err)
		return err
	}
	words := m.o.words(ctx)
	for _, c := range cameras {
		text, err := m.device(c, words)
		if err != nil {
			return err
		}
		if err := m.publish(ctx, m.configTopic(c.ID), text, true); err != nil {
			return err
		}
	}
	removed, err := m.o.c.Home.RemovedCameras(ctx)
	if err != nil {
		return err
	}
	for id := range removed {
		if err := m.publish(ctx, m.configTopic(id), nil, true); err != nil {
			return err
		}
	}
	return nil
}

// forget takes back all that the broker keeps of this home.
func (m *mqtt) forget(ctx context.Context) {
	cameras, err := m.o.cameras(ctx)
	if err != nil {
		return
	}
	for _, c := range cameras {
		if m.discovery != "" && m.publish(ctx, m.configTopic(c.ID), nil, true) != nil {
			return
		}
	}
	_ = m.publish(ctx, m.home+"/status", nil, true) // a broker that is gone keeps it
}

func (o *Outbox) cameras(ctx context.Context) ([]Camera, error) {
	if o.c.Cameras == nil {
		return nil, nil
	}
	return o.c.Cameras(ctx)
}
