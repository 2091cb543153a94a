package bell

import (
	"slices"
	"testing"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// What a camera itself sees is bound by its zones; what the owner taught, what sensors
// tell, and what lies still or is no matter of the picture, is not.
func TestZonesBindCamerasAlone(t *testing.T) {
	for name, c := range map[string]struct {
		kind   household.BellKind
		signal string
		taught string
		bound  bool
	}{
		"motion by ONVIF":    {household.ONVIFBell, nvr.MotionEvent, "", true},
		"a person by Dahua":  {household.DahuaBell, nvr.PersonEvent, "", true},
		"an animal by ONVIF": {household.ONVIFBell, nvr.AnimalEvent, "", true},
		"a car by ONVIF":     {household.ONVIFBell, nvr.VehicleEvent, "", true},
		"a package":          {household.ONVIFBell, nvr.PackageEvent, "", false},
		"an alarm":           {household.DahuaBell, nvr.AlarmEvent, "", false},
		"a sensor by MQTT":   {household.MQTTBell, nvr.MotionEvent, "", false},
		"a webhook":          {household.WebhookBell, nvr.MotionEvent, "", false},
		"a taught input":     {household.ONVIFBell, nvr.InputSignal, nvr.MotionEvent, false},
		"a taught motion":    {household.ONVIFBell, nvr.MotionEvent, nvr.PersonEvent, false},
	} {
		var published, reported []string
		b := &Bells{Config: Config{
			Publish: func(e nvr.Event) { published = append(published, e.Kind) },
			Report:  func(e nvr.Event) { reported = append(reported, e.Kind) },
		}}
		b.meanings.publish = b.Publish
		if c.taught != "" {
			b.meanings.bind([]household.Binding{{Camera: 1, Source: "a", Kind: c.taught}})
		}
		b.take(&listening{bell: household.Bell{Camera: 1, Kind: c.kind}}, nvr.Signal{Kind: c.signal, Source: "a", On: true, At: midnight})
		want := []string{c.signal}
		if c.taught != "" {
			want = []string{c.taught}
		}
		if c.bound != slices.Equal(reported, want) || c.bound == slices.Equal(published, want) {
			t.Errorf("%s: published %q, reported %q", name, published, reported)
		}
	}
}
