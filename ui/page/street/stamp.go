package street

import (
	"time"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// Stamp is when something was said, to the minute: neighbors tell each other no
// finer time.
type Stamp struct {
	Day   *component.Instant // nil if it is today
	Clock component.Instant
}

// StampOf returns a minute as pages show it at now, in now's zone.
func StampOf(m wire.Minute, now time.Time, c text.Calendar) Stamp {
	at := nvr.TimeOf(m.Time())
	s := Stamp{Clock: component.Clock(at, now.Location(), c)}
	if !sameDay(m.Time().In(now.Location()), now) {
		day := component.Date(at, now.Location(), c)
		s.Day = &day
	}
	return s
}

func sameDay(a, b time.Time) bool { return a.Year() == b.Year() && a.YearDay() == b.YearDay() }

// DaysLeft returns in how many days, begun ones among them, a minute is.
func DaysLeft(m wire.Minute, now time.Time) int {
	left := m.Time().Sub(now)
	return max(int((left+24*time.Hour-1)/(24*time.Hour)), 0)
}
