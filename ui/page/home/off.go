package home

import (
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// How long all cameras can be turned off, as forms say it.
const (
	forHalf    = "30m"
	forHours   = "2h"
	forNight   = "morning"
	forNoLimit = "on" // until somebody turns them on
)

// off is all cameras turned off, and what ends it.
type off struct {
	until *component.Instant // nil if somebody has to turn them on
	after string             // how the house is then
}

// A morning begins at seven. Before four o'clock, the next one is today's: who goes to
// bed late means the day that they get up on.
const (
	morning   = 7
	bedtime   = 4
	halfHour  = 30 * time.Minute
	someHours = 2 * time.Hour
)

// offUntil is until when the cameras are off that are turned off now; zero if until
// somebody turns them on. It fails with [nvr.ErrInvalid] if span is none of those.
func offUntil(span string, now nvr.Time, zone *time.Location) (nvr.Time, error) {
	switch span {
	case forHalf:
		return now.Add(halfHour), nil
	case forHours:
		return now.Add(someHours), nil
	case forNoLimit:
		return 0, nil
	case forNight:
		day := now.Std().In(zone)
		next := 1
		if late(day) {
			next = 0
		}
		return nvr.TimeOf(time.Date(day.Year(), day.Month(), day.Day()+next, morning, 0, 0, 0, zone)), nil
	}
	return 0, fmt.Errorf("cameras cannot be off for %q: %w", span, nvr.ErrInvalid)
}

// late says that the night is not over.
func late(now time.Time) bool { return now.Hour() < bedtime }

// span is one of the choices of how long, to be pressed.
type span struct{ value, label string }

func spans(house appliance.Home, now time.Time, all *text.Catalogue) []span {
	t := all.Home.Off
	night := t.Tomorrow
	if house.Zone != nil && late(now.In(house.Zone)) {
		night = t.Morning
	}
	night = text.Fill(night, "time", all.Calendar.Clock(time.Date(now.Year(), now.Month(), now.Day(), morning, 0, 0, 0, time.UTC)))
	return []span{{forHalf, t.Half}, {forHours, t.Hours}, {forNight, night}, {forNoLimit, t.NoLimit}}
}

// newOff is nil unless all cameras are off.
func newOff(house appliance.Home, now time.Time, t *text.Catalogue) *off {
	if house.Mode != nvr.HousePrivacy {
		return nil
	}
	o := &off{}
	if house.Until != 0 {
		o.until = new(component.Soon(house.Until, now, t.Calendar))
		o.after = text.Fill(t.Home.Off.After, "mode", t.Home.Modes[house.After])
	}
	return o
}
