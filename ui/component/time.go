// Package component holds the parts that more than one page is made of.
package component

import (
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// Instant is a moment as a page shows it: for machines in UTC, for people in
// the zone of the page until a script writes it in the viewer's.
type Instant struct {
	Machine string // RFC 3339, UTC
	Human   string
	Form    string // how the script writes it: clock, begin, seconds, date, weekday, moment, recent or soon
}

// Clock is t as hours and minutes.
func Clock(t nvr.Time, zone *time.Location, c text.Calendar) Instant {
	return Instant{t.String(), c.Clock(t.Std().In(zone)), "clock"}
}

// Seconds is t as hours, minutes and seconds.
func Seconds(t nvr.Time, zone *time.Location, c text.Calendar) Instant {
	return Instant{t.String(), c.ClockSeconds(t.Std().In(zone)), "seconds"}
}

// Begin is from where it stands before to, on the same day: AM and PM are said once
// if they are the same.
func Begin(from, to Instant) Instant {
	if i := strings.LastIndex(to.Human, "\u00a0"); i >= 0 {
		from.Human = strings.TrimSuffix(from.Human, to.Human[i:])
	}
	from.Form = "begin"
	return from
}

// Recent is t as hours, minutes and seconds if it is today at now, and with its
// day otherwise. Its zone is now's.
func Recent(t nvr.Time, now time.Time, c text.Calendar) Instant {
	at := Seconds(t, now.Location(), c)
	if day := t.Std().In(now.Location()); day.YearDay() != now.YearDay() || day.Year() != now.Year() {
		at = Moment(t, now.Location(), c)
	}
	at.Form = "recent"
	return at
}

// week is within which the name of a day says which one is meant.
const week = 6 * 24 * time.Hour

// Soon is t, which is to come, as hours and minutes if it is today at now, with the
// name of its day within a week, and as Moment does otherwise. Its zone is now's.
func Soon(t nvr.Time, now time.Time, c text.Calendar) Instant {
	at, day := Clock(t, now.Location(), c), t.Std().In(now.Location())
	switch {
	case day.YearDay() == now.YearDay() && day.Year() == now.Year():
	case day.Sub(now) < week:
		at.Human = c.Weekday(day) + " " + at.Human
	default:
		at = Moment(t, now.Location(), c)
	}
	at.Form = "soon"
	return at
}

// Date is the day of t.
func Date(t nvr.Time, zone *time.Location, c text.Calendar) Instant {
	return Instant{t.String(), c.Date(t.Std().In(zone)), "date"}
}

// Weekday is the day of the week of t, in short.
func Weekday(t nvr.Time, zone *time.Location, c text.Calendar) Instant {
	return Instant{t.String(), c.Weekday(t.Std().In(zone)), "weekday"}
}

// Moment is the day and the time of t.
func Moment(t nvr.Time, zone *time.Location, c text.Calendar) Instant {
	return Instant{t.String(), c.Moment(t.Std().In(zone)), "moment"}
}

// Day is the calendar day of t in zone: 23, 24 or 25 hours as a rule.
func Day(t nvr.Time, zone *time.Location) nvr.Span {
	y, m, d := t.Std().In(zone).Date()
	return nvr.Span{From: firstOf(y, m, d, zone), To: firstOf(y, m, d+1, zone)}
}

// firstOf is the first instant of a date: midnight, or when clocks were set on
// from before midnight, or the earlier midnight of two.
func firstOf(y int, m time.Month, d int, zone *time.Location) nvr.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	set, next := t.ZoneBounds() // clocks were set last, and will be next
	if t.Hour() != 0 || t.Minute() != 0 {
		if t.Hour() >= 12 { // still the day before: there is no midnight
			t = next
		} else {
			t = set
		}
	} else if !set.IsZero() {
		_, now := t.Zone()
		_, before := set.Add(-1).Zone()
		if earlier := t.Add(time.Duration(now-before) * time.Second); earlier.Before(set) {
			t = earlier
		}
	}
	return nvr.TimeOf(t)
}
