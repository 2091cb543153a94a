package onvif

import (
	"slices"
	"strings"

	"nvrd/pkg/nvr"
)

// meaning is what a topic means: which kind of event the items of its data tell.
type meaning struct {
	topic string   // in small letters, without prefixes; * at its end stands for anything
	kind  string   // of the signal
	items []string // names of items that may hold the state, in small letters; any if none
	rings string   // the value that means on, where it is not true
}

// meanings are what makers' topics mean: by what people report of their devices.
// The first that fits counts. What stands nowhere here is told to nobody; it is in
// a report (Config.Heard).
var meanings = []meaning{
	{topic: "ruleengine/myruledetector/visitor", kind: nvr.RingEvent},          // Reolink
	{topic: "videosource/alarm", kind: nvr.RingEvent, rings: "ring"},           // Ajax, Mobotix
	{topic: "ruleengine/myruledetector/peopledetect", kind: nvr.PersonEvent},   // Reolink
	{topic: "ruleengine/myruledetector/vehicledetect", kind: nvr.VehicleEvent}, // Reolink
	{topic: "ruleengine/myruledetector/dogcatdetect", kind: nvr.AnimalEvent},   // Reolink
	{topic: "ruleengine/myruledetector/package", kind: nvr.PackageEvent},       // Reolink
	{topic: "ruleengine/peopledetector/people", kind: nvr.PersonEvent},         // Tapo
	{topic: "useralarm/iva/humanshapedetect", kind: nvr.PersonEvent},           // TVT
	{topic: "ruleengine/tpsmarteventdetector/tpsmartevent", kind: nvr.PersonEvent, items: []string{"ispeople"}},
	{topic: "ruleengine/tpsmarteventdetector/tpsmartevent", kind: nvr.VehicleEvent, items: []string{"isvehicle"}},
	{topic: "ruleengine/tpsmarteventdetector/tpsmartevent", kind: nvr.AnimalEvent, items: []string{"ispet"}},
	{topic: "ruleengine/cellmotiondetector/motion", kind: nvr.MotionEvent},   // Hikvision, Dahua, Tapo, most
	{topic: "ruleengine/motionregiondetector/motion", kind: nvr.MotionEvent}, // Dahua
	{topic: "ruleengine/fielddetector/objectsinside", kind: nvr.MotionEvent}, // Hikvision
	{topic: "videosource/motionalarm", kind: nvr.MotionEvent},                // Axis, Reolink, most
	{topic: "videoanalytics/motion*", kind: nvr.MotionEvent},                 // Hanwha
	{topic: "cameraapplicationplatform/vmd*", kind: nvr.MotionEvent},         // Axis
	{topic: "ruleengine/vmd*", kind: nvr.MotionEvent},                        // Axis
	{topic: "device/sensor/pir", kind: nvr.MotionEvent},                      // Axis
	{topic: "device/trigger/digitalinput", kind: nvr.InputSignal},            // all, for any contact
	{topic: "device/io/port", kind: nvr.InputSignal},                         // Axis
	{topic: "device/io/virtualport", kind: nvr.InputSignal},                  // Axis
	{topic: "device/io/virtualinput", kind: nvr.InputSignal},                 // Axis
}

// stateItems are names under which items hold a state, the likeliest first.
var stateItems = []string{"state", "logicalstate", "ismotion", "ispeople", "isinside", "active", "value"}

// topicOf returns a topic without prefixes, blanks and what some firmware leaves
// at its end.
func topicOf(text string) string {
	var parts []string
	for _, part := range strings.Split(strings.TrimSpace(text), "/") {
		part = local(part)
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	return printable(strings.Join(parts, "/"))
}

// meaningsOf returns what a topic means.
func meaningsOf(topic string) (all []meaning) {
	topic = strings.ToLower(topic)
	for _, m := range meanings {
		beginning, open := strings.CutSuffix(m.topic, "*")
		if topic == m.topic || open && strings.HasPrefix(topic, beginning) {
			all = append(all, m)
		}
	}
	return all
}

// state returns the state that items tell, and whether they tell one.
func (m meaning) state(items []item) (on, ok bool) {
	names := m.items
	if names == nil {
		names = stateItems
	}
	for _, name := range names {
		for _, i := range items {
			if strings.ToLower(i.name) == name {
				return m.on(i.value)
			}
		}
	}
	if m.items == nil && len(items) == 1 {
		return m.on(items[0].value)
	}
	return false, false
}

func (m meaning) on(value string) (on, ok bool) {
	value = strings.ToLower(value)
	if m.rings != "" {
		return value == m.rings, true
	}
	switch {
	case slices.Contains([]string{"true", "1", "active", "on"}, value):
		return true, true
	case slices.Contains([]string{"false", "0", "inactive", "off"}, value):
		return false, true
	}
	return false, false
}
