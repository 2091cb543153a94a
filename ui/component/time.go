// Package component holds the parts that more than one page is made of.
package component

import (
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// Instant is a moment as a page shows it: for machines in UTC, for people in
// the zone of the page until a script writes it in the viewer's.
type Instant struct {
	Machine string // RFC 3339, UTC
	Human   string
	Form    string // how the script writes it: clock, seconds, date or moment
}

// Clock is t as hours and minutes.
func Clock(t nvr.Time, zone *time.Location) Instant {
	return Instant{t.String(), t.Std().In(zone).Format("15:04"), "clock"}
}

// Seconds is t as hours, minutes and seconds.
func Seconds(t nvr.Time, zone *time.Location) Instant {
	return Instant{t.String(), t.Std().In(zone).Format("15:04:05"), "seconds"}
}

// Date is the day of t.
func Date(t nvr.Time, zone *time.Location, c text.Calendar) Instant {
	return Instant{t.String(), c.Date(t.Std().In(zone)), "date"}
}

// Moment is the day and the time of t.
func Moment(t nvr.Time, zone *time.Location, c text.Calendar) Instant {
	return Instant{t.String(), c.Moment(t.Std().In(zone)), "moment"}
}
