package bell

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"nvrd/pkg/household"
	"nvrd/pkg/maker/mqtt"
	"nvrd/pkg/nvr"
)

// A camera is told of its own bells, each with its own state, and of no other's.
func TestOfCamera(t *testing.T) {
	device, onvif := onvifBell(t)
	h := newHome(t, onvif)
	gate, err := h.AddCamera(t.Context(), household.CameraInput{Name: "Gate", URL: "rtsp://127.0.0.1:8/"})
	if err != nil {
		t.Fatal(err)
	}
	topics := []mqtt.Topic{{Name: "house/bell", Kind: nvr.RingEvent, On: "pressed"}}
	settings, err := json.Marshal(topics)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []household.Bell{
		{Camera: h.cam, Kind: household.WebhookBell},
		{Camera: gate.ID, Kind: household.MQTTBell, Address: "mqtt://127.0.0.1:1", Settings: settings},
		{Camera: gate.ID, Kind: household.WebhookBell, Settings: json.RawMessage(`{"topics":1}`)},
	} {
		if err := h.SetBell(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for camera, source := range map[nvr.CameraID]string{h.cam: "here", gate.ID: "there"} {
		if err := h.Bind(t.Context(), household.Binding{Camera: camera, Source: source, Kind: nvr.DoorEvent}); err != nil {
			t.Fatal(err)
		}
	}
	of := func(camera nvr.CameraID) OfCamera {
		t.Helper()
		of, err := h.bells.Of(t.Context(), camera)
		if err != nil {
			t.Fatal(err)
		}
		return of
	}
	h.until("one is listened to, and one is in trouble", func() bool {
		own, other := of(h.cam), of(gate.ID)
		return device.Subscribed() == 1 && own.Bells[0].State.Known && own.Bells[0].State.Trouble == "" && other.Bells[0].State.Trouble != ""
	})
	for camera, want := range map[nvr.CameraID]struct {
		kinds  []household.BellKind
		source string
	}{
		h.cam:       {[]household.BellKind{household.ONVIFBell, household.WebhookBell}, "here"},
		gate.ID:     {[]household.BellKind{household.MQTTBell, household.WebhookBell}, "there"},
		gate.ID + 1: {},
	} {
		got := of(camera)
		var kinds []household.BellKind
		for _, b := range got.Bells {
			if kinds = append(kinds, b.Kind); b.Camera != camera || b.State.Camera != camera || b.State.Kind != b.Kind {
				t.Errorf("camera %s has %+v", camera, b)
			}
		}
		if !slices.Equal(kinds, want.kinds) {
			t.Errorf("camera %s has %v", camera, kinds)
		}
		if sources := len(got.Bindings); want.source == "" && sources != 0 || want.source != "" && (sources != 1 || got.Bindings[0].Source != want.source) {
			t.Errorf("camera %s binds %+v", camera, got.Bindings)
		}
	}
	if got := of(gate.ID).Bells; !slices.Equal(got[0].Topics, topics) || got[1].Topics != nil {
		t.Errorf("topics %+v, %+v", got[0].Topics, got[1].Topics)
	}
	over, end := context.WithCancel(t.Context())
	end()
	if got, err := h.bells.Of(over, h.cam); !errors.Is(err, context.Canceled) || got.Bells != nil {
		t.Errorf("of what can't be read: %+v, %v", got, err)
	}
}
